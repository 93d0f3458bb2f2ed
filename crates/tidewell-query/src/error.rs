//! Why a query has no answer, and what the caller can do about it.

use datafusion::arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use tidewell_cache::CacheError;

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The statement cannot be answered as it is: the text says what to change.
    #[error("{0}")]
    Invalid(String),
    /// There is no such table.
    #[error("there is no table {table:?} in database {database:?}: {existing}")]
    NotFound {
        /// What the query named.
        table: String,
        /// Where it was looked for.
        database: String,
        /// The tables there are, in words.
        existing: String,
    },
    /// The query would hold more memory than one query may: narrow its time range or its columns, or raise the limit.
    #[error(
        "the query needs more memory than the limit of {limit_bytes} bytes: narrow it or raise the limit ({detail})"
    )]
    MemoryLimit {
        /// The limit.
        limit_bytes: usize,
        /// Which operators held how much.
        detail: String,
    },
    /// The answer has more rows than one answer may: add a LIMIT or narrow the query.
    #[error("the answer has more than {rows_max} rows: add a LIMIT or narrow the query")]
    RowLimit {
        /// The limit.
        rows_max: u64,
    },
    /// The query took too long: narrow it, or raise the limit.
    #[error("the query took longer than {timeout_ms} ms: narrow it or raise the limit")]
    Timeout {
        /// The limit.
        timeout_ms: u128,
    },
    /// The store did not answer: try again later.
    #[error("the store does not answer: {0}")]
    Storage(String),
    /// A segment of the snapshot was collected: plan again from the newest manifest version.
    #[error("segment {object:?} of this snapshot is gone: read the newest version")]
    Gone {
        /// The object's name.
        object: String,
    },
    /// A registered file is not what it was, or cannot be read: the text names it and says what helps.
    #[error("{0}")]
    File(String),
    /// A fault of this program or of a stored object: report it.
    #[error("the query failed: {0}")]
    Internal(String),
}

impl From<CacheError> for QueryError {
    fn from(error: CacheError) -> Self {
        match error {
            CacheError::Gone { object } => Self::Gone { object },
            CacheError::Storage(error) => Self::Storage(error.to_string()),
            CacheError::Segment { .. } => Self::Internal(error.to_string()),
        }
    }
}

impl From<QueryError> for DataFusionError {
    fn from(error: QueryError) -> Self {
        Self::External(Box::new(error))
    }
}

impl QueryError {
    /// The kind that a planner's or operator's error is of.
    pub(crate) fn from_datafusion(error: &DataFusionError, limit_bytes: usize) -> Self {
        let root = error.find_root();
        if let Some(ours) = ours_within(root) {
            return ours;
        }
        let text = error.strip_backtrace();
        match root {
            DataFusionError::ResourcesExhausted(detail) => Self::MemoryLimit { limit_bytes, detail: detail.clone() },
            DataFusionError::ArrowError(error, _) if is_fault(error) => Self::Internal(text),
            DataFusionError::Internal(_)
            | DataFusionError::IoError(_)
            | DataFusionError::ExecutionJoin(_)
            | DataFusionError::External(_)
            | DataFusionError::Ffi(_) => Self::Internal(text),
            _ => Self::Invalid(text),
        }
    }
}

fn ours_within(root: &DataFusionError) -> Option<QueryError> {
    match root {
        DataFusionError::External(source) => source.downcast_ref::<QueryError>().cloned(),
        DataFusionError::ArrowError(error, _) => match &**error {
            ArrowError::ExternalError(source) => source.downcast_ref::<QueryError>().cloned(),
            _ => None,
        },
        _ => None,
    }
}

fn is_fault(error: &ArrowError) -> bool {
    matches!(error, ArrowError::SchemaError(_) | ArrowError::IoError(..) | ArrowError::CDataInterface(_))
}
