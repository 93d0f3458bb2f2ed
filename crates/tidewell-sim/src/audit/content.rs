//! What the committed view holds, reckoned in two ways that must agree: commit by commit, and from the segments.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_manifest::{SegmentEntry, Tombstone};
use tidewell_types::{SegmentId, TableName, TimestampNs};

use crate::rows::{Row, RowKey, Rows};

/// The rows of every segment that was ever committed.
pub(crate) type SegmentRows = BTreeMap<SegmentId, Arc<Vec<Row>>>;

/// Whether a delete takes a row that was there before it.
pub(crate) fn takes(tombstone: &Tombstone, key: &RowKey) -> bool {
    let is_inside = (tombstone.time.min.as_ns()..=tombstone.time.max.as_ns()).contains(&key.time_ns);
    is_inside && tombstone.tags.iter().all(|tag| tag.values.iter().any(|value| value == key.tag(&tag.tag)))
}

/// What limits the rows of one table's segments.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bounds {
    /// Deletes that some segment may not have carried out.
    pub(crate) tombstones: Vec<Arc<Tombstone>>,
    pub(crate) time_floor: Option<TimestampNs>,
}

impl Bounds {
    /// Whether a row of a segment counts.
    pub(crate) fn keeps(&self, segment: &SegmentEntry, key: &RowKey) -> bool {
        let is_late = self.time_floor.is_none_or(|floor| key.time_ns >= floor.as_ns());
        let hides = |tombstone: &&Arc<Tombstone>| {
            segment.rank < tombstone.version && segment.deletes_to < tombstone.version && takes(tombstone, key)
        };
        is_late && !self.tombstones.iter().any(|tombstone| hides(&tombstone))
    }
}

/// The rows of live segments: by rank, field by field the last one wins.
pub(crate) fn of_segments<'a>(
    live: impl Iterator<Item = &'a Arc<SegmentEntry>>,
    bounds: &BTreeMap<TableName, Bounds>,
    rows: &SegmentRows,
) -> Rows {
    let mut live: Vec<_> = live.collect();
    live.sort_by_key(|entry| (entry.rank, entry.added));
    let (mut merged, unbounded) = (Rows::default(), Bounds::default());
    for entry in live {
        let bounds = bounds.get(&entry.table).unwrap_or(&unbounded);
        let rows = rows.get(&entry.id).map(|rows| rows.as_slice()).unwrap_or_default();
        merged.overlay(rows.iter().filter(|row| bounds.keeps(entry, &row.key)));
    }
    merged
}
