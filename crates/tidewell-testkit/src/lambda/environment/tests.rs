//! The harness itself, around the real emulator and a function of a few lines.
#![cfg(target_os = "linux")] // As the emulator.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use serde_json::json;

use super::Environment;
use crate::deadline::wait_for;
use crate::lambda::group::memory_peak_bytes;
use crate::lambda::{Emulator, Function, HttpAnswer, InvokeError};

fn stub() -> Function {
    Function::new(concat!(env!("CARGO_MANIFEST_DIR"), "/stub/bootstrap"))
}

#[tokio::test]
async fn invocation_has_the_id_the_deadline_and_the_variables_that_it_was_given() {
    let Some(emulator) = Emulator::find_or_skip() else { return };
    let environment = Environment::start(&emulator, &stub().timeout_s(30).variable("TIDEWELL_STORE", "s3://a/b"));
    let names = ["TIDEWELL_STORE", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "TIDEWELL_REQUIRE_LAMBDA"];
    let answer = environment.invoke_as("my-id", &json!({"variables": names})).await.unwrap();
    assert_eq!(answer["requestId"], "my-id");
    assert!((20_000..=30_000).contains(&answer["leftMs"].as_i64().unwrap()), "{answer}");
    let expected = json!({names[0]: "s3://a/b", names[1]: "1024", names[2]: null});
    assert_eq!(answer["variables"], expected);
    let second = environment.invoke(&json!({})).await.unwrap();
    assert_ne!(second["requestId"], "my-id");
    assert_eq!(second["process"], answer["process"]);
    assert_eq!(environment.inits_ms().len(), 1);
    assert!(environment.log().contains("event my-id"));
}

#[tokio::test]
async fn errors_of_a_function_are_told_apart() {
    let Some(emulator) = Emulator::find_or_skip() else { return };
    let environment = Environment::start(&emulator, &stub().timeout_s(3));
    let error = environment.invoke(&json!({"error": "Invalid"})).await.unwrap_err();
    assert_eq!(error.expect_function(), ("Invalid".to_owned(), "as asked".to_owned()));
    let error = environment.invoke(&json!({"exit": 1})).await.unwrap_err();
    assert!(matches!(&error, InvokeError::Ended(why) if why.contains("exit status 1")), "{error:?}");
    let error = environment.invoke(&json!({"sleep": 30})).await.unwrap_err();
    assert!(matches!(error, InvokeError::TimedOut(_)), "{error:?}");
    assert!(environment.invoke(&json!({})).await.is_ok());
    assert_eq!(environment.inits_ms().len(), 3);
}

#[tokio::test]
async fn streamed_answer_is_read() {
    let Some(emulator) = Emulator::find_or_skip() else { return };
    let environment = Environment::start(&emulator, &stub());
    let reply = environment.invoke_bytes(None, r#"{"stream": 20}"#).await.unwrap();
    assert_eq!(HttpAnswer::of_stream(&reply.body).expect_status(200).body.len(), 20 * 1024);
}

#[tokio::test(flavor = "multi_thread")]
async fn function_killed_within_an_invocation_starts_anew_for_its_repetition() {
    let Some(emulator) = Emulator::find_or_skip() else { return };
    let environment = Environment::start(&emulator, &stub());
    let before = environment.invoke(&json!({})).await.unwrap();
    assert_eq!(before["process"].as_u64(), environment.function_id().map(u64::from));
    let event = json!({"sleep": 60});
    let kill = async {
        while !environment.log().contains("event a") {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        environment.kill_function()
    };
    let (outcome, killed) = tokio::join!(environment.invoke_as("a", &event), kill);
    assert!(killed && matches!(outcome, Err(InvokeError::Ended(_))), "{outcome:?}");
    let after = environment.invoke_as("a", &json!({})).await.unwrap();
    assert_eq!(after["requestId"], "a");
    assert_ne!(after["process"], before["process"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn environments_at_once_are_apart_and_leave_nothing_behind() {
    const COUNT: usize = 8;
    let Some(emulator) = Emulator::find_or_skip() else { return };
    let environments: Vec<_> = (0..COUNT).map(|_| Environment::start(&emulator, &stub())).collect();
    let mut processes = Vec::new();
    let event = json!({});
    for environment in &environments {
        let answer = environment.invoke(&event).await.unwrap();
        assert!(environment.memory_peak_bytes().unwrap() > 1_000_000);
        processes.push(u32::try_from(answer["process"].as_u64().unwrap()).unwrap());
    }
    let mut distinct = processes.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), COUNT);
    drop(environments);
    let gone = || processes.iter().all(|id| memory_peak_bytes(*id).is_none()).then_some(());
    assert!(wait_for(Duration::from_secs(10), gone).is_some(), "some of {processes:?} are still there");
}
