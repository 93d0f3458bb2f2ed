//! Rollups: tables that are kept as aggregates of others, bucket by bucket.
//!
//! A commit that brings or deletes rows of a source marks the buckets that it touches; a step brings the rows of marked buckets and
//! takes their marks away, both in one commit. So what is still to be computed is part of the state, the same for every process.

mod dirty;

use std::fmt;
use std::str::FromStr;

use tidewell_types::{TableName, TimeBounds, TimestampNs, Version};

pub use dirty::{DirtySpan, DirtySpans};

const NS_PER_MS: i128 = 1_000_000;
/// The narrowest bucket: 1 s.
pub const ROLLUP_INTERVAL_MS_MIN: u64 = 1000;
/// The widest bucket: 366 days.
pub const ROLLUP_INTERVAL_MS_MAX: u64 = 366 * 86_400_000;
/// The longest wait for a bucket's late rows: 366 days.
const SETTLE_MS_MAX: u64 = 366 * 86_400_000;
/// Rollups of one database, at most: each commit looks at all of them.
pub const ROLLUPS_MAX: usize = 256;
/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 128;
/// Tags or fields that a definition names, at most: as many as a table has.
const NAMES_MAX: usize = 1000;
/// All that it names together, in bytes: every checkpoint has it.
const NAMES_BYTES_MAX: usize = 64 << 10;

/// What is made of a field's values in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aggregate {
    /// Their mean.
    Mean,
    /// The least.
    Min,
    /// The greatest.
    Max,
    /// Their sum.
    Sum,
    /// How many there are.
    Count,
    /// The earliest.
    First,
    /// The latest.
    Last,
}

/// A word that is no aggregate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no aggregate: use mean, min, max, sum, count, first or last")]
pub struct AggregateError(String);

impl Aggregate {
    /// All of them.
    pub const ALL: [Self; 7] = [Self::Mean, Self::Min, Self::Max, Self::Sum, Self::Count, Self::First, Self::Last];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::Sum => "sum",
            Self::Count => "count",
            Self::First => "first",
            Self::Last => "last",
        }
    }
}

impl fmt::Display for Aggregate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Aggregate {
    type Err = AggregateError;

    fn from_str(text: &str) -> Result<Self, AggregateError> {
        let found = Self::ALL.into_iter().find(|aggregate| aggregate.name() == text);
        found.ok_or_else(|| AggregateError(text.to_owned()))
    }
}

/// How a table is made of another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupDefinition {
    /// The table that is read.
    pub source: TableName,
    /// The table that gets a row for each bucket and group.
    pub target: TableName,
    /// The width of a bucket, in milliseconds, 1 s to 366 days; buckets begin at multiples of it since the Unix epoch.
    pub interval_ms: u64,
    /// A bucket is computed so long after its end, in milliseconds, at most 366 days.
    pub settle_ms: u64,
    /// The tags that rows are grouped by; `None` for all that the source has.
    pub tags: Option<Vec<String>>,
    /// The fields that are aggregated; `None` for all that the source has.
    pub fields: Option<Vec<String>>,
    /// What is made of each field, where its type allows it; at least one.
    pub aggregates: Vec<Aggregate>,
}

impl RollupDefinition {
    /// Whether it can be, by itself.
    ///
    /// # Errors
    /// What is wrong, for whoever wrote it.
    pub fn check(&self) -> Result<(), String> {
        if !(ROLLUP_INTERVAL_MS_MIN..=ROLLUP_INTERVAL_MS_MAX).contains(&self.interval_ms) {
            return Err(format!("an interval of {} ms: use 1 second to 366 days", self.interval_ms));
        }
        if self.settle_ms > SETTLE_MS_MAX {
            return Err(format!("to settle for {} ms: use 366 days at most", self.settle_ms));
        }
        if self.source == self.target {
            return Err(format!("table {:?} cannot be made of itself: name another target", self.source.as_str()));
        }
        if self.aggregates.is_empty() {
            return Err("it has no aggregate: give at least one".to_owned());
        }
        let twice =
            Aggregate::ALL.into_iter().find(|one| self.aggregates.iter().filter(|other| *other == one).count() > 1);
        if let Some(aggregate) = twice {
            return Err(format!("aggregate {aggregate} is there twice"));
        }
        let lists = [("tag", &self.tags), ("field", &self.fields)];
        for (what, names) in lists.into_iter().filter_map(|(what, names)| Some((what, names.as_ref()?))) {
            if names.len() > NAMES_MAX || names.iter().map(String::len).sum::<usize>() > NAMES_BYTES_MAX {
                return Err(format!("it names too many {what}s: {NAMES_MAX} and {NAMES_BYTES_MAX} bytes are allowed"));
            }
            let mut sorted: Vec<&String> = names.iter().collect();
            sorted.sort_unstable();
            if let Some(pair) = sorted.windows(2).find(|pair| pair.first() == pair.last()) {
                return Err(format!("{what} {:?} is there twice", pair.first().map_or("", |name| name.as_str())));
            }
        }
        match self.fields.as_ref().is_some_and(Vec::is_empty) {
            true => Err("its list of fields is empty: name some, or leave it out for all".to_owned()),
            false => Ok(()),
        }
    }

    /// The span of the buckets that a span touches.
    #[must_use]
    pub fn buckets(&self, time: TimeBounds) -> TimeBounds {
        let first = self.bucket(time.min) * self.width();
        let end = (self.bucket(time.max) + 1) * self.width();
        TimeBounds { min: instant(first), max: instant(end - 1) }
    }

    /// How many buckets a span touches.
    #[must_use]
    pub fn bucket_count(&self, time: TimeBounds) -> u64 {
        u64::try_from(self.bucket(time.max) - self.bucket(time.min) + 1).unwrap_or_default()
    }

    /// The start of the first bucket that has no instant before `floor`; what lies before it is never computed again.
    #[must_use]
    pub fn first_whole(&self, floor: TimestampNs) -> TimestampNs {
        let at = i128::from(floor.as_ns());
        instant((at + self.width() - 1).div_euclid(self.width()) * self.width())
    }

    /// The last instant of the last bucket that is settled at `now`.
    #[must_use]
    pub fn settled_to(&self, now: TimestampNs) -> TimestampNs {
        let at = i128::from(now.as_ns()) - i128::from(self.settle_ms) * NS_PER_MS;
        instant(at.div_euclid(self.width()) * self.width() - 1)
    }

    fn bucket(&self, at: TimestampNs) -> i128 {
        i128::from(at.as_ns()).div_euclid(self.width())
    }

    fn width(&self) -> i128 {
        i128::from(self.interval_ms.max(1)) * NS_PER_MS
    }
}

/// The nearest instant that can be stored.
fn instant(ns: i128) -> TimestampNs {
    let ns = ns.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    TimestampNs::from_ns(i64::try_from(ns).unwrap_or_default())
}

/// A rollup as of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rollup {
    /// How the target is made.
    pub definition: RollupDefinition,
    /// The commit that made it.
    pub created: Version,
    /// The last commit that took marks away: a step that was computed before it is refused. 0 for none.
    pub stepped: Version,
    /// The buckets that are to be computed.
    pub dirty: DirtySpans,
}

impl Rollup {
    /// Marks the buckets that `time` touches.
    pub(crate) fn mark(&mut self, time: TimeBounds, version: Version, is_replaced: bool) {
        let time = self.definition.buckets(time);
        self.dirty.mark(DirtySpan { time, version, is_replaced });
    }
}

/// A rollup that is made or given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupChange {
    /// Its name.
    pub name: String,
    /// How it is made, and the instant from whose bucket on its history is computed; `None` where it is given up. Its target's rows stay.
    pub definition: Option<(RollupDefinition, TimestampNs)>,
}

/// Whether a name can be a rollup's.
///
/// # Errors
/// What is wrong with it.
pub fn check_rollup_name(name: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let is_path = name.starts_with('.');
    match !name.is_empty() && !is_path && name.len() <= NAME_BYTES_MAX && name.bytes().all(is_plain) {
        true => Ok(()),
        false => Err(format!(
            "a rollup's name is 1 to {NAME_BYTES_MAX} letters, digits, '_', '-' or '.', not first, and {name:?} is not"
        )),
    }
}

/// Buckets that were computed: the commit that has it also has their rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupStep {
    /// The rollup.
    pub name: String,
    /// The version whose rows were read. Marks that are newer stay.
    pub as_of: Version,
    /// The buckets, as spans.
    pub done: Vec<TimeBounds>,
}

#[cfg(test)]
mod tests;
