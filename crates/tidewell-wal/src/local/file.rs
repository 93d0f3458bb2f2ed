//! The file of a local log that is being appended to.

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tidewell_types::{NodeId, Seq};

use super::folder::{disk, sync_folder};
use super::frame::{FILE_HEADER_BYTES, FileHeader, Frame};
use crate::error::WalError;

/// An open log file.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    file: File,
    first: Seq,
    written_bytes: u64,
    synced_bytes: u64,
}

/// The name of the file whose first frame is `first`; names sort in the order of writing.
pub(super) fn file_name(first: Seq) -> String {
    format!("{:020}.log", first.get())
}

/// The first frame that a file name promises; `None` for other files.
pub(super) fn parse_file_name(name: &str) -> Option<Seq> {
    let digits = name.strip_suffix(".log")?;
    let first = digits.parse().map(Seq::new).ok()?;
    (file_name(first) == name).then_some(first)
}

impl LogFile {
    /// Creates a file with its header on the disk and its name in the folder.
    pub(super) fn create(folder: &Path, node: NodeId, first: Seq) -> Result<Self, WalError> {
        let path = folder.join(file_name(first));
        let file = OpenOptions::new().create_new(true).append(true).open(&path);
        let mut file = file.map_err(disk(&path, "create a log file"))?;
        file.write_all(&FileHeader { node, first }.encode()).map_err(disk(&path, "write the header"))?;
        file.sync_all().map_err(disk(&path, "fsync the header"))?;
        sync_folder(folder)?;
        let header_bytes = FILE_HEADER_BYTES as u64;
        Ok(Self { path, file, first, written_bytes: header_bytes, synced_bytes: header_bytes })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn first(&self) -> Seq {
        self.first
    }

    pub(super) fn written_bytes(&self) -> u64 {
        self.written_bytes
    }

    pub(super) fn append(&mut self, seq: Seq, payload: &[u8]) -> Result<(), WalError> {
        let too_long = |_| disk(&self.path, "append a frame above 4 GiB")(std::io::ErrorKind::InvalidInput.into());
        let payload_bytes = u32::try_from(payload.len()).map_err(too_long)?;
        let frame = Frame { seq, synced_bytes: self.synced_bytes, payload };
        let mut bytes = Vec::with_capacity(frame.file_bytes());
        bytes.extend_from_slice(&frame.header(payload_bytes));
        bytes.extend_from_slice(payload);
        self.file.write_all(&bytes).map_err(disk(&self.path, "append a frame"))?;
        self.written_bytes += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn sync(&mut self) -> Result<(), WalError> {
        if self.synced_bytes < self.written_bytes {
            self.file.sync_data().map_err(disk(&self.path, "fsync"))?;
            self.synced_bytes = self.written_bytes;
        }
        Ok(())
    }
}
