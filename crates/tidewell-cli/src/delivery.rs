//! Getting one batch of lines written, and hearing which of them were refused.

use std::time::Duration;

use bytes::Bytes;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tidewell_engine::{AckLevel, Engine, WriteError, WriteRequest};
use tidewell_env::Env;
use tidewell_line_protocol::Precision;

use crate::failure::Failure;
use crate::server_client::{ServerClient, refusal_body, refusal_message};
use crate::target::Target;

/// How often a busy server is asked again.
const RETRIES_MAX: u32 = 20;
/// The longest wait before asking again, whatever the server says.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// A line that was not stored.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    /// Its number within the batch, from 1.
    pub(crate) line_number: usize,
    /// Why, and what to do.
    pub(crate) reason: String,
}

/// What became of a batch that was taken: everything but the rejected lines is stored.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// The rejected lines, perhaps only the first of them.
    pub(crate) lines: Vec<Rejection>,
    /// How many there are.
    pub(crate) count: usize,
}

/// A way to write batches.
#[derive(Debug)]
pub(crate) struct Delivery {
    target: Target,
    db: String,
    precision: Precision,
    ack: Option<AckLevel>,
    env: Env,
}

impl Delivery {
    pub(crate) fn new(target: Target, db: &str, precision: Precision, ack: Option<AckLevel>, env: Env) -> Self {
        Self { target, db: db.to_owned(), precision, ack, env }
    }

    /// Writes one batch. Safe to repeat: the same points overwrite themselves.
    ///
    /// # Errors
    /// [`Failure`] when nothing is known to be stored.
    pub(crate) async fn send(&self, body: Bytes) -> Result<Report, Failure> {
        match &self.target {
            Target::Server(server) => self.post(server, body).await,
            Target::Store(engine) => self.write(engine, body).await,
        }
    }

    /// Folds what a store of our own still holds in its log.
    ///
    /// # Errors
    /// [`Failure`] when that did not work; acknowledged rows stay in the log.
    pub(crate) async fn close(self) -> Result<(), Failure> {
        match self.target {
            Target::Server(_) => Ok(()),
            Target::Store(engine) => Ok(engine.shutdown().await?),
        }
    }

    async fn write(&self, engine: &Engine, body: Bytes) -> Result<Report, Failure> {
        let request = WriteRequest {
            database: self.db.clone(),
            precision: self.precision,
            ack: self.ack,
            accept_partial: true,
            idempotency_key: None,
            body,
        };
        let (rejected, count) = match engine.write(request).await {
            Ok(reply) => (reply.rejected, reply.rejected_count),
            Err(WriteError::Rejected { rejected, rejected_count }) => (rejected, rejected_count),
            Err(WriteError::Engine(error)) => return Err(error.into()),
        };
        let lines = rejected.into_iter().map(|line| Rejection {
            line_number: line.line_number,
            reason: format!("column {}: {}", line.column, line.reason),
        });
        Ok(Report { lines: lines.collect(), count })
    }

    async fn post(&self, server: &ServerClient, body: Bytes) -> Result<Report, Failure> {
        let mut retries = 0;
        loop {
            let mut query = vec![("db", self.db.clone()), ("precision", self.precision.to_string())];
            query.extend(self.ack.map(|ack| ("ack", ack.to_string())));
            let request = server.request(Method::POST, "api/v3/write_lp")?.query(&query).body(body.clone());
            let response = server.send(request).await?;
            let status = response.status();
            if status.is_success() {
                return Ok(Report::default());
            }
            if status == StatusCode::SERVICE_UNAVAILABLE && retries < RETRIES_MAX {
                retries += 1;
                self.env.sleep(retry_after(response.headers()) + self.env.jitter(Duration::from_millis(250))).await;
                continue;
            }
            let body = refusal_body(response).await;
            let report = (status == StatusCode::BAD_REQUEST).then(|| rejections(&body)).flatten();
            return report.ok_or_else(|| Failure::work(refusal_message(status, &body)));
        }
    }
}

fn retry_after(headers: &reqwest::header::HeaderMap) -> Duration {
    let said =
        headers.get("retry-after").and_then(|value| value.to_str().ok()).and_then(|text| text.trim().parse().ok());
    Duration::from_secs(said.unwrap_or(1)).min(RETRY_AFTER_MAX)
}

/// The rejected lines that a refusal lists, `None` where it is about something else.
fn rejections(body: &Value) -> Option<Report> {
    let listed = match body.get("data")? {
        Value::Array(lines) => lines.as_slice(),
        line => std::slice::from_ref(line),
    };
    let lines: Vec<Rejection> = listed.iter().filter_map(rejection).collect();
    if lines.is_empty() {
        return None;
    }
    let said = body.get("rejected_count").and_then(Value::as_u64).and_then(|count| usize::try_from(count).ok());
    Some(Report { count: said.unwrap_or(lines.len()).max(lines.len()), lines })
}

fn rejection(line: &Value) -> Option<Rejection> {
    let line_number = usize::try_from(line.get("line_number")?.as_u64()?).ok()?;
    let reason = line.get("error_message")?.as_str()?;
    // The server counts lines within the request; whoever reads this has the whole input before them.
    let reason =
        match reason.strip_suffix(')').and_then(|reason| reason.rsplit_once(&format!(" (line {line_number}, "))) {
            Some((sentence, column)) => format!("{column}: {sentence}"),
            None => reason.to_owned(),
        };
    Some(Rejection { line_number: line_number.max(1), reason })
}

#[cfg(test)]
mod tests;
