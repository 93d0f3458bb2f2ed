//! `POST /query` and `POST /sql`: the JSON query API.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde_json::Value;
use tidewell_engine::JsonQuery;

use crate::app::Shared;
use crate::body::take_body;
use crate::parameters::{DEFAULT_DATABASE, Parameters};
use crate::read_options::read_options;
use crate::reply::{Api, Failure};
use crate::rows_reply::{Asked, rows_reply};

const INFLUXQL: &str = "InfluxQL is not served yet: use /api/v3/query_sql or the JSON body of POST /query";
/// What stands for the measurement where SQL names its own tables.
const SQL_MEASUREMENT: &str = "_sql";

/// `GET /query`: only InfluxQL comes this way.
pub(crate) async fn query_get() -> Response {
    Failure::invalid(INFLUXQL).into_reply(Api::V1)
}

/// `POST /query` with a [`JsonQuery`], whatever the content type says.
pub(crate) async fn query_post(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answered = ask_json(app, Parameters::of_url(query.as_deref()), headers, body).await;
    answered.unwrap_or_else(|failure| failure.into_reply(Api::V1))
}

async fn ask_json(app: Shared, url: Parameters, headers: HeaderMap, body: Body) -> Result<Response, Failure> {
    let started = app.env.monotonic();
    let taken = take_body(&app, &headers, body).await?;
    let is_object = taken.bytes.trim_ascii_start().first() == Some(&b'{');
    if !is_object && Parameters::parse(&taken.bytes).or(url.clone()).get("q").is_some() {
        return Err(Failure::invalid(INFLUXQL));
    }
    let (database, query) = json_query(&taken.bytes)?;
    let database = database.as_deref().or(url.get("db")).unwrap_or(DEFAULT_DATABASE);
    let answer = app.engine.query_json(database, &query, &read_options(&url)?).await?;
    let asked = Asked { measurement: &query.measurement, tags: &tags_named(&query), started };
    rows_reply(&app, asked, answer).await
}

/// The columns that a query itself uses as tags; the answer's schema marks the others.
fn tags_named(query: &JsonQuery) -> Vec<String> {
    let filtered = query.tag_filters.iter().map(|filter| &filter.key).chain(query.tags.keys());
    query.group_by.iter().chain(filtered).cloned().collect()
}

/// The query, and the database that the body names beside it.
fn json_query(body: &[u8]) -> Result<(Option<String>, JsonQuery), Failure> {
    let refused = |error: serde_json::Error| Failure::invalid(format!("the body is not a JSON query: {error}"));
    let mut value: Value = serde_json::from_slice(body).map_err(refused)?;
    let mut named = None;
    if let Some(object) = value.as_object_mut() {
        for key in ["database", "db"] {
            match object.remove(key) {
                Some(Value::String(name)) if !name.is_empty() => named = Some(name),
                None | Some(Value::Null | Value::String(_)) => {}
                Some(_) => {
                    return Err(Failure::invalid(format!("{key:?} in the body is not a string: give a database name")));
                }
            }
        }
    }
    Ok((named, serde_json::from_value(value).map_err(refused)?))
}

/// `POST /sql` with `{"query": "…"}` or the statement itself.
pub(crate) async fn sql_post(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let answered = ask_sql(app, Parameters::of_url(query.as_deref()), headers, body).await;
    answered.unwrap_or_else(|failure| failure.into_reply(Api::V1))
}

async fn ask_sql(app: Shared, url: Parameters, headers: HeaderMap, body: Body) -> Result<Response, Failure> {
    let started = app.env.monotonic();
    let taken = take_body(&app, &headers, body).await?;
    let (database, sql) = statement(&taken.bytes)?;
    let database = database.as_deref().or(url.get("db")).unwrap_or(DEFAULT_DATABASE);
    let answer = app.engine.query_sql(database, &sql, BTreeMap::new(), &read_options(&url)?).await?;
    rows_reply(&app, Asked { measurement: SQL_MEASUREMENT, tags: &[], started }, answer).await
}

fn statement(body: &[u8]) -> Result<(Option<String>, String), Failure> {
    let missing =
        || Failure::invalid("the statement is missing: send {\"query\": \"SELECT …\"} or the SQL as plain text");
    if body.trim_ascii_start().first() != Some(&b'{') {
        let text = std::str::from_utf8(body)
            .map_err(|error| Failure::invalid(format!("the statement is not UTF-8: {error}")))?;
        return if text.trim().is_empty() { Err(missing()) } else { Ok((None, text.to_owned())) };
    }
    let mut object: BTreeMap<String, Value> =
        serde_json::from_slice(body).map_err(|error| Failure::invalid(format!("the body is not JSON: {error}")))?;
    let mut text = |key: &str| match object.remove(key) {
        Some(Value::String(text)) if !text.is_empty() => Some(text),
        _ => None,
    };
    let sql = text("query").or_else(|| text("q")).or_else(|| text("sql")).ok_or_else(missing)?;
    Ok((text("db").or_else(|| text("database")), sql))
}

#[cfg(test)]
mod tests;
