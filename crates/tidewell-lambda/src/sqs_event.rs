//! Messages of a queue: line protocol, gzip of it, or events of S3.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::read::MultiGzDecoder;
use serde_json::Value;

use crate::event::s3_objects;
use crate::{Failure, FailureKind, S3Object};

/// A message as it was delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The queue's name for it; the same one when it is delivered again.
    pub id: String,
    /// What was sent.
    pub body: String,
    attributes: Attributes,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Attributes {
    db: Option<String>,
    precision: Option<String>,
    content_encoding: Option<String>,
    /// An attribute of ours that is no string.
    unreadable: Option<&'static str>,
}

/// A message that is understood, or is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedMessage {
    /// The message's id, for the reply.
    pub id: String,
    /// Its idempotency key: delivered again, it counts once.
    pub idempotency_key: String,
    /// What it asks for. `Invalid` will never be understood, `Unavailable` may be in a smaller batch.
    pub body: Result<MessageBody, Failure>,
}

/// What a message asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MessageBody {
    /// To store points.
    Lines(Lines),
    /// To import objects; none for the test event.
    S3(Vec<S3Object>),
}

/// Points of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lines {
    /// The database, where the message names one.
    pub db: Option<String>,
    /// The unit of its timestamps, where the message names one.
    pub precision: Option<String>,
    /// Line protocol, inflated.
    pub body: Bytes,
}

/// The messages of an event.
pub(crate) fn messages(mut event: Value) -> Result<Vec<Message>, Failure> {
    let records = event.get_mut("Records").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    records.into_iter().map(message).collect()
}

fn message(mut record: Value) -> Result<Message, Failure> {
    let mut taken = |name: &str| match record.get_mut(name).map(Value::take) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(Failure::invalid(format!("a message of an SQS event has no {name}"))),
    };
    let (id, body) = (taken("messageId")?, taken("body")?);
    Ok(Message { id, body, attributes: attributes(record.get("messageAttributes")) })
}

fn attributes(all: Option<&Value>) -> Attributes {
    let mut unreadable = None;
    let mut read = |name: &'static str| {
        let attribute = all.and_then(|all| all.get(name))?;
        let text = attribute.get("stringValue").and_then(Value::as_str).map(str::to_owned);
        if text.is_none() {
            unreadable = Some(name);
        }
        text
    };
    let (db, precision, content_encoding) = (read("db"), read("precision"), read("content-encoding"));
    Attributes { db, precision, content_encoding, unreadable }
}

/// Understands the messages of a batch. What is inflated takes no more than `inflated_bytes_max` for all of them together; a message
/// for which that is too little now is `Unavailable`, one that would never fit is `Invalid`. Takes time to inflate and does not
/// await.
#[must_use]
pub fn decode_messages(messages: Vec<Message>, inflated_bytes_max: usize) -> Vec<DecodedMessage> {
    let mut left_bytes = inflated_bytes_max;
    let decoded = messages.into_iter().map(|message| {
        let (id, idempotency_key) = (message.id.clone(), format!("sqs:{}", message.id));
        let body = decode(message, &mut left_bytes, inflated_bytes_max);
        DecodedMessage { id, idempotency_key, body }
    });
    decoded.collect()
}

fn decode(message: Message, left_bytes: &mut usize, inflated_bytes_max: usize) -> Result<MessageBody, Failure> {
    let Message { body, attributes, .. } = message;
    if let Some(name) = attributes.unreadable {
        return Err(Failure::invalid(format!("attribute {name} is no String")));
    }
    let body = match attributes.content_encoding.as_deref() {
        Some("gzip") => inflate(&body, left_bytes, inflated_bytes_max)?,
        Some("identity") | None => {
            if body.trim_start().starts_with('{') {
                return s3_body(&body).map(MessageBody::S3);
            }
            Bytes::from(body)
        }
        Some(other) => {
            return Err(Failure::invalid(format!("content-encoding is {other}: send gzip in base64, or leave it out")));
        }
    };
    Ok(MessageBody::Lines(Lines { db: attributes.db, precision: attributes.precision, body }))
}

fn inflate(body: &str, left_bytes: &mut usize, inflated_bytes_max: usize) -> Result<Bytes, Failure> {
    let packed = STANDARD
        .decode(body.trim())
        .map_err(|_| Failure::invalid("content-encoding is gzip and the body is no base64: send base64 of gzip"))?;
    let mut lines = Vec::new();
    let read_bytes_max = u64::try_from(*left_bytes).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(packed.as_slice())
        .take(read_bytes_max)
        .read_to_end(&mut lines)
        .map_err(|error| Failure::invalid(format!("content-encoding is gzip and the body is none: {error}")))?;
    match left_bytes.checked_sub(lines.len()) {
        Some(rest_bytes) => *left_bytes = rest_bytes,
        None if *left_bytes == inflated_bytes_max => {
            let message = format!("the message inflates to more than {inflated_bytes_max} bytes: send smaller ones");
            return Err(Failure::invalid(message));
        }
        None => {
            let message = "the messages of the batch inflate to too much at once: this one is delivered again";
            return Err(Failure::new(FailureKind::Unavailable, message));
        }
    }
    Ok(Bytes::from(lines))
}

/// The objects of an event of S3, or of one that SNS passed on.
fn s3_body(body: &str) -> Result<Vec<S3Object>, Failure> {
    let parse = |text: &str| {
        serde_json::from_str::<Value>(text)
            .map_err(|error| Failure::invalid(format!("the body begins as JSON does and is none: {error}")))
    };
    let event = parse(body)?;
    match event.get("Message").and_then(Value::as_str) {
        Some(passed_on) => s3_objects(&parse(passed_on)?),
        None => s3_objects(&event),
    }
}

#[cfg(test)]
mod tests;
