//! `GET|POST /api/v3/query_sql`: SQL in, rows out, in the format the client likes.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use serde_json::Value;
use tidewell_wire::Format;

use crate::app::Shared;
use crate::body::take_body;
use crate::parameters::{DEFAULT_DATABASE, Parameters};
use crate::read_options::read_options;
use crate::reply::Failure;
use crate::stream::stream_reply;

/// Parameters `db`, `q`, `format`, `params`, and those of [`read_options`], from the URL, a form or a JSON object; the body goes before the URL.
pub(crate) async fn query_sql(
    State(app): State<Shared>,
    method: Method,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let mut parameters = Parameters::of_url(query.as_deref());
    if method == Method::POST {
        let taken = take_body(&app, &headers, body).await?;
        parameters = of_body(&taken.bytes)?.or(parameters);
    }
    let format = format(&parameters, &headers)?;
    let sql = parameters.get("q").ok_or_else(|| Failure::invalid("the parameter q is missing: give the SQL to run"))?;
    let database = parameters.get("db").unwrap_or(DEFAULT_DATABASE);
    let answer = app.engine.query_sql(database, sql, bound_values(&parameters)?, &read_options(&parameters)?).await?;
    stream_reply(app, answer, format).await
}

/// A body's parameters: JSON where it starts like an object, otherwise a form, whatever its content type says.
fn of_body(body: &[u8]) -> Result<Parameters, Failure> {
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Ok(Parameters::parse(body));
    }
    let object: BTreeMap<String, Value> =
        serde_json::from_slice(body).map_err(|error| Failure::invalid(format!("the body is not JSON: {error}")))?;
    let mut parameters = Parameters::default();
    for (name, value) in object {
        match value {
            Value::Null => {}
            Value::String(text) => parameters.put_first(&name, text),
            other => parameters.put_first(&name, other.to_string()),
        }
    }
    Ok(parameters)
}

/// The values of `$name` in the statement: an object, as JSON text.
fn bound_values(parameters: &Parameters) -> Result<BTreeMap<String, Value>, Failure> {
    let Some(text) = parameters.get("params") else { return Ok(BTreeMap::new()) };
    let values: Option<BTreeMap<String, Value>> = serde_json::from_str(text)
        .map_err(|error| Failure::invalid(format!("the parameter params is not a JSON object: {error}")))?;
    Ok(values.unwrap_or_default())
}

/// What `format` asks for, or else the `Accept` header, or else JSON.
pub(crate) fn format(parameters: &Parameters, headers: &HeaderMap) -> Result<Format, Failure> {
    if let Some(name) = parameters.get("format") {
        return name.parse().map_err(|error| Failure::invalid(format!("{error}")));
    }
    let accept = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    Ok(accept.and_then(Format::from_accept).unwrap_or_default())
}

#[cfg(test)]
mod tests;
