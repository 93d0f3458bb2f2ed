//! The folder of a local log: its lock, so that one process appends, and its identity.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use tidewell_env::Env;
use tidewell_types::NodeId;

use crate::error::WalError;

const LOCK_FILE: &str = "lock";
const NODE_FILE: &str = "node";

/// A folder that this process holds until it drops this.
#[derive(Debug)]
pub struct LogFolder {
    path: PathBuf,
    _lock: File,
}

pub(super) fn disk(path: &Path, action: &'static str) -> impl FnOnce(std::io::Error) -> WalError {
    let path = path.to_owned();
    move |source| WalError::Disk { path, action, source }
}

/// Makes the names in a folder survive a power loss.
pub(super) fn sync_folder(path: &Path) -> Result<(), WalError> {
    File::open(path).and_then(|folder| folder.sync_all()).map_err(disk(path, "fsync the folder"))
}

impl LogFolder {
    /// Takes a folder, made where missing.
    ///
    /// # Errors
    /// [`WalError::Locked`] while another process has it, [`WalError::Disk`].
    pub fn take(path: &Path) -> Result<Self, WalError> {
        std::fs::create_dir_all(path).map_err(disk(path, "make the folder"))?;
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        let lock_path = path.join(LOCK_FILE);
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(&lock_path);
        let lock = lock.map_err(disk(&lock_path, "open the lock"))?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self { path: path.to_owned(), _lock: lock }),
            Err(error) if error == rustix::io::Errno::WOULDBLOCK => Err(WalError::Locked { path: path.to_owned() }),
            Err(error) => Err(disk(&lock_path, "take the lock")(error.into())),
        }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The folder's identity, made with its first use.
    pub(super) fn node(&self, env: &Env) -> Result<NodeId, WalError> {
        if let Some(node) = read_node(&self.path)? {
            return Ok(node);
        }
        let node = env.node_id();
        let (path, staged) = (self.path.join(NODE_FILE), self.path.join("node.new"));
        let mut file = File::create(&staged).map_err(disk(&staged, "create the identity"))?;
        file.write_all(node.to_string().as_bytes()).map_err(disk(&staged, "write the identity"))?;
        file.sync_all().map_err(disk(&staged, "fsync the identity"))?;
        std::fs::rename(&staged, &path).map_err(disk(&path, "name the identity"))?;
        sync_folder(&self.path)?;
        Ok(node)
    }
}

/// The identity of a folder; `None` where it has none yet.
pub(super) fn read_node(path: &Path) -> Result<Option<NodeId>, WalError> {
    let path = path.join(NODE_FILE);
    let mut text = String::new();
    match File::open(&path).and_then(|file| file.take(64).read_to_string(&mut text)) {
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(disk(&path, "read the identity")(error)),
    }
    let node = text.trim().parse();
    let what = path.display().to_string();
    node.map(Some).map_err(|_| WalError::Damaged { what, offset: 0, problem: "not 32 hex digits" })
}
