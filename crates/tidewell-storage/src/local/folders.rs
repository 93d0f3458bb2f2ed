//! Makes folders that outlive a power loss, and takes empty ones away.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use parking_lot::Mutex;

/// How many folders are remembered; beyond that the memory starts anew, which costs syncs and nothing else.
const KNOWN_MAX: usize = 16 * 1024;

/// What tells a folder from one that was made in its place: the number alone is reused by the file system.
type Identity = (u64, Option<SystemTime>);

/// The folders below a root whose entries in their parents are known to be on the disk.
#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
    known: Mutex<HashMap<PathBuf, Identity>>,
}

/// Waits until the entries of a folder are on the disk.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn identity(folder: &Path) -> io::Result<Identity> {
    let metadata = fs::metadata(folder)?;
    if !metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{} is not a folder", folder.display())));
    }
    Ok((metadata.ino(), metadata.created().ok()))
}

impl Folders {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, known: Mutex::default() }
    }

    /// Makes a folder at or below the root, and sees to it that the entries that lead to it are on the disk.
    ///
    /// Another process may take a folder away again while it is empty; the caller then starts over.
    pub(super) fn make(&self, folder: &Path) -> io::Result<()> {
        let mut levels: Vec<&Path> = folder.ancestors().take_while(|level| *level != self.root).collect();
        levels.push(&self.root);
        for level in levels.into_iter().rev() {
            self.make_level(level)?;
        }
        Ok(())
    }

    fn make_level(&self, level: &Path) -> io::Result<()> {
        let found = match identity(level) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if level == self.root {
                    fs::create_dir_all(level)?;
                } else if let Err(error) = fs::create_dir(level)
                    && error.kind() != io::ErrorKind::AlreadyExists
                {
                    return Err(error);
                }
                identity(level)?
            }
            found => found?,
        };
        if self.known.lock().get(level) == Some(&found) {
            return Ok(());
        }
        if level == self.root {
            // Some ancestors may be new and some not ours to open: what can be synced is.
            for ancestor in level.ancestors().skip(1) {
                let _ = sync(ancestor);
            }
        } else if let Some(parent) = level.parent() {
            sync(parent)?;
        }
        let mut known = self.known.lock();
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(level.to_owned(), found);
        Ok(())
    }

    /// Takes away a folder below the root and those around it, as far as they are empty.
    pub(super) fn prune(&self, folder: &Path) {
        for level in folder.ancestors().take_while(|level| *level != self.root) {
            // Only an empty folder can be removed; a file being put into it makes this fail, or is put again.
            if fs::remove_dir(level).is_err() {
                return;
            }
            self.known.lock().remove(level);
        }
    }
}
