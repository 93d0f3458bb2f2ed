//! An answer to a request, as Lambda would give it to a client.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

/// Between the head of a streamed answer and its body.
const DELIMITER: [u8; 8] = [0; 8];

/// Status, headers and body of an answer of payload version 2.0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body, without base64.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// Reads what the function replied.
    ///
    /// # Panics
    /// When that is no answer of version 2.0.
    #[must_use]
    pub fn of(reply: &Value) -> Self {
        let text = reply.get("body").and_then(Value::as_str).unwrap_or_default();
        let is_base64 = reply.get("isBase64Encoded").and_then(Value::as_bool) == Some(true);
        let body = if is_base64 { BASE64_STANDARD.decode(text).expect("base64") } else { text.as_bytes().to_vec() };
        Self::with_head(reply, body)
    }

    /// Reads what the function streamed: a head as JSON, eight zero bytes, the body.
    ///
    /// # Panics
    /// When it is no such thing.
    #[must_use]
    pub fn of_stream(bytes: &[u8]) -> Self {
        let at = bytes.windows(DELIMITER.len()).position(|window| window == DELIMITER);
        let at = at.unwrap_or_else(|| panic!("no head in {} bytes", bytes.len()));
        let head = serde_json::from_slice(bytes.get(..at).unwrap_or_default()).expect("a head of JSON");
        Self::with_head(&head, bytes.get(at + DELIMITER.len()..).unwrap_or_default().to_vec())
    }

    fn with_head(head: &Value, body: Vec<u8>) -> Self {
        let status = head.get("statusCode").and_then(Value::as_u64).and_then(|status| status.try_into().ok());
        let headers = head.get("headers").and_then(Value::as_object).into_iter().flatten();
        let headers = headers.map(|(name, value)| {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            (name.to_lowercase(), text)
        });
        Self { status: status.unwrap_or_else(|| panic!("no statusCode in {head}")), headers: headers.collect(), body }
    }

    /// The body as text; bytes that are none are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    /// One header; the name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Itself, if the status is this one.
    ///
    /// # Panics
    /// With status and body when it is another.
    pub fn expect_status(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text());
        self
    }
}

#[cfg(test)]
mod tests;
