//! A segment that a commit takes out of the live ones.

use tidewell_types::{SegmentId, TableName, TimestampNs, Version, WriteId};

use crate::entry::SegmentEntry;

/// Where the committer found the segment, which must still hold when it commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Home {
    /// Among those that no list holds yet.
    Fresh,
    /// In this list.
    Leaf(WriteId),
    /// Checked by whoever committed: a removal that was read from a record.
    Committed,
}

/// A segment that is to be live no more, with what readers need to take it out without loading the list that names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// The segment.
    pub id: SegmentId,
    /// Its table; `None` in records of format 1, which had no lists.
    pub table: Option<TableName>,
    /// Its object.
    pub object: String,
    /// Its earliest row.
    pub time_min: TimestampNs,
    /// How many rows it holds.
    pub row_count: u64,
    /// How many field values it holds.
    pub value_count: u64,
    /// Its size.
    pub file_bytes: u64,
    /// Its share of the digest over all live segments.
    pub share: u128,
    /// The commit that added it.
    pub added: Version,
    /// Whether a registered file that is ours stays where it is all the same.
    pub keeps_file: bool,
    /// Where it was found; not part of the record.
    pub home: Home,
}

impl Removal {
    /// The removal of a segment that was found in `home`.
    #[must_use]
    pub fn of(entry: &SegmentEntry, home: Home) -> Self {
        Self {
            id: entry.id,
            table: Some(entry.table.clone()),
            object: entry.object.clone(),
            time_min: entry.time.min,
            row_count: entry.row_count,
            value_count: entry.value_count,
            file_bytes: entry.file_bytes,
            share: entry.share(),
            added: entry.added,
            keeps_file: false,
            home,
        }
    }
}

#[cfg(test)]
mod tests;
