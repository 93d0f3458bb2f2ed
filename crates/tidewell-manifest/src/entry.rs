//! What the manifest knows of one segment.

use tidewell_types::{SegmentId, TableName, TimeBounds, Version};

/// The values of one tag in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagBounds {
    /// The tag.
    pub tag: String,
    /// A lower bound of its values, inclusive; `None` where no row has the tag.
    pub min: Option<String>,
    /// An upper bound of its values, inclusive; `None` where no row has the tag or no short bound exists.
    pub max: Option<String>,
    /// How many rows lack the tag.
    pub null_count: u64,
}

/// One immutable Parquet object, as far as planning needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentEntry {
    /// Its identity.
    pub id: SegmentId,
    /// Its object name, relative to the store's root.
    pub object: String,
    /// The table its rows belong to.
    pub table: TableName,
    /// The length of the object, in bytes.
    pub file_bytes: u64,
    /// The length of its tail that holds footer, page index and Bloom filters: one read of it is all a plan needs.
    pub footer_bytes: u64,
    /// How many rows it holds; each identity once.
    pub row_count: u64,
    /// How many values that are not NULL its fields hold.
    pub value_count: u64,
    /// Its earliest and latest row.
    pub time: TimeBounds,
    /// Bounds of each tag that it has a column for; a tag that is not listed is NULL in every row.
    pub tags: Vec<TagBounds>,
    /// XXH3 (128 bits) of the object's bytes.
    pub digest: u128,
    /// The commit that added it. Of two segments with a row of the same identity the later commit's wins, field by field.
    pub added: Version,
}
