//! The order of writes within one window between folds.

use std::fmt;

/// A hybrid logical clock reading, in nanoseconds, that a writer puts on each WAL entry.
///
/// A writer's stamps rise strictly, and a stamp is above every stamp the writer had seen when it made it. Entries that
/// were not folded yet are ordered by (stamp, source, seq); everything folded counts as earlier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Stamp(u64);

impl Stamp {
    /// A stamp from its nanoseconds.
    #[must_use]
    pub const fn from_ns(ns: u64) -> Self {
        Self(ns)
    }

    /// Its nanoseconds.
    #[must_use]
    pub const fn as_ns(self) -> u64 {
        self.0
    }

    /// The stamp that follows: the wall clock where it is ahead, otherwise one above this.
    #[must_use]
    pub const fn next(self, wall_ns: u64) -> Self {
        if wall_ns > self.0 { Self(wall_ns) } else { Self(self.0 + 1) }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
