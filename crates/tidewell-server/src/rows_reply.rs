//! The reply of the JSON query API: rows, points, counts and what they cost.

use std::convert::Infallible;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use serde_json::json;
use tidewell_engine::{Answer, EngineError, Prices};
use tidewell_wire::{PointsEncoder, json_string, pieces};

use crate::app::App;
use crate::reply::Failure;
use crate::stream::VERSION;

/// What the reply says about the question.
pub(crate) struct Asked<'a> {
    pub(crate) measurement: &'a str,
    /// Columns that the question itself uses as tags.
    pub(crate) tags: &'a [String],
    /// When the request came, on the monotonic clock.
    pub(crate) started: Duration,
}

/// Gathers the whole answer.
///
/// # Errors
/// 413 when the reply outgrows its bound, otherwise the query's own failure.
pub(crate) async fn rows_reply(app: &App, asked: Asked<'_>, mut answer: Answer) -> Result<Response, Failure> {
    let mut points = PointsEncoder::new(&answer.schema, asked.tags, app.config.reply_bytes_max);
    while let Some(batch) = answer.rows.next().await {
        let batch = batch.map_err(EngineError::from)?;
        for piece in pieces(&batch) {
            let pushed = points.push(&piece).map_err(|error| Failure::invalid(error.to_string()))?;
            pushed.map_err(|error| Failure::new(StatusCode::PAYLOAD_TOO_LARGE, error.to_string()))?;
        }
    }
    let parts = points.finish();
    let elapsed_ms = app.env.monotonic().saturating_sub(asked.started).as_secs_f64() * 1e3;
    let statistics = statistics(&answer, parts.row_count, elapsed_ms);
    let measurement = json_string(asked.measurement);
    let rows = parts.row_count;
    let body = [
        format!("{{\"measurement\":{measurement},\"columns\":{},\"rows\":", parts.columns),
        parts.rows,
        ",\"results\":".to_owned(),
        parts.results,
        format!(",\"total_rows\":{rows},\"execution_time_ms\":{elapsed_ms:.3},\"statistics\":{statistics}}}"),
    ];
    // In parts, since joining them would hold the rows twice.
    let body = Body::from_stream(stream::iter(body.map(|part| Ok::<_, Infallible>(Bytes::from(part)))));
    let version = HeaderValue::from(answer.statistics.version().get());
    let headers = [(CONTENT_TYPE, HeaderValue::from_static("application/json")), (VERSION, version)];
    Ok((headers, body).into_response())
}

fn statistics(answer: &Answer, rows: usize, elapsed_ms: f64) -> serde_json::Value {
    let read = &answer.statistics;
    let usage = read.usage();
    json!({
        "rows": rows,
        "version": read.version().get(),
        "segments_total": read.segments_considered(),
        "segments_read": read.segments_read(),
        "rows_scanned": read.rows_scanned(),
        "bytes_scanned": read.bytes_scanned(),
        "tail_rows": read.tail_rows(),
        "requests": usage.requests(),
        "bytes_fetched": usage.bytes_in,
        "price_usd": Prices::default().requests_usd(&usage),
        "execution_time_ms": elapsed_ms,
    })
}

#[cfg(test)]
mod tests;
