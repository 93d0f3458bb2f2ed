//! Puts a file in its place: written, synced, then linked or renamed.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{BOOKKEEPING, Root, failed, failed_after, folders};
use crate::backend::{Failure, FailureKind};

/// How often a folder may be taken away between its making and the first file in it.
const FOLDER_ATTEMPTS_MAX: usize = 100;

/// A synced file under a temporary name, removed when dropped unless it got another.
#[derive(Debug)]
pub(super) struct Staged {
    path: PathBuf,
    folder: PathBuf,
}

impl Drop for Staged {
    fn drop(&mut self) {
        // Gone already after a rename; otherwise at worst it stays behind, and listings skip it.
        let _ = fs::remove_file(&self.path);
    }
}

fn folder_of(file: &Path) -> Result<&Path, Failure> {
    file.parent().ok_or_else(|| Failure::before(FailureKind::Denied, "the name has no folder"))
}

impl Staged {
    /// Writes and syncs the body beside the place that it will take.
    pub(super) fn write(root: &Root, file: &Path, temporary: &str, body: &[u8]) -> Result<Self, Failure> {
        let folder = folder_of(file)?.to_owned();
        let path = folder.join(temporary);
        let mut opened = create_in(root, &folder, &path).map_err(failed)?;
        // From here on the file is removed on every way out.
        let staged = Self { path, folder };
        opened.write_all(body).map_err(failed)?;
        opened.sync_all().map_err(failed)?;
        Ok(staged)
    }

    /// Gives it its name, whatever had that name before.
    pub(super) fn rename_to(self, file: &Path) -> Result<(), Failure> {
        fs::rename(&self.path, file).map_err(failed)?;
        folders::sync(&self.folder).map_err(failed_after)
    }

    /// Gives it its name unless a file has it; says whether it got it.
    fn link_to(self, file: &Path) -> Result<bool, Failure> {
        match fs::hard_link(&self.path, file) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(error) if is_no_links(&error) => {
                return Err(Failure::before(
                    FailureKind::Unsupported,
                    format!("the file system has no hard links, which creates need ({error}); use another one"),
                ));
            }
            Err(error) => return Err(failed(error)),
        }
        folders::sync(&self.folder).map_err(failed_after)?;
        Ok(true)
    }
}

fn is_no_links(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported || error.raw_os_error() == Some(rustix::io::Errno::PERM.raw_os_error())
}

fn create_in(root: &Root, folder: &Path, path: &Path) -> io::Result<File> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        let made = root.folders.make(folder).and_then(|()| File::options().write(true).create_new(true).open(path));
        match made {
            // Another process took the folder away while it was empty.
            Err(error) if error.kind() == io::ErrorKind::NotFound && attempts < FOLDER_ATTEMPTS_MAX => {}
            result => return result,
        }
    }
}

/// Writes a file, whatever is there.
pub(super) fn overwrite(root: &Root, file: &Path, temporary: &str, body: &[u8]) -> Result<(), Failure> {
    Staged::write(root, file, temporary, body)?.rename_to(file)
}

/// Writes a file only where there is none; says whether it did.
pub(super) fn create(root: &Root, file: &Path, temporary: &str, body: &[u8]) -> Result<bool, Failure> {
    // Spares the write in the common lost race; the link decides.
    if file.exists() {
        return Ok(false);
    }
    Staged::write(root, file, temporary, body)?.link_to(file)
}

/// Deletes files and the folders that get empty by it; returns the keys that are still there, with reasons.
pub(super) fn delete(root: &Root, keys: &[String]) -> Vec<(String, String)> {
    let mut failures = Vec::new();
    let mut touched = BTreeSet::new();
    for key in keys {
        let file = root.file(key);
        match fs::remove_file(&file) {
            Ok(()) => {
                touched.extend(file.parent().map(Path::to_owned));
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
            Err(error) => failures.push((key.clone(), error.to_string())),
        }
    }
    for folder in touched.iter().rev() {
        root.folders.prune(folder);
    }
    failures
}

/// Whether a file name is not an object's.
pub(super) fn is_bookkeeping(name: &str) -> bool {
    name.starts_with(BOOKKEEPING)
}
