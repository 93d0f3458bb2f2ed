//! Answers as the JSON that each service wants, and what they take.

use std::collections::BTreeMap;
use std::io;

use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, Response};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::Origin;
use crate::http_headers::{joined_values, set_cookies, several_values};

/// The most bytes of JSON that a buffered reply may have. Lambda's quota of 6 MB is enforced as this number, a hundred more than
/// 6 MiB: `Response payload size exceeded maximum allowed payload size (6291556 bytes)`.
pub const RESPONSE_BYTES_MAX: usize = 6_291_556;

/// A buffered answer; it is encoded while it is serialized, so base64 is never held.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    status: http::StatusCode,
    fields: Fields,
    /// Only for those that take cookies beside the fields.
    cookies: Option<Vec<String>>,
    describes_status: bool,
    body: Body,
}

#[derive(Debug)]
enum Fields {
    Joined(BTreeMap<String, String>),
    Several(BTreeMap<String, Vec<String>>),
}

#[derive(Debug)]
enum Body {
    Text(String),
    Base64(Bytes),
}

impl HttpAnswer {
    /// The answer in the shape that `origin` wants.
    pub(crate) fn new(origin: Origin, answer: Response<Bytes>) -> Self {
        let (head, body) = answer.into_parts();
        let (fields, cookies) = match origin {
            Origin::FunctionUrl | Origin::ApiGatewayV2 => {
                (Fields::Joined(joined_values(&head.headers)), Some(set_cookies(&head.headers)))
            }
            Origin::Alb { multi_value: false } => (Fields::Joined(with_one_cookie(&head.headers)), None),
            Origin::ApiGatewayV1 | Origin::Alb { multi_value: true } => {
                (Fields::Several(several_values(&head.headers)), None)
            }
        };
        let body = if body.is_empty() || is_text(&head.headers) {
            String::from_utf8(Vec::from(body))
                .map_or_else(|not_text| Body::Base64(not_text.into_bytes().into()), Body::Text)
        } else {
            Body::Base64(body)
        };
        Self { status: head.status, fields, cookies, describes_status: matches!(origin, Origin::Alb { .. }), body }
    }

    /// The body as it was.
    pub(crate) fn into_body(self) -> Bytes {
        match self.body {
            Body::Text(text) => Bytes::from(text),
            Body::Base64(bytes) => bytes,
        }
    }

    /// The bytes of JSON that the answer takes, to hold against [`RESPONSE_BYTES_MAX`]; nothing is built for it.
    pub(crate) fn encoded_bytes(&self) -> usize {
        let mut counter = Counter(0);
        match serde_json::to_writer(&mut counter, self) {
            Ok(()) => counter.0,
            Err(_) => usize::MAX,
        }
    }
}

/// The most bytes of body with which an answer with this head can possibly be small enough.
pub(crate) fn body_bytes_max(head: &Parts) -> usize {
    if is_text(&head.headers) { RESPONSE_BYTES_MAX } else { RESPONSE_BYTES_MAX / 4 * 3 }
}

/// An ALB with single values takes one cookie at most.
fn with_one_cookie(headers: &HeaderMap) -> BTreeMap<String, String> {
    let mut fields = joined_values(headers);
    fields.extend(set_cookies(headers).into_iter().take(1).map(|cookie| ("set-cookie".to_owned(), cookie)));
    fields
}

/// Whether the type says text or JSON, without an encoding over it.
fn is_text(headers: &HeaderMap) -> bool {
    let field = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    if headers.contains_key(CONTENT_ENCODING) && field(CONTENT_ENCODING) != "identity" {
        return false;
    }
    let content_type = field(CONTENT_TYPE);
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let json = [
        "application/json",
        "application/jsonl",
        "application/json-lines",
        "application/x-ndjson",
        "application/ndjson",
    ];
    essence.starts_with("text/") || json.contains(&essence) || essence.ends_with("+json")
}

impl Serialize for HttpAnswer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut answer = serializer.serialize_map(None)?;
        answer.serialize_entry("statusCode", &self.status.as_u16())?;
        if self.describes_status {
            let reason = self.status.canonical_reason().unwrap_or("Unknown");
            answer.serialize_entry("statusDescription", &format_args!("{} {reason}", self.status.as_u16()))?;
        }
        match &self.fields {
            Fields::Joined(fields) => answer.serialize_entry("headers", fields)?,
            Fields::Several(fields) => answer.serialize_entry("multiValueHeaders", fields)?,
        }
        if let Some(cookies) = &self.cookies {
            answer.serialize_entry("cookies", cookies)?;
        }
        match &self.body {
            Body::Text(text) => answer.serialize_entry("body", text)?,
            Body::Base64(bytes) => {
                answer.serialize_entry("body", &format_args!("{}", Base64Display::new(bytes, &STANDARD)))?
            }
        }
        answer.serialize_entry("isBase64Encoded", &matches!(self.body, Body::Base64(_)))?;
        answer.end()
    }
}

struct Counter(usize);

impl io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.saturating_add(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
