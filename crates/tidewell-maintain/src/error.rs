//! Why maintenance did not do its work, by what the caller does next.

use tidewell_manifest::{CommitError, FileError, ManifestError};
use tidewell_segment::SegmentError;
use tidewell_stage::StageError;
use tidewell_storage::StorageError;
use tidewell_wal::WalError;

use crate::backup::BackupError;
use crate::delete::DeleteError;
use crate::rebuild::RebuildError;
use crate::rollup::RollupError;
use crate::snapshot::SnapshotError;

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
    /// So many segments that nothing names are more likely a wrong view than garbage: nothing was deleted. Look at them with
    /// a dry run; if they are what lost folds and rewrites left behind, allow a higher fraction.
    #[error(
        "gc found {orphans} of {total} segments that nothing names, more than the allowed fraction of {fraction_max}, and \
         deleted nothing: look at them with a dry run, then allow a higher fraction if they are garbage"
    )]
    TooManyOrphans {
        /// Segments that nothing names.
        orphans: u64,
        /// All segments of the database, those included.
        total: u64,
        /// The share that may go.
        fraction_max: f64,
    },
    /// A rollup that cannot be, or is not there; correct the request.
    #[error(transparent)]
    Rollup(#[from] RollupError),
    /// A live segment is damaged; nothing was changed. Restore its object from a copy, or delete its span of time.
    #[error("segment {object} cannot be read: {source}")]
    Unreadable {
        /// Its object.
        object: String,
        /// Why.
        source: SegmentError,
    },
    /// A live segment's object is not there; nothing was changed. Someone else deleted it: restore it from a copy.
    #[error("segment {object} is live and its object is gone; restore it from a copy")]
    Missing {
        /// The object.
        object: String,
    },
    /// A registered file cannot be read; nothing was changed. The text says what helps.
    #[error(transparent)]
    File(#[from] FileError),
    /// A segment that was just written reads back as something else; nothing was committed. Check the store.
    #[error("segment {object} was written and reads back differently: {problem}; nothing was committed")]
    ReadBack {
        /// Its object.
        object: String,
        /// What differs.
        problem: String,
    },
    /// Other processes changed the same segments first, again and again; try again later.
    #[error("other processes were faster {attempts} times in a row; try again later")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// Other processes folded the same entries first, again and again; call again.
    #[error("other processes kept folding the log at the same time: call again")]
    Restless,
    /// The delete cannot be done as it is asked for.
    #[error(transparent)]
    Delete(#[from] DeleteError),
    /// The snapshot cannot be made, found or put back.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// The backup stopped; what the target held before is still there.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The database was not rebuilt; nothing was committed.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
}

impl From<StageError> for MaintainError {
    fn from(error: StageError) -> Self {
        match error {
            StageError::Storage(source) => Self::Storage(source),
        }
    }
}
