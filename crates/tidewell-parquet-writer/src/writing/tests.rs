//! Files that writers make, and those that they do not.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{Int64Array, RecordBatch, RecordBatchIterator};
use arrow_schema::ArrowError;
use serde_json::{Value, json};

use super::Writing;
use crate::config::WriterConfig;

fn writer(config: &Value) -> Writing {
    Writing::open(WriterConfig::from_json(&config.to_string()).unwrap()).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn is_parquet(path: &Path) -> bool {
    let bytes = std::fs::read(path).unwrap();
    bytes.len() > 12 && bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1")
}

fn counts(json: &str) -> Vec<u64> {
    let files: Vec<Value> = serde_json::from_str(json).unwrap();
    files.iter().map(|file| file["record_count"].as_u64().unwrap()).collect()
}

#[test]
fn one_file_takes_all_batches_and_has_its_name_when_it_is_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let mut writing = writer(&json!({ "path": path, "compression": "lz4" }));
    assert_eq!(writing.write_json("[]").unwrap(), "[]");
    assert_eq!(writing.write_json(r#"[{"a": 1}, {"a": 2}]"#).unwrap(), "[]");
    assert_eq!(writing.write_json(r#"{"records": [{"a": 3}]}"#).unwrap(), "[]");
    let wrong = writing.write_json(r#"[{"a": 4}, {"a": "x"}]"#).unwrap_err();
    assert!(wrong.contains("record 1"), "{wrong}");
    assert!(!path.exists());
    let files: Value = serde_json::from_str(&writing.close().unwrap()).unwrap();
    assert_eq!(files[0]["record_count"], 3, "a batch that does not fit leaves nothing");
    assert_eq!(files[0]["size_bytes"], std::fs::metadata(&path).unwrap().len());
    assert!(is_parquet(&path));
    assert!(writing.write_json("[]").unwrap_err().contains("was closed"));
    assert!(writing.close().unwrap_err().contains("was closed"));
    assert_eq!(names(folder.path()), ["x.parquet"]);
}

#[test]
fn one_file_that_is_not_closed_leaves_nothing_and_keeps_the_old_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    std::fs::write(&path, b"old").unwrap();
    let mut writing = writer(&json!({ "path": path }));
    writing.write_json(r#"[{"a": 1}]"#).unwrap();
    assert_eq!(names(folder.path()).len(), 2);
    drop(writing);
    assert_eq!(names(folder.path()), ["x.parquet"]);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
}

#[test]
fn one_file_without_rows_needs_a_schema() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    assert!(writer(&json!({ "path": path })).close().unwrap_err().contains("nothing to write"));
    let mut writing = writer(&json!({ "path": path, "schema": [{ "name": "a", "type": "integer" }] }));
    assert_eq!(counts(&writing.close().unwrap()), [0]);
    assert!(is_parquet(&path));
}

#[test]
fn folder_takes_a_file_for_each_batch() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("a/b");
    let mut writing = writer(&json!({ "output_base": out, "compression": "snappy" }));
    assert!(writing.write_json(r#"[{"a": 1, "b": [}]"#).is_err());
    assert_eq!(counts(&writing.write_json(r#"{"records": [{"a": 1}], "file_counter": 7}"#).unwrap()), [1]);
    assert!(is_parquet(&out.join("part-00007.parquet")));
    assert_eq!(counts(&writing.write_json(r#"[{"a": 2}, {"a": 3}]"#).unwrap()), [2]);
    assert_eq!(writing.write_json("[]").unwrap(), "[]");
    assert!(writing.write_json(r#"[{"b": 2}]"#).unwrap_err().contains("\"b\""));
    assert_eq!(writing.close().unwrap(), "[]");
    assert_eq!(names(&out), ["part-00007.parquet", "part-00008.parquet"]);
}

#[test]
fn batch_that_does_not_fit_decides_no_columns() {
    let folder = tempfile::tempdir().unwrap();
    let mut writing = writer(&json!({ "output_base": folder.path(), "time_columns": "t" }));
    assert!(writing.write_json(r#"[{"t": "soon"}]"#).is_err());
    assert_eq!(counts(&writing.write_json(r#"[{"t": "2024-01-01", "a": 1}]"#).unwrap()), [1]);
}

fn stream(batches: Vec<Result<RecordBatch, ArrowError>>, column: &str) -> impl arrow_array::RecordBatchReader {
    let schema = rows(column).schema();
    RecordBatchIterator::new(batches, schema)
}

fn rows(column: &str) -> RecordBatch {
    RecordBatch::try_from_iter([(column, Arc::new(Int64Array::from(vec![1, 2, 3])) as _)]).unwrap()
}

#[test]
fn stream_is_written_after_records_of_its_columns_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.parquet");
    let mut writing = writer(&json!({ "path": path }));
    writing.write_json(r#"[{"a": 1}]"#).unwrap();
    writing.write_stream(stream(vec![Ok(rows("a")), Ok(rows("a"))], "a")).unwrap();
    let error = writing.write_stream(stream(vec![Ok(rows("b"))], "b")).unwrap_err();
    assert!(error.contains("(b Int64)") && error.contains("(a Int64)"), "{error}");
    assert_eq!(counts(&writing.close().unwrap()), [7]);
}

#[test]
fn stream_that_fails_half_way_leaves_no_file() {
    let failing = || stream(vec![Ok(rows("a")), Err(ArrowError::ComputeError("lost".to_owned()))], "a");
    let folder = tempfile::tempdir().unwrap();
    let mut writing = writer(&json!({ "path": folder.path().join("x.parquet") }));
    assert!(writing.write_stream(failing()).unwrap_err().contains("lost"));
    assert!(writing.close().unwrap_err().contains("given up"));
    assert!(names(folder.path()).is_empty());
    let mut writing = writer(&json!({ "output_base": folder.path() }));
    assert!(writing.write_stream(failing()).is_err());
    assert!(names(folder.path()).is_empty());
    writing.write_stream(stream(vec![Ok(rows("a"))], "a")).unwrap();
    assert!(writing.write_json(r#"[{"a": 1}]"#).unwrap_err().contains("came from an Arrow stream"));
    assert_eq!(counts(&writing.close().unwrap()), [3]);
    assert_eq!(names(folder.path()), ["part-00000.parquet"]);
}

#[test]
fn writer_whose_folder_cannot_be_made_says_so() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x"), b"").unwrap();
    let mut writing = writer(&json!({ "output_base": folder.path().join("x/y") }));
    assert!(writing.write_json(r#"[{"a": 1}]"#).unwrap_err().contains("cannot create it"));
}
