//! `/api/v1/snapshots`: versions with a name.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tidewell_engine::SnapshotInfo;

use crate::app::Shared;
use crate::parameters::{DEFAULT_DATABASE, Parameters};
use crate::reply::{Failure, json_reply};

fn named(parameters: &Parameters) -> Result<(String, String), Failure> {
    let name =
        parameters.get("name").ok_or_else(|| Failure::invalid("the parameter name is missing: name the snapshot"))?;
    Ok((parameters.get("db").unwrap_or(DEFAULT_DATABASE).to_owned(), name.to_owned()))
}

fn described(snapshot: &SnapshotInfo) -> Value {
    json!({
        "name": snapshot.name,
        "version": snapshot.version,
        "created_at_ns": snapshot.created_at.as_ns(),
    })
}

/// `GET ?db=`: every snapshot, by name.
pub(crate) async fn list(State(app): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let parameters = Parameters::of_url(query.as_deref());
    let snapshots = app.engine.snapshots(parameters.get("db").unwrap_or(DEFAULT_DATABASE)).await?;
    let snapshots: Vec<Value> = snapshots.iter().map(described).collect();
    Ok(json_reply(StatusCode::OK, &json!({"snapshots": snapshots})))
}

/// `POST ?db=&name=`: gives the newest version a name.
pub(crate) async fn create(State(app): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let (database, name) = named(&Parameters::of_url(query.as_deref()))?;
    let made = app.engine.create_snapshot(&database, &name).await?;
    Ok(json_reply(StatusCode::CREATED, &described(&made)))
}

/// `DELETE ?db=&name=`: gives a name up.
pub(crate) async fn drop_one(State(app): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let (database, name) = named(&Parameters::of_url(query.as_deref()))?;
    app.engine.drop_snapshot(&database, &name).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /api/v1/snapshots/restore?db=&name=`: puts its rows in the place of today's.
pub(crate) async fn restore(State(app): State<Shared>, RawQuery(query): RawQuery) -> Result<Response, Failure> {
    let (database, name) = named(&Parameters::of_url(query.as_deref()))?;
    let version = app.engine.restore_snapshot(&database, &name).await?;
    Ok(json_reply(StatusCode::OK, &json!({"name": name, "version": version})))
}

#[cfg(test)]
mod tests;
