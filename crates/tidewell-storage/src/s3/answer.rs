//! What the client's errors mean for a caller.

use std::ops::Range;

use object_store::Error;

use super::exchange::{Ending, Exchange};
use crate::backend::{Applied, Attempt, Failure, FailureKind};
use crate::ranges;

/// Whether the bucket itself is missing, which must never pass for a missing object.
fn is_bucket_missing(error: &Error) -> bool {
    matches!(error, Error::NotFound { source, .. } if source.to_string().contains("NoSuchBucket"))
}

/// Whether a 400 says that the body did not arrive as it was sent, which another attempt may cure.
fn is_lost_on_the_way(error: &Error) -> bool {
    let text = error.to_string();
    ["RequestTimeout", "IncompleteBody", "BadDigest"].iter().any(|code| text.contains(code))
}

/// Whether the object is not there.
pub(super) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::NotFound { .. }) && !is_bucket_missing(error)
}

impl Exchange {
    fn kind(&self, error: &Error) -> FailureKind {
        if is_bucket_missing(error) {
            return FailureKind::Denied;
        }
        match error {
            Error::NotFound { .. } => FailureKind::NotFound,
            Error::PermissionDenied { .. } | Error::Unauthenticated { .. } | Error::InvalidPath { .. } => {
                FailureKind::Denied
            }
            Error::NotSupported { .. } | Error::NotImplemented { .. } => FailureKind::Unsupported,
            _ => match self.ending() {
                Ending::Status(408 | 409 | 425 | 429) => FailureKind::Unavailable,
                Ending::Status(400) if is_lost_on_the_way(error) => FailureKind::Unavailable,
                Ending::Status(501) => FailureKind::Unsupported,
                Ending::Status(300..=499) => FailureKind::Denied,
                _ => FailureKind::Unavailable,
            },
        }
    }

    /// A read that failed.
    pub(super) fn failure(&self, error: Error) -> Failure {
        Failure::before(self.kind(&error), error)
    }

    /// A read of a range that failed; a range wholly beyond the end is the object's fault.
    pub(super) fn range_failure(&self, range: &Range<u64>, error: Error) -> Failure {
        if self.ending() == Ending::Status(416) { ranges::too_short(range) } else { self.failure(error) }
    }

    /// A write that failed, and whether it may have happened all the same: only a client's own error (4xx) and a
    /// connection that never was say that it has not.
    pub(super) fn write_failure(&self, error: Error) -> Failure {
        let mut kind = self.kind(&error);
        if kind == FailureKind::NotFound {
            // A put finds no bucket, or no such upload; in either case not what "no such object" tells a reader.
            kind = FailureKind::Denied;
        }
        let applied = match self.ending() {
            Ending::Unsent | Ending::NoConnection => Applied::No,
            Ending::Status(501) => Applied::No,
            Ending::Status(408 | 425 | 429) => Applied::Maybe,
            Ending::Status(300..=499) => Applied::No,
            Ending::Unanswered | Ending::Status(_) => Applied::Maybe,
        };
        Failure { kind, applied, cause: std::sync::Arc::new(error) }
    }

    /// A conditional put that was not answered with success.
    pub(super) fn conditional_put(&self, error: Error) -> Result<Attempt, Failure> {
        match (self.ending(), &error) {
            // Concurrent conditional writes: nothing is settled. The client reports it as if the object existed.
            (Ending::Status(409), _) => Ok(Attempt::Conflict),
            // Some stores answer a failed condition with 304.
            (
                Ending::Status(304 | 412),
                Error::AlreadyExists { .. } | Error::Precondition { .. } | Error::NotModified { .. },
            ) => Ok(Attempt::Refused),
            // A replace of an object that is not there.
            (Ending::Status(404), Error::Precondition { source, .. })
                if !source.to_string().contains("NoSuchBucket") =>
            {
                Ok(Attempt::Refused)
            }
            _ => Err(self.write_failure(error)),
        }
    }
}
