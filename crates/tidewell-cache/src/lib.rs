//! Immutable objects in memory, bounded in bytes: footers, small segments whole, byte ranges of large ones.
//!
//! Only objects that never change are cached, so nothing is ever stale, and a cache can vanish at any time: it costs requests.

mod error;
mod object_cache;
mod segment;

pub use error::CacheError;
pub use object_cache::{CacheCounts, ObjectCache};
pub use segment::{CachedSegment, WHOLE_BYTES_MAX};
