//! A file that has its name only once all of it is on disk.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// Tells temporary names of one process apart.
static NEXT: AtomicU64 = AtomicU64::new(0);
/// How many names are tried: others are left over from a process that had the same number and was killed.
const NAMES_MAX: usize = 100;

/// A file under a temporary name beside the one that it will have; dropped, it is removed.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
    size_bytes: u64,
    is_kept: bool,
}

impl NewFile {
    /// Creates a file `.<name>.<process>-<number>.partial`, and the folders above it.
    pub(crate) fn create(path: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("{}: cannot create it: {error}", path.display());
        let name = path.file_name().ok_or_else(|| format!("{}: names no file", path.display()))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder).map_err(failed)?;
        for _ in 0..NAMES_MAX {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let mut hidden = std::ffi::OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{number}.partial", std::process::id()));
            let temporary = folder.join(hidden);
            match OpenOptions::new().write(true).create_new(true).open(&temporary) {
                Ok(file) => return Ok(Self { file, temporary, path: path.to_owned(), size_bytes: 0, is_kept: false }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(format!("{}: too many files *.partial stand beside it: remove them", path.display()))
    }

    /// Adds bytes to its end.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), String> {
        self.file.write_all(bytes).map_err(|error| self.failed(&error))?;
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Gives it its name, once its bytes are on disk; a file that had the name is replaced. Gives path and bytes.
    pub(crate) fn keep(mut self) -> Result<(PathBuf, u64), String> {
        self.file.sync_all().map_err(|error| self.failed(&error))?;
        std::fs::rename(&self.temporary, &self.path).map_err(|error| self.failed(&error))?;
        self.is_kept = true;
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // The name is there; where a folder cannot be synced, a crash of the machine may still undo it.
        if let Ok(folder) = File::open(folder) {
            folder.sync_all().map_err(|error| self.failed(&error))?;
        }
        Ok((self.path.clone(), self.size_bytes))
    }

    fn failed(&self, error: &dyn std::fmt::Display) -> String {
        format!("{}: cannot write it: {error}", self.path.display())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // Nobody is left to be told; the name says that the file is of no use.
            let _ = std::fs::remove_file(&self.temporary);
        }
    }
}

#[cfg(test)]
mod tests;
