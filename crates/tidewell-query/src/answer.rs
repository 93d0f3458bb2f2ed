//! What a query gives back: a stream of rows that keeps the limits.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::DataFusionError;
use futures::Stream;
use futures::stream::BoxStream;

use crate::ahead::Ahead;
use crate::normalise::normalise;
use crate::{QueryError, QueryLimits, QueryStatistics};

/// The rows of an answer, in batches. Dropping it stops the query and frees what it held.
pub type AnswerRows = BoxStream<'static, Result<RecordBatch, QueryError>>;

/// An answer whose first rows are ready: errors of planning and of the first reads came before it.
pub struct Answer {
    /// Its columns; names may repeat. Text is Utf8, instants are Timestamp(ns) without a zone.
    pub schema: SchemaRef,
    /// Its rows. After an error there are no more.
    pub rows: AnswerRows,
    /// What was read for it, final once `rows` has ended.
    pub statistics: Arc<QueryStatistics>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("schema", &self.schema)
            .field("statistics", &self.statistics)
            .finish_non_exhaustive()
    }
}

/// The end of a query's time.
pub(crate) type Deadline = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The rows of a running query.
pub(crate) struct LimitedRows {
    /// `None` once it has ended.
    rows: Option<Ahead>,
    schema: SchemaRef,
    deadline: Deadline,
    limits: Arc<QueryLimits>,
    row_count: u64,
}

impl LimitedRows {
    pub(crate) fn new(rows: Ahead, schema: SchemaRef, deadline: Deadline, limits: Arc<QueryLimits>) -> Self {
        Self { rows: Some(rows), schema, deadline, limits, row_count: 0 }
    }

    fn check(&mut self, batch: Result<RecordBatch, DataFusionError>) -> Result<RecordBatch, QueryError> {
        let limit_bytes = self.limits.memory_bytes_max;
        let batch = batch.and_then(|batch| normalise(&batch, &self.schema));
        let batch = batch.map_err(|error| QueryError::from_datafusion(&error, limit_bytes))?;
        self.row_count += batch.num_rows() as u64;
        match self.limits.rows_max {
            Some(rows_max) if self.row_count > rows_max => Err(QueryError::RowLimit { rows_max }),
            _ => Ok(batch),
        }
    }
}

impl Stream for LimitedRows {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(rows) = this.rows.as_mut() else { return Poll::Ready(None) };
        if this.deadline.as_mut().poll(context).is_ready() {
            this.rows = None;
            return Poll::Ready(Some(Err(timed_out(&this.limits))));
        }
        let Poll::Ready(next) = Pin::new(rows).poll_next(context) else { return Poll::Pending };
        let item = next.map(|batch| this.check(batch));
        if !matches!(item, Some(Ok(_))) {
            this.rows = None;
        }
        Poll::Ready(item)
    }
}

/// The error of a query whose time is over.
pub(crate) fn timed_out(limits: &QueryLimits) -> QueryError {
    QueryError::Timeout { timeout_ms: limits.timeout.as_millis() }
}
