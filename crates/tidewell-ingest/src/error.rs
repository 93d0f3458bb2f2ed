//! Why a write was not acknowledged, by what the caller does next.

use std::sync::Arc;

use tidewell_manifest::{CommitError, ManifestError};
use tidewell_storage::StorageError;
use tidewell_wal::WalError;

use crate::reject::Rejections;

/// A write that was not acknowledged. Cheap to clone: one failed group of writes fails each of them.
#[derive(Clone, Debug, thiserror::Error)]
pub enum IngestError {
    /// No line could be stored, or not all of them and the request wanted all or none. Nothing was stored.
    #[error("{} of the lines were rejected", .0.count)]
    Rejected(Arc<Rejections>),
    /// The buffer, the queue or the memory of idempotency keys is full; nothing was stored, try again in a second, or when the
    /// message says.
    #[error("{0}")]
    Busy(String),
    /// The request asks for what this server does not offer; nothing was stored.
    #[error("{0}")]
    Invalid(String),
    /// The write may or may not be stored, now or later. Sending it again is safe: the same points overwrite themselves, and
    /// with the same idempotency key lines without a timestamp count once, too.
    #[error(
        "the outcome of the write is unknown ({0}): it may be stored; send it again, the same points overwrite themselves"
    )]
    Unknown(Arc<str>),
    /// The store or the disk failed; the write was not acknowledged. Try again later.
    #[error("{0}")]
    Unavailable(Arc<str>),
}

impl From<WalError> for IngestError {
    fn from(error: WalError) -> Self {
        match &error {
            WalError::Storage(StorageError::Unknown { .. }) => Self::Unknown(error.to_string().into()),
            // A frame may have reached the disk although the write or its fsync failed.
            WalError::Disk { .. } | WalError::Unchecked { .. } => Self::Unknown(error.to_string().into()),
            _ => Self::Unavailable(error.to_string().into()),
        }
    }
}

impl From<ManifestError> for IngestError {
    fn from(error: ManifestError) -> Self {
        Self::Unavailable(error.to_string().into())
    }
}

impl From<CommitError> for IngestError {
    /// A schema commit of unknown outcome stores no rows, so the write itself is plainly not stored.
    fn from(error: CommitError) -> Self {
        Self::Unavailable(error.to_string().into())
    }
}
