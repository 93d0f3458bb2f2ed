//! Staging: objects under their names, entries that say what is in them.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, RecordBatch, TimestampNanosecondArray};
use tidewell_segment::{EncodeOptions, encode};
use tidewell_storage::{Fault, StoreOptions, StoreUrl};
use tidewell_types::{DatabaseName, FieldType, TIME_COLUMN, TableSchema};

use super::*;

const DAY_NS: i64 = 86_400_000_000_000;

fn segment(time_ns: i64) -> EncodedSegment {
    let mut schema = TableSchema::new();
    schema.add_field("v", FieldType::Float).unwrap();
    let columns: [(&str, ArrayRef); 2] = [
        (TIME_COLUMN, Arc::new(TimestampNanosecondArray::from(vec![time_ns]))),
        ("v", Arc::new(Float64Array::from(vec![1.5]))),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    encode(&TableName::new("m").unwrap(), &schema, &rows, &EncodeOptions::hot()).unwrap()
}

fn stager(store: &Store) -> Stager {
    let layout = DatabaseLayout::new(&DatabaseName::new("d").unwrap());
    Stager::new(store, &Env::system(), &layout, Generation::new(3))
}

fn store() -> Store {
    Store::open(&StoreUrl::Memory, Env::system(), &StoreOptions::default()).unwrap()
}

#[tokio::test]
async fn segments_are_named_by_generation_and_day_and_are_there() {
    let (store, table) = (store(), TableName::new("m").unwrap());
    let staged = stager(&store).put_all(&table, Place::NEWEST, vec![segment(5), segment(2 * DAY_NS)]).await.unwrap();
    let names: Vec<&str> = staged.iter().map(|staged| staged.entry.object.as_str()).collect();
    assert!(names[0].starts_with("db/d/hot/00000003/m/1970-01-01/"), "{names:?}");
    assert!(names[1].starts_with("db/d/hot/00000003/m/1970-01-03/"), "{names:?}");
    for one in &staged {
        let body = store.get(&one.name).await.unwrap().unwrap();
        assert_eq!((body.len() as u64, xxh3_128(&body)), (one.entry.file_bytes, one.entry.digest));
        assert_eq!((one.entry.row_count, one.entry.rank), (1, Version::ZERO));
    }
}

#[tokio::test]
async fn a_store_that_refuses_is_an_error() {
    let store = store().with_faults(|_| Fault::Denied);
    let put = stager(&store).put(&TableName::new("m").unwrap(), Place::NEWEST, segment(5)).await;
    assert!(matches!(put, Err(StageError::Storage(_))));
}
