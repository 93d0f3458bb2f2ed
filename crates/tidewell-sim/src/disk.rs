//! The disk of one machine: what a power loss does to what was not fsynced.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use tempfile::TempDir;
use tidewell_types::Seq;

use crate::dice::Dice;

/// The header of a log file and that of a frame, in bytes, as `docs/formats/wal.md` draws them.
const FILE_HEADER_BYTES: u64 = 36;
const FRAME_HEADER_BYTES: usize = 28;

/// A folder that outlives the process, with a record of what is surely on the disk.
#[derive(Debug)]
pub(crate) struct Disk {
    folder: TempDir,
    synced: Mutex<Synced>,
    /// Whether an fsync does what it says.
    syncs: bool,
}

#[derive(Debug, Default)]
struct Synced {
    bytes: BTreeMap<PathBuf, u64>,
    /// Frames below this were fsynced.
    frames: Seq,
    /// Whether the last crash took power, and left the log torn.
    was_power_lost: bool,
    is_torn: bool,
}

/// What a crash did to a log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crash {
    pub(crate) synced: Seq,
    pub(crate) was_power_lost: bool,
    pub(crate) is_torn: bool,
}

impl Disk {
    /// An empty disk, in memory where the system has such a place: fsync costs nothing there.
    pub(crate) fn new(name: &str, syncs: bool) -> io::Result<Self> {
        let prefix = format!("tidewell-sim-{name}-");
        let memory = Path::new("/dev/shm");
        let folder = match tempfile::Builder::new().prefix(&prefix).tempdir_in(memory) {
            Ok(folder) => folder,
            Err(_) => tempfile::Builder::new().prefix(&prefix).tempdir()?,
        };
        Ok(Self { folder, synced: Mutex::default(), syncs })
    }

    pub(crate) fn log_folder(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Everything up to here was fsynced; `next` is the frame that comes next.
    pub(crate) fn note_synced(&self, next: Seq) {
        let mut synced = self.synced.lock();
        if self.syncs {
            synced.bytes = log_files(&self.log_folder()).unwrap_or_default().into_iter().collect();
        }
        synced.frames = synced.frames.max(next);
    }

    /// What the last crash did; asked once, when the log is opened.
    pub(crate) fn last_crash(&self) -> Crash {
        let mut synced = self.synced.lock();
        let (was_power_lost, is_torn) = (synced.was_power_lost, synced.is_torn);
        (synced.was_power_lost, synced.is_torn) = (false, false);
        Crash { synced: synced.frames, was_power_lost, is_torn }
    }

    /// Does to the newest log file what a crash may do: a power loss takes bytes that were not fsynced or leaves nonsense in
    /// their place; the end of a process may cut a frame in half.
    pub(crate) fn tear(&self, loses_power: bool, dice: &mut Dice) -> io::Result<()> {
        let mut synced = self.synced.lock();
        synced.was_power_lost = loses_power;
        let Some((path, length)) = log_files(&self.log_folder())?.pop() else { return Ok(()) };
        if loses_power {
            let safe = synced.bytes.get(&path).copied().unwrap_or(FILE_HEADER_BYTES).min(length);
            synced.is_torn = safe < length;
            return lose(&path, safe, length, dice);
        }
        if dice.chance(0.5) {
            synced.is_torn = append_half(&path, length, dice)?;
        }
        Ok(())
    }
}

/// Log files by name, which is by age, with their lengths.
fn log_files(folder: &Path) -> io::Result<Vec<(PathBuf, u64)>> {
    let mut files = Vec::new();
    let items = match fs::read_dir(folder) {
        Ok(items) => items,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(files),
        Err(error) => return Err(error),
    };
    for item in items {
        let item = item?;
        if item.path().extension().is_some_and(|extension| extension == "log") {
            files.push((item.path(), item.metadata()?.len()));
        }
    }
    files.sort();
    Ok(files)
}

/// Bytes beyond `safe` are cut off, become zeros, become nonsense, or lose a page in their midst.
fn lose(path: &Path, safe: u64, length: u64, dice: &mut Dice) -> io::Result<()> {
    let cut = dice.between(safe, length + 1);
    let mut bytes = fs::read(path)?;
    let (from, to) = (cut as usize, length as usize);
    match dice.between(0, 4) {
        0 => bytes.truncate(from),
        1 => bytes[from..to].fill(0),
        2 => bytes[from..to].iter_mut().for_each(|byte| *byte = dice.bits() as u8),
        _ => {
            let end = dice.between(cut, length + 1) as usize;
            bytes[from..end].fill(0);
        }
    }
    rewrite(path, &bytes)
}

/// Appends the start of a frame, as a process does that is killed while it writes; whether there was one to copy.
fn append_half(path: &Path, length: u64, dice: &mut Dice) -> io::Result<bool> {
    let mut bytes = fs::read(path)?;
    let first = bytes.get(FILE_HEADER_BYTES as usize..).unwrap_or_default();
    let Some(payload) = first.get(4..8).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes) else {
        return Ok(false);
    };
    let frame_bytes = FRAME_HEADER_BYTES as u64 + u64::from(payload);
    let half = first.get(..dice.between(1, frame_bytes) as usize).unwrap_or_default().to_vec();
    bytes.extend_from_slice(&half);
    rewrite(path, &bytes)?;
    Ok(bytes.len() as u64 > length)
}

fn rewrite(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let file = OpenOptions::new().write(true).truncate(true).open(path)?;
    io::Write::write_all(&mut &file, bytes)?;
    file.sync_all()
}
