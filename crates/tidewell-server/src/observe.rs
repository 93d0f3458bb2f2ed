//! What is noted about every request: its id, its count, its time.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::Shared;
use crate::request_id::{REQUEST_ID, request_id};

/// Runs a request and notes it. The time is that to the reply's head: a streamed body may take longer.
pub(crate) async fn observe(State(app): State<Shared>, request: Request, next: Next) -> Response {
    let id = request_id(&app, request.headers());
    let path = request.extensions().get::<MatchedPath>().map(|matched| matched.as_str().to_owned());
    let method = request.method().clone();
    let started = app.env.monotonic();
    let mut reply = next.run(request).await;
    let elapsed = app.env.monotonic().saturating_sub(started);
    let route = app.traffic.note(path.as_deref(), reply.status().as_u16(), elapsed);
    tracing::debug!(%method, route, status = reply.status().as_u16(), ?elapsed, request_id = ?id, "request");
    reply.headers_mut().insert(REQUEST_ID, id);
    reply
}
