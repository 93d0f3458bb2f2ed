//! The id of a request: the client's own, or one made here.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use crate::app::App;

/// The header of both the request and the reply.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const BYTES_MAX: usize = 128;

static COUNT: AtomicU64 = AtomicU64::new(0);

/// The client's id where it is short and plain, otherwise the process's start and a running number.
pub(crate) fn request_id(app: &App, headers: &HeaderMap) -> HeaderValue {
    let is_usable =
        |id: &&HeaderValue| (1..=BYTES_MAX).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic);
    if let Some(id) = headers.get(REQUEST_ID).filter(is_usable) {
        return id.clone();
    }
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:x}-{number:x}", app.started.as_ns());
    HeaderValue::from_str(&id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}
