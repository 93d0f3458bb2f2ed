//! The cache: footers with small objects, and byte ranges of large objects, in one budget of bytes.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures::FutureExt;
use futures::future::try_join_all;
use moka::future::Cache;
use tidewell_segment::{Footer, SegmentError};
use tidewell_storage::{ObjectName, StorageError, Store};

use crate::{CacheError, CachedSegment, WHOLE_BYTES_MAX};

/// What an entry costs beside its bytes: key, map, policy.
const ENTRY_BYTES: usize = 256;

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Segment(ObjectName),
    Range(ObjectName, u64, u64),
}

#[derive(Clone)]
enum Value {
    Segment(CachedSegment),
    Range(Bytes),
}

fn weigh(_key: &Key, value: &Value) -> u32 {
    let bytes = match value {
        Value::Segment(segment) => segment.footer.memory_bytes() + segment.whole.as_ref().map_or(0, Bytes::len),
        Value::Range(bytes) => bytes.len(),
    };
    u32::try_from(bytes.saturating_add(ENTRY_BYTES)).unwrap_or(u32::MAX)
}

/// How often the cache answered. A footer, a small object and a byte range count once each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CacheCounts {
    /// Answered from memory, or by a request that another caller had under way.
    pub hits: u64,
    /// Asked of the store.
    pub misses: u64,
}

/// Immutable objects of one store in memory, bounded in bytes; the least used go first.
///
/// Callers that want the same thing at the same time share one request, which counts for the caller that came first.
pub struct ObjectCache {
    entries: Cache<Key, Value>,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl std::fmt::Debug for ObjectCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ObjectCache").field("counts", &self.counts()).field("bytes", &self.bytes()).finish()
    }
}

impl ObjectCache {
    /// An empty cache of at most `memory_bytes_max` bytes; 0 keeps nothing.
    #[must_use]
    pub fn new(memory_bytes_max: u64) -> Self {
        let entries = Cache::builder().weigher(weigh).max_capacity(memory_bytes_max).build();
        Self { entries, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// Opens a segment: one request at most, for the whole object where it is small, otherwise for its last `footer_bytes`
    /// (and one or two more where the footer proves longer than that).
    ///
    /// # Errors
    /// [`CacheError::Gone`] when there is no such object; plan again from a newer view. [`CacheError::Storage`] when the
    /// store fails; try again. [`CacheError::Segment`] when it is no segment; report it.
    pub async fn open(
        &self,
        store: &Store,
        object: &ObjectName,
        file_bytes: u64,
        footer_bytes: u64,
    ) -> Result<CachedSegment, CacheError> {
        let mut is_hit = true;
        let load = async {
            is_hit = false;
            load_segment(store, object, file_bytes, footer_bytes).await.map(Value::Segment)
        };
        let value = self.entries.try_get_with(Key::Segment(object.clone()), load).await;
        self.count(u64::from(is_hit), u64::from(!is_hit));
        match value {
            Ok(Value::Segment(segment)) => Ok(segment),
            Ok(Value::Range(_)) => load_segment(store, object, file_bytes, footer_bytes).await,
            Err(error) => Err(CacheError::clone(&error)),
        }
    }

    /// The bytes of `ranges`, in their order. What is not in memory is fetched with one call for all of it.
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub async fn ranges(
        &self,
        store: &Store,
        segment: &CachedSegment,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, CacheError> {
        if let Some(slices) = segment.slices(ranges) {
            self.count(ranges.len() as u64, 0);
            return Ok(slices);
        }
        let object = &segment.object;
        let mut found: Vec<Option<Bytes>> = Vec::with_capacity(ranges.len());
        for range in ranges {
            let value = self.entries.get(&Key::Range(object.clone(), range.start, range.end)).await;
            found.push(value.and_then(|value| if let Value::Range(bytes) = value { Some(bytes) } else { None }));
        }
        let missing: Vec<Range<u64>> =
            ranges.iter().zip(&found).filter(|(_, bytes)| bytes.is_none()).map(|(range, _)| range.clone()).collect();
        self.count((ranges.len() - missing.len()) as u64, missing.len() as u64);
        let mut fetched = self.fetch(store, object, missing).await?.into_iter();
        found.into_iter().map(|bytes| bytes.or_else(|| fetched.next()).ok_or_else(|| short(object))).collect()
    }

    /// Fetches ranges with one call; of ranges that other callers are fetching already, theirs is taken.
    async fn fetch(
        &self,
        store: &Store,
        object: &ObjectName,
        missing: Vec<Range<u64>>,
    ) -> Result<Vec<Bytes>, CacheError> {
        if missing.is_empty() {
            return Ok(Vec::new());
        }
        let fetch = async {
            let fetched = store.get_ranges(object, &missing).await.map_err(|error| from_storage(object, error))?;
            Ok::<_, CacheError>(Arc::new(fetched))
        };
        let fetch = fetch.shared();
        let entries = missing.iter().enumerate().map(|(index, range)| {
            let fetch = fetch.clone();
            let load = async move {
                let fetched = fetch.await?;
                let bytes = fetched.get(index).ok_or_else(|| short(object))?;
                // A slice would keep everything alive that was fetched beside it, which the weigher does not see.
                Ok(Value::Range(Bytes::copy_from_slice(bytes)))
            };
            self.entries.try_get_with(Key::Range(object.clone(), range.start, range.end), load)
        });
        let values = try_join_all(entries).await.map_err(|error: Arc<CacheError>| CacheError::clone(&error))?;
        let bytes = values.into_iter().map(|value| if let Value::Range(bytes) = value { Some(bytes) } else { None });
        bytes.map(|bytes| bytes.ok_or_else(|| short(object))).collect()
    }

    fn count(&self, hits: u64, misses: u64) {
        self.hits.fetch_add(hits, Ordering::Relaxed);
        self.misses.fetch_add(misses, Ordering::Relaxed);
    }

    /// How often the cache answered so far.
    #[must_use]
    pub fn counts(&self) -> CacheCounts {
        CacheCounts { hits: self.hits.load(Ordering::Relaxed), misses: self.misses.load(Ordering::Relaxed) }
    }

    /// Bytes held, about: what was just added or dropped may not be counted yet.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.entries.weighted_size()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.entries.invalidate_all();
    }
}

async fn load_segment(
    store: &Store,
    object: &ObjectName,
    file_bytes: u64,
    footer_bytes: u64,
) -> Result<CachedSegment, CacheError> {
    let mut start = if file_bytes <= WHOLE_BYTES_MAX { 0 } else { file_bytes.saturating_sub(footer_bytes) };
    loop {
        let tail = read_from(store, object, start, file_bytes).await?;
        match Footer::parse(tail.clone(), file_bytes) {
            Err(SegmentError::TailTooShort { needed_bytes }) if file_bytes.saturating_sub(needed_bytes) < start => {
                start = file_bytes.saturating_sub(needed_bytes);
            }
            parsed => {
                let footer = Arc::new(parsed.map_err(|error| unreadable(object, error))?);
                return Ok(CachedSegment { object: object.clone(), footer, whole: (start == 0).then_some(tail) });
            }
        }
    }
}

async fn read_from(store: &Store, object: &ObjectName, start: u64, end: u64) -> Result<Bytes, CacheError> {
    let range = start..end;
    let fetched = store.get_ranges(object, std::slice::from_ref(&range)).await;
    let mut fetched = fetched.map_err(|error| from_storage(object, error))?;
    fetched.pop().ok_or_else(|| short(object))
}

fn from_storage(object: &ObjectName, error: StorageError) -> CacheError {
    if error.is_not_found() {
        CacheError::Gone { object: object.as_str().to_owned() }
    } else {
        CacheError::Storage(error)
    }
}

fn unreadable(object: &ObjectName, error: SegmentError) -> CacheError {
    CacheError::Segment { object: object.as_str().to_owned(), source: Arc::new(error) }
}

fn short(object: &ObjectName) -> CacheError {
    unreadable(object, SegmentError::Corrupt { problem: "fewer ranges came back than were asked for".to_owned() })
}

#[cfg(test)]
mod tests;
