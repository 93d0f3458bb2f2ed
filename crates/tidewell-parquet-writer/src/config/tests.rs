//! Configs as programs write them.

use std::path::PathBuf;

use tidewell_segment::ExportCompression;

use super::{Target, WriterConfig};
use crate::columns::Kind;

#[test]
fn config_members_become_options() {
    let config = WriterConfig::from_json(
        r#"{"path": "a.parquet", "compression": "zstd:9", "row_group_size": 10, "tags": "room", "time_column": ["at"],
            "schema": [{"name": "room", "type": "string"}, {"name": "at", "type": "string", "required": true},
                       {"name": "n", "type": "number", "description": "x"}]}"#,
    )
    .unwrap();
    assert_eq!(config.target, Target::File(PathBuf::from("a.parquet")));
    assert_eq!((config.export.compression, config.export.row_group_rows_max), (ExportCompression::Zstd(9), 10));
    let schema = config.schema.unwrap();
    let kinds: Vec<(Kind, bool)> = schema.iter().map(|spec| (spec.kind, spec.required)).collect();
    assert_eq!(kinds, [(Kind::Tag, false), (Kind::Time, true), (Kind::Float, false)]);
}

#[test]
fn config_of_a_host_is_understood() {
    let config = WriterConfig::from_json(
        r#"{"asset_name": "t", "schema": [], "output_base": "out", "target_type": "parquet", "connection": {},
            "file_format": "parquet", "engine": {"options": {"compression": "snappy", "row_group_size": 5, "native": {}}}}"#,
    )
    .unwrap();
    assert_eq!(config.target, Target::Folder(PathBuf::from("out")));
    assert_eq!((config.export.compression, config.export.row_group_rows_max), (ExportCompression::Snappy, 5));
    assert!(config.schema.is_none());
}

#[test]
fn config_that_is_wrong_says_how() {
    for (json, wanted) in [
        ("{", "no JSON"),
        ("7", "no JSON object"),
        ("{}", "either path or output_base"),
        (r#"{"path": "a", "output_base": "b"}"#, "either path or output_base"),
        (r#"{"path": "/"}"#, "either path or output_base"),
        (r#"{"path": "a", "compresion": "lz4"}"#, "unknown field `compresion`"),
        (r#"{"path": "a", "compression": "gzip"}"#, "is none of snappy, lz4"),
        (r#"{"path": "a", "compression": "zstd:23"}"#, "is none of snappy, lz4"),
        (r#"{"path": "a", "row_group_size": 0}"#, "row_group_size is 1 to"),
        (r#"{"path": "a", "schema": [{"name": "x", "type": "blob"}]}"#, "is none of string"),
        (r#"{"path": "a", "schema": [{"name": "x", "type": "tag"}, {"name": "x", "type": "tag"}]}"#, "named twice"),
        (r#"{"path": "a", "schema": [{"name": "x\u0000", "type": "tag"}]}"#, "holds a NUL"),
        (r#"{"path": "a", "tags": "x", "time_columns": "x"}"#, "named twice"),
    ] {
        let error = WriterConfig::from_json(json).unwrap_err();
        assert!(error.contains(wanted), "{json}: {error}");
    }
}

#[test]
fn kinds_that_are_named_are_known() {
    for name in Kind::NAMES {
        assert!(Kind::of_name(name).is_some(), "{name}");
    }
}
