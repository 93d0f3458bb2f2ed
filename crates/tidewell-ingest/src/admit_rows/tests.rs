//! Rows against tables.

use std::sync::Arc;

use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray,
};
use tidewell_types::{FieldType, TableName, TableRows, TableSchema};

use super::admit_rows;
use crate::admit::{AdmitLimits, Admitted};

fn tag(values: &[Option<&str>]) -> ArrayRef {
    Arc::new(values.iter().copied().collect::<DictionaryArray<arrow_array::types::Int32Type>>())
}

fn times(values: &[i64]) -> ArrayRef {
    Arc::new(TimestampNanosecondArray::from(values.to_vec()))
}

fn floats(values: &[Option<f64>]) -> ArrayRef {
    Arc::new(values.iter().copied().collect::<Float64Array>())
}

fn admit(columns: Vec<(&str, ArrayRef)>, known: TableSchema) -> Result<Admitted, String> {
    let rows = RecordBatch::try_from_iter(columns).expect("columns of one length");
    let table = TableName::new("cpu").expect("a name");
    let limits = AdmitLimits { columns_max: 5, tags_max: 2 };
    admit_rows(&TableRows { table, rows }, Some(Arc::new(known)), &limits).map_err(|misfit| misfit.to_string())
}

#[test]
fn rows_in_any_order_of_columns_are_sorted_by_name() {
    let columns =
        vec![("usage", floats(&[Some(1.0), None])), ("time", times(&[1, 2])), ("host", tag(&[Some("a"), Some("b")]))];
    let admitted = admit(columns, TableSchema::new()).expect("good rows");
    let rows = &admitted.batch.tables[0].rows;
    let names: Vec<&str> = rows.schema_ref().fields().iter().map(|field| field.name().as_str()).collect();
    assert_eq!(names, ["host", "time", "usage"]);
    let (_, growth) = &admitted.growth[0];
    assert_eq!(growth.tags().len(), 1);
    assert_eq!(growth.fields().get("usage"), Some(&FieldType::Float));
}

#[test]
fn column_without_values_makes_no_column() {
    let columns = vec![("time", times(&[1])), ("a", floats(&[None])), ("b", floats(&[Some(1.0)]))];
    let admitted = admit(columns, TableSchema::new()).expect("good rows");
    assert_eq!(admitted.batch.tables[0].rows.num_columns(), 2);
    assert!(admitted.growth[0].1.kind("a").is_none());
}

#[test]
fn known_columns_grow_nothing() {
    let mut known = TableSchema::new();
    known.add_field("b", FieldType::Float).expect("a new field");
    let admitted = admit(vec![("time", times(&[1])), ("b", floats(&[Some(1.0)]))], known).expect("good rows");
    assert!(admitted.growth.is_empty());
    assert_eq!(admitted.batch.row_count(), 1);
}

#[test]
fn new_tags_come_with_the_fewest_values_first() {
    let columns =
        vec![("time", times(&[1, 2])), ("a", tag(&[Some("x"), Some("y")])), ("b", tag(&[Some("x"), Some("x")]))];
    let admitted = admit(columns, TableSchema::new()).expect("good rows");
    let tags: Vec<&str> = admitted.growth[0].1.tags().iter().map(|tag| &**tag).collect();
    assert_eq!(tags, ["b", "a"]);
}

#[test]
fn column_of_another_type_is_refused_by_name() {
    let mut known = TableSchema::new();
    known.add_field("b", FieldType::Float).expect("a new field");
    let integers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let refused = admit(vec![("time", times(&[1])), ("b", integers)], known).expect_err("a conflict");
    assert!(refused.contains("\"b\" is integer field here but already exists as float field"), "{refused}");
}

#[test]
fn type_without_a_place_is_refused_by_name() {
    let narrow: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    let refused = admit(vec![("time", times(&[1])), ("b", narrow)], TableSchema::new()).expect_err("no such type");
    assert!(refused.contains("\"b\" is of type Int32"), "{refused}");
}

#[test]
fn rows_without_a_time_are_refused() {
    let flags: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
    assert!(admit(vec![("b", flags)], TableSchema::new()).expect_err("no time").contains("have no time"));
    let absent: ArrayRef = Arc::new(TimestampNanosecondArray::from(vec![Some(1), None]));
    assert!(admit(vec![("time", absent)], TableSchema::new()).expect_err("a NULL time").contains("without NULL"));
    let text: ArrayRef = Arc::new(StringArray::from(vec!["now"]));
    assert!(admit(vec![("time", text)], TableSchema::new()).expect_err("text").contains("have no time"));
}

#[test]
fn column_that_is_there_twice_is_refused() {
    let columns = vec![("time", times(&[1])), ("b", floats(&[Some(1.0)])), ("b", floats(&[Some(2.0)]))];
    assert!(admit(columns, TableSchema::new()).expect_err("twice").contains("\"b\" is there twice"));
}

#[test]
fn tables_do_not_outgrow_their_limits() {
    let one = || floats(&[Some(1.0)]);
    let many = vec![("time", times(&[1])), ("a", one()), ("b", one()), ("c", one()), ("d", one()), ("e", one())];
    assert!(admit(many, TableSchema::new()).expect_err("six columns").contains("more than 5 columns"));
    let name = || tag(&[Some("x")]);
    let tags = vec![("time", times(&[1])), ("a", name()), ("b", name()), ("c", name())];
    assert!(admit(tags, TableSchema::new()).expect_err("three tags").contains("more than 2 tags"));
}
