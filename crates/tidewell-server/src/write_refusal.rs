//! Lines that were not stored, told in the words of each API.

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};
use tidewell_engine::{RejectedLine, WriteError};

use crate::reply::{Api, Failure, error_reply};

/// The text by which v3 clients know that lines were refused and others may be stored.
const PARTIAL: &str = "partial write of line protocol occurred";

/// Lines that were not stored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rejected<'a> {
    /// The first of them.
    pub(crate) lines: &'a [RejectedLine],
    /// How many there are.
    pub(crate) count: usize,
}

/// The good lines are stored, these are not: 400.
pub(crate) fn partial_reply(api: Api, rejected: Rejected<'_>) -> Response {
    let first = rejected.lines.first().map(reason).unwrap_or_default();
    let message = format!("partial write: {first} dropped={}", rejected.count);
    refusal(api, &message, PARTIAL, rejected)
}

/// Nothing is stored.
///
/// # Errors
/// The failure to tell in the usual way, where it is not about lines.
pub(crate) fn refusal_reply(api: Api, accept_partial: bool, error: &WriteError) -> Result<Response, Failure> {
    let rejected = match error {
        WriteError::Engine(error) => return Err(error.clone().into()),
        WriteError::Rejected { rejected, rejected_count } => Rejected { lines: rejected, count: *rejected_count },
    };
    let message = match rejected.lines.first() {
        Some(first) => format!("unable to parse '{}': {}", first.line, reason(first)),
        None => "unable to parse the lines".to_owned(),
    };
    // Where lines may be stored in part, a client learns of the bad ones by the same text, be it all of them or some.
    let v3_error = if accept_partial { PARTIAL } else { "parsing failed for write_lp endpoint" };
    Ok(refusal(api, &message, v3_error, rejected))
}

fn refusal(api: Api, message: &str, v3_error: &str, rejected: Rejected<'_>) -> Response {
    let first_line = rejected.lines.first().map(|line| line.line_number);
    let body = match api {
        Api::V1 => json!({"error": message}),
        Api::V2 => json!({"code": "invalid", "message": message, "line": first_line}),
        Api::V3 => json!({
            "error": v3_error,
            "data": rejected.lines.iter().map(row).collect::<Vec<Value>>(),
            "rejected_count": rejected.count,
        }),
    };
    error_reply(api, StatusCode::BAD_REQUEST, message, &body)
}

fn row(rejected: &RejectedLine) -> Value {
    json!({
        "original_line": rejected.line,
        "line_number": rejected.line_number,
        "error_message": reason(rejected),
    })
}

fn reason(rejected: &RejectedLine) -> String {
    let sentence = rejected.reason.trim_end_matches('.');
    format!("{sentence} (line {}, column {})", rejected.line_number, rejected.column)
}

#[cfg(test)]
mod tests;
