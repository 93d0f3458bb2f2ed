//! The loop of `lambda_runtime` in a process of its own, since it takes its settings from the environment.

use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use serde_json::json;

use super::runtime_api::RuntimeApi;
use super::*;
use crate::sample::{LARGE_BYTES, SampleHandler, fixture, function_url};

const RESPONSE: &str = "TIDEWELL_TEST_LAMBDA_RESPONSE";
const KEEPS_RUNNING: &str = "TIDEWELL_TEST_LAMBDA_KEEPS_RUNNING";

/// A process that serves, killed at the end of the test.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn process(api: &RuntimeApi, mode: ResponseMode, concurrency: &str) -> Process {
    Process(command(api, mode, concurrency).spawn().unwrap())
}

fn command(api: &RuntimeApi, mode: ResponseMode, concurrency: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "runtime::tests::a_process_of_its_own_serves", "--ignored", "--nocapture"]);
    command.env("AWS_LAMBDA_RUNTIME_API", api.address.to_string());
    command.env("AWS_LAMBDA_FUNCTION_NAME", "api").env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST");
    command.env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "1024").env("AWS_LAMBDA_MAX_CONCURRENCY", concurrency);
    command.env(RESPONSE, if mode == ResponseMode::Stream { "stream" } else { "buffered" });
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

#[test]
#[ignore = "the other tests start it as a process and end it"]
fn a_process_of_its_own_serves() {
    let Ok(response) = std::env::var(RESPONSE) else { return };
    let mode = if response == "stream" { ResponseMode::Stream } else { ResponseMode::Buffered };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let broken = std::env::var(KEEPS_RUNNING).is_ok().then(Mutex::default);
    runtime.block_on(serve(SampleHandler { broken }, mode)).unwrap();
}

fn path(request: usize, end: &str) -> String {
    format!("/2018-06-01/runtime/invocation/request-{request}/{end}")
}

/// The head and the body of a streamed answer.
fn streamed(body: &[u8]) -> (Value, &[u8]) {
    let end = body.windows(8).position(|bytes| bytes == [0; 8]).unwrap();
    (serde_json::from_slice(&body[..end]).unwrap(), &body[end + 8..])
}

#[test]
fn events_one_after_the_other_are_replied_to_or_reported_and_a_panic_costs_only_its_own() {
    let mut panicking = fixture("sqs");
    panicking["Records"].as_array_mut().unwrap().truncate(1);
    panicking["Records"][0]["body"] = json!("panic");
    let events = [fixture("function_url"), json!({"detail": 1}), panicking, function_url("/panic"), fixture("sqs")];
    let api = RuntimeApi::start(events);
    let _process = process(&api, ResponseMode::Buffered, "1");

    let request = api.next_post();
    assert_eq!(request.path, path(0, "response"));
    let told: Value = serde_json::from_str(request.json()["body"].as_str().unwrap()).unwrap();
    let expected = json!(["lambda:request-0", "request-0", 1_773_342_268_000_u64, "Root=1-5bef4de7"]);
    assert_eq!(json!([told["key"], told["requestId"], told["deadlineMs"], told["traceId"]]), expected);

    for (at, kind, message) in [(1, "Invalid", "requestContext.http"), (2, "Internal", "panicked: in a batch")] {
        let error = api.next_post();
        assert_eq!((error.path.as_str(), &error.json()["errorType"]), (path(at, "error").as_str(), &json!(kind)));
        assert!(error.json()["errorMessage"].as_str().unwrap().contains(message));
        assert_eq!(error.fields["lambda-runtime-function-error-type"], "unhandled");
    }

    let defect = api.next_post();
    assert_eq!((defect.path.as_str(), &defect.json()["statusCode"]), (path(3, "response").as_str(), &json!(500)));
    let batch = api.next_post();
    assert_eq!(batch.path, path(4, "response"));
    assert_eq!(batch.json()["batchItemFailures"].as_array().unwrap().len(), 1);
}

#[test]
fn several_events_at_once_are_all_replied_to() {
    let api = RuntimeApi::start((0..6).map(|n| function_url(&format!("/{n}"))));
    let _process = process(&api, ResponseMode::Buffered, "3");
    let mut paths: Vec<String> = (0..6).map(|_| api.next_post().path).collect();
    paths.sort();
    assert_eq!(paths, (0..6).map(|n| path(n, "response")).collect::<Vec<_>>());
}

#[test]
fn an_answer_of_a_function_url_is_streamed_beyond_the_limit_of_replies() {
    let api = RuntimeApi::start([function_url("/large"), function_url("/nothing"), fixture("s3_test")]);
    let _process = process(&api, ResponseMode::Stream, "1");

    let large = api.next_post();
    assert!(large.is_whole);
    assert_eq!(large.fields["lambda-runtime-function-response-mode"], "streaming");
    assert_eq!(large.fields["content-type"], "application/vnd.awslambda.http-integration-response");
    assert_eq!(large.fields["transfer-encoding"], "chunked");
    let (head, body) = streamed(&large.body);
    let fields = json!({"content-type": "application/json", "x-path": "/large"});
    assert_eq!(head, json!({"statusCode": 200, "headers": fields, "cookies": ["a=1"]}));
    assert_eq!(body.len(), LARGE_BYTES);
    assert!(large.trailers.is_empty());

    let nothing = api.next_post();
    let (head, body) = streamed(&nothing.body);
    assert_eq!((&head["statusCode"], body.len(), nothing.is_whole), (&json!(204), 0, true));
    let tested = api.next_post();
    assert_eq!((tested.path, tested.body), (path(2, "response"), b"{}".to_vec()));
}

#[test]
fn a_streamed_answer_that_breaks_off_ends_the_process_before_it_looks_whole() {
    for (broken, reason) in [("/broken", "the store is away"), ("/broken-by-panic", "panicked: in a body")] {
        let api = RuntimeApi::start([function_url(broken)]);
        let mut process = process(&api, ResponseMode::Stream, "1");
        let post = api.next_post();
        assert!(!post.is_whole, "{broken}: the client takes half an answer for a whole one");
        assert!(post.trailers.is_empty());
        assert!(!String::from_utf8_lossy(&post.body).contains("Lambda-Runtime-Function-Error-Type"));
        assert_eq!(process.0.wait().unwrap().code(), Some(1));
        let stderr = std::io::read_to_string(process.0.stderr.take().unwrap()).unwrap();
        assert!(stderr.contains(reason), "{broken}: {stderr}");
    }
}

/// Why `Handler::broken` ends the process. Once this fails, `lambda_runtime` sends trailers, and the process may live on.
#[test]
fn a_broken_stream_left_to_lambda_runtime_looks_whole_to_the_client() {
    let api = RuntimeApi::start([function_url("/broken")]);
    let _process = Process(command(&api, ResponseMode::Stream, "1").env(KEEPS_RUNNING, "1").spawn().unwrap());
    let post = api.next_post();
    let (head, body) = streamed(&post.body);
    assert_eq!((&head["statusCode"], post.is_whole, post.trailers.is_empty()), (&json!(200), true, true));
    assert!(body.starts_with(b"half ofLambda-Runtime-Function-Error-Type: Runtime.StreamError"));
}
