//! What can go wrong, by what the caller does next.

use tidewell_ingest::IngestError;
use tidewell_maintain::MaintainError;
use tidewell_maintain::delete::DeleteError;
use tidewell_maintain::rollup::RollupError;
use tidewell_maintain::snapshot::SnapshotError;
use tidewell_manifest::{CommitError, ManifestError};
use tidewell_query::QueryError;
use tidewell_storage::StorageError;
use tidewell_types::NameError;
use tidewell_wal::WalError;

/// What the caller does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// Change the request.
    Invalid,
    /// Name another database, or write to this one first.
    DatabaseNotFound,
    /// Name another table.
    NotFound,
    /// Send or ask for less.
    TooLarge,
    /// Come back in a second.
    Busy,
    /// The store or the disk does not answer, or the engine is shutting down: come back later, or go elsewhere.
    Unavailable,
    /// It may or may not have happened; the same request may be sent again.
    Unknown,
    /// Ask for less, or raise the limit.
    Timeout,
    /// Ask for less, or raise the limit.
    MemoryLimit,
    /// Report it.
    Internal,
}

/// A request that was not done, with a text for the user that names the thing and the remedy.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct EngineError {
    /// What the caller does next.
    pub kind: ErrorKind,
    /// The text.
    pub message: String,
}

impl EngineError {
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn database_not_found(name: &str) -> Self {
        Self::new(ErrorKind::DatabaseNotFound, format!("database not found: {name:?}"))
    }
}

impl From<QueryError> for EngineError {
    fn from(error: QueryError) -> Self {
        let kind = match &error {
            QueryError::Invalid(_) => ErrorKind::Invalid,
            QueryError::NotFound { .. } => ErrorKind::NotFound,
            QueryError::MemoryLimit { .. } => ErrorKind::MemoryLimit,
            QueryError::RowLimit { .. } => ErrorKind::TooLarge,
            QueryError::Timeout { .. } => ErrorKind::Timeout,
            QueryError::Storage(_) | QueryError::Gone { .. } | QueryError::File(_) => ErrorKind::Unavailable,
            QueryError::Internal(_) => ErrorKind::Internal,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<NameError> for EngineError {
    fn from(error: NameError) -> Self {
        Self::new(ErrorKind::Invalid, error.to_string())
    }
}

impl From<StorageError> for EngineError {
    fn from(error: StorageError) -> Self {
        let kind = match &error {
            StorageError::Unknown { .. } => ErrorKind::Unknown,
            StorageError::Corrupt { .. } => ErrorKind::Internal,
            _ => ErrorKind::Unavailable,
        };
        Self::new(kind, error.to_string())
    }
}

impl From<ManifestError> for EngineError {
    fn from(error: ManifestError) -> Self {
        match error {
            ManifestError::Storage(error) => error.into(),
            error => Self::new(ErrorKind::Internal, error.to_string()),
        }
    }
}

impl From<CommitError> for EngineError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Manifest(error) => error.into(),
            CommitError::Unknown { .. } => Self::new(ErrorKind::Unknown, error.to_string()),
            CommitError::Refused(_) => Self::new(ErrorKind::Busy, error.to_string()),
        }
    }
}

impl From<WalError> for EngineError {
    fn from(error: WalError) -> Self {
        match error {
            WalError::Storage(error) => error.into(),
            error @ (WalError::Damaged { .. } | WalError::Newer { .. } | WalError::Encode { .. }) => {
                Self::new(ErrorKind::Internal, error.to_string())
            }
            error => Self::new(ErrorKind::Unavailable, error.to_string()),
        }
    }
}

impl From<MaintainError> for EngineError {
    fn from(error: MaintainError) -> Self {
        match error {
            MaintainError::Storage(error) => error.into(),
            MaintainError::Wal(error) => error.into(),
            MaintainError::Manifest(error) => error.into(),
            MaintainError::Commit(error) => error.into(),
            MaintainError::Restless => Self::new(ErrorKind::Busy, error.to_string()),
            MaintainError::Delete(DeleteError::UnknownTable { .. })
            | MaintainError::Snapshot(SnapshotError::Unknown { .. }) => {
                Self::new(ErrorKind::NotFound, error.to_string())
            }
            MaintainError::Rollup(RollupError::Unknown(_)) => Self::new(ErrorKind::NotFound, error.to_string()),
            MaintainError::Rollup(RollupError::Invalid(_))
            | MaintainError::Delete(_)
            | MaintainError::Snapshot(_)
            | MaintainError::Backup(_)
            | MaintainError::Rebuild(_) => Self::new(ErrorKind::Invalid, error.to_string()),
            error => Self::new(ErrorKind::Internal, error.to_string()),
        }
    }
}

impl From<IngestError> for EngineError {
    fn from(error: IngestError) -> Self {
        let kind = match &error {
            IngestError::Rejected(_) | IngestError::Invalid(_) => ErrorKind::Invalid,
            IngestError::Busy(_) => ErrorKind::Busy,
            IngestError::Unknown(_) => ErrorKind::Unknown,
            IngestError::Unavailable(_) => ErrorKind::Unavailable,
        };
        Self::new(kind, error.to_string())
    }
}
