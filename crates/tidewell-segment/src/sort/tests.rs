//! Tests of sorting.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{ArrayRef, Int64Array, RecordBatch, TimestampNanosecondArray};
use proptest::prelude::*;
use tidewell_types::{FieldType, TableSchema};

use super::sort_rows;
use crate::SegmentError;
use crate::sample::{Row, any_batches, model, row, rows, schema, sparse_batch};

proptest! {
    #[test]
    fn sort_rows_any_batches_equals_the_model(batches in any_batches()) {
        let all: Vec<Row> = batches.concat();
        let batches: Vec<RecordBatch> = batches.iter().map(|rows| sparse_batch(rows)).collect();
        let sorted = sort_rows(&schema(), &batches).unwrap();
        prop_assert_eq!(sorted.schema(), schema().arrow());
        prop_assert_eq!(rows(&sorted), model(&all));
    }
}

#[test]
fn sort_rows_absent_tag_comes_first() {
    let without = Row { region: None, ..row("", "a", 9, 1.0) };
    let batch = sparse_batch(&[row("", "a", 1, 2.0), without.clone()]);
    assert_eq!(rows(&sort_rows(&schema(), &[batch]).unwrap()), [without, row("", "a", 1, 2.0)]);
}

#[test]
fn sort_rows_second_write_keeps_the_fields_it_does_not_name() {
    let first = Row { integer: Some(7), ..row("eu", "a", 1, 1.0) };
    let second = row("eu", "a", 1, 2.0);
    let sorted = sort_rows(&schema(), &[sparse_batch(&[first]), sparse_batch(&[second])]).unwrap();
    assert_eq!(rows(&sorted), [Row { integer: Some(7), ..row("eu", "a", 1, 2.0) }]);
}

#[test]
fn sort_rows_of_nothing_is_empty() {
    assert_eq!(sort_rows(&schema(), &[]).unwrap().num_rows(), 0);
}

#[test]
fn sort_rows_unknown_column_is_refused() {
    let mut narrow = TableSchema::new();
    narrow.add_field("integer", FieldType::Integer).unwrap();
    let columns: [(&str, ArrayRef); 2] =
        [("time", Arc::new(TimestampNanosecondArray::from(vec![1]))), ("other", Arc::new(Int64Array::from(vec![1])))];
    let error = sort_rows(&narrow, &[RecordBatch::try_from_iter(columns).unwrap()]).unwrap_err();
    assert!(matches!(&error, SegmentError::SchemaMismatch { column, .. } if column == "other"), "{error}");
}
