//! Answers as streams, for a Function URL whose invoke mode is `RESPONSE_STREAM`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::StreamExt;
use futures::future::ready;
use http::header::CONTENT_TYPE;
use http::response::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Response};
use lambda_runtime::{MetadataPrelude, StreamResponse};

use crate::dispatch::panic_text;
use crate::http_headers::{joined_values, set_cookies};
use crate::{BodyStream, Handler};

/// The answer as `lambda_runtime` sends it: a prelude with the head, then the body as it comes.
///
/// The crate reports a body that breaks off as text *within the body*, which then ends as if it were whole. So
/// [`Handler::broken`] is called first, which ends the process: the client sees a response that was cut off.
pub(crate) fn stream_answer<H: Handler>(handler: Arc<H>, answer: Response<BodyStream>) -> StreamResponse<BodyStream> {
    let (head, body) = answer.into_parts();
    let body = AssertUnwindSafe(body).catch_unwind().map(move |piece| {
        let piece = piece.unwrap_or_else(|panic| Err(panic_text(panic.as_ref()).into()));
        piece.inspect_err(|error| handler.broken(error))
    });
    let until_it_breaks = body.scan(false, |is_broken, piece| {
        let next = (!*is_broken).then_some(piece);
        *is_broken |= next.as_ref().is_some_and(Result::is_err);
        ready(next)
    });
    StreamResponse { metadata_prelude: prelude(&head), stream: Box::pin(until_it_breaks) }
}

/// One text for each field: a prelude with anything else is refused, and one that cannot be serialized ends the process.
fn prelude(head: &Parts) -> MetadataPrelude {
    let mut headers = HeaderMap::new();
    for (name, value) in joined_values(&head.headers) {
        let printable = |c: char| if c == '\t' || (' '..='~').contains(&c) { c } else { '?' };
        let value: String = value.chars().map(printable).collect();
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/octet-stream"));
    MetadataPrelude { status_code: head.status, headers, cookies: set_cookies(&head.headers) }
}

#[cfg(test)]
mod tests;
