//! An answer as a reply whose body is made while it is sent.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::RecordBatch;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, TRAILER};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, Stream};
use http_body::Frame;
use http_body_util::StreamBody;
use tidewell_engine::{Answer, EngineError};
use tidewell_wire::{Encoder, Format, pieces};

use crate::app::Shared;
use crate::reply::Failure;
use crate::spent;

/// The manifest version that the query read.
pub(crate) const VERSION: HeaderName = HeaderName::from_static("x-tidewell-version");

/// So much of an answer is made before the reply's head: an answer that ends within it has in its head what it cost, and an
/// error within it a status of its own.
const HEAD_BYTES_MAX: usize = 256 << 10;

/// The first bytes are made before the reply's head, so that most errors still have a status of their own. What a longer answer
/// cost is known at its end, and said in trailers.
///
/// An error later on ends the connection without the end of the body: a client sees that the answer is not whole.
/// A client that goes away drops the answer, which cancels the query.
pub(crate) async fn stream_reply(app: Shared, answer: Answer, format: Format) -> Result<Response, Failure> {
    let version = HeaderValue::from(answer.statistics.version().get());
    let statistics = Arc::clone(&answer.statistics);
    let encoder = Encoder::new(format, &answer.schema).map_err(|error| Failure::invalid(error.to_string()))?;
    let mut sending = Sending { answer, encoder: Some(encoder), waiting: VecDeque::new() };
    let (mut head, mut head_bytes) = (Vec::new(), 0);
    let mut has_ended = false;
    while !has_ended && head_bytes < HEAD_BYTES_MAX {
        match sending.next().await? {
            Some(bytes) => {
                head_bytes += bytes.len();
                head.push(Ok(Frame::data(bytes)));
            }
            None => has_ended = true,
        }
    }
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(format.content_type())), (VERSION, version)];
    let mut reply = (headers, ()).into_response();
    if has_ended {
        spent::note(reply.headers_mut(), &app.engine, &statistics.usage());
        *reply.body_mut() = Body::new(StreamBody::new(stream::iter(head)));
        return Ok(reply);
    }
    reply.headers_mut().insert(TRAILER, HeaderValue::from_static(spent::NAMES));
    // The layers around a body may ask once more after its end.
    let body = stream::iter(head).chain(rest(app, sending)).fuse();
    *reply.body_mut() = Body::new(StreamBody::new(body));
    Ok(reply)
}

/// What comes after the head, and then the trailers.
fn rest(app: Shared, sending: Sending) -> impl Stream<Item = Result<Frame<Bytes>, Cow<'static, str>>> + Send {
    stream::unfold(Some((app, sending)), |state| async move {
        let (app, mut sending) = state?;
        match sending.next().await {
            Ok(Some(bytes)) => Some((Ok(Frame::data(bytes)), Some((app, sending)))),
            Ok(None) => {
                let mut trailers = HeaderMap::new();
                spent::note(&mut trailers, &app.engine, &sending.answer.statistics.usage());
                Some((Ok(Frame::trailers(trailers)), None))
            }
            Err(failure) => {
                app.traffic.count_broken_answer();
                tracing::warn!(error = %failure.message, "answer broken off after its first bytes");
                Some((Err(failure.message), None))
            }
        }
    })
}

struct Sending {
    answer: Answer,
    /// Gone once the end was written.
    encoder: Option<Encoder>,
    waiting: VecDeque<RecordBatch>,
}

impl Sending {
    /// The next bytes; `None` after the last.
    async fn next(&mut self) -> Result<Option<Bytes>, Failure> {
        while let Some(encoder) = &mut self.encoder {
            let bytes = if let Some(piece) = self.waiting.pop_front() {
                encoder.batch(&piece)
            } else if let Some(batch) = self.answer.rows.next().await {
                let batch = batch.map_err(|error| Failure::from(EngineError::from(error)))?;
                self.waiting = pieces(&batch).collect();
                continue;
            } else {
                self.encoder.take().map_or(Ok(Vec::new()), Encoder::finish)
            };
            let bytes = bytes.map_err(|error| Failure::invalid(error.to_string()))?;
            if !bytes.is_empty() {
                return Ok(Some(bytes.into()));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests;
