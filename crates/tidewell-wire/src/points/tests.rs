//! Points of the JSON query API.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, StringArray, TimestampNanosecondArray};

use super::*;

fn batch() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("host", Arc::new(StringArray::from(vec![Some("a"), None]))),
        ("time", Arc::new(TimestampNanosecondArray::from(vec![Some(1_700_000_000_123_456_789), None]))),
        ("note", Arc::new(StringArray::from(vec![None, Some("x")]))),
        ("load", Arc::new(Float64Array::from(vec![Some(f64::NAN), Some(2.0)]))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

#[test]
fn points_keep_tags_and_fields_apart_and_times_as_nanoseconds() {
    let mut points = PointsEncoder::new(batch().schema_ref(), &["host".to_owned(), "load".to_owned()], 1 << 20);
    points.push(&batch()).unwrap().unwrap();
    let parts = points.finish();
    assert_eq!(parts.columns, r#"["host","time","note","load"]"#);
    assert_eq!(parts.rows, r#"[["a",1700000000123456789,null,null],[null,null,"x",2.0]]"#);
    let wanted = concat!(
        r#"[{"time":1700000000123456789,"tags":{"host":"a"},"fields":{"load":null}},"#,
        r#"{"time":null,"tags":{},"fields":{"note":"x","load":2.0}}]"#
    );
    assert_eq!(parts.results, wanted);
    assert_eq!(parts.row_count, 2);
}

#[test]
fn points_without_rows_are_empty_arrays() {
    let parts = PointsEncoder::new(batch().schema_ref(), &[], 1).finish();
    assert_eq!((parts.rows.as_str(), parts.results.as_str(), parts.row_count), ("[]", "[]", 0));
}

#[test]
fn points_beyond_the_bound_are_refused_with_a_remedy() {
    let mut points = PointsEncoder::new(batch().schema_ref(), &[], 16);
    let refusal = points.push(&batch()).unwrap().unwrap_err();
    assert_eq!(refusal.bytes_max, 16);
    assert!(refusal.to_string().contains("/api/v3/query_sql"));
}

#[test]
fn points_take_dictionaries_and_marked_columns_for_tags() {
    use arrow_schema::TimeUnit;
    let marked = Field::new("rack", DataType::Utf8, true)
        .with_metadata([("iox::column::type".to_owned(), "iox::column_type::tag".to_owned())].into());
    let columns = vec![
        Field::new("zone", DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)), true),
        marked,
        Field::new("note", DataType::Utf8, true),
        Field::new("seen", DataType::Timestamp(TimeUnit::Nanosecond, None), true),
        Field::new("time", DataType::Timestamp(TimeUnit::Nanosecond, None), true),
    ];
    let points = PointsEncoder::new(&Schema::new(columns), &[], 1);
    assert_eq!(points.roles, [Role::Tag, Role::Tag, Role::Field, Role::Field, Role::Time]);
}
