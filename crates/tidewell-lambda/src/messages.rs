//! Messages of a queue: lines of protocol to store, and files to import.

use futures::future::join_all;
use tidewell_engine::{ErrorKind, Precision, WriteRequest};

use crate::function::{Function, failure};
use crate::{DecodedMessage, Failure, FailureKind, Lines, Message, MessageBody, decode_messages, files};

/// Stores the messages of a batch: lines all at the same time, so that they share log objects; then files one after the other, so
/// that one that is named twice does not stand in its own way. The ids of those that must come again.
///
/// # Errors
/// `Unavailable` where every message failed because the store is out of reach.
pub(crate) async fn store(function: &Function, batch: Vec<Message>) -> Result<Vec<String>, Failure> {
    let count = batch.len();
    let inflated_bytes_max = function.settings.inflated_bytes_max;
    let decoded = function.env.blocking(move || decode_messages(batch, inflated_bytes_max)).await;
    let is_files = |message: &DecodedMessage| matches!(message.body, Ok(MessageBody::S3(_)));
    let (files, lines): (Vec<_>, Vec<_>) = decoded.into_iter().partition(is_files);
    let store = |message: DecodedMessage| async move {
        let id = message.id.clone();
        store_one(function, message).await.map_err(|failed| (id, failed))
    };
    let stored = join_all(lines.into_iter().map(store)).await;
    let mut failed: Vec<(String, Failure)> = stored.into_iter().filter_map(Result::err).collect();
    for message in files {
        failed.extend(store(message).await.err());
    }
    for (id, failure) in &failed {
        tracing::error!(message = id, kind = %failure.kind, error = failure.message, "a message was not stored in full");
    }
    let is_out_of_reach = |(_, failed): &(String, Failure)| failed.kind == FailureKind::Unavailable;
    match failed.first() {
        Some((_, first)) if failed.len() == count && failed.iter().all(is_out_of_reach) => Err(first.clone()),
        _ => Ok(failed.into_iter().map(|(id, _)| id).collect()),
    }
}

async fn store_one(function: &Function, message: DecodedMessage) -> Result<(), Failure> {
    match message.body? {
        MessageBody::Lines(lines) => write(function, lines, message.idempotency_key).await,
        MessageBody::S3(objects) => files::import(function, &objects).await.map(drop),
    }
}

async fn write(function: &Function, lines: Lines, idempotency_key: String) -> Result<(), Failure> {
    let precision = match lines.precision.as_deref() {
        Some(text) => text.parse().map_err(|error| Failure::invalid(format!("{error}")))?,
        None => Precision::Nanosecond,
    };
    let request = WriteRequest {
        database: lines.db.unwrap_or_else(|| function.settings.database.clone()),
        precision,
        ack: None,
        accept_partial: true,
        idempotency_key: Some(idempotency_key),
        body: lines.body,
    };
    match function.engine.write(request).await {
        Ok(reply) if reply.rejected_count == 0 => Ok(()),
        Ok(reply) => {
            let first = reply.rejected.first().map(|line| format!("line {}: {}", line.line_number, line.reason));
            let count = reply.rejected_count;
            Err(Failure::invalid(format!("{count} lines were not stored; the first is {}", first.unwrap_or_default())))
        }
        Err(tidewell_engine::WriteError::Engine(error)) => Err(match error.kind {
            // The queue delivers it again; what it cannot take in the end goes to the dead letters.
            ErrorKind::Unknown => Failure::new(FailureKind::Unknown, error.message),
            _ => failure(error),
        }),
        Err(error) => Err(Failure::invalid(error.to_string())),
    }
}
