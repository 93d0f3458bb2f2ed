//! What can go wrong with the catalog, and what the caller does about it.

use tidewell_segment::foreign::ForeignError;
use tidewell_storage::StorageError;

/// Why the catalog, or a scan as a whole, cannot go on.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CatalogError {
    /// A store did not do what was asked; its text says what to do.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An object of the catalog is damaged. Scan again: what was read from it is read from the data.
    #[error(
        "{object} is damaged: {what}; delete it and scan again, for the catalog holds nothing that the data does not"
    )]
    Corrupt {
        /// The object.
        object: String,
        /// What is wrong, in one phrase.
        what: &'static str,
    },
    /// A newer Tidewell wrote it. Use that version.
    #[error("{object} has format version {found}, and this Tidewell knows versions up to {known}: use a newer one")]
    Newer {
        /// The object.
        object: String,
        /// Its version.
        found: u16,
        /// The newest that is known.
        known: u16,
    },
    /// Others kept replacing the catalog's head. What was scanned is kept; scan again to commit it.
    #[error("others replaced the catalog {attempts} times meanwhile; scan again: what was scanned is kept")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// The catalog would exceed a limit. Scan a narrower prefix, or raise the limit.
    #[error("{what} would be {count}, and {count_max} is the limit: scan a narrower prefix or raise it")]
    TooLarge {
        /// What would.
        what: &'static str,
        /// How much it would be.
        count: u64,
        /// The limit.
        count_max: u64,
    },
    /// The prefix is no folder.
    #[error("{prefix:?} is no folder: no part of it may be empty, '.' or '..'")]
    Prefix {
        /// What was given.
        prefix: String,
    },
    /// The caller said stop. What was scanned is kept, and the next scan goes on from there.
    #[error("the scan was stopped; the next one goes on where it ended")]
    Cancelled,
}

impl CatalogError {
    pub(crate) fn corrupt(object: impl ToString, what: &'static str) -> Self {
        Self::Corrupt { object: object.to_string(), what }
    }
}

/// Why one dataset could not be scanned. The others are not touched by it.
#[derive(Debug, thiserror::Error)]
pub enum DatasetError {
    /// Its YAML file cannot be used. Correct it.
    #[error("{key}: {problem}")]
    Sidecar {
        /// The file.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// One of its Parquet files cannot be read.
    #[error("{key}: {error}")]
    File {
        /// The file.
        key: String,
        /// Why.
        error: ForeignError,
    },
    /// No column can be the time. Name it in the YAML file or by an option.
    #[error("{key}: no column can be taken for the time: name it as time_column; it has {columns}")]
    NoTime {
        /// The file that was looked at.
        key: String,
        /// Its columns, with their types.
        columns: String,
    },
    /// A folder called `name=value` makes no sense.
    #[error("{key}: {problem}")]
    Folder {
        /// A file in it.
        key: String,
        /// What is wrong.
        problem: String,
    },
    /// More series than are counted. Choose fewer columns as the series' id, or raise the limit.
    #[error(
        "it has more than {series_max} series or {bytes_max} bytes of their ids: name the columns of the series' id, or raise the limit"
    )]
    TooManySeries {
        /// Most series of a dataset.
        series_max: u64,
        /// Most bytes of their ids.
        bytes_max: u64,
    },
    /// The store did not answer as it should.
    #[error(transparent)]
    Storage(StorageError),
    /// A file went away while the dataset was scanned. Scan again.
    #[error("{key} went away during the scan; scan again")]
    Gone {
        /// The file.
        key: String,
    },
    /// The caller said stop.
    #[error("the scan was stopped")]
    Cancelled,
}
