//! Rows of every type as JSON.

use std::sync::Arc;

use arrow_array::{Float64Array, RecordBatch, StringArray, TimestampNanosecondArray, UInt64Array};

use super::records_json;

#[test]
fn records_of_every_type_are_json() {
    let batch = RecordBatch::try_from_iter([
        ("t", Arc::new(TimestampNanosecondArray::from(vec![0, 1_500_000_000])) as _),
        ("u", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None])) as _),
        ("f", Arc::new(Float64Array::from(vec![1.0, -0.25])) as _),
        ("s\"", Arc::new(StringArray::from(vec!["a\"\n", "ü"])) as _),
    ])
    .unwrap();
    let columns = ["s\"", "t", "u", "f", "none"].map(str::to_owned);
    let json = String::from_utf8(records_json(&batch, &columns).unwrap()).unwrap();
    assert_eq!(
        json,
        r#"[{"s\"":"a\"\n","t":"1970-01-01T00:00:00Z","u":18446744073709551615,"f":1.0,"none":null},{"s\"":"ü","t":"1970-01-01T00:00:01.500Z","u":null,"f":-0.25,"none":null}]"#
    );
}

#[test]
fn records_of_no_rows_are_an_empty_array() {
    let batch = RecordBatch::try_from_iter([("f", Arc::new(Float64Array::from(Vec::<f64>::new())) as _)]).unwrap();
    assert_eq!(records_json(&batch, &["f".to_owned()]).unwrap(), b"[]");
}
