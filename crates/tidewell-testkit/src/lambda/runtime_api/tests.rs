//! Our own Runtime API, with a function of a few lines.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use serde_json::json;

use super::RuntimeApi;
use crate::lambda::{Bootstrap, Function};

const TIMEOUT: Duration = Duration::from_secs(30);

fn stub() -> Function {
    Function::new(concat!(env!("CARGO_MANIFEST_DIR"), "/stub/bootstrap"))
}

#[tokio::test]
async fn invocations_are_answered_with_errors_and_streams_apart() {
    let api = RuntimeApi::start();
    let bootstrap = Bootstrap::start(&stub(), &api);
    api.offer("a", TIMEOUT, &json!({}));
    api.offer("b", TIMEOUT, &json!({"error": "Invalid"}));
    api.offer("c", TIMEOUT, &json!({"stream": 8000}));
    let answer = api.outcome("a", TIMEOUT).await.unwrap().value().unwrap();
    assert_eq!(answer["requestId"], "a");
    assert!((20_000..=30_000).contains(&answer["leftMs"].as_i64().unwrap()), "{answer}");
    let error = api.outcome("b", TIMEOUT).await.unwrap().value().unwrap_err();
    assert_eq!(error.expect_function().0, "Invalid");
    let streamed = api.outcome("c", TIMEOUT).await.unwrap();
    assert!(streamed.is_streamed());
    assert_eq!(streamed.http().expect_status(200).body.len(), 8000 * 1024);
    let peak = bootstrap.memory_peak_bytes();
    assert!(cfg!(not(target_os = "linux")) || peak.unwrap() > 1_000_000, "{peak:?}");
    assert!(bootstrap.log().contains("event c"));
}

#[tokio::test]
async fn invocation_of_a_killed_function_goes_to_the_next_one_and_no_other_is_lost() {
    let api = RuntimeApi::start();
    let mut first = Bootstrap::start(&stub(), &api);
    api.offer("a", TIMEOUT, &json!({"sleep": 60}));
    while api.taken("a") == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(api.outcome("a", Duration::from_millis(50)).await.is_none());
    first.kill();
    api.offer("a", TIMEOUT, &json!({}));
    let mut second = Bootstrap::start(&stub(), &api);
    assert_eq!(api.outcome("a", TIMEOUT).await.unwrap().value().unwrap()["requestId"], "a");
    assert_eq!(api.taken("a"), 2);
    // One that waits for an event must not take it along into its grave.
    second.kill();
    api.offer("b", TIMEOUT, &json!({}));
    let _third = Bootstrap::start(&stub(), &api);
    assert!(api.outcome("b", TIMEOUT).await.is_some());
    assert_eq!(api.taken("b"), 1);
}

#[tokio::test]
async fn function_that_ends_has_a_status() {
    let api = RuntimeApi::start();
    let mut bootstrap = Bootstrap::start(&stub(), &api);
    api.offer("a", TIMEOUT, &json!({"exit": 3}));
    assert_eq!(bootstrap.wait(TIMEOUT).and_then(|status| status.code()), Some(3));
}
