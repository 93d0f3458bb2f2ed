//! Why an object could not be had.

use std::sync::Arc;

use tidewell_segment::SegmentError;
use tidewell_storage::StorageError;

/// Why an object could not be had. Nothing of it is cached: the next call asks the store again.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CacheError {
    /// The store has no such object (any more): the view that named it is too old, so read the newest one.
    #[error("object {object:?} is gone from the store: plan again from the newest version")]
    Gone {
        /// Its name.
        object: String,
    },
    /// The store did not answer as it should: try again later.
    #[error(transparent)]
    Storage(StorageError),
    /// The object is not a readable segment: report it, no retry helps.
    #[error("object {object:?} is not a readable segment: {source}")]
    Segment {
        /// Its name.
        object: String,
        /// What is wrong with it.
        source: Arc<SegmentError>,
    },
}
