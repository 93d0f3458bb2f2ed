//! Deletes: what a commit hides from readers at once, until segments have been rewritten without it.

use tidewell_types::{TimeBounds, Version, WriteId};

use crate::entry::SegmentEntry;

/// A tag that must have one of some values.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TagMatch {
    /// The tag.
    pub tag: String,
    /// Its values, any of which matches; the empty string stands for rows without the tag.
    pub values: Vec<String>,
}

/// Rows of one table that no longer count: those in a span of time whose tags all match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Its identity, by which it is lifted.
    pub id: WriteId,
    /// The span of time, inclusive.
    pub time: TimeBounds,
    /// The tags that must match; none: every row of the span.
    pub tags: Vec<TagMatch>,
    /// The commit that made it (0 in an intent: the commit sets it). It hides rows of segments with a lower rank only, so
    /// what was written afterwards stays.
    pub version: Version,
}

impl Tombstone {
    /// Whether rows of the segment may have to be hidden.
    #[must_use]
    pub fn concerns(&self, segment: &SegmentEntry) -> bool {
        segment.rank < self.version && segment.deletes_to < self.version && self.time.overlaps(&segment.time)
    }
}

#[cfg(test)]
mod tests;
