//! Why maintenance did not do its work, by what the caller does next.

use tidewell_manifest::{CommitError, ManifestError};
use tidewell_segment::SegmentError;
use tidewell_storage::StorageError;
use tidewell_wal::WalError;

/// A maintenance verb that failed. Nothing that was acknowledged is lost; the same verb may be called again.
#[derive(Debug, thiserror::Error)]
pub enum MaintainError {
    /// The store did not answer as it should; try again later.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The log could not be read.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The committed view could not be read.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The commit was refused for another reason than that someone else did the work, or its outcome is unknown.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A logged row has a column that no commit added: stop and look, the rows stay in the log.
    #[error("rows of table {table} have column {column:?}, which the manifest does not know")]
    UnknownColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Rows could not be sorted or encoded: stop and look, they stay in the log.
    #[error("rows of table {table} could not be made a segment: {source}")]
    Segment {
        /// The table.
        table: String,
        /// Why.
        source: SegmentError,
    },
}
