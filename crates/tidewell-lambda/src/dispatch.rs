//! One event: what it is, who carries it out, what is replied.

use std::any::Any;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use bytes::Bytes;
use futures::FutureExt;
use http::{Response, StatusCode};
use lambda_runtime::{FunctionResponse, LambdaEvent};
use serde::Serialize;
use serde_json::{Value, json};

use crate::body::{Collected, collect};
use crate::http_answer::{HttpAnswer, RESPONSE_BYTES_MAX, body_bytes_max};
use crate::http_call::error_answer;
use crate::reply::batch_reply;
use crate::stream_answer::stream_answer;
use crate::{BodyStream, Event, Failure, Handler, HttpCall, Invocation, Origin, ResponseMode, body_of};

/// A reply that is there as a whole.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    Http(HttpAnswer),
    Json(Value),
}

/// What goes back to the Runtime API.
pub(crate) type Outcome = FunctionResponse<Reply, BodyStream>;

/// Carries out one event. Errors and panics of HTTP requests are answers; of anything else they fail the invocation.
pub(crate) async fn dispatch<H: Handler>(
    handler: Arc<H>,
    mode: ResponseMode,
    event: LambdaEvent<Value>,
) -> Result<Outcome, Failure> {
    let invocation = Invocation::of(&event.context);
    let reply = match Event::of(event.payload)? {
        Event::Http(call) => return Ok(http(handler, mode, *call, &invocation).await),
        Event::RefusedHttp(refused) => {
            let origin = refused.origin;
            return Ok(reply_http(handler, mode, origin, refused.into_answer().map(body_of), &invocation).await);
        }
        Event::S3Test => json!({}),
        Event::S3(objects) => caught(handler.s3(objects, &invocation)).await??,
        Event::Sqs(messages) => batch_reply(&caught(handler.sqs(messages, &invocation)).await??),
        Event::Verbs(call) => {
            let reply = caught(handler.verbs(call, &invocation)).await??;
            serde_json::to_value(reply).map_err(|error| Failure::internal(format!("the reply is no JSON: {error}")))?
        }
    };
    Ok(FunctionResponse::BufferedResponse(Reply::Json(reply)))
}

async fn http<H: Handler>(handler: Arc<H>, mode: ResponseMode, mut call: HttpCall, invocation: &Invocation) -> Outcome {
    call.identify(invocation);
    let origin = call.origin;
    let answer = match caught(handler.http(call, invocation)).await {
        Ok(answer) => answer,
        Err(failure) => broken_answer(&failure.message).map(body_of),
    };
    reply_http(handler, mode, origin, answer, invocation).await
}

async fn reply_http<H: Handler>(
    handler: Arc<H>,
    mode: ResponseMode,
    origin: Origin,
    answer: Response<BodyStream>,
    invocation: &Invocation,
) -> Outcome {
    // The other services invoke the function in a way that takes no stream, whatever the Function URL's mode is.
    if mode == ResponseMode::Stream && origin == Origin::FunctionUrl {
        return FunctionResponse::StreamingResponse(stream_answer(handler, answer));
    }
    let buffered = AssertUnwindSafe(buffered(&*handler, origin, answer, invocation)).catch_unwind().await;
    let buffered = buffered.unwrap_or_else(|panic| {
        let message = panic_text(panic.as_ref());
        HttpAnswer::new(origin, broken_answer(&message))
    });
    FunctionResponse::BufferedResponse(Reply::Http(buffered))
}

async fn buffered<H: Handler>(
    handler: &H,
    origin: Origin,
    answer: Response<BodyStream>,
    invocation: &Invocation,
) -> HttpAnswer {
    let (head, body) = answer.into_parts();
    let replacement = match collect(body, body_bytes_max(&head)).await {
        Collected::All(body) => {
            let encoded = HttpAnswer::new(origin, Response::from_parts(head.clone(), body));
            if encoded.encoded_bytes() <= RESPONSE_BYTES_MAX {
                return encoded;
            }
            handler.too_large(Response::from_parts(head, body_of(encoded.into_body())), invocation).await
        }
        Collected::Beyond(body) => handler.too_large(Response::from_parts(head, body), invocation).await,
        Collected::Broken(error) => broken_answer(&error.to_string()),
    };
    let replacement = HttpAnswer::new(origin, replacement);
    if replacement.encoded_bytes() <= RESPONSE_BYTES_MAX {
        return replacement;
    }
    HttpAnswer::new(origin, broken_answer("what replaces an answer that is too large is too large itself"))
}

/// The answer where there is none: what is known goes to the log, not to the client.
fn broken_answer(what: &str) -> Response<Bytes> {
    tracing::error!(error = what, "request failed");
    error_answer(StatusCode::INTERNAL_SERVER_ERROR, "the answer could not be completed: try again, or look at the log")
}

/// What the future gives; a panic is a failure.
async fn caught<T>(future: impl Future<Output = T>) -> Result<T, Failure> {
    AssertUnwindSafe(future).catch_unwind().await.map_err(|panic| Failure::internal(panic_text(panic.as_ref())))
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("panicked: {}", text.unwrap_or("without a text"))
}

#[cfg(test)]
mod tests;
