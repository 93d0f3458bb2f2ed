//! Replies to events that are no requests.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::Verb;

/// What became of maintenance.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerbsReply {
    /// Whether nothing was left for the next run.
    pub done: bool,
    /// Each verb on each database, in the order in which they ran.
    pub reports: Vec<VerbReport>,
}

/// One verb on one database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerbReport {
    /// The verb.
    pub verb: Verb,
    /// The database.
    pub db: String,
    /// What was done, by name: counts and bytes.
    pub figures: BTreeMap<String, u64>,
    /// How long it took, in milliseconds.
    pub ms: u64,
}

/// The reply to a batch of a queue: the messages to deliver again.
pub(crate) fn batch_reply(failed_ids: &[String]) -> Value {
    let failures: Vec<Value> = failed_ids.iter().map(|id| json!({"itemIdentifier": id})).collect();
    json!({"batchItemFailures": failures})
}

#[cfg(test)]
mod tests;
