//! `GET /api/v3/configure/database`: which databases there are.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tidewell_wire::Format;

use crate::app::Shared;
use crate::parameters::Parameters;
use crate::query_sql::format;
use crate::reply::{Failure, json_reply};

/// The column's name in this API.
const COLUMN: &str = "iox::database";

/// One row a database, as JSON or CSV.
pub(crate) async fn list_databases(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let format = format(&Parameters::of_url(query.as_deref()), &headers)?;
    let databases = app.engine.databases().await?;
    let row = |name: &String| json!({COLUMN: name});
    match format {
        Format::Json => Ok(json_reply(StatusCode::OK, &Value::Array(databases.iter().map(row).collect()))),
        Format::JsonLines => {
            Ok(databases.iter().map(|name| format!("{}\n", row(name))).collect::<String>().into_response())
        }
        _ => Err(Failure::invalid("databases are listed as json or jsonl: choose one of these formats")),
    }
}
