//! Golden answers in every format.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, StringArray, TimestampNanosecondArray,
    UInt64Array,
};

use super::*;

fn batch() -> RecordBatch {
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("time", Arc::new(TimestampNanosecondArray::from(vec![1_700_000_000_123_456_789, 0]))),
        ("host", Arc::new(DictionaryArray::<Int32Type>::from_iter([Some("a,\"b\""), None]))),
        ("load", Arc::new(Float64Array::from(vec![Some(0.5), Some(f64::NAN)]))),
        ("count", Arc::new(Int64Array::from(vec![Some(i64::MIN), None]))),
        ("total", Arc::new(UInt64Array::from(vec![Some(u64::MAX), None]))),
        ("up", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("note", Arc::new(StringArray::from(vec![Some("line\nbreak"), Some("")]))),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true))).unwrap()
}

fn encode(format: Format, batches: &[RecordBatch], schema: &Schema) -> Vec<u8> {
    let mut encoder = Encoder::new(format, schema).unwrap();
    let mut out = Vec::new();
    for batch in batches {
        out.extend(encoder.batch(batch).unwrap());
    }
    out.extend(encoder.finish().unwrap());
    out
}

fn text(format: Format, batches: &[RecordBatch]) -> String {
    String::from_utf8(encode(format, batches, batch().schema_ref())).unwrap()
}

const FIRST: &str = concat!(
    r#"{"time":"2023-11-14T22:13:20.123456789Z","host":"a,\"b\"","load":0.5,"count":-9223372036854775808,"#,
    r#""total":18446744073709551615,"up":true,"note":"line\nbreak"}"#
);
const SECOND: &str = r#"{"time":"1970-01-01T00:00:00.000000000Z","load":null,"note":""}"#;

#[test]
fn json_is_an_array_of_objects_without_nulls() {
    assert_eq!(text(Format::Json, &[batch()]), format!("[{FIRST},{SECOND}]"));
}

#[test]
fn json_over_several_batches_is_one_array() {
    let (first, second) = (batch().slice(0, 1), batch().slice(1, 1));
    assert_eq!(text(Format::Json, &[first, batch().slice(0, 0), second]), format!("[{FIRST},{SECOND}]"));
}

#[test]
fn json_without_rows_is_an_empty_array() {
    assert_eq!(text(Format::Json, &[]), "[]");
    assert_eq!(text(Format::Json, &[batch().slice(0, 0)]), "[]");
}

#[test]
fn jsonl_is_one_object_a_line() {
    assert_eq!(text(Format::JsonLines, &[batch()]), format!("{FIRST}\n{SECOND}\n"));
    assert_eq!(text(Format::JsonLines, &[]), "");
}

#[test]
fn csv_quotes_by_rfc_4180_and_leaves_null_empty() {
    let wanted = "time,host,load,count,total,up,note\n\
        2023-11-14T22:13:20.123456789Z,\"a,\"\"b\"\"\",0.5,-9223372036854775808,18446744073709551615,true,\
        \"line\nbreak\"\n\
        1970-01-01T00:00:00.000000000Z,,NaN,,,,\"\"\n";
    assert_eq!(text(Format::Csv, &[batch()]), wanted);
}

#[test]
fn csv_without_rows_is_its_header() {
    assert_eq!(text(Format::Csv, &[]), "time,host,load,count,total,up,note\n");
}

#[test]
fn pretty_aligns_columns_and_escapes_control_characters() {
    let shown = batch().project(&[1, 2, 6]).unwrap();
    let wanted = "\
+-------+------+-------------+
| host  | load | note        |
+-------+------+-------------+
| a,\"b\" | 0.5  | line\\nbreak |
|       | NaN  |             |
+-------+------+-------------+
";
    let out = encode(Format::Pretty, std::slice::from_ref(&shown), shown.schema_ref());
    assert_eq!(String::from_utf8(out).unwrap(), wanted);
}

#[test]
fn pretty_without_rows_is_its_header() {
    let shown = batch().project(&[1]).unwrap();
    let out = encode(Format::Pretty, &[], shown.schema_ref());
    assert_eq!(String::from_utf8(out).unwrap(), "+------+\n| host |\n+------+\n");
}

#[test]
fn pretty_beyond_its_rows_says_how_many_there_are() {
    let shown = batch().project(&[5]).unwrap();
    let mut encoder = Encoder::with_pretty_rows_max(Format::Pretty, shown.schema_ref(), 1).unwrap();
    encoder.batch(&shown).unwrap();
    encoder.batch(&shown).unwrap();
    let out = String::from_utf8(encoder.finish().unwrap()).unwrap();
    assert_eq!(out, "+------+\n| up   |\n+------+\n| true |\n+------+\nfirst 1 of 4 rows; csv and json give all\n");
}

#[test]
fn pretty_of_wide_rows_stays_within_its_bound() {
    let long: ArrayRef = Arc::new(StringArray::from_iter_values((0..200).map(|_| "x".repeat(10_000))));
    let wide = RecordBatch::try_from_iter((0..500).map(|at| (format!("c{at}"), Arc::clone(&long)))).unwrap();
    let out = encode(Format::Pretty, std::slice::from_ref(&wide), wide.schema_ref());
    assert!((10 << 20..20 << 20).contains(&out.len()), "{}", out.len());
    assert!(out.ends_with(b" of 200 rows; csv and json give all\n"));
}

#[test]
fn parquet_is_one_whole_file() {
    let out = encode(Format::Parquet, &[batch(), batch()], batch().schema_ref());
    assert_eq!((&out[..4], &out[out.len() - 4..]), (&b"PAR1"[..], &b"PAR1"[..]));
    let empty = encode(Format::Parquet, &[], batch().schema_ref());
    assert_eq!((&empty[..4], &empty[empty.len() - 4..]), (&b"PAR1"[..], &b"PAR1"[..]));
}

#[test]
fn pieces_of_a_wide_batch_hold_few_rows_and_all_of_them() {
    let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100));
    let wide = RecordBatch::try_from_iter((0..4096).map(|at| (format!("c{at}"), Arc::clone(&column)))).unwrap();
    let rows: Vec<usize> = pieces(&wide).map(|piece| piece.num_rows()).collect();
    assert_eq!(rows, [16, 16, 16, 16, 16, 16, 4]);
    assert_eq!(pieces(&batch()).count(), 1);
    assert_eq!(pieces(&batch().slice(0, 0)).count(), 0);
}
