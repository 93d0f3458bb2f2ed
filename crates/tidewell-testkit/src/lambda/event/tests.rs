//! Events have the encodings that AWS uses.
#![allow(clippy::unwrap_used)]

use super::{QueueMessage, function_url, s3_put, sqs};

#[test]
fn s3_key_is_encoded_as_a_form_but_for_slashes() {
    let event = s3_put("b", "import/db/a table/ü+1.parquet", "\"e\"", 7);
    let object = &event["Records"][0]["s3"]["object"];
    assert_eq!(object["key"], "import/db/a+table/%C3%BC%2B1.parquet");
    assert_eq!((&object["eTag"], &object["size"]), (&"e".into(), &7.into()));
}

#[test]
fn request_without_a_body_has_none() {
    let event = function_url("GET", "/health", "", &[], b"");
    assert!(event.get("body").is_none());
    assert_eq!(event["isBase64Encoded"], false);
    let event = function_url("POST", "/write", "db=a", &[("Idempotency-Key", "k")], b"hi");
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&"aGk=".into(), &true.into()));
    assert_eq!(event["headers"]["idempotency-key"], "k");
}

#[test]
fn batch_names_each_message_and_its_attributes() {
    let event = sqs(&[QueueMessage::new("1", "a f=1"), QueueMessage::new("2", "b f=1").attribute("db", "x")]);
    assert_eq!(event["Records"].as_array().unwrap().len(), 2);
    assert_eq!(event["Records"][1]["messageAttributes"]["db"]["stringValue"], "x");
}
