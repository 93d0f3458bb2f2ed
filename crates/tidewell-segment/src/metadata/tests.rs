//! Tests of the key/value metadata.
#![allow(clippy::unwrap_used)]

use parquet::file::metadata::KeyValue;
use tidewell_types::Version;

use super::SegmentMetadata;
use crate::sample::{footer, row, schema, segment, table};
use crate::{EncodeOptions, SegmentError};

fn with(key: &str, value: Option<&str>) -> Result<SegmentMetadata, SegmentError> {
    let mut pairs = SegmentMetadata { table: table(), schema: schema(), rank: None }.to_pairs();
    pairs.retain(|pair| pair.key != key);
    pairs.extend(value.map(|value| KeyValue::new(key.to_owned(), value.to_owned())));
    SegmentMetadata::from_pairs(&pairs)
}

#[test]
fn metadata_pairs_read_back() {
    let metadata = with("of.others", Some("x")).unwrap();
    assert_eq!(metadata, SegmentMetadata { table: table(), schema: schema(), rank: None });
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
        ("tidewell.rank", "0"),
        ("tidewell.rank", "-1"),
        ("tidewell.rank", "second"),
    ] {
        assert!(matches!(with(key, Some(value)), Err(SegmentError::Corrupt { .. })), "{key} {value}");
    }
}

#[test]
fn metadata_rank_is_that_of_the_options_and_may_be_missing() {
    let rank_of = |options: EncodeOptions| footer(&segment(&[row("eu", "a", 1, 1.0)], &options).bytes).metadata().rank;
    assert_eq!(rank_of(EncodeOptions::hot().ranked(Version::new(7))), Some(Version::new(7)));
    assert_eq!(rank_of(EncodeOptions::cold().ranked(Version::new(u64::MAX))), Some(Version::new(u64::MAX)));
    assert_eq!(rank_of(EncodeOptions::hot().ranked(Version::ZERO)), None);
    assert_eq!(rank_of(EncodeOptions { rank: Some(Version::ZERO), ..EncodeOptions::hot() }), None);
    assert_eq!(rank_of(EncodeOptions::hot()), None);
}
