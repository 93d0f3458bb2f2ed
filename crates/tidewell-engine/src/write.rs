//! One write, for the edges.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::join_all;
use tidewell_ingest::{Arrival, IngestError, RejectedLine, Rejections, WriteOutcome, token_of_key};
use tidewell_line_protocol::Precision;
use tidewell_storage::Usage;
use tidewell_types::{DatabaseName, TableRows};
use tidewell_wal::AckLevel;

use crate::database::Database;
use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

/// A body of line protocol for a database.
#[derive(Clone, Debug)]
pub struct WriteRequest {
    /// The database; made by its first write.
    pub database: String,
    /// The unit of the body's timestamps.
    pub precision: Precision,
    /// At least this level; `None` for the server's.
    pub ack: Option<AckLevel>,
    /// Whether the good lines of a body with bad ones are stored.
    pub accept_partial: bool,
    /// Names the request: of several with the same key, by way of whichever processes, one counts.
    pub idempotency_key: Option<String>,
    /// The body, decompressed.
    pub body: Bytes,
}

/// Rows of one table as columns: all of them are stored, or none.
#[derive(Clone, Debug)]
pub struct RowsRequest {
    /// The database; made by its first write.
    pub database: String,
    /// The rows: `time` in nanoseconds, dictionaries of text as tags, floats, 64-bit integers, booleans and text as fields.
    pub rows: TableRows,
    /// As [`WriteRequest::ack`].
    pub ack: Option<AckLevel>,
    /// As [`WriteRequest::idempotency_key`].
    pub idempotency_key: Option<String>,
}

/// A body that is stored, all of it or its good lines.
#[derive(Clone, Debug)]
pub struct WriteReply {
    /// Rows stored.
    pub rows: usize,
    /// The first hundred lines that were not; none when the whole body was.
    pub rejected: Vec<RejectedLine>,
    /// How many lines were not stored.
    pub rejected_count: usize,
    /// Names the write for later queries; empty for a body without lines.
    pub token: String,
    /// The requests of its log entry, which other writes may share, and of this write alone.
    pub usage: Usage,
    /// This write's part of what they cost, in US dollars.
    pub cost_usd: f64,
}

/// A body that is not stored.
#[derive(Clone, Debug, thiserror::Error)]
pub enum WriteError {
    /// All lines are bad, or one is and the request wants all or none. Nothing was stored.
    #[error("{rejected_count} lines were rejected")]
    Rejected {
        /// The first hundred bad lines.
        rejected: Vec<RejectedLine>,
        /// How many there are.
        rejected_count: usize,
    },
    /// Another reason.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl Engine {
    /// Stores a body at the level asked for; the rows are readable here when this returns.
    ///
    /// # Errors
    /// [`WriteError::Rejected`] with the lines, or [`WriteError::Engine`]; of all kinds but `Unknown` nothing is stored.
    pub async fn write(&self, request: WriteRequest) -> Result<WriteReply, WriteError> {
        self.write_with(request, None).await
    }

    /// Stores bodies that came together, all at the same time; those of one database share log objects. The answers in the
    /// order of the requests, each as [`Engine::write`] gives it.
    pub async fn write_all(&self, requests: Vec<WriteRequest>) -> Vec<Result<WriteReply, WriteError>> {
        let mut arrivals: BTreeMap<String, Vec<Arrival>> = BTreeMap::new();
        for request in &requests {
            arrivals.entry(request.database.clone()).or_default();
        }
        for (database, arrivals) in &mut arrivals {
            *arrivals = Arrival::of(requests.iter().filter(|request| request.database == *database).count());
        }
        let writes = requests.into_iter().map(|request| {
            let arrival = arrivals.get_mut(&request.database).and_then(Vec::pop);
            self.write_with(request, arrival)
        });
        join_all(writes.collect::<Vec<_>>()).await
    }

    async fn write_with(&self, request: WriteRequest, arrival: Option<Arrival>) -> Result<WriteReply, WriteError> {
        let database = self.database_to_write(&request.database).await?;
        let inner = &self.inner;
        let work = database.work(&inner.home).await?;
        inner.counters.body_bytes.add(request.body.len());
        let request = tidewell_ingest::WriteRequest {
            body: request.body,
            precision: request.precision,
            level: request.ack,
            accept_partial: request.accept_partial,
            token: request.idempotency_key.as_deref().map(token_of_key),
        };
        self.written(&database, work.ingest.write_with(request, arrival).await)
    }

    /// Stores rows at the level asked for; they are readable here when this returns.
    ///
    /// # Errors
    /// As [`Engine::write`]; `Invalid` names the column that has no place in the table.
    pub async fn write_rows(&self, request: RowsRequest) -> Result<WriteReply, WriteError> {
        let database = self.database_to_write(&request.database).await?;
        let inner = &self.inner;
        let work = database.work(&inner.home).await?;
        inner.counters.body_bytes.add(request.rows.rows.get_array_memory_size());
        let request = tidewell_ingest::RowsRequest {
            rows: request.rows,
            level: request.ack,
            token: request.idempotency_key.as_deref().map(token_of_key),
        };
        self.written(&database, work.ingest.write_rows(request).await)
    }

    /// Lets no write wait for a budget any more: those that wait are logged within a second. For the end of a process.
    pub fn hurry(&self) {
        self.inner.home.cadence.hurry();
    }

    async fn database_to_write(&self, name: &str) -> Result<Arc<Database>, EngineError> {
        self.check_open()?;
        self.inner.databases.open(&DatabaseName::new(name)?).await
    }

    /// Counts what came of a write, and says it in the words of the edges.
    fn written(
        &self,
        database: &Database,
        outcome: Result<WriteOutcome, IngestError>,
    ) -> Result<WriteReply, WriteError> {
        let inner = &self.inner;
        match outcome {
            Ok(outcome) => {
                inner.counters.lines_accepted.add(outcome.row_count);
                inner.counters.lines_rejected.add(outcome.rejected.count);
                self.wake_folding(database.buffer.totals());
                let Rejections { count, lines } = outcome.rejected;
                let token = outcome.token.map(|token| token.to_string()).unwrap_or_default();
                let (usage, cost_usd) = (outcome.cost.usage(), outcome.cost.usd(&inner.config.prices));
                Ok(WriteReply {
                    rows: outcome.row_count,
                    rejected: lines,
                    rejected_count: count,
                    token,
                    usage,
                    cost_usd,
                })
            }
            Err(IngestError::Rejected(rejected)) => {
                inner.counters.lines_rejected.add(rejected.count);
                let Rejections { count, lines } = (*rejected).clone();
                Err(WriteError::Rejected { rejected: lines, rejected_count: count })
            }
            Err(error) => {
                if matches!(error, IngestError::Busy(_)) {
                    inner.grown.notify_one();
                }
                Err(EngineError::from(error).into())
            }
        }
    }

    fn wake_folding(&self, totals: tidewell_buffer::Totals) {
        let config = &self.inner.config;
        if totals.bytes as u64 >= config.fold_bytes_max() || totals.rows as u64 >= config.fold.rows_max {
            self.inner.grown.notify_one();
        }
    }
}

impl WriteError {
    /// What the caller does next.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Rejected { .. } => ErrorKind::Invalid,
            Self::Engine(error) => error.kind,
        }
    }
}

#[cfg(test)]
mod tests;
