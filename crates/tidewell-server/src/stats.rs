//! `GET /stats`: the engine's status as JSON.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use crate::app::Shared;
use crate::reply::{Failure, json_reply};

/// The status, and beside it `memtable`, the name by which the older API's users know the buffer.
pub(crate) async fn stats(State(app): State<Shared>) -> Result<Response, Failure> {
    let status = app.engine.status();
    let bytes: u64 = status.databases.iter().map(|database| database.buffer_bytes as u64).sum();
    let rows: u64 = status.databases.iter().map(|database| database.buffer_rows as u64).sum();
    let mut body = serde_json::to_value(&status).map_err(|error| {
        tracing::error!(%error, "status has no JSON");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the status cannot be written as JSON: report this")
    })?;
    if let Value::Object(members) = &mut body {
        members.insert("memtable".to_owned(), json!({"active_size": bytes, "active_points": rows}));
    }
    Ok(json_reply(StatusCode::OK, &body))
}
