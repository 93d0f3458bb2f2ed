//! Tests of the key/value metadata.
#![allow(clippy::unwrap_used)]

use parquet::file::metadata::KeyValue;

use super::SegmentMetadata;
use crate::SegmentError;
use crate::sample::{schema, table};

fn with(key: &str, value: Option<&str>) -> Result<SegmentMetadata, SegmentError> {
    let mut pairs = SegmentMetadata { table: table(), schema: schema() }.to_pairs();
    pairs.retain(|pair| pair.key != key);
    pairs.extend(value.map(|value| KeyValue::new(key.to_owned(), value.to_owned())));
    SegmentMetadata::from_pairs(&pairs)
}

#[test]
fn metadata_pairs_read_back() {
    let metadata = with("of.others", Some("x")).unwrap();
    assert_eq!(metadata, SegmentMetadata { table: table(), schema: schema() });
    let tags: Vec<&str> = metadata.schema.tags().iter().map(|tag| &**tag).collect();
    assert_eq!(tags, ["region", "host"]);
}

#[test]
fn metadata_newer_format_is_refused_by_name() {
    let error = with("tidewell.format", Some("2")).unwrap_err();
    assert!(matches!(&error, SegmentError::UnknownFormat { found } if found == "2"), "{error}");
    assert!(error.to_string().contains("upgrade"));
}

#[test]
fn metadata_missing_pair_is_no_segment() {
    for key in ["tidewell.format", "tidewell.table", "tidewell.tags", "tidewell.fields"] {
        let error = with(key, None).unwrap_err();
        assert!(matches!(&error, SegmentError::Corrupt { problem } if problem.contains(key)), "{error}");
    }
}

#[test]
fn metadata_that_makes_no_sense_is_corrupt() {
    let fine = with("tidewell.tags", Some(r#"["a","b"]"#));
    assert!(fine.is_ok());
    for (key, value) in [
        ("tidewell.table", ""),
        ("tidewell.tags", "["),
        ("tidewell.tags", r#"["time"]"#),
        ("tidewell.tags", r#"["float"]"#),
        ("tidewell.fields", r#"{"a":"decimal"}"#),
        ("tidewell.fields", r#"{"host":"float"}"#),
        ("tidewell.fields", "[]"),
    ] {
        assert!(matches!(with(key, Some(value)), Err(SegmentError::Corrupt { .. })), "{key} {value}");
    }
}
