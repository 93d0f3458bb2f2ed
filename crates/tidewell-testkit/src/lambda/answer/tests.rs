//! Both forms of an answer.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use super::HttpAnswer;

#[test]
fn answer_with_base64_is_decoded() {
    let reply = json!({"statusCode": 200, "headers": {"Content-Type": "x"}, "body": "aGk=", "isBase64Encoded": true});
    let answer = HttpAnswer::of(&reply);
    assert_eq!((answer.status, answer.text().as_str()), (200, "hi"));
    assert_eq!(answer.header("content-type"), Some("x"));
}

#[test]
fn answer_without_a_body_is_empty() {
    assert_eq!(HttpAnswer::of(&json!({"statusCode": 204})).body, b"");
}

#[test]
fn streamed_answer_is_split_at_the_first_eight_zeroes() {
    let bytes = [br#"{"statusCode":201}"#.as_slice(), &[0; 8], b"a", &[0; 9]].concat();
    let answer = HttpAnswer::of_stream(&bytes);
    assert_eq!((answer.status, answer.body.len()), (201, 10));
}
