//! Compare-and-swap of a file among processes.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::publish::Staged;
use super::{BOOKKEEPING, Root, failed, read, tag_of};
use crate::backend::{Failure, Tag};

/// Writes a file only over the content with the expected tag; says whether it did.
///
/// All replaces of a store take one lock, a file that is never removed: removing a lock file lets two hold "the" lock. The
/// system frees it when its holder dies.
pub(super) fn replace(root: &Root, file: &Path, temporary: &str, body: &[u8], expected: &Tag) -> Result<bool, Failure> {
    let staged = Staged::write(root, file, temporary, body)?;
    let lock_file = root.path.join(format!("{BOOKKEEPING}lock"));
    let lock = File::options().create(true).truncate(false).write(true).open(lock_file).map_err(failed)?;
    while let Err(error) = flock(&lock, FlockOperation::LockExclusive) {
        if error != rustix::io::Errno::INTR {
            return Err(failed(error.into()));
        }
    }
    let Some(current) = read::whole(file)? else { return Ok(false) };
    if tag_of(&current) != *expected {
        return Ok(false);
    }
    staged.rename_to(file)?;
    Ok(true)
}
