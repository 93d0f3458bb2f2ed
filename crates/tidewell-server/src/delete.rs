//! `POST /api/v1/delete` and `/api/v2/delete`: rows of a span of time stop counting at once.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use chrono::DateTime;
use serde::Deserialize;
use serde_json::{Value, json};
use tidewell_engine::DeleteRequest;
use tidewell_types::{TimeBounds, TimestampNs};

use crate::app::Shared;
use crate::body::take_body;
use crate::parameters::{DEFAULT_DATABASE, Parameters};
use crate::reply::{Api, Failure, json_reply};

/// What to delete. Without a table all tables; without a start or an end from the first or to the last row.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteBody {
    #[serde(alias = "database")]
    db: Option<String>,
    #[serde(alias = "measurement")]
    table: Option<String>,
    start: Option<Value>,
    /// Exclusive.
    end: Option<Value>,
    /// Inclusive.
    stop: Option<Value>,
    #[serde(default)]
    tags: BTreeMap<String, OneOrMore>,
    predicate: Option<String>,
}

/// `"a"` or `["a", "b"]`
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(String),
    More(Vec<String>),
}

/// `?db=` and a body like `{"table": "cpu", "start": "2024-01-01T00:00:00Z", "end": "2024-02-01T00:00:00Z",
/// "tags": {"host": ["a", "b"]}}`; times are RFC 3339 or nanoseconds since the epoch, `end` is exclusive.
pub(crate) async fn delete_v1(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let url = Parameters::of_url(query.as_deref());
    match delete(&app, url.get("db"), &headers, body).await {
        Ok((version, tables)) => json_reply(StatusCode::OK, &json!({"version": version, "tables": tables})),
        Err(failure) => failure.into_reply(Api::V1),
    }
}

/// `?bucket=` and a body like `{"start": …, "stop": …, "predicate": "host=\"a\""}`; `stop` is inclusive.
pub(crate) async fn delete_v2(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let url = Parameters::of_url(query.as_deref());
    match delete(&app, url.get("bucket"), &headers, body).await {
        Ok(_) => StatusCode::NO_CONTENT.into_response(),
        Err(failure) => failure.into_reply(Api::V2),
    }
}

async fn delete(
    app: &Shared,
    database: Option<&str>,
    headers: &HeaderMap,
    body: Body,
) -> Result<(u64, Vec<String>), Failure> {
    let taken = take_body(app, headers, body).await?;
    let body: DeleteBody = serde_json::from_slice(&taken.bytes)
        .map_err(|error| Failure::invalid(format!("the body does not say what to delete: {error}")))?;
    let database = database.or(body.db.as_deref()).unwrap_or(DEFAULT_DATABASE).to_owned();
    let request = request(body)?;
    // A client that goes away must not leave the answer to a delete open.
    let engine = app.engine.clone();
    let deleted = app.env.spawn(async move { engine.delete(&database, request).await }).await;
    let deleted = deleted.map_err(|error| {
        tracing::error!(%error, "delete task failed");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the delete failed within the server: send it again")
    })??;
    Ok((deleted.version, deleted.tables))
}

fn request(body: DeleteBody) -> Result<DeleteRequest, Failure> {
    let min = body.start.as_ref().map(|start| instant("start", start)).transpose()?.unwrap_or(TimestampNs::MIN);
    let max = match (&body.end, &body.stop) {
        (Some(_), Some(_)) => {
            return Err(Failure::invalid("give `end` (exclusive) or `stop` (inclusive), not both"));
        }
        (Some(end), None) => before(instant("end", end)?)?,
        (None, Some(stop)) => instant("stop", stop)?,
        (None, None) => TimestampNs::MAX,
    };
    if min > max {
        return Err(Failure::invalid("the span of time is empty: `start` must come before the end"));
    }
    let tags = body.tags.into_iter().map(|(tag, values)| match values {
        OneOrMore::One(value) => (tag, vec![value]),
        OneOrMore::More(values) => (tag, values),
    });
    Ok(DeleteRequest {
        table: body.table,
        time: TimeBounds { min, max },
        tags: tags.collect(),
        predicate: body.predicate,
    })
}

fn before(end: TimestampNs) -> Result<TimestampNs, Failure> {
    let before =
        end.as_ns().checked_sub(1).ok_or_else(|| Failure::invalid("`end` is before all that can be stored"))?;
    Ok(TimestampNs::from_ns(before))
}

/// RFC 3339 text, or nanoseconds since the epoch as a number or text.
fn instant(name: &str, value: &Value) -> Result<TimestampNs, Failure> {
    let refused = || {
        Failure::invalid(format!(
            "`{name}` is {value}: give RFC 3339 text like \"2024-01-31T00:00:00Z\" or nanoseconds since 1970, between 1677 \
             and 2262"
        ))
    };
    let ns = match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => match text.parse::<i64>() {
            Ok(ns) => Some(ns),
            Err(_) => DateTime::parse_from_rfc3339(text).ok().and_then(|instant| instant.timestamp_nanos_opt()),
        },
        _ => None,
    };
    ns.map(TimestampNs::from_ns).ok_or_else(refused)
}

#[cfg(test)]
mod tests;
