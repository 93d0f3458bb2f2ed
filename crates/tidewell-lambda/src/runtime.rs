//! The loop of the Runtime API: next event, reply or error.

use std::sync::Arc;

use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::Value;

use crate::Handler;
use crate::dispatch::dispatch;

/// How answers of a Function URL go back; it must be what the URL's invoke mode says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseMode {
    /// `BUFFERED`.
    Buffered,
    /// `RESPONSE_STREAM`.
    Stream,
}

/// Carries out events until the process ends: one after the other, or `AWS_LAMBDA_MAX_CONCURRENCY` at once where it is set. Each
/// runs in a span with `requestId`.
///
/// # Panics
///
/// Where `AWS_LAMBDA_RUNTIME_API` or another variable that Lambda sets is missing.
///
/// # Errors
///
/// Where the Runtime API cannot be talked to; the process is of no use any more.
pub async fn serve<H: Handler>(handler: H, mode: ResponseMode) -> Result<(), lambda_runtime::Error> {
    let handler = Arc::new(handler);
    let service = service_fn(move |event: LambdaEvent<Value>| dispatch(Arc::clone(&handler), mode, event));
    lambda_runtime::run_concurrent(service).await
}

#[cfg(test)]
mod runtime_api;
#[cfg(test)]
mod tests;
