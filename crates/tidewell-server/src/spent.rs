//! What a request took from the store, as headers of its reply.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use tidewell_engine::{Engine, Usage};

/// Requests to the store.
pub(crate) const REQUESTS: HeaderName = HeaderName::from_static("x-tidewell-requests");
/// Bytes that came from it.
pub(crate) const BYTES_READ: HeaderName = HeaderName::from_static("x-tidewell-bytes-read");
/// US dollars at the configured prices.
pub(crate) const COST_USD: HeaderName = HeaderName::from_static("x-tidewell-cost-usd");
/// The names of all three, for those who announce them.
pub(crate) const NAMES: &str = "x-tidewell-requests, x-tidewell-bytes-read, x-tidewell-cost-usd";

/// Says what `usage` came to.
pub(crate) fn note(headers: &mut HeaderMap, engine: &Engine, usage: &Usage) {
    note_cost(headers, usage, engine.requests_usd(usage));
}

/// Says what `usage` came to, of which this request's share is `usd`.
pub(crate) fn note_cost(headers: &mut HeaderMap, usage: &Usage, usd: f64) {
    headers.insert(REQUESTS, HeaderValue::from(usage.requests()));
    headers.insert(BYTES_READ, HeaderValue::from(usage.bytes_in));
    // A single request is some ten-millionths of a dollar.
    if let Ok(usd) = HeaderValue::try_from(format!("{usd:.10}")) {
        headers.insert(COST_USD, usd);
    }
}
