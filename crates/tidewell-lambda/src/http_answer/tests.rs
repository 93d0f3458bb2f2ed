//! Answers, read back with the types that AWS's crate has for them.

use aws_lambda_events::alb::AlbTargetGroupResponse;
use aws_lambda_events::apigw::{ApiGatewayProxyResponse, ApiGatewayV2httpResponse};
use base64::Engine;
use http::HeaderValue;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn answer(content_type: &'static str, body: impl Into<Bytes>) -> Response<Bytes> {
    let mut answer = Response::new(body.into());
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    for (name, value) in [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("vary", "accept"), ("vary", "origin")] {
        answer.headers_mut().append(name, HeaderValue::from_static(value));
    }
    answer.headers_mut().insert("content-length", HeaderValue::from_static("3"));
    answer
}

fn json_of(origin: Origin, answer: Response<Bytes>) -> Value {
    let answer = HttpAnswer::new(origin, answer);
    let text = serde_json::to_string(&answer).unwrap();
    assert_eq!(text.len(), answer.encoded_bytes());
    serde_json::from_str(&text).unwrap()
}

#[test]
fn an_answer_of_v2_has_joined_fields_and_cookies_apart() {
    for origin in [Origin::FunctionUrl, Origin::ApiGatewayV2] {
        let json = json_of(origin, answer("text/csv", "a,b"));
        let expected = json!({
            "statusCode": 200, "headers": {"content-type": "text/csv", "vary": "accept, origin"}, "cookies": ["a=1", "b=2"],
            "body": "a,b", "isBase64Encoded": false,
        });
        assert_eq!(json, expected);
        let read: ApiGatewayV2httpResponse = serde_json::from_value(json).unwrap();
        assert_eq!((read.status_code, read.cookies.len()), (200, 2));
    }
}

#[test]
fn an_answer_of_v1_has_all_values() {
    let json = json_of(Origin::ApiGatewayV1, answer("text/csv", "a,b"));
    let fields = json!({"content-type": ["text/csv"], "vary": ["accept", "origin"], "set-cookie": ["a=1", "b=2"]});
    assert_eq!(json, json!({"statusCode": 200, "multiValueHeaders": fields, "body": "a,b", "isBase64Encoded": false}));
    let read: ApiGatewayProxyResponse = serde_json::from_value(json).unwrap();
    assert_eq!(read.multi_value_headers.get_all("vary").iter().count(), 2);
}

#[test]
fn an_answer_of_a_load_balancer_has_the_form_of_its_event_and_describes_the_status() {
    let mut not_found = answer("text/csv", "a,b");
    *not_found.status_mut() = http::StatusCode::NOT_FOUND;
    let multi = json_of(Origin::Alb { multi_value: true }, not_found.clone());
    assert_eq!((&multi["statusDescription"], &multi["statusCode"]), (&json!("404 Not Found"), &json!(404)));
    assert_eq!((&multi["multiValueHeaders"]["vary"], &multi["headers"]), (&json!(["accept", "origin"]), &Value::Null));
    let single = json_of(Origin::Alb { multi_value: false }, not_found);
    assert_eq!(single["headers"], json!({"content-type": "text/csv", "vary": "accept, origin", "set-cookie": "a=1"}));
    let read: AlbTargetGroupResponse = serde_json::from_value(single).unwrap();
    assert_eq!(read.status_description.as_deref(), Some("404 Not Found"));
}

#[test]
fn a_status_without_a_name_is_described_all_the_same() {
    let mut strange = answer("text/csv", "");
    *strange.status_mut() = http::StatusCode::from_u16(599).unwrap();
    assert_eq!(json_of(Origin::Alb { multi_value: true }, strange)["statusDescription"], "599 Unknown");
}

#[test]
fn only_valid_text_without_an_encoding_goes_without_base64() {
    let is_base64 = |answer| json_of(Origin::ApiGatewayV1, answer)["isBase64Encoded"].as_bool().unwrap();
    for content_type in
        ["text/plain; charset=utf-8", "TEXT/CSV", "application/json", "application/problem+json", "application/jsonl"]
    {
        assert!(!is_base64(answer(content_type, "x")), "{content_type}");
        assert!(is_base64(answer(content_type, &b"\xff"[..])), "{content_type}");
    }
    assert!(is_base64(answer("application/vnd.apache.parquet", "PAR1")));
    assert!(is_base64(Response::new(Bytes::from_static(b"x"))));
    assert!(!is_base64(answer("application/vnd.apache.parquet", "")));
    let mut packed = answer("text/csv", "x");
    packed.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    assert!(is_base64(packed.clone()));
    packed.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("identity"));
    assert!(!is_base64(packed));
}

#[test]
fn the_largest_answer_that_may_fit_is_collected_whole() {
    for (content_type, byte) in [("text/csv", b'x'), ("application/vnd.apache.parquet", 0)] {
        let (head, ()) = Response::builder().header(CONTENT_TYPE, content_type).body(()).unwrap().into_parts();
        let body_bytes = body_bytes_max(&head);
        let at = |bytes: usize| {
            let body = Bytes::from(vec![byte; bytes]);
            HttpAnswer::new(Origin::FunctionUrl, Response::from_parts(head.clone(), body)).encoded_bytes()
        };
        assert!(at(body_bytes) > RESPONSE_BYTES_MAX, "{content_type}");
        assert!(at(body_bytes - 1000) < RESPONSE_BYTES_MAX, "{content_type}");
    }
}

proptest! {
    #[test]
    fn any_body_comes_back_and_takes_what_was_computed(body in any::<Vec<u8>>(), text in any::<String>(), origin in 0..4_usize) {
        let origins =
            [Origin::FunctionUrl, Origin::ApiGatewayV1, Origin::Alb { multi_value: true }, Origin::Alb { multi_value: false }];
        for (content_type, body) in [("text/csv", text.into_bytes()), ("text/csv", body.clone()), ("image/png", body)] {
            let json = json_of(origins[origin], answer(content_type, body.clone()));
            let got = json["body"].as_str().unwrap();
            let got = if json["isBase64Encoded"] == json!(true) { STANDARD.decode(got).unwrap() } else { got.as_bytes().to_vec() };
            prop_assert_eq!(got, body);
        }
    }
}
