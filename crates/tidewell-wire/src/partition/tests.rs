//! Dividing answers into folders.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{DictionaryArray, Int64Array, TimestampNanosecondArray};

use super::*;

const HOUR_NS: i64 = 3_600_000_000_000;

fn batch() -> RecordBatch {
    let times = TimestampNanosecondArray::from(vec![0, HOUR_NS, 25 * HOUR_NS, 2 * HOUR_NS]);
    let hosts: DictionaryArray<Int32Type> = [Some("a"), Some("b/c"), None, Some("a")].into_iter().collect();
    let values = Int64Array::from(vec![1, 2, 3, 4]);
    let columns: Vec<(&str, ArrayRef)> =
        vec![("host", Arc::new(hosts)), ("time", Arc::new(times)), ("v", Arc::new(values))];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, column)| (name, column, true))).unwrap()
}

fn split(by: &str) -> Vec<(String, Vec<i64>)> {
    let batch = batch();
    let partitioner = Partitioner::new(by.parse().unwrap(), &batch.schema()).unwrap();
    let parts = partitioner.split(&batch).unwrap();
    parts
        .into_iter()
        .map(|(folder, part)| {
            assert_eq!(part.schema().fields(), partitioner.schema().fields());
            let values = part.column_by_name("v").unwrap();
            (folder, values.as_primitive::<arrow_array::types::Int64Type>().values().to_vec())
        })
        .collect()
}

#[test]
fn spans_of_time_are_folders() {
    let folder = |name: &str, values: &[i64]| (name.to_owned(), values.to_vec());
    assert_eq!(split("year"), [folder("year=1970", &[1, 2, 3, 4])]);
    assert_eq!(split("month"), [folder("month=1970-01", &[1, 2, 3, 4])]);
    assert_eq!(split("day"), [folder("day=1970-01-01", &[1, 2, 4]), folder("day=1970-01-02", &[3])]);
    let hours = split("hour");
    assert_eq!(hours[1], folder("hour=1970-01-01T01", &[2]));
    assert_eq!(hours.len(), 4);
}

#[test]
fn values_of_a_column_are_folders_and_the_files_lack_it() {
    let folder = |name: &str, values: &[i64]| (name.to_owned(), values.to_vec());
    let expected =
        [folder("host=__HIVE_DEFAULT_PARTITION__", &[3]), folder("host=a", &[1, 4]), folder("host=b%2Fc", &[2])];
    assert_eq!(split("host"), expected);
    let partitioner = Partitioner::new(PartitionBy::Column("host".to_owned()), &batch().schema()).unwrap();
    assert!(partitioner.schema().index_of("host").is_err());
}

#[test]
fn answer_without_the_column_is_refused() {
    let missing = Partitioner::new("nope".parse().unwrap(), &batch().schema()).unwrap_err();
    assert!(missing.to_string().contains("no column \"nope\""), "{missing}");
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("time", numbers)]).unwrap();
    let refused = Partitioner::new(PartitionBy::Day, &batch.schema()).unwrap_err();
    assert!(refused.to_string().contains("not a timestamp"), "{refused}");
}

#[test]
fn folder_never_climbs_or_hides() {
    assert_eq!(escaped(".."), "%2E.");
    assert_eq!(escaped("a b=\u{e9}"), "a%20b%3D%C3%A9");
}
