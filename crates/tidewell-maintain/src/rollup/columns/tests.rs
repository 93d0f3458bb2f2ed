//! Columns of a target by those of its source.
#![allow(clippy::unwrap_used)]

use super::*;
use tidewell_types::TableName;

fn definition(tags: Option<&[&str]>, fields: Option<&[&str]>, aggregates: &[Aggregate]) -> RollupDefinition {
    let names = |names: Option<&[&str]>| names.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    RollupDefinition {
        source: TableName::new("s").unwrap(),
        target: TableName::new("t").unwrap(),
        interval_ms: 60_000,
        settle_ms: 0,
        tags: names(tags),
        fields: names(fields),
        aggregates: aggregates.to_vec(),
    }
}

fn source() -> TableSchema {
    let mut schema = TableSchema::new();
    for tag in ["site", "host"] {
        schema.add_tag(tag).unwrap();
    }
    let fields = [
        ("f", FieldType::Float),
        ("i", FieldType::Integer),
        ("u", FieldType::Unsigned),
        ("b", FieldType::Boolean),
        ("s", FieldType::String),
    ];
    for (field, field_type) in fields {
        schema.add_field(field, field_type).unwrap();
    }
    schema
}

fn made(definition: &RollupDefinition) -> Vec<(String, FieldType)> {
    columns(definition, &source()).into_iter().map(|column| (column.name, column.field_type)).collect()
}

#[test]
fn numbers_keep_their_type_and_have_a_float_for_a_mean() {
    let all = definition(None, Some(&["f", "i", "u"]), &Aggregate::ALL);
    let types = made(&all);
    assert_eq!(types.len(), 21);
    let of = |name: &str| types.iter().find(|(found, _)| found == name).unwrap().1;
    assert_eq!((of("mean_i"), of("count_f"), of("sum_u")), (FieldType::Float, FieldType::Integer, FieldType::Unsigned));
    assert_eq!((of("min_i"), of("last_u"), of("sum_f")), (FieldType::Integer, FieldType::Unsigned, FieldType::Float));
}

#[test]
fn text_and_booleans_are_counted_and_have_a_first_and_a_last() {
    let all = definition(None, Some(&["s", "b"]), &Aggregate::ALL);
    let names: Vec<String> = made(&all).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["count_b", "first_b", "last_b", "count_s", "first_s", "last_s"]);
}

#[test]
fn columns_that_the_source_does_not_have_yet_are_left_out() {
    let some = definition(Some(&["rack", "host"]), Some(&["later", "f"]), &[Aggregate::Max]);
    assert_eq!(made(&some), [("max_f".to_owned(), FieldType::Float)]);
    assert_eq!(tags(&some, &source()), [Arc::from("host")]);
    assert_eq!(tags(&definition(None, None, &[Aggregate::Max]), &source()).len(), 2);
    assert_eq!(tags(&definition(Some(&[]), None, &[Aggregate::Max]), &source()), []);
}
