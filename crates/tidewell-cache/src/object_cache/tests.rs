//! The cache over a store in memory.
#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch, TimestampNanosecondArray};
use futures::future::join_all;
use tidewell_env::Env;
use tidewell_segment::{EncodeOptions, encode};
use tidewell_storage::{ObjectName, Store, StoreOptions};
use tidewell_types::{FieldType, TableName, TableSchema};

use super::ObjectCache;
use crate::{CacheError, WHOLE_BYTES_MAX};

struct Segment {
    store: Store,
    object: ObjectName,
    file_bytes: u64,
    footer_bytes: u64,
}

/// A segment of so many rows, of about 8 bytes each.
async fn segment(rows: i64) -> Segment {
    let store = Store::open(&"memory://".parse().unwrap(), Env::system(), &StoreOptions::default()).unwrap();
    let mut schema = TableSchema::new();
    schema.add_field("v", FieldType::Integer).unwrap();
    let noise = |row: i64| row.wrapping_mul(6_364_136_223_846_793_005).rotate_left(29).wrapping_mul(row | 1);
    let times = TimestampNanosecondArray::from_iter_values(0..rows);
    let values = Int64Array::from_iter_values((0..rows).map(noise));
    let batch = RecordBatch::try_new(schema.arrow(), vec![Arc::new(times), Arc::new(values)]).unwrap();
    let encoded = encode(&TableName::new("t").unwrap(), &schema, &batch, &EncodeOptions::hot()).unwrap();
    let object = ObjectName::foreign("segment").unwrap();
    store.put(&object, encoded.bytes.clone()).await.unwrap();
    Segment { store, object, file_bytes: encoded.bytes.len() as u64, footer_bytes: encoded.stats.footer_bytes }
}

impl Segment {
    fn gets(&self) -> u64 {
        self.store.meter().snapshot().gets
    }

    async fn open(&self, cache: &ObjectCache) -> crate::CachedSegment {
        cache.open(&self.store, &self.object, self.file_bytes, self.footer_bytes).await.unwrap()
    }
}

#[tokio::test]
async fn small_object_is_read_once_and_serves_every_range() {
    let (segment, cache) = (segment(100).await, ObjectCache::new(1 << 20));
    let open = segment.open(&cache).await;
    let ranges: [Range<u64>; 2] = [4..10, 0..4];
    let bytes = cache.ranges(&segment.store, &open, &ranges).await.unwrap();
    assert!(open.is_whole());
    assert_eq!((bytes[0].len(), &bytes[1][..], segment.gets()), (6, &b"PAR1"[..], 1));
    segment.open(&cache).await;
    assert_eq!((segment.gets(), cache.counts().misses), (1, 1));
}

#[tokio::test]
async fn large_object_is_read_by_footer_and_by_range_and_ranges_are_kept() {
    let (segment, cache) = (segment(700_000).await, ObjectCache::new(64 << 20));
    assert!(segment.file_bytes > WHOLE_BYTES_MAX);
    let open = segment.open(&cache).await;
    assert!(!open.is_whole());
    assert_eq!(segment.gets(), 1);
    let whole = segment.store.get(&segment.object).await.unwrap().unwrap();
    let before = segment.gets();
    let first = cache.ranges(&segment.store, &open, &[0..1000, 2000..3000]).await.unwrap();
    assert_eq!((&first[0], &first[1]), (&whole.slice(0..1000), &whole.slice(2000..3000)));
    assert_eq!(segment.gets(), before + 1, "near ranges are fetched with one request");
    let second = cache.ranges(&segment.store, &open, &[2000..3000, 5000..5001, 0..1000]).await.unwrap();
    assert_eq!(second, [whole.slice(2000..3000), whole.slice(5000..5001), whole.slice(0..1000)]);
    assert_eq!(segment.gets(), before + 2, "only what is missing is fetched");
    cache.ranges(&segment.store, &open, &[0..1000]).await.unwrap();
    assert_eq!(segment.gets(), before + 2);
}

#[tokio::test]
async fn callers_at_the_same_time_share_a_request() {
    let (segment, cache) = (segment(700_000).await, ObjectCache::new(64 << 20));
    join_all((0..20).map(|_| segment.open(&cache))).await;
    assert_eq!(segment.gets(), 1);
    let open = segment.open(&cache).await;
    let range = [0..1000, 2000..3000];
    join_all((0..20).map(|_| cache.ranges(&segment.store, &open, &range))).await;
    assert_eq!(segment.gets(), 2);
}

#[tokio::test]
async fn cache_without_memory_still_answers() {
    let (segment, cache) = (segment(100).await, ObjectCache::new(0));
    let open = segment.open(&cache).await;
    assert_eq!(cache.ranges(&segment.store, &open, &[0..4]).await.unwrap()[0], &b"PAR1"[..]);
    segment.open(&cache).await;
}

#[tokio::test]
async fn cache_stays_within_its_bytes() {
    let (segment, cache) = (segment(700_000).await, ObjectCache::new(1 << 20));
    let open = segment.open(&cache).await;
    for start in 0..40 {
        let range = start * 100_000..(start + 1) * 100_000;
        cache.ranges(&segment.store, &open, &[range]).await.unwrap();
    }
    cache.entries.run_pending_tasks().await;
    assert!((1..=1 << 20).contains(&cache.bytes()), "{}", cache.bytes());
}

#[tokio::test]
async fn missing_object_is_gone_and_asked_for_again() {
    let (segment, cache) = (segment(100).await, ObjectCache::new(1 << 20));
    segment.store.delete(std::slice::from_ref(&segment.object)).await.unwrap();
    for _ in 0..2 {
        let error = cache.open(&segment.store, &segment.object, 100, 50).await.unwrap_err();
        assert!(matches!(error, CacheError::Gone { object } if object == "segment"));
    }
    assert_eq!(cache.counts().misses, 2);
}

#[tokio::test]
async fn object_that_is_no_segment_is_unreadable() {
    let (segment, cache) = (segment(100).await, ObjectCache::new(1 << 20));
    segment.store.overwrite(&segment.object, vec![0; 100].into()).await.unwrap();
    let error = cache.open(&segment.store, &segment.object, 100, 50).await.unwrap_err();
    assert!(matches!(error, CacheError::Segment { .. }), "{error}");
}

#[tokio::test]
async fn footer_longer_than_expected_costs_one_more_request() {
    let (segment, cache) = (segment(700_000).await, ObjectCache::new(64 << 20));
    let open = cache.open(&segment.store, &segment.object, segment.file_bytes, 64).await.unwrap();
    assert_eq!(open.footer().row_groups().len(), 11);
    assert!((2..=3).contains(&segment.gets()), "{}", segment.gets());
}
