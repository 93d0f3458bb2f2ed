//! Why rows did not become segments in the store.

use tidewell_storage::StorageError;

/// Staging that failed. No commit names what was put: it stays behind as garbage of its generation.
#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// The store did not take a segment; stage it again, under another name.
    #[error(transparent)]
    Storage(#[from] StorageError),
}
