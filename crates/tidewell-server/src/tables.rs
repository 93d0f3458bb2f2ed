//! `GET /api/v1/tables`, `/api/v1/tables/<t>/schema` and `/api/v1/tables/<t>/rows`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use tidewell_engine::{ColumnInfo, ColumnKind, TableInfo, TimestampNs, Timezone, parse_instant};

use crate::app::Shared;
use crate::parameters::{DEFAULT_DATABASE, Parameters};
use crate::query_sql::format;
use crate::read_options::read_options;
use crate::reply::{Failure, json_reply};
use crate::stream::stream_reply;

/// Rows of a page that says no `limit`.
const LIMIT_DEFAULT: u64 = 1000;
/// The most rows of a page.
const LIMIT_MAX: u64 = 1_000_000;

/// `?db=`: the tables of a database and their columns.
pub(crate) async fn list(State(app): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let parameters = Parameters::of_url(query.as_deref());
    let tables = app.engine.tables(parameters.get("db").unwrap_or(DEFAULT_DATABASE)).await?;
    Ok(json_reply(StatusCode::OK, &json!({"tables": tables.iter().map(table_json).collect::<Vec<_>>()})))
}

/// `?db=`: the columns of one table: time, tags and fields.
pub(crate) async fn schema(
    State(app): State<Shared>,
    Path(table): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Failure> {
    let parameters = Parameters::of_url(query.as_deref());
    let info = app.engine.table(parameters.get("db").unwrap_or(DEFAULT_DATABASE), &table).await?;
    Ok(json_reply(StatusCode::OK, &table_json(&info)))
}

fn table_json(info: &TableInfo) -> Value {
    json!({"table": info.name, "columns": info.columns.iter().map(column_json).collect::<Vec<_>>()})
}

/// `{"name", "kind": "time|tag|field", "type"}`
pub(crate) fn column_json(column: &ColumnInfo) -> Value {
    let (kind, data_type) = match column.kind {
        ColumnKind::Time => ("time", "timestamp"),
        ColumnKind::Tag => ("tag", "string"),
        ColumnKind::Field(field_type) => ("field", field_type.name()),
    };
    json!({"name": column.name, "kind": kind, "type": data_type})
}

/// `?db=&start=&end=&limit=&offset=&order=asc|desc&columns=a,b&timezone=&format=`: rows of a span of time, `end` exclusive,
/// in the order of time and then of the tags, so that pages follow each other.
pub(crate) async fn rows(
    State(app): State<Shared>,
    Path(table): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let parameters = Parameters::of_url(query.as_deref());
    let format = format(&parameters, &headers)?;
    let database = parameters.get("db").unwrap_or(DEFAULT_DATABASE);
    let info = app.engine.table(database, &table).await?;
    let sql = statement(&info, &parameters)?;
    let answer = app.engine.query_sql(database, &sql, BTreeMap::new(), &read_options(&parameters)?).await?;
    stream_reply(app, answer, format).await
}

fn statement(info: &TableInfo, parameters: &Parameters) -> Result<String, Failure> {
    let mut sql = format!("SELECT {} FROM {}", selected(info, parameters)?, quoted(&info.name));
    let zone = match parameters.get("timezone") {
        Some(zone) => zone.parse().map_err(|error| Failure::invalid(format!("`timezone`: {error}")))?,
        None => Timezone::UTC,
    };
    let bounds = [("start", ">="), ("end", "<")].into_iter().filter_map(|(name, sign)| {
        let text = parameters.get(name)?;
        Some(instant(name, text, zone).map(|time| bound(sign, time)))
    });
    let bounds: Vec<String> = bounds.collect::<Result<_, _>>()?;
    if !bounds.is_empty() {
        // Writing to a string does not fail.
        let _ = write!(sql, " WHERE {}", bounds.join(" AND "));
    }
    let direction = match parameters.get("order").unwrap_or("asc") {
        "asc" => "ASC",
        "desc" => "DESC",
        other => return Err(Failure::invalid(format!("`order` is {other:?}: give asc or desc"))),
    };
    let tags = info.columns.iter().filter(|column| column.kind == ColumnKind::Tag);
    let keys = tags.map(|tag| format!(", {} NULLS FIRST", quoted(&tag.name)));
    let limit = count("limit", parameters)?.unwrap_or(LIMIT_DEFAULT);
    if limit > LIMIT_MAX {
        return Err(Failure::invalid(format!("`limit` is {limit}: a page has at most {LIMIT_MAX} rows")));
    }
    let offset = count("offset", parameters)?.unwrap_or(0);
    let _ = write!(sql, " ORDER BY time {direction}{} LIMIT {limit} OFFSET {offset}", keys.collect::<String>());
    Ok(sql)
}

/// All columns, or those that `columns` names.
fn selected(info: &TableInfo, parameters: &Parameters) -> Result<String, Failure> {
    let Some(names) = parameters.get("columns") else { return Ok("*".to_owned()) };
    let names = names.split(',').map(str::trim).filter(|name| !name.is_empty()).map(|name| {
        let is_known = info.columns.iter().any(|column| column.name == name);
        let unknown = || Failure::invalid(format!("table {:?} has no column {name:?}", info.name));
        is_known.then(|| quoted(name)).ok_or_else(unknown)
    });
    Ok(names.collect::<Result<Vec<_>, _>>()?.join(", "))
}

fn bound(sign: &str, time: TimestampNs) -> String {
    format!("time {sign} arrow_cast({}, 'Timestamp(Nanosecond, None)')", time.as_ns())
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn instant(name: &str, text: &str, zone: Timezone) -> Result<TimestampNs, Failure> {
    parse_instant(text, zone).map_err(|error| Failure::invalid(format!("`{name}` is {text:?}, which {error}")))
}

fn count(name: &str, parameters: &Parameters) -> Result<Option<u64>, Failure> {
    let refused = |text: &str| Failure::invalid(format!("`{name}` is {text:?}: give a count of rows"));
    parameters.get(name).map(|text| text.parse().map_err(|_| refused(text))).transpose()
}

#[cfg(test)]
mod tests;
