//! Taking a request's body: its length, encoding, time and memory are all bounded.

use std::time::Duration;

use axum::body::{Body, BodyDataStream};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use futures::StreamExt as _;

use crate::app::App;
use crate::body_budget::BodyShare;
use crate::inflate::{Inflater, Refusal};
use crate::reply::Failure;

/// What is still read of a body that was refused, so that the client is not cut off before it reads why.
const DISCARDED_BYTES_MAX: usize = 16 << 20;
const DISCARDED_FOR: Duration = Duration::from_secs(1);

/// A body, and its share of the memory for bodies, which lasts as long as it does.
pub(crate) struct TakenBody {
    pub(crate) bytes: Bytes,
    pub(crate) share: BodyShare,
}

/// Reads a body to its end and inflates it on the way.
///
/// # Errors
/// 413 over the limit, 503 when all bodies together are over theirs, 415 for an encoding but gzip, 400 for damaged gzip
/// or a connection that broke, 408 for a client that takes too long.
pub(crate) async fn take_body(app: &App, headers: &HeaderMap, body: Body) -> Result<TakenBody, Failure> {
    let is_gzip = is_gzip(headers)?;
    let mut stream = body.into_data_stream();
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse().ok());
    let taken = if announced.is_some_and(|bytes: u64| bytes > app.config.body_bytes_max as u64) {
        Err(too_large(app))
    } else {
        let timeout = Duration::from_millis(app.config.body_timeout_ms);
        let read = read(app, is_gzip, &mut stream);
        tokio::time::timeout(timeout, read).await.unwrap_or_else(|_| Err(too_slow(app)))
    };
    if taken.is_err() && !headers.contains_key(EXPECT) {
        discard(&mut stream).await;
    }
    let taken = taken?;
    app.traffic.count_body(taken.bytes.len());
    Ok(taken)
}

async fn read(app: &App, is_gzip: bool, stream: &mut BodyDataStream) -> Result<TakenBody, Failure> {
    let bytes_max = app.config.body_bytes_max;
    let mut inflater = Inflater::new(is_gzip, bytes_max, app.bodies.share());
    let mut bytes_on_wire = 0_usize;
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| {
            Failure::new(StatusCode::BAD_REQUEST, format!("the request body broke off ({error}): send it again"))
        })?;
        bytes_on_wire = bytes_on_wire.saturating_add(chunk.len());
        if bytes_on_wire > bytes_max {
            return Err(too_large(app));
        }
        inflater.push(&chunk).map_err(|refusal| refused(app, refusal))?;
    }
    let (bytes, share) = inflater.finish().map_err(|refusal| refused(app, refusal))?;
    Ok(TakenBody { bytes: bytes.into(), share })
}

pub(crate) fn is_gzip(headers: &HeaderMap) -> Result<bool, Failure> {
    let Some(encoding) = headers.get(CONTENT_ENCODING) else { return Ok(false) };
    match encoding.to_str().unwrap_or("?").trim().to_ascii_lowercase().as_str() {
        "" | "identity" => Ok(false),
        "gzip" | "x-gzip" => Ok(true),
        other => Err(Failure::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("content encoding {other:?} is not served: send gzip, or the plain body"),
        )),
    }
}

fn refused(app: &App, refusal: Refusal) -> Failure {
    match refusal {
        Refusal::TooLarge => too_large(app),
        Refusal::Busy => Failure::busy("the server holds as many request bodies as it may: send this one again later"),
        Refusal::Damaged => Failure::new(
            StatusCode::BAD_REQUEST,
            "the body is not the gzip that its Content-Encoding promises, or it is cut short",
        ),
    }
}

fn too_large(app: &App) -> Failure {
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        format!(
            "the request body is larger than {} bytes (after decompression): send it in smaller parts",
            app.config.body_bytes_max
        ),
    )
}

fn too_slow(app: &App) -> Failure {
    Failure::new(
        StatusCode::REQUEST_TIMEOUT,
        format!("the request body did not arrive within {} ms: send it again", app.config.body_timeout_ms),
    )
}

async fn discard(stream: &mut BodyDataStream) {
    let mut bytes_left = DISCARDED_BYTES_MAX;
    let rest = async {
        while let Some(Ok(chunk)) = stream.next().await {
            match bytes_left.checked_sub(chunk.len()) {
                Some(left) => bytes_left = left,
                None => return,
            }
        }
    };
    // Whether the time ran out or the bytes did, the reply goes out next.
    let _ = tokio::time::timeout(DISCARDED_FOR, rest).await;
}
