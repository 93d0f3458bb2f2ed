//! Objects that were created, as S3 itself and EventBridge say it.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::Failure;

/// An object that was created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct S3Object {
    /// Its bucket.
    pub bucket: String,
    /// Its key, decoded.
    pub key: String,
    /// Its size when it was created.
    pub size_bytes: u64,
    /// What identifies its content, without quotes.
    pub etag: String,
    /// Orders the events of one key: the longer one is later, and of equally long ones the greater.
    pub sequencer: Option<String>,
}

impl S3Object {
    /// One for each content under a key: the same event twice counts once, other content under the key is another import.
    #[must_use]
    pub fn idempotency_key(&self) -> String {
        format!("s3:{}/{}#{}", self.bucket, self.key, self.etag)
    }
}

/// The objects of `Records`; records about anything but a creation are left out, with a line in the log.
pub(crate) fn of_records(event: &Value) -> Result<Vec<S3Object>, Failure> {
    let records = event.get("Records").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut objects = Vec::with_capacity(records.len());
    for record in records {
        let name = text(record, "/eventName").unwrap_or_default();
        if name.strip_prefix("s3:").unwrap_or(name).starts_with("ObjectCreated:") {
            objects.push(of_record(record)?);
        } else {
            tracing::info!(event = name, "record skipped: only ObjectCreated is imported");
        }
    }
    Ok(objects)
}

fn of_record(record: &Value) -> Result<S3Object, Failure> {
    let encoded = required(record, "/s3/object/key")?;
    let key = percent_decode_str(&encoded.replace('+', " "))
        .decode_utf8()
        .map_err(|_| Failure::invalid(format!("the key {encoded} of an S3 event is no UTF-8")))?
        .into_owned();
    object(record, "/s3/bucket/name", key, "/s3/object", "eTag")
}

/// The object of an `Object Created` event; EventBridge does not encode keys.
pub(crate) fn of_event_bridge(event: &Value) -> Result<S3Object, Failure> {
    let key = required(event, "/detail/object/key")?.to_owned();
    object(event, "/detail/bucket/name", key, "/detail/object", "etag")
}

fn object(event: &Value, bucket_at: &str, key: String, object_at: &str, etag: &str) -> Result<S3Object, Failure> {
    let size_at = format!("{object_at}/size");
    Ok(S3Object {
        bucket: required(event, bucket_at)?.to_owned(),
        size_bytes: event.pointer(&size_at).and_then(Value::as_u64).ok_or_else(|| missing(&size_at))?,
        etag: required(event, &format!("{object_at}/{etag}"))?.trim_matches('"').to_owned(),
        sequencer: text(event, &format!("{object_at}/sequencer")).map(str::to_owned),
        key,
    })
}

fn required<'a>(event: &'a Value, pointer: &str) -> Result<&'a str, Failure> {
    text(event, pointer).filter(|text| !text.is_empty()).ok_or_else(|| missing(pointer))
}

fn missing(pointer: &str) -> Failure {
    let name = pointer.trim_start_matches('/').replace('/', ".");
    Failure::invalid(format!("an S3 event about a created object has no {name}"))
}

fn text<'a>(event: &'a Value, pointer: &str) -> Option<&'a str> {
    event.pointer(pointer).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
