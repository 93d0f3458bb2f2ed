//! Reading a local log back, and telling a torn tail from damage.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};

use memchr::memmem;
use tidewell_buffer::Entry;
use tidewell_types::{NodeId, Seq, Source};

use super::file::parse_file_name;
use super::folder::disk;
use super::frame::{FILE_HEADER_BYTES, FORMAT_VERSION, FRAME_MAGIC, FileHeader, Frame, HeaderError};
use crate::entry;
use crate::error::WalError;

/// What a folder holds.
#[derive(Debug)]
pub(super) struct Replay {
    pub(super) entries: Vec<Entry>,
    pub(super) files: Vec<(PathBuf, Seq)>,
    pub(super) next: Seq,
    pub(super) torn: Option<Torn>,
}

/// The end of the newest file that a crash left half written, or all of it where no frame is whole.
#[derive(Debug)]
pub(super) struct Torn {
    pub(super) path: PathBuf,
    pub(super) offset: u64,
    pub(super) file_bytes: u64,
}

impl Torn {
    /// Cuts it off, so that the next reader finds a clean end; a file without a frame goes, since the next one takes its name.
    pub(super) fn cut(&self) -> Result<(), WalError> {
        if self.offset <= FILE_HEADER_BYTES as u64 {
            return std::fs::remove_file(&self.path).map_err(disk(&self.path, "remove a torn file"));
        }
        let file = OpenOptions::new().write(true).open(&self.path);
        file.and_then(|file| file.set_len(self.offset).and_then(|()| file.sync_all()))
            .map_err(disk(&self.path, "cut off a torn tail"))
    }
}

/// Reads every file in order.
pub(super) fn replay(folder: &Path, node: NodeId) -> Result<Replay, WalError> {
    let files = list(folder)?;
    let mut replay = Replay { entries: Vec::new(), files: Vec::new(), next: Seq::ZERO, torn: None };
    for (index, (path, first)) in files.iter().enumerate() {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            // A running owner may delete folded files while we read; what is gone is folded.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(disk(path, "read")(error)),
        };
        let is_newest = index + 1 == files.len();
        let before = replay.entries.len();
        let torn = read_file(path, &bytes, node, *first, &mut replay)?;
        if let Some(offset) = torn {
            let damaged = |problem| WalError::Damaged { what: path.display().to_string(), offset, problem };
            if !is_newest {
                return Err(damaged("a file that is not the newest ends early"));
            }
        }
        let read = (replay.entries.len() - before) as u64;
        let end = torn.unwrap_or(bytes.len() as u64);
        if torn.is_some() || (is_newest && read == 0) {
            replay.torn = Some(Torn { path: path.clone(), offset: end, file_bytes: bytes.len() as u64 });
        }
        if !is_newest || read > 0 {
            replay.files.push((path.clone(), *first));
        }
        replay.next = replay.next.max(Seq::new(first.get() + read));
    }
    Ok(replay)
}

fn list(folder: &Path) -> Result<Vec<(PathBuf, Seq)>, WalError> {
    let mut files = Vec::new();
    for item in std::fs::read_dir(folder).map_err(disk(folder, "list"))? {
        let item = item.map_err(disk(folder, "list"))?;
        if let Some(first) = item.file_name().to_str().and_then(parse_file_name) {
            files.push((item.path(), first));
        }
    }
    files.sort_by_key(|(_, first)| *first);
    Ok(files)
}

/// Reads one file; `Some(offset)` where its end is torn.
pub(super) fn read_file(
    path: &Path,
    bytes: &[u8],
    node: NodeId,
    first: Seq,
    replay: &mut Replay,
) -> Result<Option<u64>, WalError> {
    let what = || path.display().to_string();
    let damaged = |offset: usize, problem| WalError::Damaged { what: what(), offset: offset as u64, problem };
    let header = match FileHeader::decode(bytes) {
        Ok(header) => header,
        Err(HeaderError::Newer(found)) => return Err(WalError::Newer { what: what(), found, known: FORMAT_VERSION }),
        // The header is on the disk before a frame is written, so a file without one that holds a frame is damaged.
        Err(HeaderError::Damaged) if has_durable_frame(bytes, 0) => return Err(damaged(0, "header")),
        Err(HeaderError::Damaged) => return Ok(Some(0)),
    };
    if header.node != node || header.first != first {
        return Err(damaged(0, "it belongs to another folder or another place"));
    }
    let mut offset = FILE_HEADER_BYTES;
    let mut expected = first;
    while offset < bytes.len() {
        let rest = bytes.get(offset..).unwrap_or_default();
        let Some(frame) = Frame::decode(rest) else {
            if has_durable_frame(rest, offset as u64) {
                return Err(damaged(offset, "a frame is broken and a later one proves that it was durable"));
            }
            return Ok(Some(offset as u64));
        };
        if frame.seq != expected {
            return Err(damaged(offset, "a frame is out of place"));
        }
        let entry = entry::decode(frame.payload).map_err(|error| error.of(what(), offset as u64))?;
        if entry.source != Source::Node(node) || entry.seq != frame.seq {
            return Err(damaged(offset, "a frame holds another one's entry"));
        }
        replay.entries.push(entry);
        expected = Seq::new(expected.get() + 1);
        offset += frame.file_bytes();
    }
    Ok(None)
}

/// Whether a whole frame follows the broken place that was written when that place was already known to be on the disk.
///
/// A power loss may keep later pages of what was never fsynced and drop earlier ones; such frames were lost within the
/// bound that their ack level states. A frame that names a synced length beyond the broken place proves real damage.
fn has_durable_frame(rest: &[u8], broken_at: u64) -> bool {
    memmem::find_iter(rest, &FRAME_MAGIC)
        .filter_map(|at| Frame::decode(rest.get(at..)?))
        .any(|frame| frame.synced_bytes > broken_at)
}
