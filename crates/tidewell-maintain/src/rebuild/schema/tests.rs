//! Columns from many objects: every order of looking at them gives the same, and a contradiction names its two sides.
#![allow(clippy::unwrap_used)]

use super::*;

fn schema(tags: &[&str], fields: &[(&str, FieldType)]) -> Arc<TableSchema> {
    let mut schema = TableSchema::new();
    for tag in tags {
        schema.add_tag(tag).unwrap();
    }
    for (name, field_type) in fields {
        schema.add_field(name, *field_type).unwrap();
    }
    Arc::new(schema)
}

fn of(schemas: &[(Arc<TableSchema>, &str)]) -> Result<TableSchema, (String, String)> {
    let schemas: Vec<_> = schemas.iter().map(|(schema, object)| (Arc::clone(schema), (*object).to_owned())).collect();
    match Columns::of(&TableName::new("m").unwrap(), &schemas) {
        Ok(columns) => Ok(columns.into_schema()),
        Err(RebuildError::Conflict { first, second, .. }) => Err((first, second)),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn columns_are_the_same_in_whatever_order_schemas_come() {
    use FieldType::{Boolean, Float, String};
    let schemas = [
        (schema(&["z"], &[("f", Float)]), "1"),
        (schema(&["z", "a"], &[("g", String)]), "2"),
        (schema(&["z", "a", "b"], &[("f", Float), ("h", Boolean)]), "3"),
    ];
    let all = schema(&["z", "a", "b"], &[("f", Float), ("g", String), ("h", Boolean)]);
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        assert_eq!(of(&order.map(|index: usize| schemas[index].clone())), Ok((*all).clone()));
    }
    assert_eq!(of(&[]), Ok(TableSchema::new()));
}

#[test]
fn contradictions_name_the_object_that_had_the_column_first() {
    use FieldType::{Float, Integer};
    let conflict = of(&[
        (schema(&[], &[("f", Float)]), "1"),
        (schema(&["a"], &[("g", Float)]), "2"),
        (schema(&["a", "b"], &[("f", Integer)]), "3"),
    ]);
    assert_eq!(conflict, Err(("1".into(), "3".into())));
    let conflict = of(&[(schema(&["a", "b"], &[]), "1"), (schema(&["b"], &[]), "2"), (schema(&[], &[]), "3")]);
    assert_eq!(conflict, Err(("2".into(), "1".into())));
    let conflict = of(&[(schema(&[], &[("a", Float)]), "1"), (schema(&["a"], &[]), "2")]);
    assert_eq!(conflict, Err(("1".into(), "2".into())));
}
