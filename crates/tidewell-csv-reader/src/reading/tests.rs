//! Files of every kind through one reader.

use std::path::Path;

use serde_json::{Value, json};

use super::Reading;
use crate::config::ReaderConfig;

fn open(folder: &Path, files: &[(&str, &str)], more: &str) -> Result<Reading, String> {
    let mut paths = Vec::new();
    for (name, text) in files {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        paths.push(path);
    }
    let more: Value = serde_json::from_str(more).unwrap();
    let mut config = json!({ "files": paths });
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Reading::open(ReaderConfig::from_json(&config.to_string()).unwrap())
}

fn all(mut reading: Reading) -> Vec<String> {
    std::iter::from_fn(|| reading.next_json().unwrap()).collect()
}

#[test]
fn reading_without_time_gives_columns_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let reading = open(folder.path(), &[("a", "time,z,a,e\n2024-01-01,1,x,\nsoon,2.5,,\n")], "{}").unwrap();
    assert_eq!(
        all(reading),
        [r#"[{"time":"2024-01-01","z":1.0,"a":"x","e":null},{"time":"soon","z":2.5,"a":null,"e":null}]"#]
    );
}

#[test]
fn reading_goes_on_with_the_next_file_and_steps_over_empty_ones() {
    let folder = tempfile::tempdir().unwrap();
    let files = [("a", ""), ("b", "x\n1\n2\n3\n"), ("c", "x,y\n"), ("d", "y,x\ntrue,4\n")];
    let reading = open(folder.path(), &files, r#"{"batch_size": 2}"#).unwrap();
    assert_eq!(all(reading), [r#"[{"x":1},{"x":2}]"#, r#"[{"x":3}]"#, r#"[{"y":true,"x":4}]"#]);
}

#[test]
fn reading_rows_that_do_not_fit_is_an_error_that_stays_or_is_allowed() {
    let folder = tempfile::tempdir().unwrap();
    let files = [("a", "x,y\n1,2\n3\n5,6\n")];
    let mut reading = open(folder.path(), &files, "{}").unwrap();
    let error = reading.next_json().unwrap_err();
    assert!(error.contains("line 3") && error.contains("rejected_rows_max is 0"), "{error}");
    assert_eq!(reading.next_json(), Err(error));
    let mut reading = open(folder.path(), &files, r#"{"rejected_rows_max": 1}"#).unwrap();
    let answer: Value = serde_json::from_str(&reading.next_json_at(None).unwrap()).unwrap();
    assert_eq!(answer["data"], json!([{ "x": 1, "y": 2 }, { "x": 5, "y": 6 }]));
    assert_eq!(answer["rejected"]["count"], 1);
}

#[test]
fn stream_settles_types_by_the_first_file() {
    let folder = tempfile::tempdir().unwrap();
    let files = [("a", "n,e\n1.5,\n"), ("b", "e,n\nx,2\n")];
    let stream = open(folder.path(), &files, "{}").unwrap().into_stream().unwrap();
    let batches: Vec<_> = stream.map(Result::unwrap).collect();
    assert_eq!(batches.len(), 2);
    assert_eq!(batches[0].schema(), batches[1].schema());
    let shown = |place: usize| {
        String::from_utf8(crate::json::records_json(&batches[place], &["n".to_owned(), "e".to_owned()]).unwrap())
    };
    assert_eq!(shown(0).unwrap(), r#"[{"n":1.5,"e":null}]"#);
    assert_eq!(shown(1).unwrap(), r#"[{"n":2.0,"e":"x"}]"#);
}

#[test]
fn stream_of_a_later_file_with_other_columns_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    for other in ["m\n1\n", "n,m\n1,2\n"] {
        let stream = open(folder.path(), &[("a", "n\n1\n"), ("b", other)], "{}").unwrap().into_stream().unwrap();
        let last = stream.last().unwrap();
        assert!(last.is_err(), "{other}");
    }
}

#[test]
fn stream_with_a_fraction_behind_the_sample_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().unwrap();
    let text = "n,m\n1,2\n".to_owned() + &"3,4\n".repeat(20) + "5.5,6\n";
    let stream = open(folder.path(), &[("a", &text)], r#"{"sample_bytes": 20}"#).unwrap().into_stream().unwrap();
    let error = stream.last().unwrap().unwrap_err().to_string();
    assert!(error.contains("line 23") && error.contains("\"n\""), "{error}");
    let reading = open(folder.path(), &[("a", &text)], r#"{"sample_bytes": 20}"#).unwrap();
    assert!(all(reading)[0].ends_with(r#"{"n":5.5,"m":6}]"#));
}
