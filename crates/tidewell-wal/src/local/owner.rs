//! Which store a local log belongs to: its rows must not end up in another one.

use std::fs::File;
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::Path;

use tidewell_types::StoreId;

use super::folder::{disk, sync_folder};
use crate::error::WalError;

const STORE_FILE: &str = "store";

/// The store that a log folder belongs to; `None` where there is no log, or none that was ever bound.
///
/// # Errors
/// [`WalError::Disk`]; [`WalError::Damaged`] when the file that says so is not an id.
pub fn store_of(folder: &Path) -> Result<Option<StoreId>, WalError> {
    let path = folder.join(STORE_FILE);
    let mut text = String::new();
    match File::open(&path).and_then(|file| file.take(64).read_to_string(&mut text)) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(disk(&path, "read the store's id")(error)),
    }
    let what = path.display().to_string();
    let damaged = |_| WalError::Damaged { what, offset: 0, problem: "not 32 hex digits" };
    text.trim().parse().map(Some).map_err(damaged)
}

/// Binds a log folder to a store, for ever. Durable when this returns; call it while holding the folder.
///
/// # Errors
/// [`WalError::OtherStore`] when it belongs to another store; [`WalError::Disk`], [`WalError::Damaged`].
pub fn bind(folder: &Path, store: StoreId) -> Result<(), WalError> {
    match store_of(folder)? {
        Some(bound) if bound == store => return Ok(()),
        Some(bound) => {
            let path = folder.to_owned();
            return Err(WalError::OtherStore { path, bound: bound.to_string(), wanted: store.to_string() });
        }
        None => {}
    }
    let (path, staged) = (folder.join(STORE_FILE), folder.join("store.new"));
    let mut file = File::create(&staged).map_err(disk(&staged, "create the store's id"))?;
    file.write_all(store.to_string().as_bytes()).map_err(disk(&staged, "write the store's id"))?;
    file.sync_all().map_err(disk(&staged, "fsync the store's id"))?;
    std::fs::rename(&staged, &path).map_err(disk(&path, "name the store's id"))?;
    sync_folder(folder)
}

#[cfg(test)]
mod tests;
