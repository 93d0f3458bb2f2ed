//! An answer as a reply whose body is made while it is sent.

use std::collections::VecDeque;

use arrow_array::RecordBatch;
use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream;
use tidewell_engine::{Answer, EngineError};
use tidewell_wire::{Encoder, Format, pieces};

use crate::app::Shared;
use crate::reply::Failure;

/// The manifest version that the query read.
pub(crate) const VERSION: HeaderName = HeaderName::from_static("x-tidewell-version");

/// The first bytes are made before the reply's head, so that most errors still have a status of their own.
///
/// An error later on ends the connection without the end of the body: a client sees that the answer is not whole.
/// A client that goes away drops the answer, which cancels the query.
pub(crate) async fn stream_reply(app: Shared, answer: Answer, format: Format) -> Result<Response, Failure> {
    let version = HeaderValue::from(answer.statistics.version().get());
    let encoder = Encoder::new(format, &answer.schema).map_err(|error| Failure::invalid(error.to_string()))?;
    let mut sending = Sending { answer, encoder: Some(encoder), waiting: VecDeque::new() };
    let first = sending.next().await?;
    let rest = stream::unfold(Some((app, sending)), |state| async move {
        let (app, mut sending) = state?;
        match sending.next().await {
            Ok(Some(bytes)) => Some((Ok(bytes), Some((app, sending)))),
            Ok(None) => None,
            Err(failure) => {
                app.traffic.count_broken_answer();
                tracing::warn!(error = %failure.message, "answer broken off after its first bytes");
                Some((Err(failure.message), None))
            }
        }
    });
    // The layers around a body may ask once more after its end.
    let body = Body::from_stream(stream::iter(first.map(Ok)).chain(rest).fuse());
    let headers = [(CONTENT_TYPE, HeaderValue::from_static(format.content_type())), (VERSION, version)];
    Ok((headers, body).into_response())
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
