//! Messages of a queue: lines of protocol to store, and files to import.

use tidewell_engine::{ErrorKind, Precision, WriteError, WriteReply, WriteRequest};

use crate::function::{Function, failure};
use crate::{DecodedMessage, Failure, FailureKind, Lines, Message, MessageBody, decode_messages, files};

/// Messages whose lines are stored at the same time, at most.
const TOGETHER_MAX: usize = 1000;

/// Stores the messages of a batch: lines all at the same time, so that those of a database share a log object; then files one
/// after the other, so that one that is named twice does not stand in its own way. The ids of those that must come again.
///
/// # Errors
/// `Unavailable` where every message failed because the store is out of reach.
pub(crate) async fn store(function: &Function, batch: Vec<Message>) -> Result<Vec<String>, Failure> {
    let count = batch.len();
    let inflated_bytes_max = function.settings.inflated_bytes_max;
    let decoded = function.env.blocking(move || decode_messages(batch, inflated_bytes_max)).await;
    let is_files = |message: &DecodedMessage| matches!(message.body, Ok(MessageBody::S3(_)));
    let (files, lines): (Vec<_>, Vec<_>) = decoded.into_iter().partition(is_files);
    let mut failed = store_lines(function, lines).await;
    for message in files {
        if let Ok(MessageBody::S3(objects)) = &message.body
            && let Err(failure) = files::import(function, objects).await
        {
            failed.push((message.id, failure));
        }
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

/// Stores lines; those that failed.
async fn store_lines(function: &Function, messages: Vec<DecodedMessage>) -> Vec<(String, Failure)> {
    let (mut failed, mut ids, mut requests) = (Vec::new(), Vec::new(), Vec::new());
    for DecodedMessage { id, body, idempotency_key } in messages {
        let request = match body {
            Ok(MessageBody::Lines(lines)) => request(function, lines, idempotency_key),
            Ok(MessageBody::S3(_)) => continue,
            Err(failure) => Err(failure),
        };
        match request {
            Ok(request) => {
                ids.push(id);
                requests.push(request);
            }
            Err(failure) => failed.push((id, failure)),
        }
    }
    let mut ids = ids.into_iter();
    while !requests.is_empty() {
        let later = requests.split_off(requests.len().min(TOGETHER_MAX));
        for (reply, id) in function.engine.write_all(requests).await.into_iter().zip(ids.by_ref()) {
            failed.extend(stored(reply).err().map(|failure| (id, failure)));
        }
        requests = later;
    }
    failed
}

fn request(function: &Function, lines: Lines, idempotency_key: String) -> Result<WriteRequest, Failure> {
    let precision = match lines.precision.as_deref() {
        Some(text) => text.parse().map_err(|error| Failure::invalid(format!("{error}")))?,
        None => Precision::Nanosecond,
    };
    Ok(WriteRequest {
        database: lines.db.unwrap_or_else(|| function.settings.database.clone()),
        precision,
        ack: None,
        accept_partial: true,
        idempotency_key: Some(idempotency_key),
        body: lines.body,
    })
}

fn stored(reply: Result<WriteReply, WriteError>) -> Result<(), Failure> {
    match reply {
        Ok(reply) if reply.rejected_count == 0 => Ok(()),
        Ok(reply) => {
            let first = reply.rejected.first().map(|line| format!("line {}: {}", line.line_number, line.reason));
            let count = reply.rejected_count;
            Err(Failure::invalid(format!("{count} lines were not stored; the first is {}", first.unwrap_or_default())))
        }
        Err(WriteError::Engine(error)) => Err(match error.kind {
            // The queue delivers it again; what it cannot take in the end goes to the dead letters.
            ErrorKind::Unknown => Failure::new(FailureKind::Unknown, error.message),
            _ => failure(error),
        }),
        Err(error) => Err(Failure::invalid(error.to_string())),
    }
}
