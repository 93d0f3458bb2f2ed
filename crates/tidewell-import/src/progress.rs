//! How far an import is, for whoever watches it.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::Mutex;

use crate::file::SourceFile;

/// Files that are named as being read, at most.
const CURRENT_MAX: usize = 8;

/// Counters of one import; any thread may read them while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    pub(crate) bytes_total: AtomicU64,
    pub(crate) bytes_done: AtomicU64,
    pub(crate) rows: AtomicU64,
    pub(crate) files_total: AtomicU64,
    pub(crate) files_done: AtomicU64,
    pub(crate) files_failed: AtomicU64,
    current: Mutex<BTreeSet<String>>,
    is_cancelled: AtomicBool,
}

/// What [`Progress`] says at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgressView {
    /// The size of all files, in bytes.
    pub bytes_total: u64,
    /// How much of them was read, in bytes.
    pub bytes_done: u64,
    /// Rows that were read.
    pub rows: u64,
    /// Files there are.
    pub files_total: u64,
    /// Files that are stored, or were before.
    pub files_done: u64,
    /// Files that were left out.
    pub files_failed: u64,
    /// Some of the files that are being read.
    pub current: Vec<String>,
}

impl Progress {
    /// Counters at zero.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What they say now.
    #[must_use]
    pub fn view(&self) -> ProgressView {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        ProgressView {
            bytes_total: of(&self.bytes_total),
            bytes_done: of(&self.bytes_done),
            rows: of(&self.rows),
            files_total: of(&self.files_total),
            files_done: of(&self.files_done),
            files_failed: of(&self.files_failed),
            current: self.current.lock().iter().take(CURRENT_MAX).cloned().collect(),
        }
    }

    /// Asks the import to stop at the next batch. Files that were committed stay, of the others nothing is stored.
    pub fn cancel(&self) {
        self.is_cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether it was asked to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.is_cancelled.load(Ordering::Relaxed)
    }

    pub(crate) fn set_total(&self, files: &[SourceFile]) {
        self.files_total.store(files.len() as u64, Ordering::Relaxed);
        self.bytes_total.store(files.iter().map(SourceFile::file_bytes).sum(), Ordering::Relaxed);
    }

    pub(crate) fn begin(&self, file: &str) {
        self.current.lock().insert(file.to_owned());
    }

    pub(crate) fn end(&self, file: &str) {
        self.current.lock().remove(file);
    }
}
