//! Where parameters come from.
#![allow(clippy::unwrap_used)]

use axum::http::HeaderValue;
use serde_json::json;

use super::*;

#[test]
fn body_of_json_or_of_a_form_gives_the_same_parameters() {
    let sources = [
        &b"q=select+1&db=x&params=%7B%22a%22%3A1%7D"[..],
        br#"  {"q":"select 1","db":"x","params":{"a":1},"format":null}"#,
        br#"{"q":"select 1","db":"x","params":"{\"a\":1}"}"#,
    ];
    for source in sources {
        let parameters = of_body(source).unwrap();
        assert_eq!(
            (parameters.get("q"), parameters.get("db"), parameters.get("format")),
            (Some("select 1"), Some("x"), None)
        );
        assert_eq!(bound_values(&parameters).unwrap(), BTreeMap::from([("a".to_owned(), json!(1))]));
    }
}

#[test]
fn params_of_null_are_none_and_of_a_list_are_refused() {
    assert!(bound_values(&Parameters::parse(b"params=null")).unwrap().is_empty());
    let refusal = bound_values(&Parameters::parse(b"params=[1]")).unwrap_err();
    assert!(refusal.message.contains("params is not a JSON object"), "{}", refusal.message);
}

#[test]
fn format_parameter_goes_before_the_accept_header() {
    let mut headers = HeaderMap::new();
    assert_eq!(format(&Parameters::default(), &headers), Ok(Format::Json));
    headers.insert(ACCEPT, HeaderValue::from_static("text/csv"));
    assert_eq!(format(&Parameters::default(), &headers), Ok(Format::Csv));
    assert_eq!(format(&Parameters::parse(b"format=jsonl"), &headers), Ok(Format::JsonLines));
    assert!(format(&Parameters::parse(b"format=xml"), &headers).unwrap_err().message.contains("\"xml\""));
}
