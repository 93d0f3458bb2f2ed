//! `POST /write`, `/api/v2/write` and `/api/v3/write_lp`: line protocol in, 204 out.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use tidewell_engine::{AckLevel, Precision, WriteReply, WriteRequest};

use crate::app::Shared;
use crate::body::take_body;
use crate::parameters::{DEFAULT_DATABASE, Parameters};
use crate::reply::{Api, Failure};
use crate::spent;
use crate::write_refusal::{Rejected, partial_reply, refusal_reply};

/// The token that lets a later query see this write, from any process.
pub(crate) const SESSION: HeaderName = HeaderName::from_static("x-tidewell-session");

/// Names a request, so that it can be sent again safely after an unclear answer.
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENCY_KEY_BYTES_MAX: usize = 255;

/// `/write?db=&precision=&ack=`; `rp`, `consistency`, `u` and `p` are ignored.
pub(crate) async fn write_v1(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    write(app, Api::V1, Parameters::of_url(query.as_deref()), headers, body).await
}

/// `/api/v2/write?bucket=&org=&precision=`
pub(crate) async fn write_v2(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    write(app, Api::V2, Parameters::of_url(query.as_deref()), headers, body).await
}

/// `/api/v3/write_lp?db=&precision=&accept_partial=&no_sync=`
pub(crate) async fn write_v3(
    State(app): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Response {
    write(app, Api::V3, Parameters::of_url(query.as_deref()), headers, body).await
}

async fn write(app: Shared, api: Api, parameters: Parameters, headers: HeaderMap, body: Body) -> Response {
    match store(app, api, &parameters, &headers, body).await {
        Ok(reply) => reply,
        Err(failure) => failure.into_reply(api),
    }
}

async fn store(
    app: Shared,
    api: Api,
    parameters: &Parameters,
    headers: &HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    let mut request = request(api, parameters)?;
    request.idempotency_key = idempotency_key(headers)?;
    let taken = take_body(&app, headers, body).await?;
    request.body = taken.bytes;
    let accept_partial = request.accept_partial;
    // A client that goes away must not stop a write between the log and the buffer: it runs to its end on its own.
    let engine = app.engine.clone();
    let written = app.env.spawn(async move {
        let written = engine.write(request).await;
        drop(taken.share);
        written
    });
    let written = written.await.map_err(|error| {
        tracing::error!(%error, "write task failed");
        Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "the write failed within the server: send it again")
    })?;
    match written {
        Ok(reply) => Ok(stored(api, &reply)),
        Err(error) => refusal_reply(api, accept_partial, &error),
    }
}

fn request(api: Api, parameters: &Parameters) -> Result<WriteRequest, Failure> {
    let named = if api == Api::V2 { parameters.get("bucket") } else { parameters.get("db") };
    let precision = match parameters.get("precision") {
        Some(text) => text.parse().map_err(|error| Failure::invalid(format!("{error}")))?,
        None if api == Api::V3 => Precision::Auto,
        None => Precision::Nanosecond,
    };
    let ack = match parameters.get("ack") {
        Some(text) => Some(text.parse().map_err(|error| Failure::invalid(format!("{error}")))?),
        None if parameters.is_on("no_sync") == Some(true) => Some(AckLevel::None),
        None => None,
    };
    Ok(WriteRequest {
        database: named.unwrap_or(DEFAULT_DATABASE).to_owned(),
        precision,
        ack,
        accept_partial: parameters.is_on("accept_partial").unwrap_or(true),
        idempotency_key: None,
        body: Bytes::new(),
    })
}

/// A request that is sent again with the same key counts once.
pub(crate) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Failure> {
    let Some(key) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = key.to_str().ok().map(str::trim).filter(|key| (1..=IDEMPOTENCY_KEY_BYTES_MAX).contains(&key.len()));
    let refused = || format!("Idempotency-Key must be 1 to {IDEMPOTENCY_KEY_BYTES_MAX} printable ASCII characters");
    Ok(Some(key.ok_or_else(|| Failure::invalid(refused()))?.to_owned()))
}

fn stored(api: Api, written: &WriteReply) -> Response {
    let mut reply = if written.rejected_count == 0 {
        StatusCode::NO_CONTENT.into_response()
    } else {
        partial_reply(api, Rejected { lines: &written.rejected, count: written.rejected_count })
    };
    if let Ok(token) = HeaderValue::from_str(&written.token)
        && !token.is_empty()
    {
        reply.headers_mut().insert(SESSION, token);
    }
    spent::note_cost(reply.headers_mut(), &written.usage, written.cost_usd);
    reply
}

#[cfg(test)]
mod tests;
