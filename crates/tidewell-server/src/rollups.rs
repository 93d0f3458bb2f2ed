//! `/api/v1/rollups`: tables that are kept as aggregates of others.

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use tidewell_engine::{Aggregate, RollupDefinition, RollupStatus, TableName, TimestampNs, Timezone, parse_instant};

use crate::app::Shared;
use crate::body::take_body;
use crate::parameters::{DEFAULT_DATABASE, Parameters};
use crate::reply::{Failure, json_reply};

/// What is made of each field where the request does not say.
const AGGREGATES: [Aggregate; 4] = [Aggregate::Mean, Aggregate::Min, Aggregate::Max, Aggregate::Count];
/// How long after its end a bucket is computed where the request does not say, in milliseconds.
const SETTLE_MS: u64 = 60_000;
const EXAMPLE: &str = r#"{"name": "cpu-hourly", "from": "cpu", "into": "cpu_1h", "every": "1h"}"#;

/// A rollup to make. Without tags or fields all of them, without `since` the whole history.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RollupBody {
    name: String,
    from: String,
    into: String,
    every: Value,
    settle: Option<Value>,
    tags: Option<Vec<String>>,
    fields: Option<Vec<String>>,
    aggregates: Option<Vec<String>>,
    since: Option<Value>,
}

/// `GET ?db=`: every rollup, by name, in the words of `POST`, and the buckets that are to be computed.
pub(crate) async fn list(State(app): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let parameters = Parameters::of_url(query.as_deref());
    let rollups = app.engine.rollups(parameters.get("db").unwrap_or(DEFAULT_DATABASE)).await?;
    let rollups: Vec<Value> = rollups.iter().map(described).collect();
    Ok(json_reply(StatusCode::OK, &json!({"rollups": rollups})))
}

/// `POST ?db=` and a body like `{"name": "cpu-hourly", "from": "cpu", "into": "cpu_1h", "every": "1h", "settle": "1m",
/// "tags": ["host"], "fields": ["usage"], "aggregates": ["mean"], "since": "now"}`; the first four must be there.
pub(crate) async fn create(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let parameters = Parameters::of_url(query.as_deref());
    let taken = take_body(&app, &headers, body).await?;
    let body: RollupBody = serde_json::from_slice(&taken.bytes).map_err(|error| {
        Failure::invalid(format!("the body does not say which rollup to make: {error}; send {EXAMPLE}"))
    })?;
    let since = body.since.as_ref().map(|since| instant(since, app.env.now())).transpose()?;
    let (name, definition) = (body.name.clone(), definition(body)?);
    let database = parameters.get("db").unwrap_or(DEFAULT_DATABASE);
    let version = app.engine.create_rollup(database, &name, definition, since).await?;
    Ok(json_reply(StatusCode::CREATED, &json!({"name": name, "version": version})))
}

/// `DELETE /api/v1/rollups/<name>?db=`: gives it up; the rows of its table stay.
pub(crate) async fn drop_one(
    State(app): State<Shared>,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let parameters = Parameters::of_url(query.as_deref());
    app.engine.drop_rollup(parameters.get("db").unwrap_or(DEFAULT_DATABASE), &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn definition(body: RollupBody) -> Result<RollupDefinition, Failure> {
    let table =
        |field: &str, name: &str| TableName::new(name).map_err(|error| Failure::invalid(format!("`{field}`: {error}")));
    let aggregate =
        |name: &String| name.parse::<Aggregate>().map_err(|error| Failure::invalid(format!("`aggregates`: {error}")));
    let aggregates: Vec<Aggregate> = match &body.aggregates {
        Some(names) => names.iter().map(aggregate).collect::<Result<_, _>>()?,
        None => AGGREGATES.to_vec(),
    };
    Ok(RollupDefinition {
        source: table("from", &body.from)?,
        target: table("into", &body.into)?,
        interval_ms: span_ms("every", &body.every)?,
        settle_ms: body.settle.as_ref().map_or(Ok(SETTLE_MS), |settle| span_ms("settle", settle))?,
        tags: body.tags,
        fields: body.fields,
        aggregates,
    })
}

fn described(rollup: &RollupStatus) -> Value {
    let definition = &rollup.definition;
    let aggregates: Vec<&str> = definition.aggregates.iter().copied().map(Aggregate::name).collect();
    json!({
        "name": rollup.name,
        "from": definition.source.as_str(),
        "into": definition.target.as_str(),
        "every": span_text(definition.interval_ms),
        "settle": span_text(definition.settle_ms),
        "tags": definition.tags,
        "fields": definition.fields,
        "aggregates": aggregates,
        "version": rollup.created,
        "last_step_version": (rollup.stepped > 0).then_some(rollup.stepped),
        "due": rollup.due.map(|due| json!({"first_ns": due.min.as_ns(), "last_ns": due.max.as_ns()})),
    })
}

/// As `every` takes it.
fn span_text(ms: u64) -> String {
    humantime::format_duration(Duration::from_millis(ms)).to_string()
}

fn span_ms(field: &str, value: &Value) -> Result<u64, Failure> {
    let span = value.as_str().and_then(|text| humantime::parse_duration(text).ok());
    let ms = span.and_then(|span| {
        let ms = u64::try_from(span.as_millis()).ok();
        ms.filter(|ms| Duration::from_millis(*ms) == span)
    });
    let refused = || format!("`{field}` is {value}: give a span of whole milliseconds as text, like \"1h\" or \"15m\"");
    ms.ok_or_else(|| Failure::invalid(refused()))
}

/// `"now"`, any spelling of an instant, or nanoseconds since the epoch as a number.
fn instant(value: &Value, now: TimestampNs) -> Result<TimestampNs, Failure> {
    match value {
        Value::String(text) if text == "now" => Ok(now),
        Value::String(text) => parse_instant(text, Timezone::UTC)
            .map_err(|error| Failure::invalid(format!("`since` is {value}, which {error}, or give \"now\""))),
        _ => value.as_i64().map(TimestampNs::from_ns).ok_or_else(|| {
            Failure::invalid(format!(
                "`since` is {value}: give \"now\", a time like \"2024-01-31T00:00:00Z\" or nanoseconds since 1970"
            ))
        }),
    }
}

#[cfg(test)]
mod tests;
