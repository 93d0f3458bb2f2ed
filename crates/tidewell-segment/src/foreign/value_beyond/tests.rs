//! Bounds of every kind against values at, beside and under NULL.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, StringArray,
    TimestampNanosecondArray, UInt64Array,
};
use arrow_buffer::NullBuffer;

use super::row_beyond;
use crate::foreign::claimed::{ClaimedColumn, StatValue};

fn beyond(column: &ArrayRef, min: Option<StatValue>, max: Option<StatValue>) -> Option<usize> {
    row_beyond(column, &ClaimedColumn { name: "v".into(), null_count: None, min, max })
}

/// A column whose values are `low`, NULL and `high`.
fn check(column: ArrayRef, low: StatValue, high: StatValue) {
    let (min, max) = (Some(low.clone()), Some(high.clone()));
    assert_eq!(beyond(&column, min.clone(), max.clone()), None, "{column:?}");
    assert_eq!(beyond(&column, None, None), None, "{column:?}");
    assert_eq!(beyond(&column, max, None), Some(0), "{column:?}");
    assert_eq!(beyond(&column, None, min), Some(2), "{column:?}");
}

#[test]
fn beyond_every_kind_is_found_at_its_first_row() {
    let text = |text: &str| StatValue::Text(text.to_owned());
    let tags: DictionaryArray<Int32Type> = vec![Some("a"), None, Some("b")].into_iter().collect();
    check(Arc::new(Int64Array::from(vec![Some(-1), None, Some(2)])), StatValue::Integer(-1), StatValue::Integer(2));
    let times = TimestampNanosecondArray::from(vec![Some(5), None, Some(7)]);
    check(Arc::new(times), StatValue::Integer(5), StatValue::Integer(7));
    let unsigned = UInt64Array::from(vec![Some(1), None, Some(u64::MAX)]);
    check(Arc::new(unsigned), StatValue::Unsigned(1), StatValue::Unsigned(u64::MAX));
    let floats = Float64Array::from(vec![Some(-0.5), None, Some(0.5)]);
    check(Arc::new(floats), StatValue::Float(-0.5), StatValue::Float(0.5));
    let booleans = BooleanArray::from(vec![Some(false), None, Some(true)]);
    check(Arc::new(booleans), StatValue::Boolean(false), StatValue::Boolean(true));
    check(Arc::new(StringArray::from(vec![Some("a"), None, Some("b")])), text("a"), text("b"));
    check(Arc::new(tags), text("a"), text("b"));
}

#[test]
fn beyond_what_lies_under_null_or_in_no_row_does_not_count() {
    let nulls = NullBuffer::from(vec![true, false]);
    let column: ArrayRef = Arc::new(Int64Array::new(vec![1, 99].into(), Some(nulls)));
    assert_eq!(beyond(&column, None, Some(StatValue::Integer(1))), None);
    let values: ArrayRef = Arc::new(StringArray::from(vec!["a", "z"]));
    let tags: ArrayRef = Arc::new(DictionaryArray::<Int32Type>::new(Int32Array::from(vec![0, 0]), values));
    assert_eq!(beyond(&tags, None, Some(StatValue::Text("a".to_owned()))), None);
}

#[test]
fn beyond_nan_is_in_no_order() {
    let column: ArrayRef = Arc::new(Float64Array::from(vec![f64::NAN, 1.0]));
    let (min, max) = (Some(StatValue::Float(1.0)), Some(StatValue::Float(1.0)));
    assert_eq!(beyond(&column, min, max), None);
}
