//! Header fields of events and of answers.

use std::collections::BTreeMap;

use http::header::{CONNECTION, CONTENT_LENGTH, COOKIE, SET_COOKIE, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

/// The most that the names and values of one request may take; no service passes on a quarter of it.
const HEADER_BYTES_MAX: usize = 256 * 1024;

/// What is about one connection, and so is the gateway's; it counts the bytes of a body itself.
const OF_THE_CONNECTION: [HeaderName; 3] = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];

/// Why the fields of an event cannot be taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum HeaderRefusal {
    /// They are no fields of HTTP.
    Malformed(String),
    /// They are too many or too long.
    TooLarge,
}

/// The fields of a request: names with one value, or several, or null.
pub(crate) fn of_event(fields: Option<&Value>) -> Result<HeaderMap, HeaderRefusal> {
    let mut headers = HeaderMap::new();
    let Some(fields) = fields.filter(|fields| !fields.is_null()) else { return Ok(headers) };
    let malformed = |what: &str| HeaderRefusal::Malformed(what.to_owned());
    let mut left_bytes = HEADER_BYTES_MAX;
    for (name, values) in fields.as_object().ok_or_else(|| malformed("headers are no object"))? {
        let name = HeaderName::try_from(name.as_str()).map_err(|_| malformed("a header has no valid name"))?;
        let values = match values {
            Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        for value in values.iter().filter(|value| !value.is_null()) {
            let text = value.as_str().ok_or_else(|| malformed(&format!("header {name} is no text")))?;
            let taken_bytes = name.as_str().len() + text.len();
            left_bytes = left_bytes.checked_sub(taken_bytes).ok_or(HeaderRefusal::TooLarge)?;
            let value = HeaderValue::from_bytes(text.as_bytes())
                .map_err(|_| malformed(&format!("header {name} has characters that no header may have")))?;
            headers.try_append(&name, value).map_err(|_| HeaderRefusal::TooLarge)?;
        }
    }
    for name in &OF_THE_CONNECTION {
        headers.remove(name);
    }
    Ok(headers)
}

/// The cookies that API Gateway v2 takes out of the fields, put back.
pub(crate) fn add_cookies(headers: &mut HeaderMap, cookies: Option<&Value>) -> Result<(), HeaderRefusal> {
    let cookies = cookies.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let cookies: Vec<&str> = cookies.iter().filter_map(Value::as_str).collect();
    if cookies.is_empty() {
        return Ok(());
    }
    let joined = HeaderValue::try_from(cookies.join("; "))
        .map_err(|_| HeaderRefusal::Malformed("a cookie has characters that no header may have".to_owned()))?;
    headers.try_insert(COOKIE, joined).map_err(|_| HeaderRefusal::TooLarge)?;
    Ok(())
}

/// The fields of an answer, each with all its values; without those of the connection.
pub(crate) fn several_values(headers: &HeaderMap) -> BTreeMap<String, Vec<String>> {
    let names = headers.keys().filter(|name| !OF_THE_CONNECTION.contains(name));
    names.map(|name| (name.as_str().to_owned(), headers.get_all(name).iter().map(text).collect())).collect()
}

/// The fields of an answer with their values joined by commas; without those of the connection and without cookies, which cannot
/// be joined.
pub(crate) fn joined_values(headers: &HeaderMap) -> BTreeMap<String, String> {
    let several = several_values(headers).into_iter().filter(|(name, _)| *name != SET_COOKIE.as_str());
    several.map(|(name, values)| (name, values.join(", "))).collect()
}

/// The cookies that an answer sets.
pub(crate) fn set_cookies(headers: &HeaderMap) -> Vec<String> {
    headers.get_all(SET_COOKIE).iter().map(text).collect()
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests;
