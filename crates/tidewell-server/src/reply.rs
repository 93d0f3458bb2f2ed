//! Replies: failures in the words of each API, and JSON.

use std::borrow::Cow;

use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tidewell_engine::{EngineError, ErrorKind};

/// The older API's header that repeats the error.
const INFLUXDB_ERROR: HeaderName = HeaderName::from_static("x-influxdb-error");
const PLATFORM_ERROR_CODE: HeaderName = HeaderName::from_static("x-platform-error-code");
/// The bytes of an error that go into a header.
const HEADER_BYTES_MAX: usize = 2048;

/// Whose words a failure is told in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// `{"error"}` and a header with the same text.
    V1,
    /// `{"code","message"}`
    V2,
    /// `{"error"}`, and `"data"` where lines were refused.
    V3,
}

/// A request that is not answered as the client hoped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: StatusCode,
    /// What is wrong and what to do, for the user.
    pub(crate) message: Cow<'static, str>,
    pub(crate) retry_after_s: Option<u32>,
}

impl Failure {
    pub(crate) fn new(status: StatusCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, message: message.into(), retry_after_s: None }
    }

    /// 400.
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 503: the same request may succeed in a second.
    pub(crate) fn busy(message: impl Into<Cow<'static, str>>) -> Self {
        Self { retry_after_s: Some(1), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }

    /// The reply in the words of `api`.
    pub(crate) fn into_reply(self, api: Api) -> Response {
        let body = match api {
            Api::V1 | Api::V3 => json!({"error": self.message}),
            Api::V2 => json!({"code": v2_code(self.status), "message": self.message}),
        };
        let mut reply = error_reply(api, self.status, &self.message, &body);
        if let Some(seconds) = self.retry_after_s {
            reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        reply
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let (status, retry_after_s) = match error.kind {
            ErrorKind::Invalid => (StatusCode::BAD_REQUEST, None),
            ErrorKind::DatabaseNotFound | ErrorKind::NotFound => (StatusCode::NOT_FOUND, None),
            ErrorKind::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, None),
            ErrorKind::Busy => (StatusCode::SERVICE_UNAVAILABLE, Some(1)),
            ErrorKind::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, Some(5)),
            ErrorKind::Timeout => (StatusCode::GATEWAY_TIMEOUT, None),
            ErrorKind::MemoryLimit => (StatusCode::UNPROCESSABLE_ENTITY, None),
            ErrorKind::Unknown | ErrorKind::Internal => (StatusCode::INTERNAL_SERVER_ERROR, None),
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(kind = ?error.kind, error = %error.message, "request failed");
        }
        Self { status, message: error.message.into(), retry_after_s }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        self.into_reply(Api::V3)
    }
}

/// A reply of JSON.
pub(crate) fn json_reply(status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body.to_string()).into_response()
}

/// A reply of JSON about an error, with the headers that the clients of `api` look at.
pub(crate) fn error_reply(api: Api, status: StatusCode, message: &str, body: &Value) -> Response {
    let mut reply = json_reply(status, body);
    match api {
        Api::V1 => {
            reply.headers_mut().insert(INFLUXDB_ERROR, header_text(message));
        }
        Api::V2 => {
            reply.headers_mut().insert(PLATFORM_ERROR_CODE, HeaderValue::from_static(v2_code(status)));
        }
        Api::V3 => {}
    }
    reply
}

/// The word of the v2 API for a status.
pub(crate) fn v2_code(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "not found",
        StatusCode::PAYLOAD_TOO_LARGE => "request too large",
        StatusCode::UNPROCESSABLE_ENTITY => "unprocessable entity",
        StatusCode::METHOD_NOT_ALLOWED => "method not allowed",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported media type",
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => "unavailable",
        status if status.is_server_error() => "internal error",
        _ => "invalid",
    }
}

/// `text` as a header: one line, cut where it is long.
fn header_text(text: &str) -> HeaderValue {
    let mut bytes: Vec<u8> = text.bytes().map(|byte| if byte.is_ascii_control() { b' ' } else { byte }).collect();
    bytes.truncate(HEADER_BYTES_MAX);
    HeaderValue::from_bytes(&bytes).unwrap_or_else(|_| HeaderValue::from_static("error"))
}

#[cfg(test)]
mod tests;
