//! Configs as programs write them.

use std::path::PathBuf;

use tidewell_csv::{Decimal, LocalTimes, TimeFormat};
use tidewell_types::FieldType;

use super::ReaderConfig;

#[test]
fn config_members_become_options() {
    let config = ReaderConfig::from_json(
        r#"{"path": "a.csv", "delimiter": "tab", "quote": "none", "header": false, "column_names": ["a", "b"],
            "skip_lines": 2, "decimal": ",", "na": "-999", "time_columns": ["a"], "time_format": "epoch_ms",
            "timezone": "Europe/Berlin", "local_times": "later", "tags": "b", "skip_columns": [], "batch_size": 7,
            "types": {"c": "unsigned"}, "sample_bytes": 99, "rejected_rows_max": 3}"#,
    )
    .unwrap();
    let csv = &config.csv;
    assert_eq!(config.paths, [PathBuf::from("a.csv")]);
    assert_eq!((config.sample_bytes, config.rejected_rows_max, csv.batch_rows_max), (99, 3, 7));
    assert_eq!((csv.delimiter, csv.quote, csv.header, csv.skip_lines), (Some(b'\t'), None, Some(false), 2));
    assert_eq!((csv.decimal, csv.local_times), (Decimal::Comma, LocalTimes::Later));
    assert_eq!(csv.missing, Some(vec!["-999".to_owned()]));
    assert_eq!((csv.time_columns.as_slice(), csv.tags.as_slice()), (&["a".to_owned()][..], &["b".to_owned()][..]));
    assert_eq!(csv.time_format, "epoch_ms".parse::<TimeFormat>().unwrap());
    assert_eq!(csv.timezone.to_string(), "Europe/Berlin");
    assert_eq!(csv.column_types, [("c".to_owned(), FieldType::Unsigned)]);
    assert!(!csv.without_time);
}

#[test]
fn config_of_a_host_is_understood_and_the_top_wins() {
    let config = ReaderConfig::from_json(
        r#"{"type": "csv", "connection": {}, "credentials": {}, "object": null, "incremental": {"x": 1}, "skip_lines": 1,
            "files": [{"path": "a", "id": "x"}, {"file": "b"}, "c"],
            "engine": {"type": "native", "options": {"batch_size": 5, "delimiter": ";", "skip_lines": 9, "native": {}}}}"#,
    )
    .unwrap();
    assert_eq!(config.paths, ["a", "b", "c"].map(PathBuf::from));
    assert_eq!((config.csv.delimiter, config.csv.batch_rows_max, config.csv.skip_lines), (Some(b';'), 5, 1));
    assert!(config.csv.without_time);
}

#[test]
fn config_that_is_wrong_says_how() {
    for (json, wanted) in [
        ("", "no JSON"),
        ("[]", "no JSON object"),
        ("{}", "names no file"),
        (r#"{"path": "a", "files": ["b"]}"#, "names no file"),
        (r#"{"files": []}"#, "names no file"),
        (r#"{"files": [7]}"#, "entry of files"),
        (r#"{"path": "a", "delimeter": ";"}"#, "unknown field `delimeter`"),
        (r#"{"path": "a", "delimiter": "ab"}"#, "is not one ASCII character"),
        (r#"{"path": "a", "engine": {"options": {"batch_size": "x"}}}"#, "invalid type"),
        (r#"{"path": "a", "na": 3}"#, "a text or a list of texts"),
        (r#"{"path": "a", "timezone": "Mars"}"#, "is no timezone"),
        (r#"{"path": "a", "types": {"x": "int"}}"#, "is none of float, integer"),
        (r#"{"path": "a", "sample_bytes": 0}"#, "sample_bytes is 1 to"),
    ] {
        let error = ReaderConfig::from_json(json).unwrap_err();
        assert!(error.contains(wanted), "{json}: {error}");
    }
}
