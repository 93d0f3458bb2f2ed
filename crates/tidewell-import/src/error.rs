//! Why an import stopped, and why a file was left out.

use tidewell_csv::CsvError;
use tidewell_manifest::{CommitError, ManifestError};
use tidewell_segment::SegmentError;
use tidewell_segment::foreign::ForeignError;
use tidewell_stage::StageError;
use tidewell_storage::StorageError;

/// Why an import did not begin, or stopped. What was committed before stays; run it again with `--resume`.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// An option that cannot be, or is not enough for these files (memory for the values of the dedup column); correct it.
    #[error("{0}")]
    Option(String),
    /// A source that names no file; correct it.
    #[error("{source_name}: {problem}")]
    Source {
        /// The source as it was given.
        source_name: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A source below which there is no file of the kind; correct it, or wait for the file.
    #[error("{source_name}: there is no .{extension} file")]
    NoFile {
        /// The source as it was given.
        source_name: String,
        /// What names of such files end with.
        extension: String,
    },
    /// The store did not answer as it should; try again later.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The committed view could not be read; try again later.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// A commit was refused, or could not be tried; nothing of it was stored.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// Another process resumed the same import meanwhile and goes on with it; let it.
    #[error("another process has resumed this import and goes on with it: this one stopped, and what it stored counts")]
    TakenOver,
}

impl From<StageError> for ImportError {
    fn from(error: StageError) -> Self {
        match error {
            StageError::Storage(source) => Self::Storage(source),
        }
    }
}

/// Why a file was left out; others go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("it cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error("it cannot be read: {0}")]
    Storage(#[from] StorageError),
    #[error("it is shorter than its metadata says")]
    Short,
    #[error("it is gone")]
    Gone,
    #[error("{0}: only files that can be named can be registered")]
    Nameless(&'static str),
    #[error("it changed while it was read: import it again when nobody writes to it")]
    Changed,
    #[error(transparent)]
    Foreign(#[from] ForeignError),
    #[error(transparent)]
    Csv(#[from] CsvError),
    #[error("its path cannot give tags: {0}")]
    Hive(String),
    #[error("{0}")]
    Conflict(String),
    #[error("with it the table would have {found} columns, {max} are allowed: leave columns out")]
    TooManyColumns { found: usize, max: usize },
    #[error("its rows cannot be sorted and encoded: {0}")]
    Segment(#[from] SegmentError),
    #[error("its rows could not be stored: {0}")]
    Stage(#[from] StageError),
    #[error("the import was stopped")]
    Cancelled,
    #[error("{0}")]
    Other(String),
}
