//! Instants and spans of data time.

use std::fmt;

/// An instant of data time: nanoseconds since the Unix epoch, UTC, over the whole range of `i64` (years 1677 to 2262).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimestampNs(i64);

impl TimestampNs {
    /// The earliest instant that can be stored.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be stored.
    pub const MAX: Self = Self(i64::MAX);

    /// An instant from nanoseconds since the Unix epoch; every value is valid.
    #[must_use]
    pub const fn from_ns(ns: i64) -> Self {
        Self(ns)
    }

    /// Nanoseconds since the Unix epoch.
    #[must_use]
    pub const fn as_ns(self) -> i64 {
        self.0
    }

    /// The UTC day that holds this instant: days since 1970-01-01, negative before it.
    #[must_use]
    pub const fn day(self) -> i64 {
        const DAY_NS: i64 = 86_400_000_000_000;
        self.0.div_euclid(DAY_NS)
    }
}

impl fmt::Display for TimestampNs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}ns", self.0)
    }
}

/// The earliest and the latest instant of some rows, both inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TimeBounds {
    /// Earliest instant, inclusive.
    pub min: TimestampNs,
    /// Latest instant, inclusive.
    pub max: TimestampNs,
}

impl TimeBounds {
    /// Everything that can be stored.
    pub const ALL: Self = Self { min: TimestampNs::MIN, max: TimestampNs::MAX };

    /// Whether the two spans share an instant.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.min <= other.max && other.min <= self.max
    }

    /// The smallest span that holds both.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self { min: self.min.min(other.min), max: self.max.max(other.max) }
    }
}
