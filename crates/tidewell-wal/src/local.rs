//! The local log: one folder of files, appended to by the one process that holds it.

#[cfg(feature = "test-util")]
pub mod decoders;
mod file;
mod folder;
mod frame;
mod owner;
mod replay;

use std::path::{Path, PathBuf};

use tidewell_buffer::Entry;
use tidewell_env::Env;
use tidewell_types::{NodeId, Seq};

use crate::error::WalError;
use file::LogFile;
pub use folder::LogFolder;
pub use owner::{bind, store_of};
use replay::Replay;

/// A file is closed and the next one begun when it reaches this size, so that folded entries free disk space.
const FILE_BYTES_MAX: u64 = 64 << 20;

/// The log of one database on this machine's disk. Not shared: one process holds its folder.
///
/// After a failed write or fsync it takes nothing more (the page cache no longer tells what is on the disk).
#[derive(Debug)]
pub struct LocalLog {
    folder: LogFolder,
    node: NodeId,
    /// Closed files, oldest first: path and first frame.
    closed: Vec<(PathBuf, Seq)>,
    current: Option<LogFile>,
    /// The file that was closed last, while it may not be on the disk to its end.
    ending: Option<LogFile>,
    next: Seq,
    poisoned: bool,
    file_bytes_max: u64,
}

impl LocalLog {
    /// Takes the folder (made where missing) and reads what it holds, oldest first.
    ///
    /// A tail that was torn by a crash, with nothing durable after it, is cut off and said so in the log; anything else that
    /// is damaged is an error.
    ///
    /// # Errors
    /// [`WalError::Locked`] while another process has it, [`WalError::Damaged`] (nothing was changed), [`WalError::Newer`],
    /// [`WalError::Disk`].
    pub fn open(path: &Path, env: &Env) -> Result<(Self, Vec<Entry>), WalError> {
        let folder = LogFolder::take(path)?;
        let node = folder.node(env)?;
        let Replay { entries, files, next, torn } = replay::replay(path, node)?;
        if let Some(torn) = torn {
            let lost = torn.file_bytes.saturating_sub(torn.offset);
            if lost > 0 {
                let file = torn.path.display();
                tracing::warn!(%file, offset = torn.offset, bytes = lost, "cut off a torn tail of the log");
            }
            torn.cut()?;
        }
        // What a crashed process left in the page cache must be on the disk before a newer file says that it is.
        if let Some((newest, _)) = files.last() {
            let file = std::fs::File::open(newest).and_then(|file| file.sync_all());
            file.map_err(folder::disk(newest, "fsync"))?;
        }
        let file_bytes_max = FILE_BYTES_MAX;
        let log =
            Self { folder, node, closed: files, current: None, ending: None, next, poisoned: false, file_bytes_max };
        Ok((log, entries))
    }

    /// The folder's identity, which outlives the process.
    #[must_use]
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// The place that the next frame gets.
    #[must_use]
    pub fn next_seq(&self) -> Seq {
        self.next
    }

    /// Never hands out a place below `applied` again: a folder restored from an older copy would otherwise write rows that
    /// count as folded.
    pub fn skip_to(&mut self, applied: Seq) {
        if applied > self.next {
            self.next = applied;
            self.close_current();
        }
    }

    /// Appends one frame under [`LocalLog::next_seq`]; it is in the page cache when this returns, not on the disk.
    ///
    /// # Errors
    /// [`WalError::Disk`] or [`WalError::Poisoned`]: the frame must not be acknowledged, restart the process.
    pub fn append(&mut self, payload: &[u8]) -> Result<Seq, WalError> {
        self.check()?;
        let seq = self.next;
        let outcome = self.append_frame(seq, payload);
        self.poisoned |= outcome.is_err();
        outcome?;
        self.next = Seq::new(seq.get() + 1);
        Ok(seq)
    }

    fn append_frame(&mut self, seq: Seq, payload: &[u8]) -> Result<(), WalError> {
        if self.current.as_ref().is_some_and(|file| file.written_bytes() >= self.file_bytes_max) {
            self.close_current();
        }
        let file = match &mut self.current {
            Some(file) => file,
            None => {
                // A file that is followed by another one is taken to be whole.
                self.sync_all()?;
                self.current.insert(LogFile::create(self.folder.path(), self.node, seq)?)
            }
        };
        file.append(seq, payload)
    }

    /// Makes every appended frame survive a power loss: one fsync, none where nothing was appended since.
    ///
    /// # Errors
    /// [`WalError::Disk`] or [`WalError::Poisoned`]: what was appended since the last one must not be acknowledged.
    pub fn sync(&mut self) -> Result<(), WalError> {
        self.check()?;
        let outcome = self.sync_all();
        self.poisoned |= outcome.is_err();
        outcome
    }

    fn sync_all(&mut self) -> Result<(), WalError> {
        self.ending.as_mut().map_or(Ok(()), LogFile::sync)?;
        self.ending = None;
        self.current.as_mut().map_or(Ok(()), LogFile::sync)
    }

    fn check(&self) -> Result<(), WalError> {
        if self.poisoned { Err(WalError::Poisoned { path: self.folder.path().to_owned() }) } else { Ok(()) }
    }

    fn close_current(&mut self) {
        if let Some(file) = self.current.take() {
            self.closed.push((file.path().to_owned(), file.first()));
            self.ending = Some(file);
        }
    }

    /// Deletes the files whose every frame is folded, as a committed view says; the current file is closed first when all
    /// of it is. Call only with a watermark that a commit made durable.
    ///
    /// # Errors
    /// [`WalError::Disk`] when a file cannot be deleted; nothing is lost, it goes next time.
    pub fn truncate(&mut self, applied: Seq) -> Result<(), WalError> {
        if applied >= self.next && self.current.is_some() {
            self.close_current();
        }
        while let Some((path, _)) = self.closed.first() {
            let after = self.closed.get(1).map(|(_, first)| *first);
            let end = after.or(self.current.as_ref().map(LogFile::first)).unwrap_or(self.next);
            if end > applied {
                break;
            }
            let disk = |source| WalError::Disk { path: path.clone(), action: "delete a folded file", source };
            std::fs::remove_file(path).map_err(disk)?;
            self.closed.remove(0);
        }
        if self.closed.is_empty() {
            self.ending = None;
        }
        Ok(())
    }
}

/// Reads a folder without taking it, also while another process appends to it; `None` where there is no log.
///
/// What is being written at this moment may be missing; nothing is changed.
///
/// # Errors
/// As [`LocalLog::open`], but for [`WalError::Locked`].
pub fn read_folder(path: &Path) -> Result<Option<(NodeId, Vec<Entry>)>, WalError> {
    let Some(node) = folder::read_node(path)? else { return Ok(None) };
    let Replay { entries, .. } = replay::replay(path, node)?;
    Ok(Some((node, entries)))
}

#[cfg(test)]
mod tests;
