//! Which column becomes what.

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, StringArray, StructArray};
use arrow_schema::{DataType, Field};
use bytes::Bytes;
use parquet::basic::Compression;

use super::{file_with, plan, properties, rows};
use crate::foreign::{ForeignError, ForeignOptions, OnRefused, hive_tags};

fn text(values: &[&str]) -> ArrayRef {
    Arc::new(StringArray::from(values.to_vec()))
}

fn number(value: i64) -> ArrayRef {
    Arc::new(Int64Array::from(vec![value]))
}

fn file(columns: Vec<(&str, ArrayRef)>) -> Bytes {
    file_with(columns, properties(Compression::UNCOMPRESSED))
}

#[test]
fn plan_without_time_lists_the_candidates() {
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![1.0]));
    let file = file(vec![("a", text(&["x"])), ("time", number(1)), ("f", floats)]);
    let error = plan(&file, &ForeignOptions::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no column \"timestamp\" for the time; columns that can be the time: time (int64), a (string)"
    );
    let options = ForeignOptions { time_fallback: true, ..ForeignOptions::default() };
    let (_, fallback) = plan(&file, &options).unwrap();
    assert_eq!(fallback.columns()[0].file_name(), "time");
}

#[test]
fn plan_named_time_and_columns_leave_the_others_out() {
    let file = file(vec![("at", number(1)), ("a", number(2)), ("b", number(3)), ("host", text(&["h"]))]);
    let options = ForeignOptions {
        time_column: Some("at".to_owned()),
        tags: vec!["host".to_owned()],
        columns: Some(vec!["b".to_owned()]),
        ..ForeignOptions::default()
    };
    let batch = rows(&file, &options).unwrap();
    let names: Vec<&str> = batch.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["b", "host", "time"]);
}

#[test]
fn plan_unknown_names_are_errors() {
    let file = file(vec![("timestamp", number(1)), ("a", number(2))]);
    for options in [
        ForeignOptions { tags: vec!["b".to_owned()], ..ForeignOptions::default() },
        ForeignOptions { columns: Some(vec!["b".to_owned()]), ..ForeignOptions::default() },
    ] {
        let error = plan(&file, &options).unwrap_err();
        assert!(matches!(&error, ForeignError::UnknownColumn { column, .. } if column == "b"), "{error}");
    }
    let options = ForeignOptions { time_format: Some("%Q".to_owned()), ..ForeignOptions::default() };
    assert!(matches!(plan(&file, &options).unwrap_err(), ForeignError::TimeFormat { .. }));
}

#[test]
fn plan_second_time_column_is_refused_or_left_out() {
    let file = file(vec![("timestamp", number(1)), ("time", number(2)), ("a", number(3))]);
    let (_, refusing) = plan(&file, &ForeignOptions::default()).unwrap();
    assert!(refusing.check().unwrap_err().to_string().contains("\"time\""));
    assert!(matches!(rows(&file, &ForeignOptions::default()).unwrap_err(), ForeignError::Columns(_)));
    let options = ForeignOptions { on_refused: OnRefused::LeaveOut, ..ForeignOptions::default() };
    assert_eq!(rows(&file, &options).unwrap().num_columns(), 2);
    let (_, leaving) = plan(&file, &options).unwrap();
    assert_eq!(leaving.refused().len(), 1);
    assert!(leaving.to_string().contains("-> refused: "), "{leaving}");
}

#[test]
fn plan_folders_become_tags_before_the_others() {
    let file = file(vec![("timestamp", number(1)), ("host", text(&["h"]))]);
    let path_tags = hive_tags("region=eu%20west/day=__HIVE_DEFAULT_PARTITION__/x.parquet").unwrap();
    let options = ForeignOptions { path_tags, tags: vec!["host".to_owned()], ..ForeignOptions::default() };
    let (_, plan) = plan(&file, &options).unwrap();
    let tags: Vec<&str> = plan.schema().tags().iter().map(|tag| &**tag).collect();
    assert_eq!(tags, ["region", "day", "host"]);
    let batch = rows(&file, &options).unwrap();
    assert_eq!(batch.column_by_name("day").unwrap().null_count(), 1);
    assert_eq!(batch.column_by_name("region").unwrap().null_count(), 0);
}

#[test]
fn plan_folder_that_the_file_has_too_is_refused() {
    let file = file(vec![("timestamp", number(1)), ("a", number(1))]);
    let options =
        ForeignOptions { path_tags: vec![("a".to_owned(), Some("5".to_owned()))], ..ForeignOptions::default() };
    assert!(rows(&file, &options).unwrap_err().to_string().contains("path has a value"));
    let options = ForeignOptions { on_refused: OnRefused::LeaveOut, ..options };
    assert_eq!(rows(&file, &options).unwrap().num_columns(), 2);
}

#[test]
fn plan_member_and_column_of_one_name_are_refused() {
    let inner = StructArray::from(vec![(Arc::new(Field::new("b", DataType::Int64, true)), number(1))]);
    let file = file(vec![("timestamp", number(1)), ("a", Arc::new(inner)), ("a.b", number(2))]);
    let options = ForeignOptions { flatten: true, ..ForeignOptions::default() };
    let (_, plan) = plan(&file, &options).unwrap();
    assert!(plan.check().unwrap_err().to_string().contains("same name"));
}
