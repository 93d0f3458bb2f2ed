//! Tests of bringing batches to a schema.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{
    Array, ArrayRef, DictionaryArray, Int32Array, RecordBatch, StringArray, TimestampNanosecondArray, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema};

use super::conform;
use crate::SegmentError;
use crate::sample::{Row, projected, row, rows, schema, sparse_batch};

#[test]
fn conform_missing_columns_are_null_and_in_order() {
    let batch = sparse_batch(&[row("eu", "a", 1, 0.5)]);
    assert_eq!(batch.num_columns(), 4);
    let conformed = conform(&schema().arrow(), &batch).unwrap();
    assert_eq!(conformed.schema(), schema().arrow());
    assert_eq!(rows(&conformed), [row("eu", "a", 1, 0.5)]);
}

#[test]
fn conform_narrower_schema_leaves_columns_out() {
    let batch = sparse_batch(&[row("eu", "a", 1, 0.5)]);
    let conformed = conform(&projected(&["time", "host"]), &batch).unwrap();
    assert_eq!(rows(&conformed), [Row { host: Some("a".to_owned()), time: 1, ..Row::default() }]);
}

#[test]
fn conform_other_type_names_the_column() {
    let wrong: ArrayRef = Arc::new(UInt64Array::from(vec![1]));
    let batch = RecordBatch::try_from_iter([("integer", wrong)]).unwrap();
    let error = conform(&projected(&["integer"]), &batch).unwrap_err();
    assert!(matches!(&error, SegmentError::SchemaMismatch { column, .. } if column == "integer"), "{error}");
}

#[test]
fn conform_without_time_is_refused() {
    let batch = sparse_batch(&[row("eu", "a", 1, 0.5)]).project(&[0]).unwrap();
    assert!(matches!(conform(&projected(&["time"]), &batch), Err(SegmentError::SchemaMismatch { .. })));
}

#[test]
fn conform_null_time_is_refused() {
    let times: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![Some(1), None]));
    let batch = RecordBatch::try_from_iter([("time", times)]).unwrap();
    assert!(matches!(conform(&projected(&["time"]), &batch), Err(SegmentError::SchemaMismatch { .. })));
}

#[test]
fn conform_null_in_a_dictionary_becomes_a_null_row() {
    let values: ArrayRef = Arc::new(StringArray::from(vec![Some("a"), None]));
    let tags = DictionaryArray::new(Int32Array::from(vec![Some(1), Some(0), None]), values);
    let field = Field::new("host", tags.data_type().clone(), true);
    let batch = RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![Arc::new(tags)]).unwrap();
    let conformed = conform(&projected(&["host"]), &batch).unwrap();
    assert_eq!(conformed.column(0).null_count(), 2);
    assert_eq!(
        conformed.column(0).data_type(),
        &DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
    );
}
