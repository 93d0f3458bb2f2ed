//! Records to columns.

use std::collections::BTreeMap;

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type};

use super::{ColumnSpec, Kind, batch_of, infer, schema_of};
use crate::records::{Batch, Record};

fn records(json: &str) -> Vec<Record> {
    Batch::from_json(json).unwrap().records
}

fn spec(name: &str, kind: Kind, required: bool) -> ColumnSpec {
    ColumnSpec { name: name.to_owned(), kind, required }
}

fn batch(specs: &[ColumnSpec], json: &str) -> Result<RecordBatch, String> {
    batch_of(specs, &schema_of(specs), &records(json), false)
}

#[test]
fn columns_of_every_kind_take_their_values() {
    let specs = [
        spec("s", Kind::Text, false),
        spec("g", Kind::Tag, false),
        spec("j", Kind::Json, false),
        spec("i", Kind::Integer, false),
        spec("u", Kind::Unsigned, false),
        spec("f", Kind::Float, false),
        spec("b", Kind::Boolean, false),
        spec("t", Kind::Time, false),
        spec("d", Kind::Date, false),
    ];
    let rows = batch(
        &specs,
        r#"[{"s": "x", "g": "a", "j": [1], "i": "-7", "u": 18446744073709551615, "f": 2, "b": "True",
             "t": "2024-01-01T00:00:00.5+01:00", "d": "2024-01-31T00:00:00", "more": 1},
            {"s": 1.5, "g": "a", "j": "y", "i": 3.0, "u": "0", "f": "1e3", "b": false, "t": 1700000000, "d": "1969-12-31"},
            {"s": null, "i": "", "f": " ", "b": "", "t": "", "d": null}]"#,
    )
    .unwrap();
    assert_eq!(rows.column(0).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("x"), Some("1.5"), None]);
    assert_eq!(rows.column(1).as_dictionary::<Int32Type>().values().len(), 1);
    assert_eq!(rows.column(2).as_string::<i32>().iter().collect::<Vec<_>>(), [Some("[1]"), Some("\"y\""), None]);
    assert_eq!(rows.column(3).as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(-7), Some(3), None]);
    assert_eq!(rows.column(4).as_primitive::<UInt64Type>().iter().collect::<Vec<_>>(), [Some(u64::MAX), Some(0), None]);
    assert_eq!(rows.column(5).as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(2.0), Some(1e3), None]);
    assert_eq!(rows.column(6).as_boolean().iter().collect::<Vec<_>>(), [Some(true), Some(false), None]);
    let times = rows.column(7).as_primitive::<TimestampNanosecondType>().iter().collect::<Vec<_>>();
    assert_eq!(times, [Some(1_704_063_600_500_000_000), Some(1_700_000_000_000_000_000), None]);
    assert_eq!(rows.column(8).as_primitive::<Date32Type>().iter().collect::<Vec<_>>(), [Some(19_753), Some(-1), None]);
}

#[test]
fn value_that_does_not_fit_is_an_error_that_names_it() {
    for (kind, value, wanted) in [
        (Kind::Integer, "1.5", "record 0, column \"x\": 1.5 is no integer"),
        (Kind::Integer, "true", "is no integer"),
        (Kind::Integer, "18446744073709551615", "is no integer"),
        (Kind::Unsigned, "-1", "is no unsigned"),
        (Kind::Float, "\"a\"", "is no number"),
        (Kind::Boolean, "1", "is no boolean"),
        (Kind::Time, "\"soon\"", "is no time"),
        (Kind::Time, "[]", "is no time"),
        (Kind::Date, "\"2024-02-30\"", "does not exist"),
    ] {
        let error = batch(&[spec("x", kind, false)], &format!(r#"[{{"x": {value}}}]"#)).unwrap_err();
        assert!(error.contains(wanted), "{value}: {error}");
    }
    for json in [r#"[{"x": 1}, {}]"#, r#"[{"x": 1}, {"x": null}]"#, r#"[{"x": 1}, {"x": ""}]"#] {
        let error = batch(&[spec("x", Kind::Integer, true)], json).unwrap_err();
        assert!(error.contains("record 1: column \"x\" is required"), "{error}");
    }
}

#[test]
fn columns_are_inferred_in_order_and_widened() {
    let rows = records(
        r#"[{"z": 1, "a": null, "m": true, "u": 1, "w": 18446744073709551615},
            {"z": 1.5, "k": {"x": 1}, "m": "t", "u": 18446744073709551615, "w": 1.5, "tag": 4, "last": null}]"#,
    );
    let found = infer(&rows, &BTreeMap::from([("tag".to_owned(), Kind::Tag)])).unwrap();
    let found: Vec<(&str, Kind)> = found.iter().map(|spec| (spec.name.as_str(), spec.kind)).collect();
    assert_eq!(
        found,
        [
            ("z", Kind::Float),
            ("a", Kind::Text),
            ("m", Kind::Text),
            ("u", Kind::Unsigned),
            ("w", Kind::Float),
            ("k", Kind::Json),
            ("tag", Kind::Tag),
            ("last", Kind::Text),
        ]
    );
    assert!(infer(&records(r#"[{"a\u0000": 1}]"#), &BTreeMap::new()).is_err());
}

#[test]
fn member_that_no_inferred_column_has_is_an_error() {
    let specs = [spec("x", Kind::Integer, false)];
    let error = batch_of(&specs, &schema_of(&specs), &records(r#"[{"x": 1}, {"y": 2}]"#), true).unwrap_err();
    assert!(error.contains("record 1") && error.contains("\"y\""), "{error}");
}
