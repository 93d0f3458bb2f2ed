//! Events and a handler for tests.

use std::sync::Mutex;

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::handler::end_process;
use crate::{
    BodyStream, Failure, FailureKind, Handler, HttpCall, Invocation, Message, S3Object, VerbReport, VerbsCall,
    VerbsReply, body_of,
};

/// An event as AWS documents it.
pub(crate) fn fixture(name: &str) -> Value {
    let path = format!("{}/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A Function URL's event for one path.
pub(crate) fn function_url(path: &str) -> Value {
    let mut event = fixture("function_url");
    event["rawPath"] = json!(path);
    event
}

pub(crate) fn invocation() -> Invocation {
    Invocation {
        request_id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd".to_owned(),
        deadline_ms: 1_773_342_268_000,
        function_arn: "arn:aws:lambda:eu-central-1:123456789012:function:api".to_owned(),
        trace_id: None,
    }
}

/// Answers by path, without an engine behind it.
#[derive(Debug, Default)]
pub(crate) struct SampleHandler {
    /// What was told to [`Handler::broken`]; without it, that ends the process.
    pub(crate) broken: Option<Mutex<Vec<String>>>,
}

/// What the path `/large` answers with.
pub(crate) const LARGE_BYTES: usize = 7_000_000;

fn broken_body() -> BodyStream {
    let pieces = stream::iter([Ok(Bytes::from_static(b"half of"))]);
    Box::pin(pieces.chain(stream::once(async { Err("the store is away".into()) })))
}

fn panicking_body() -> BodyStream {
    Box::pin(stream::iter([Ok(Bytes::from_static(b"half of"))]).chain(stream::once(async { panic!("in a body") })))
}

impl Handler for SampleHandler {
    async fn http(&self, call: HttpCall, invocation: &Invocation) -> Response<BodyStream> {
        let path = call.request.uri().path().to_owned();
        let body = match path.as_str() {
            "/panic" => panic!("a defect"),
            "/broken" => broken_body(),
            "/broken-by-panic" => panicking_body(),
            "/large" | "/too-large-too" => {
                Box::pin(stream::iter((0..7).map(|_| Ok(Bytes::from(vec![b'x'; LARGE_BYTES / 7])))))
            }
            // Each byte takes six in JSON, so that only the encoded answer is too large.
            "/escaped" => body_of(Bytes::from(vec![1; 2_000_000])),
            "/parquet" => body_of(Bytes::from_static(b"PAR1\xff\x00PAR1")),
            "/nothing" => body_of(Bytes::new()),
            _ => {
                let key = call.request.headers().get("idempotency-key").and_then(|key| key.to_str().ok());
                let told = json!({
                    "method": call.request.method().as_str(), "target": call.request.uri().to_string(),
                    "body": String::from_utf8_lossy(call.request.body()), "key": key,
                    "requestId": invocation.request_id, "deadlineMs": invocation.deadline_ms, "traceId": invocation.trace_id,
                });
                body_of(Bytes::from(told.to_string()))
            }
        };
        let mut answer = Response::new(body);
        let content_type = if path == "/parquet" { "application/vnd.apache.parquet" } else { "application/json" };
        answer.headers_mut().insert("content-type", HeaderValue::from_static(content_type));
        answer.headers_mut().append("set-cookie", HeaderValue::from_static("a=1"));
        answer.headers_mut().insert("x-path", HeaderValue::from_str(&path).unwrap());
        if path == "/nothing" {
            *answer.status_mut() = StatusCode::NO_CONTENT;
        }
        answer
    }

    async fn too_large(&self, answer: Response<BodyStream>, _: &Invocation) -> Response<Bytes> {
        let (head, mut body) = answer.into_parts();
        let mut total_bytes = 0;
        while let Some(piece) = body.next().await {
            total_bytes += piece.unwrap().len();
        }
        if head.headers["x-path"] == "/too-large-too" {
            return Response::new(Bytes::from(vec![0; LARGE_BYTES]));
        }
        let link = format!("https://results.example/{total_bytes}");
        let head = Response::builder().status(StatusCode::SEE_OTHER).header("location", link);
        head.body(Bytes::new()).unwrap()
    }

    async fn s3(&self, objects: Vec<S3Object>, _: &Invocation) -> Result<Value, Failure> {
        Ok(json!({"imports": objects.iter().map(S3Object::idempotency_key).collect::<Vec<_>>()}))
    }

    async fn sqs(&self, messages: Vec<Message>, _: &Invocation) -> Result<Vec<String>, Failure> {
        match messages.as_slice() {
            [only] if only.body == "away" => Err(Failure::new(FailureKind::Unavailable, "the store is away")),
            [only] if only.body == "panic" => panic!("in a batch"),
            messages => Ok(messages.iter().skip(1).map(|message| message.id.clone()).collect()),
        }
    }

    async fn verbs(&self, call: VerbsCall, _: &Invocation) -> Result<VerbsReply, Failure> {
        let db = call.db.unwrap_or_else(|| "default".to_owned());
        let report = |verb| VerbReport { verb, db: db.clone(), figures: [("rows".to_owned(), 1)].into(), ms: 2 };
        Ok(VerbsReply { done: true, reports: call.verbs.into_iter().map(report).collect() })
    }

    fn broken(&self, error: &lambda_runtime::Error) {
        match &self.broken {
            Some(told) => told.lock().unwrap().push(error.to_string()),
            None => end_process(error),
        }
    }
}
