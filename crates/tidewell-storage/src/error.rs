//! What can go wrong with a store, and what the caller does about it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use crate::backend::{Applied, Failure, FailureKind, Operation};

/// What was done, to which object, in which store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What was done.
    pub operation: Operation,
    /// The object or the folder.
    pub object: String,
    /// The store.
    pub store: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {:?} in {}", self.operation, self.object, self.store)
    }
}

/// The reason that the store or the system gave.
pub(crate) type Cause = Arc<dyn Error + Send + Sync>;

/// A request to a store that did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StorageError {
    /// The object is not there. A reader that had its name from a listing or a manifest looks again for a newer view.
    #[error("{at}: there is no such object")]
    NotFound {
        /// What was asked.
        at: Place,
    },
    /// The store refused, and will again until its operator changes something. Nothing was written.
    #[error(
        "{at} was refused: {cause}; check that the bucket or folder exists and that the credentials may get, put, delete and \
         list in it"
    )]
    Denied {
        /// What was asked.
        at: Place,
        /// Why.
        cause: Cause,
    },
    /// The store cannot be reached or is overloaded. Try again later; what was to be written has not been, or may be
    /// written again without harm.
    #[error("{at} failed for now: {cause}; try again, and if it persists check the store and the network")]
    Unavailable {
        /// What was asked.
        at: Place,
        /// Why.
        cause: Cause,
    },
    /// No space is left for the write. Nothing was written.
    #[error("{at} failed: {cause}; free space on the volume or raise the quota")]
    Full {
        /// What was asked.
        at: Place,
        /// Why.
        cause: Cause,
    },
    /// The write may have happened, or may still happen: never treat this as a failure, and delete nothing that it refers
    /// to. Reading the object later may tell.
    #[error(
        "{at} has an unknown outcome: {cause}; it may or may not have happened, so read it back before concluding anything"
    )]
    Unknown {
        /// What was asked.
        at: Place,
        /// What the last attempt met.
        cause: Cause,
    },
    /// The store lacks what was asked for, or was written by a newer Tidewell. `tidewell doctor` lists what a store lacks.
    #[error("{at} is not possible: {cause}")]
    Unsupported {
        /// What was asked.
        at: Place,
        /// What is lacking.
        cause: Cause,
    },
    /// The object is there and is not what it should be. Do not overwrite it; restore it from a copy.
    #[error("{at} found a damaged object: {cause}")]
    Corrupt {
        /// What was asked.
        at: Place,
        /// What is wrong with it.
        cause: Cause,
    },
    /// The object has another content than the one that was asked for. Look at it anew.
    #[error("{at} found another content than before: {cause}")]
    Changed {
        /// What was asked.
        at: Place,
        /// How it differs.
        cause: Cause,
    },
    /// Some objects could not be deleted, the others are gone. Delete them again later.
    #[error("{at} left {} objects behind; the first: {}", .failures.len(), first(.failures))]
    Undeleted {
        /// What was asked.
        at: Place,
        /// The objects that may still be there, and why.
        failures: Vec<(String, String)>,
    },
}

fn first(failures: &[(String, String)]) -> String {
    failures.first().map(|(object, reason)| format!("{object:?}: {reason}")).unwrap_or_default()
}

impl StorageError {
    /// What was asked.
    #[must_use]
    pub fn place(&self) -> &Place {
        match self {
            Self::NotFound { at }
            | Self::Denied { at, .. }
            | Self::Unavailable { at, .. }
            | Self::Full { at, .. }
            | Self::Unknown { at, .. }
            | Self::Unsupported { at, .. }
            | Self::Corrupt { at, .. }
            | Self::Changed { at, .. }
            | Self::Undeleted { at, .. } => at,
        }
    }

    /// Whether the object has another content than the pinned one.
    #[must_use]
    pub fn is_changed(&self) -> bool {
        matches!(self, Self::Changed { .. })
    }

    /// Whether the object is not there.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether the write may have happened: nothing that it refers to may be deleted.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// Whether the same request may succeed later without anyone changing anything.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unavailable { .. } | Self::Unknown { .. } | Self::Undeleted { .. })
    }

    pub(crate) fn from_failure(at: Place, failure: Failure) -> Self {
        let cause = failure.cause;
        match (failure.kind, failure.applied) {
            (FailureKind::NotFound, _) => Self::NotFound { at },
            (FailureKind::Denied, _) => Self::Denied { at, cause },
            (FailureKind::Full, Applied::No) => Self::Full { at, cause },
            (FailureKind::Unsupported, _) => Self::Unsupported { at, cause },
            (FailureKind::Corrupt, _) => Self::Corrupt { at, cause },
            (FailureKind::Changed, _) => Self::Changed { at, cause },
            (FailureKind::Full | FailureKind::Unavailable, _) => Self::Unavailable { at, cause },
        }
    }

    pub(crate) fn unknown(at: Place, cause: Cause) -> Self {
        Self::Unknown { at, cause }
    }
}
