//! Faults of stored objects and of this program, as errors of a query.

use std::fmt::Display;

use tidewell_segment::SegmentError;

use crate::QueryError;

/// Something that cannot happen unless this program or a stored object is at fault.
pub(crate) fn internal(problem: impl Display) -> QueryError {
    QueryError::Internal(problem.to_string())
}

/// A segment that cannot be read, by name.
pub(crate) fn unreadable(object: &str, error: &SegmentError) -> QueryError {
    QueryError::Internal(format!("segment {object:?}: {error}"))
}
