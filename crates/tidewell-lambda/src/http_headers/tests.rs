//! Header fields in and out.

use serde_json::json;

use super::*;

#[test]
fn fields_of_one_and_of_several_values_are_taken() {
    let fields =
        json!({"Accept": ["text/csv", "application/json"], "x-one": "1", "x-none": null, "x-gap": ["a", null]});
    let headers = of_event(Some(&fields)).unwrap();
    let accept: Vec<_> = headers.get_all("accept").iter().collect();
    assert_eq!(accept, ["text/csv", "application/json"]);
    assert_eq!(
        (&headers["x-one"], &headers["x-gap"]),
        (&HeaderValue::from_static("1"), &HeaderValue::from_static("a"))
    );
    assert!(!headers.contains_key("x-none"));
}

#[test]
fn no_fields_and_null_are_an_empty_map() {
    assert!(of_event(None).unwrap().is_empty());
    assert!(of_event(Some(&Value::Null)).unwrap().is_empty());
}

#[test]
fn fields_of_the_connection_are_left_out() {
    let fields = json!({"Connection": "close", "content-length": "4", "Transfer-Encoding": "chunked", "host": "h"});
    assert_eq!(of_event(Some(&fields)).unwrap().len(), 1);
}

#[test]
fn malformed_fields_are_refused_by_name() {
    let refused = |fields: Value| match of_event(Some(&fields)).unwrap_err() {
        HeaderRefusal::Malformed(what) => what,
        HeaderRefusal::TooLarge => panic!("not too large"),
    };
    assert!(refused(json!({"x-a": "1\r\nx-b: 2"})).contains("x-a"));
    assert!(refused(json!({"x-a": 1})).contains("x-a"));
    assert!(refused(json!({"a b": "1"})).contains("name"));
    assert!(refused(json!({"": "1"})).contains("name"));
    assert!(refused(json!([1])).contains("object"));
}

#[test]
fn too_many_and_too_long_fields_are_refused() {
    let long = json!({"x-a": "a".repeat(HEADER_BYTES_MAX)});
    assert_eq!(of_event(Some(&long)), Err(HeaderRefusal::TooLarge));
    let many: serde_json::Map<String, Value> = (0..40_000).map(|n| (format!("x-{n}"), json!(""))).collect();
    assert_eq!(of_event(Some(&Value::Object(many))), Err(HeaderRefusal::TooLarge));
}

#[test]
fn cookies_are_joined_as_clients_send_them() {
    let mut headers = HeaderMap::new();
    add_cookies(&mut headers, Some(&json!(["a=1", "b=2"]))).unwrap();
    add_cookies(&mut headers, Some(&Value::Null)).unwrap();
    assert_eq!(headers["cookie"], "a=1; b=2");
    assert!(add_cookies(&mut headers, Some(&json!(["a=\n"]))).is_err());
}

#[test]
fn fields_of_answers_are_joined_or_listed() {
    let mut headers = HeaderMap::new();
    headers.append("vary", HeaderValue::from_static("accept"));
    headers.append("vary", HeaderValue::from_static("origin"));
    headers.append("set-cookie", HeaderValue::from_static("a=1"));
    headers.append("set-cookie", HeaderValue::from_static("b=2"));
    headers.insert("content-length", HeaderValue::from_static("4"));
    headers.insert("x-latin", HeaderValue::from_bytes(b"\xe4").unwrap());
    let joined: Vec<_> = joined_values(&headers).into_iter().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(joined, [pair("vary", "accept, origin"), pair("x-latin", "\u{fffd}")]);
    assert_eq!(set_cookies(&headers), ["a=1", "b=2"]);
    assert_eq!(several_values(&headers)["set-cookie"], ["a=1", "b=2"]);
    assert!(!several_values(&headers).contains_key("content-length"));
}
