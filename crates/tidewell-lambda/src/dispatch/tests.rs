//! Events through a handler, without the Runtime API.

use futures::StreamExt;
use lambda_runtime::Context;
use proptest::prelude::*;

use super::*;
use crate::FailureKind;
use crate::sample::{LARGE_BYTES, SampleHandler, fixture, function_url};

fn context() -> Context {
    let mut context = Context::default();
    context.request_id = "8476a536".to_owned();
    context.deadline = 1_773_342_268_000;
    context.xray_trace_id = Some("Root=1-5bef4de7".to_owned());
    context
}

async fn outcome(mode: ResponseMode, event: Value) -> Result<Outcome, Failure> {
    dispatch(Arc::new(SampleHandler::default()), mode, LambdaEvent::new(event, context())).await
}

async fn buffered_json(mode: ResponseMode, event: Value) -> Value {
    match outcome(mode, event).await.unwrap() {
        FunctionResponse::BufferedResponse(reply) => serde_json::to_value(reply).unwrap(),
        FunctionResponse::StreamingResponse(_) => panic!("streamed"),
    }
}

async fn json_of(event: Value) -> Value {
    buffered_json(ResponseMode::Buffered, event).await
}

fn told(answer: &Value) -> Value {
    serde_json::from_str(answer["body"].as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_request_reaches_the_handler_with_key_trace_and_deadline() {
    let told = told(&json_of(fixture("function_url")).await);
    let expected = json!({
        "method": "POST", "target": "/api/v2/write?bucket=metrics&precision=ns", "body": "cpu i=1i 1\n",
        "key": "lambda:8476a536", "requestId": "8476a536", "deadlineMs": 1_773_342_268_000_u64, "traceId": "Root=1-5bef4de7",
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn each_service_gets_its_own_shape_of_answer() {
    for (name, field, described) in [
        ("function_url", "headers", false),
        ("api_gateway_v2_stage", "headers", false),
        ("api_gateway_v1", "multiValueHeaders", false),
        ("alb_single", "headers", true),
        ("alb_multi", "multiValueHeaders", true),
    ] {
        let answer = json_of(fixture(name)).await;
        assert_eq!(answer["statusCode"], 200, "{name}");
        assert!(answer[field].is_object(), "{name}: {answer}");
        assert_eq!(answer["statusDescription"].is_string(), described, "{name}");
    }
}

#[tokio::test]
async fn bytes_and_no_bytes_are_answered() {
    let parquet = json_of(function_url("/parquet")).await;
    assert_eq!((&parquet["body"], &parquet["isBase64Encoded"]), (&json!("UEFSMf8AUEFSMQ=="), &json!(true)));
    let nothing = json_of(function_url("/nothing")).await;
    assert_eq!((&nothing["statusCode"], &nothing["body"]), (&json!(204), &json!("")));
}

#[tokio::test]
async fn answers_too_large_raw_or_encoded_are_replaced_with_their_bytes_at_hand() {
    for (path, bytes) in [("/large", LARGE_BYTES), ("/escaped", 2_000_000)] {
        let answer = json_of(function_url(path)).await;
        assert_eq!(answer["statusCode"], 303, "{path}");
        assert_eq!(answer["headers"]["location"], format!("https://results.example/{bytes}"), "{path}");
    }
}

#[tokio::test]
async fn defects_of_a_request_are_answers_of_500_that_tell_no_secrets() {
    for path in ["/panic", "/broken", "/broken-by-panic", "/too-large-too"] {
        let answer = json_of(function_url(path)).await;
        assert_eq!(answer["statusCode"], 500, "{path}");
        let error = told(&answer)["error"].as_str().unwrap().to_owned();
        assert!(error.contains("try again") && !error.contains("defect"), "{path}: {error}");
    }
}

#[tokio::test]
async fn a_malformed_request_is_answered_and_not_handled() {
    let mut event = fixture("function_url");
    event["body"] = json!("no base64!");
    let answer = json_of(event.clone()).await;
    assert_eq!(answer["statusCode"], 400);
    let streamed = outcome(ResponseMode::Stream, event).await.unwrap();
    let FunctionResponse::StreamingResponse(streamed) = streamed else { panic!("buffered") };
    assert_eq!(streamed.metadata_prelude.status_code, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn only_a_function_url_gets_a_stream() {
    let streamed = outcome(ResponseMode::Stream, function_url("/large")).await.unwrap();
    let FunctionResponse::StreamingResponse(streamed) = streamed else { panic!("buffered") };
    let total_bytes: usize = streamed.stream.map(|piece| piece.unwrap().len()).collect::<Vec<_>>().await.iter().sum();
    assert_eq!(total_bytes, LARGE_BYTES);
    for name in
        ["api_gateway_v2_stage", "api_gateway_v1", "alb_single", "alb_multi", "s3_test", "sqs", "scheduler_input"]
    {
        buffered_json(ResponseMode::Stream, fixture(name)).await;
    }
}

#[tokio::test]
async fn events_of_other_kinds_are_replied_to_as_the_page_says() {
    assert_eq!(json_of(fixture("s3_test")).await, json!({}));
    let import = "s3:ingress/import/metrics/cpu/2026-03/part 1+2 ä.parquet#b21b84d653bb07b05b1e6b33684dc11b";
    assert_eq!(json_of(fixture("s3_put")).await, json!({"imports": [import]}));
    let failed = json!({"batchItemFailures": [{"itemIdentifier": "2e1424d4-f796-459a-8184-9c92662be6da"}]});
    assert_eq!(json_of(fixture("sqs")).await, failed);
    let verbs = json_of(fixture("scheduler_input")).await;
    assert_eq!((&verbs["done"], &verbs["reports"][1]["verb"]), (&json!(true), &json!("compact")));
    let scheduled = json_of(fixture("event_bridge_schedule")).await;
    assert_eq!(scheduled["reports"].as_array().unwrap().len(), crate::Verb::ALL.len());
}

#[tokio::test]
async fn failures_and_panics_of_other_kinds_fail_the_invocation() {
    let batch = |body: &str| {
        let mut event = fixture("sqs");
        event["Records"].as_array_mut().unwrap().truncate(1);
        event["Records"][0]["body"] = json!(body);
        event
    };
    for (event, kind, message) in [
        (batch("away"), FailureKind::Unavailable, "the store is away"),
        (batch("panic"), FailureKind::Internal, "panicked: in a batch"),
        (json!({"tidewell": {"verbs": ["vacuum"]}}), FailureKind::Invalid, "vacuum"),
        (json!({"detail": 1}), FailureKind::Invalid, "requestContext.http"),
    ] {
        let Err(failure) = outcome(ResponseMode::Buffered, event).await else { panic!("{message}") };
        assert_eq!(failure.kind, kind);
        assert!(failure.message.contains(message), "{failure}");
    }
}

proptest! {
    #[test]
    fn any_path_and_body_through_the_handler_come_back(path in any::<String>(), body in any::<String>()) {
        let mut event = function_url(&format!("/x{path}"));
        event["body"] = json!(body);
        event["isBase64Encoded"] = json!(false);
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let answer = runtime.block_on(json_of(event));
        prop_assert_eq!(&told(&answer)["body"], &json!(body));
    }
}
