//! Reading a segment: whole or in ranges, the rows that count, and damage by name.
#![allow(clippy::unwrap_used)]

use tidewell_manifest::{TagMatch, Tombstone};
use tidewell_storage::Usage;
use tidewell_types::{Version, WriteId};

use super::*;
use crate::rewrite::sample::{Row, database, object, open as open_manifest, read_rows, schema, staged, time};

fn rows() -> Vec<Row> {
    (0..100).map(|number| (number % 50, if number < 50 { "a" } else { "b" }, Some(number as f64), None)).collect()
}

async fn entry() -> (Store, Arc<SegmentEntry>) {
    let (store, manifest) = database().await;
    let entry = staged(&store, &manifest, &rows(), 3).await;
    (store, Arc::new(entry))
}

async fn read(
    store: &Store,
    entry: &Arc<SegmentEntry>,
    keep: Keep,
    whole_bytes_max: u64,
) -> (Vec<(i64, String)>, Usage) {
    let before = store.meter().snapshot();
    let segment = OpenSegment::open(store, entry, whole_bytes_max).await.unwrap();
    let mut decoder = SegmentRows::new(segment, keep, &schema().arrow()).unwrap();
    let mut found = Vec::new();
    loop {
        match decoder.step().unwrap() {
            RowsStep::Need(ranges) => {
                let bytes = decoder.segment().fetch(store, &ranges).await.unwrap();
                decoder.push(&ranges, bytes).unwrap();
            }
            RowsStep::Batch(batch) => found.extend(read_rows(&batch).into_iter().map(|row| (row.0, row.1))),
            RowsStep::Done => return (found, store.meter().snapshot() - before),
        }
    }
}

#[tokio::test]
async fn small_segment_is_one_request_and_a_large_one_its_footer_and_its_data() {
    let (store, entry) = entry().await;
    let (whole, used) = read(&store, &entry, Keep::ALL, entry.file_bytes).await;
    assert_eq!((whole.len(), used.gets, used.requests()), (100, 1, 1));
    let (ranged, used) = read(&store, &entry, Keep::ALL, entry.file_bytes - 1).await;
    assert_eq!((ranged, used.gets), (whole, 2));
    let understated = Arc::new(SegmentEntry { footer_bytes: 10, ..(*entry).clone() });
    assert_eq!(read(&store, &understated, Keep::ALL, 0).await.0.len(), 100);
}

#[tokio::test]
async fn rows_that_were_deleted_have_expired_or_lie_elsewhere_are_left_out() {
    let (store, entry) = entry().await;
    let tombstone = |version: u64, span, host: &str| Tombstone {
        id: WriteId::from_bytes([version as u8; 16]),
        time: time(span),
        tags: vec![TagMatch { tag: "host".to_owned(), values: vec![host.to_owned()] }],
        version: Version::new(version),
    };
    let table = TableState {
        // The first is older than the segment's rank.
        tombstones: Arc::new(vec![tombstone(3, (0, 49), "b"), tombstone(4, (20, 29), "a")]),
        time_floor: Some(TimestampNs::from_ns(5)),
        ..TableState::default()
    };
    let (found, _) = read(&store, &entry, Keep::of(&table, &entry, time((0, 39))), u64::MAX).await;
    let expected = |host: &str, time: i64| (5..40).contains(&time) && !(host == "a" && (20..30).contains(&time));
    let rows = rows();
    let expected: Vec<_> =
        rows.iter().filter(|row| expected(row.1, row.0)).map(|row| (row.0, row.1.to_owned())).collect();
    assert_eq!(found, expected);
    let (found, _) = read(&store, &entry, Keep::of(&table, &entry, time((45, i64::MAX))), u64::MAX).await;
    assert_eq!(found.len(), 10);
}

#[tokio::test]
async fn damage_and_absence_name_the_object() {
    let (store, entry) = entry().await;
    let mut body = store.get(&object(&entry)).await.unwrap().unwrap().to_vec();
    body[10] ^= 1;
    store.overwrite(&object(&entry), body.into()).await.unwrap();
    let error = OpenSegment::open(&store, &entry, u64::MAX).await.unwrap_err();
    assert!(matches!(&error, MaintainError::Unreadable { object, .. } if *object == entry.object), "{error}");
    store.delete(&[object(&entry)]).await.unwrap();
    for whole_bytes_max in [0, u64::MAX] {
        let error = OpenSegment::open(&store, &entry, whole_bytes_max).await.unwrap_err();
        assert!(matches!(&error, MaintainError::Missing { object } if *object == entry.object), "{error}");
    }
}

#[tokio::test]
async fn column_that_a_schema_lacks_is_named() {
    let (store, entry) = entry().await;
    let segment = OpenSegment::open(&store, &entry, u64::MAX).await.unwrap();
    assert_eq!(segment.unknown_column(&schema().arrow()), None);
    let state = open_manifest(&store, 7).await.state();
    assert_eq!(state.tables.len(), 1);
    assert!(segment.unknown_column(&tidewell_types::TableSchema::new().arrow()).is_some());
}
