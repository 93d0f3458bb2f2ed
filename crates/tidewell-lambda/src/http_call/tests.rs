//! Requests of all services.

use serde_json::json;

use super::*;
use crate::sample::{fixture, invocation};
use crate::{Event, Failure};

fn call(event: Value) -> HttpCall {
    match Event::of(event) {
        Ok(Event::Http(call)) => *call,
        other => panic!("no call: {other:?}"),
    }
}

fn refused(event: Value) -> RefusedCall {
    match Event::of(event) {
        Ok(Event::RefusedHttp(refused)) => refused,
        other => panic!("not refused: {other:?}"),
    }
}

fn line(call: &HttpCall) -> String {
    format!("{} {}", call.request.method(), call.request.uri())
}

#[test]
fn a_function_url_gives_the_request_that_was_sent() {
    let call = call(fixture("function_url"));
    assert_eq!(call.origin, Origin::FunctionUrl);
    assert_eq!(line(&call), "POST /api/v2/write?bucket=metrics&precision=ns");
    assert_eq!(call.request.body(), &Bytes::from_static(b"cpu i=1i 1\n"));
    let headers = call.request.headers();
    assert_eq!(
        (&headers["accept"], &headers["cookie"]),
        (&val("text/csv,application/json"), &val("session=1; theme=dark"))
    );
    assert_eq!(headers["content-length"], "11");
}

fn val(text: &'static str) -> HeaderValue {
    HeaderValue::from_static(text)
}

#[test]
fn an_http_api_with_a_stage_loses_the_stage_and_keeps_the_query() {
    let call = call(fixture("api_gateway_v2_stage"));
    assert_eq!(call.origin, Origin::ApiGatewayV2);
    assert_eq!(line(&call), "GET /api/v3/my%20table?q=SELECT%201&format=csv");
    assert!(call.request.body().is_empty());
    assert!(!call.request.headers().contains_key("content-length"));
}

#[test]
fn a_rest_api_gives_all_values_with_the_query_encoded_again() {
    let call = call(fixture("api_gateway_v1"));
    assert_eq!(call.origin, Origin::ApiGatewayV1);
    assert_eq!(line(&call), "GET /query?db=metrics&q=SELECT%20%27a%26b%27%20%2B%201&tag=a%3D1&tag=b");
    assert_eq!(call.request.headers().get_all("accept").iter().count(), 2);
}

#[test]
fn a_load_balancer_gives_its_query_as_it_came_in_both_forms() {
    let single = call(fixture("alb_single"));
    assert_eq!(single.origin, Origin::Alb { multi_value: false });
    assert_eq!(line(&single), "POST /write?db=my%20metrics&precision=ms");
    assert_eq!(single.request.body(), &Bytes::from_static(b"cpu i=1i 1\n"));
    let multi = call(fixture("alb_multi"));
    assert_eq!(multi.origin, Origin::Alb { multi_value: true });
    assert_eq!(line(&multi), "GET /api/v3/query_sql?flag=&q=SELECT%201%2B1&tag=a%3D1&tag=b");
    assert_eq!(multi.request.headers().get_all("accept").iter().count(), 2);
}

#[test]
fn events_with_null_or_nothing_for_what_may_be_missing_are_requests() {
    let null = Value::Null;
    let bare = [
        json!({"requestContext": {"http": {"method": "GET"}}}),
        json!({"requestContext": {"http": {"method": "GET"}, "stage": null, "domainName": null}, "rawPath": "/",
               "rawQueryString": null, "headers": null, "cookies": null, "body": null, "isBase64Encoded": null}),
        json!({"requestContext": {"elb": {}}, "httpMethod": "GET"}),
        json!({"requestContext": {"elb": {}}, "httpMethod": "GET", "path": "/", "headers": null, "multiValueHeaders": null,
               "queryStringParameters": null, "multiValueQueryStringParameters": null, "body": null}),
        json!({"requestContext": null, "resource": "/", "httpMethod": "GET", "path": null, "headers": null, "body": null,
               "multiValueHeaders": null, "queryStringParameters": null, "multiValueQueryStringParameters": null}),
    ];
    for event in bare {
        let call = call(event.clone());
        assert_eq!(line(&call), "GET /", "{event}");
        assert!(call.request.headers().is_empty() && call.request.body().is_empty(), "{event}");
    }
    assert_eq!(Origin::of_alb(&json!({"multiValueHeaders": null})), Origin::Alb { multi_value: false });
    assert_eq!(Origin::of_v2(&null), Origin::ApiGatewayV2);
}

#[test]
fn hostile_parts_are_refused_with_a_status_and_never_fail_the_function() {
    let with = |pointer: &str, value: Value| {
        let mut event = fixture("function_url");
        *event.pointer_mut(pointer).unwrap() = value;
        let refused = refused(event);
        assert_eq!(refused.origin, Origin::FunctionUrl);
        (refused.status.as_u16(), refused.message)
    };
    assert_eq!(with("/body", json!("no base64!")).0, 400);
    assert_eq!(with("/body", json!(7)).0, 400);
    assert_eq!(with("/requestContext/http/method", json!("GE T")).0, 400);
    assert_eq!(with("/requestContext/http/method", json!("")).0, 400);
    assert_eq!(with("/requestContext/http/method", Value::Null).0, 400);
    assert_eq!(with("/headers", json!({"x": "a\nb"})).0, 400);
    assert_eq!(with("/headers", json!({"x": "a".repeat(1 << 20)})).0, 431);
    assert_eq!(with("/rawPath", json!("/".repeat(1 << 17))).0, 414);
    assert_eq!(with("/cookies", json!(["a=\u{0}"])).0, 400);
    let mut event = fixture("api_gateway_v1");
    event["multiValueQueryStringParameters"] = json!({"q": [7]});
    assert_eq!(refused(event).status, StatusCode::BAD_REQUEST);
}

#[test]
fn a_refusal_is_an_answer_in_json() {
    let refused =
        RefusedCall { origin: Origin::ApiGatewayV1, status: StatusCode::BAD_REQUEST, message: "\"no\"".to_owned() };
    let answer = refused.into_answer();
    assert_eq!((answer.status().as_u16(), answer.body().as_ref()), (400, br#"{"error":"\"no\""}"#.as_slice()));
}

#[test]
fn base64_without_padding_and_an_empty_body_are_taken() {
    for (body, expected) in [("Y3B1", "cpu"), ("Y3B1IA", "cpu "), ("Y3B1IA==", "cpu "), ("", "")] {
        let mut event = fixture("function_url");
        event["body"] = json!(body);
        assert_eq!(call(event).request.body(), expected.as_bytes(), "{body}");
    }
}

#[test]
fn a_write_without_a_key_gets_that_of_the_invocation() -> Result<(), Failure> {
    let mut write = call(fixture("alb_single"));
    let mut invocation = invocation();
    invocation.trace_id = Some("Root=1-a".to_owned());
    write.identify(&invocation);
    assert_eq!(write.request.headers()["idempotency-key"], "lambda:8476a536-e9f4-11e8-9739-2dfe598c3fcd");
    assert_eq!(write.request.headers()["x-amzn-trace-id"], "Root=1-5bdb40ca-556d8b0c50dc66f0511bf520");
    let mut read = call(fixture("alb_multi"));
    read.identify(&invocation);
    assert!(!read.request.headers().contains_key("idempotency-key"));
    assert_eq!(read.request.headers()["x-amzn-trace-id"], "Root=1-a");
    Ok(())
}

#[test]
fn a_key_of_the_client_stays() {
    let mut event = fixture("alb_single");
    event["headers"]["Idempotency-Key"] = json!("mine");
    let mut write = call(event);
    write.identify(&invocation());
    assert_eq!(write.request.headers().get_all("idempotency-key").iter().collect::<Vec<_>>(), ["mine"]);
}
