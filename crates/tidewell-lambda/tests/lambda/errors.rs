//! What is not an event, and functions that cannot start.

use std::time::Duration;

use serde_json::json;
use tidewell_testkit::lambda::{Bootstrap, Function, InvokeError, RuntimeApi};

use crate::cloud::{Cloud, number, stored, write};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn event_of_no_known_shape_is_an_error_that_names_the_shapes() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    for event in [json!({"hello": 1}), json!([]), json!(7), json!(null), json!({"Records": [{"eventSource": "aws:x"}]})]
    {
        let (kind, message) = environment.invoke(&event).await.unwrap_err().expect_function();
        assert_eq!(kind, "Invalid", "{event}: {message}");
        assert!(message.contains("Function URL") && message.contains("S3") && message.contains("SQS"), "{message}");
    }
    // It lives on.
    stored(&environment, "climate temp=1 1").await;
    assert_eq!(environment.inits_ms().len(), 1, "the function went down");
}

#[tokio::test(flavor = "multi_thread")]
async fn event_that_is_no_json_is_an_error_of_the_function() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    for bytes in [b"garbage".to_vec(), b"{\"requestContext\":".to_vec(), vec![0xff, 0xfe]] {
        let error = environment.invoke_bytes(None, bytes).await.unwrap_err();
        assert!(matches!(error, InvokeError::Function { .. }), "{error:?}");
    }
    stored(&environment, "climate temp=1 1").await;
    assert_eq!(environment.inits_ms().len(), 1, "the function went down");
}

#[tokio::test(flavor = "multi_thread")]
async fn test_event_of_s3_does_nothing() {
    let Some(cloud) = Cloud::find() else { return };
    let event =
        json!({"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b", "Time": "2026-11-22T00:00:00.000Z"});
    assert_eq!(cloud.environment().invoke(&event).await.unwrap(), json!({}));
}

#[tokio::test(flavor = "multi_thread")]
async fn function_with_settings_that_cannot_be_ends_with_one_line() {
    let Some(cloud) = Cloud::find() else { return };
    let bare = || Function::new(env!("CARGO_BIN_EXE_bootstrap"));
    for (function, word) in [
        (bare(), "TIDEWELL_STORE"),
        (bare().variable("TIDEWELL_STORE", "/data/store"), "TIDEWELL_STORE"),
        (cloud.function().variable("TIDEWELL_WAL_MODE", "every-write"), "TIDEWELL_WAL_MODE"),
        (cloud.function().variable("TIDEWELL_LAMBDA_RESPONSE", "sometimes"), "TIDEWELL_LAMBDA_RESPONSE"),
    ] {
        let api = RuntimeApi::start();
        let mut bootstrap = Bootstrap::start(&function, &api);
        let status = bootstrap.wait(PATIENCE).unwrap_or_else(|| panic!("it runs without a right {word}"));
        assert_eq!(status.code(), Some(1), "{word}");
        assert!(bootstrap.log().contains(word), "{}", bootstrap.log());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn function_that_is_told_to_end_keeps_what_it_acknowledged() {
    let Some(cloud) = Cloud::find() else { return };
    let api = RuntimeApi::start();
    let mut bootstrap = cloud.bootstrap(&api);
    api.offer("a", PATIENCE, &write("climate temp=1 1"));
    api.outcome("a", PATIENCE).await.unwrap().http().expect_status(204);
    bootstrap.signal("TERM");
    assert!(bootstrap.wait(PATIENCE).is_some(), "{}", bootstrap.log());
    assert_eq!(number(&cloud.environment(), "SELECT count(*) AS n FROM climate").await, 1);
}
