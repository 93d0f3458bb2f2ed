//! `/health`, `/ready` and `/ping`: whether the server serves.

use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use tidewell_wire::rfc3339_ns;

use crate::app::{App, COMMIT, Shared, VERSION};
use crate::reply::json_reply;

const INFLUXDB_VERSION: HeaderName = HeaderName::from_static("x-influxdb-version");
const INFLUXDB_BUILD: HeaderName = HeaderName::from_static("x-influxdb-build");

/// `GET /health`: the name and the words are those that Influx clients insist on.
pub(crate) async fn health(State(app): State<Shared>) -> Response {
    let is_healthy = app.is_ready();
    let message = if is_healthy { "ready for queries and writes" } else { "not ready for queries and writes" };
    let body = json!({
        "name": "influxdb",
        "message": message,
        "status": if is_healthy { "pass" } else { "fail" },
        "healthy": is_healthy,
        "checks": [],
        "version": VERSION,
        "commit": COMMIT,
    });
    json_reply(status(&app), &body)
}

/// `GET /ready`: 503 while the server starts and once it stops.
pub(crate) async fn ready(State(app): State<Shared>) -> Response {
    let is_ready = app.is_ready();
    let body = json!({
        "status": if is_ready { "ready" } else { "not ready" },
        "ready": is_ready,
        "started": rfc3339_ns(app.started.as_ns()),
        "up": span_text(app.uptime()),
    });
    json_reply(status(&app), &body)
}

/// `GET /livez`: the process answers, whatever the state of the store.
pub(crate) async fn live() -> Response {
    json_reply(StatusCode::OK, &json!({"status": "alive"}))
}

/// `GET|HEAD /ping`: 204, and the version in headers, as v1 clients want it.
pub(crate) async fn ping() -> Response {
    let headers =
        [(INFLUXDB_VERSION, HeaderValue::from_static(VERSION)), (INFLUXDB_BUILD, HeaderValue::from_static("Tidewell"))];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn status(app: &App) -> StatusCode {
    if app.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// `1h2m3s`, in whole seconds, without the parts that are zero in front.
fn span_text(span: Duration) -> String {
    let seconds = span.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests;
