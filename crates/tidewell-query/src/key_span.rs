//! A box around the identities that a query can need: a span of time, and for each tag the values it may have.

use std::collections::{BTreeMap, BTreeSet};

use tidewell_manifest::{SegmentEntry, TagBounds};
use tidewell_types::{TimeBounds, TimestampNs};

/// What one tag may be. All bounds are inclusive, and wider than the truth where that is simpler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TagSpan {
    /// The values, where they are known one by one.
    pub(crate) values: Option<BTreeSet<String>>,
    pub(crate) min: Option<String>,
    pub(crate) max: Option<String>,
    /// Whether rows without the tag are among them.
    pub(crate) is_null_in: bool,
}

impl TagSpan {
    /// Any value, but a value.
    pub(crate) fn present() -> Self {
        Self { values: None, min: None, max: None, is_null_in: false }
    }

    /// One of these values.
    pub(crate) fn among(values: BTreeSet<String>) -> Self {
        Self { values: Some(values), ..Self::present() }
    }

    /// No value.
    pub(crate) fn absent() -> Self {
        Self { is_null_in: true, ..Self::among(BTreeSet::new()) }
    }

    fn and(self, other: Self) -> Self {
        let values = match (self.values, other.values) {
            (Some(a), Some(b)) => Some(a.intersection(&b).cloned().collect()),
            (a, b) => a.or(b),
        };
        Self {
            values,
            min: self.min.max(other.min),
            max: match (self.max, other.max) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (a, b) => a.or(b),
            },
            is_null_in: self.is_null_in && other.is_null_in,
        }
    }

    fn or(self, other: Self) -> Self {
        let values = match (self.values, other.values) {
            (Some(a), Some(b)) => Some(a.into_iter().chain(b).collect()),
            _ => None,
        };
        Self {
            values,
            min: self.min.zip(other.min).map(|(a, b)| a.min(b)),
            max: self.max.zip(other.max).map(|(a, b)| a.max(b)),
            is_null_in: self.is_null_in || other.is_null_in,
        }
    }

    /// Whether no row fits.
    fn is_empty(&self) -> bool {
        let has_values = match &self.values {
            Some(values) => values.iter().any(|value| self.holds(value)),
            None => self.min.as_ref().zip(self.max.as_ref()).is_none_or(|(min, max)| min <= max),
        };
        !has_values && !self.is_null_in
    }

    /// Whether a row with this value fits.
    pub(crate) fn holds(&self, value: &str) -> bool {
        self.values.as_ref().is_none_or(|values| values.contains(value))
            && self.min.as_deref().is_none_or(|min| min <= value)
            && self.max.as_deref().is_none_or(|max| value <= max)
    }

    /// Whether any row within the bounds can fit.
    fn meets(&self, bounds: &TagBounds) -> bool {
        if self.is_null_in && bounds.null_count > 0 {
            return true;
        }
        let Some(min) = bounds.min.as_deref() else { return false };
        let is_within = |value: &str| min <= value && bounds.max.as_deref().is_none_or(|max| value <= max);
        match &self.values {
            Some(values) => values.iter().any(|value| self.holds(value) && is_within(value)),
            None => {
                self.max.as_deref().is_none_or(|max| min <= max)
                    && self.min.as_deref().zip(bounds.max.as_deref()).is_none_or(|(min, max)| min <= max)
            }
        }
    }
}

/// A box around the identities that a query can need; identities outside of it cannot change its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeySpan {
    /// `None`: no instant at all.
    pub(crate) time: Option<TimeBounds>,
    /// The tags that are limited.
    pub(crate) tags: BTreeMap<String, TagSpan>,
}

impl KeySpan {
    /// Every identity.
    pub(crate) fn all() -> Self {
        Self { time: Some(TimeBounds::ALL), tags: BTreeMap::new() }
    }

    /// No identity.
    pub(crate) fn none() -> Self {
        Self { time: None, tags: BTreeMap::new() }
    }

    /// The instants from `min` to `max`, both inclusive.
    pub(crate) fn time(min: i64, max: i64) -> Self {
        let bounds = TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) };
        Self { time: (min <= max).then_some(bounds), tags: BTreeMap::new() }
    }

    /// The identities whose tag is in `span`.
    pub(crate) fn tag(name: &str, span: TagSpan) -> Self {
        Self { time: Some(TimeBounds::ALL), tags: [(name.to_owned(), span)].into() }
    }

    /// Whether it holds every identity.
    pub(crate) fn is_all(&self) -> bool {
        self.time == Some(TimeBounds::ALL) && self.tags.is_empty()
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.time = self.time.zip(other.time).and_then(|(a, b)| {
            let both = TimeBounds { min: a.min.max(b.min), max: a.max.min(b.max) };
            (both.min <= both.max).then_some(both)
        });
        for (name, span) in other.tags {
            let span = match self.tags.remove(&name) {
                Some(mine) => mine.and(span),
                None => span,
            };
            self.tags.insert(name, span);
        }
        if self.tags.values().any(TagSpan::is_empty) { Self::none() } else { self }
    }

    pub(crate) fn or(mut self, mut other: Self) -> Self {
        let (Some(a), Some(b)) = (self.time, other.time) else {
            return if self.time.is_none() { other } else { self };
        };
        let tags = std::mem::take(&mut self.tags).into_iter();
        let tags = tags.filter_map(|(name, span)| other.tags.remove(&name).map(|theirs| (name, span.or(theirs))));
        Self { time: Some(a.union(&b)), tags: tags.collect() }
    }

    /// Whether a segment can hold an identity of it.
    pub(crate) fn meets(&self, segment: &SegmentEntry) -> bool {
        let Some(time) = self.time else { return false };
        time.overlaps(&segment.time)
            && self.tags.iter().all(|(name, span)| {
                let bounds = segment.tags.iter().find(|bounds| bounds.tag == *name);
                bounds.map_or(span.is_null_in, |bounds| span.meets(bounds))
            })
    }

    /// The tags with the only values they may have, as far as those are known one by one: what Bloom filters can use.
    pub(crate) fn tag_values(&self) -> Vec<(String, BTreeSet<String>)> {
        let known = self.tags.iter().filter(|(_, span)| !span.is_null_in);
        known.filter_map(|(name, span)| Some((name.clone(), span.values.clone()?))).collect()
    }
}

#[cfg(test)]
mod tests;
