//! A segment written long ago must read the same forever.
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{
    ArrayRef, BooleanArray, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampNanosecondArray, UInt64Array,
};
use bytes::Bytes;
use tidewell_segment::{DecodeStep, EncodeOptions, FORMAT_VERSION, Footer, SegmentDecoder, conform, encode, sort_rows};
use tidewell_types::{FieldType, TableName, TableSchema, TimeBounds};

fn path(format: u32) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/segment-v{format}.parquet"))
}

/// The schema when the file was written; `never` has no value in it.
fn schema() -> TableSchema {
    let mut schema = TableSchema::new();
    schema.add_tag("site").unwrap();
    schema.add_tag("gauge").unwrap();
    for (name, field_type) in [
        ("level", FieldType::Float),
        ("trend", FieldType::Integer),
        ("pulses", FieldType::Unsigned),
        ("valid", FieldType::Boolean),
        ("note", FieldType::String),
        ("never", FieldType::Float),
    ] {
        schema.add_field(name, field_type).unwrap();
    }
    schema
}

/// The rows of the file, in its order, under its columns.
fn rows() -> RecordBatch {
    let site: DictionaryArray<Int32Type> =
        [None, Some("Brest"), Some("Brest"), Some("Brest"), Some("Cuxhaven")].into_iter().collect();
    let gauge: DictionaryArray<Int32Type> =
        [Some("old"), None, Some("north"), Some("north"), Some("süd")].into_iter().collect();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("gauge", Arc::new(gauge)),
        ("level", Arc::new(Float64Array::from(vec![Some(0.5), None, Some(-1.25), Some(1e300), Some(3.75)]))),
        ("note", Arc::new(StringArray::from(vec![None, Some(""), Some("Grüße"), None, Some("Grüße")]))),
        ("pulses", Arc::new(UInt64Array::from(vec![Some(u64::MAX), Some(0), None, Some(1), None]))),
        ("site", Arc::new(site)),
        (
            "time",
            Arc::new(TimestampNanosecondArray::from(vec![
                1_700_000_000_000_000_000,
                i64::MIN,
                -1,
                1_700_000_000_000_000_001,
                i64::MAX,
            ])),
        ),
        ("trend", Arc::new(Int64Array::from(vec![None, Some(i64::MIN), Some(-1), Some(i64::MAX), Some(0)]))),
        ("valid", Arc::new(BooleanArray::from(vec![Some(true), Some(false), None, Some(true), Some(false)]))),
    ];
    conform(&schema().arrow(), &RecordBatch::try_from_iter(columns).unwrap()).unwrap()
}

fn decode(file: &Bytes, footer: &Footer) -> Vec<RecordBatch> {
    let mut decoder = SegmentDecoder::new(footer, &schema().arrow(), None, 100).unwrap();
    let mut batches = Vec::new();
    loop {
        match decoder.step().unwrap() {
            DecodeStep::Need(ranges) => {
                let data = ranges.iter().map(|range| file.slice(range.start as usize..range.end as usize)).collect();
                decoder.push(&ranges, data).unwrap();
            }
            DecodeStep::Batch(batch) => batches.push(batch),
            DecodeStep::Done => return batches,
        }
    }
}

#[test]
fn frozen_segment_of_format_1_reads_the_same() {
    assert_reads_the_same(1);
}

#[test]
fn frozen_segment_of_format_2_reads_the_same() {
    assert_reads_the_same(2);
}

/// The rows are those of format 1; the file has checksums.
fn assert_reads_the_same(format: u32) {
    let file = Bytes::from(std::fs::read(path(format)).unwrap());
    let footer = Footer::parse(file.clone(), file.len() as u64).unwrap();
    assert_eq!(footer.metadata().table, TableName::new("tides").unwrap());
    assert_eq!(footer.metadata().schema, schema());
    assert_eq!(footer.row_groups().len(), 2);
    assert_eq!(footer.prune(TimeBounds::ALL, &[("gauge".to_owned(), ["süd".to_owned()].into())]), [1]);
    let expected = [rows().slice(0, 3), rows().slice(3, 2)];
    let decoded = decode(&file, &footer);
    assert_eq!(decoded.len(), expected.len());
    for (batch, expected) in decoded.iter().zip(&expected) {
        assert_eq!(batch, expected);
    }
}

#[test]
fn frozen_rows_are_in_segment_order() {
    assert_eq!(sort_rows(&schema(), &[rows()]).unwrap(), rows());
}

/// Made the fixture. Run it again only for a new format, under a new name; the old file stays as it is.
#[test]
#[ignore = "writes the fixture"]
fn frozen_segment_is_written() {
    let options = EncodeOptions { row_group_rows_max: 3, page_rows_max: 2, ..EncodeOptions::hot() };
    let table = TableName::new("tides").unwrap();
    let segment = encode(&table, &schema(), &rows(), &options).unwrap();
    let path = path(FORMAT_VERSION);
    assert!(!path.exists(), "the fixture is there already and must not change");
    std::fs::write(path, &segment.bytes).unwrap();
}
