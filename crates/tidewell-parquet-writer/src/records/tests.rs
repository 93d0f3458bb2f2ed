//! Batches as programs write them.

use serde_json::json;

use super::{Batch, Record};

fn record(members: &[(&str, serde_json::Value)]) -> Record {
    Record(members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
}

#[test]
fn batch_is_an_array_or_an_object_and_keeps_the_order_of_members() {
    let records = vec![record(&[("z", json!(1)), ("a", json!([null]))]), record(&[])];
    let text = r#" [{"z": 1, "a": [null]}, {}]"#;
    assert_eq!(Batch::from_json(text).unwrap(), Batch { records: records.clone(), file_counter: None });
    let text = format!(r#"{{"records": {text}, "file_counter": 7}}"#);
    assert_eq!(Batch::from_json(&text).unwrap(), Batch { records, file_counter: Some(7) });
}

#[test]
fn batch_that_is_none_is_an_error() {
    for text in ["", "{", "{}", "[1]", "[[]]", "null", "[{}] x", r#"{"records": [], "more": 1}"#, r#"{"records": {}}"#]
    {
        assert!(Batch::from_json(text).is_err(), "{text}");
    }
    let deep = format!("[{{\"a\": {}1{}}}]", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Batch::from_json(&deep).unwrap_err().contains("recursion"));
}
