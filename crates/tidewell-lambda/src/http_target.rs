//! The target of a request: a path and a query string that every URI parser takes, whichever service wrote the event.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// What stays as it is in a name or a value that is encoded anew.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The path without the stage that API Gateway v2 puts before it.
pub(crate) fn without_stage<'a>(path: &'a str, stage: Option<&str>) -> &'a str {
    let Some(stage) = stage.filter(|stage| !stage.is_empty() && *stage != "$default") else { return path };
    match path.strip_prefix('/').and_then(|rest| rest.strip_prefix(stage)) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// Path and query as one.
///
/// API Gateway v2 decodes paths, everyone else leaves them encoded, and an event does not say which it is: what can stand in an
/// encoded path stays, and only what cannot is encoded.
pub(crate) fn target(path: &str, query: &str) -> String {
    let mut target = String::with_capacity(path.len() + query.len() + 2);
    if !path.starts_with('/') {
        target.push('/');
    }
    escape(path, |byte| byte == b'/', &mut target);
    if !query.is_empty() {
        target.push('?');
        escape(query, |byte| matches!(byte, b'/' | b'?'), &mut target);
    }
    target
}

/// The parameters of API Gateway v1, which are decoded, encoded again. `None` where they are no parameters.
pub(crate) fn query_encoded(parameters: &Value) -> Option<String> {
    query(parameters, |text| utf8_percent_encode(text, COMPONENT).to_string())
}

/// The parameters of an ALB, which are still encoded, joined. `None` where they are no parameters.
pub(crate) fn query_joined(parameters: &Value) -> Option<String> {
    query(parameters, str::to_owned)
}

fn query(parameters: &Value, encoded: impl Fn(&str) -> String) -> Option<String> {
    let mut pairs = Vec::new();
    let mut push = |name: &str, value: &Value| {
        let value = if value.is_null() { "" } else { value.as_str()? };
        pairs.push(format!("{}={}", encoded(name), encoded(value)));
        Some(())
    };
    for (name, values) in parameters.as_object()? {
        match values {
            Value::Array(values) => values.iter().try_for_each(|value| push(name, value))?,
            value => push(name, value)?,
        }
    }
    Some(pairs.join("&"))
}

fn escape(text: &str, stays_too: impl Fn(u8) -> bool, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        let is_escape =
            byte == b'%' && matches!(bytes.get(at + 1..at + 3), Some(hex) if hex.iter().all(u8::is_ascii_hexdigit));
        if is_escape || is_literal(byte) || stays_too(byte) {
            out.push(char::from(byte));
        } else {
            out.extend(['%', HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
    }
}

/// Unreserved characters, sub-delimiters, colon and at sign of RFC 3986: what needs no encoding in a path.
fn is_literal(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

#[cfg(test)]
mod tests;
