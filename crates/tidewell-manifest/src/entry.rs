//! What the manifest knows of one segment.

use std::sync::Arc;

use tidewell_storage::Tier;
use tidewell_types::{SegmentId, TableName, TimeBounds, TimestampNs, Version};
use xxhash_rust::xxh3::xxh3_128;

use crate::foreign::ForeignFile;

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
    /// Its object name, relative to the store's root; of a registered file its URL and its identity, which name no object of
    /// ours.
    pub object: String,
    /// The table its rows belong to.
    pub table: TableName,
    /// The length of the object, in bytes.
    pub file_bytes: u64,
    /// The length of its tail that holds footer, page index and Bloom filters: one read of it is all a plan needs.
    pub footer_bytes: u64,
    /// How many rows it holds; each identity once. Of a registered file a claim unless [`SegmentEntry::has_facts`].
    pub row_count: u64,
    /// How many values that are not NULL its fields hold.
    pub value_count: u64,
    /// Its earliest and latest row; everything for a registered file of which only the footer was read.
    pub time: TimeBounds,
    /// Bounds of each tag that it has a column for; a tag that is not listed is NULL in every row.
    pub tags: Vec<TagBounds>,
    /// XXH3 (128 bits) of the object's bytes; of a registered file what pins its content.
    pub digest: u128,
    /// What it is stored for.
    pub tier: Tier,
    /// The commit that added it.
    pub added: Version,
    /// Its place in the order of writes: of two segments with a row of the same identity the higher rank's values win, field
    /// by field. A fold's is its commit's version (0 in an intent: the commit sets it), a rewrite's the highest of its inputs.
    pub rank: Version,
    /// Deletes up to this version are carried out in it: none of its rows is one that they hide.
    pub deletes_to: Version,
    /// The file of others that it is, for one that was registered and stays where it is.
    pub foreign: Option<Arc<ForeignFile>>,
}

impl SegmentEntry {
    /// Its share of the digest over all live segments, which adds up in any order.
    #[must_use]
    pub fn share(&self) -> u128 {
        let mut bytes = [0; 40];
        bytes[..16].copy_from_slice(self.id.as_bytes());
        bytes[16..32].copy_from_slice(&self.digest.to_le_bytes());
        bytes[32..].copy_from_slice(&self.added.get().to_le_bytes());
        xxh3_128(&bytes)
    }

    /// Whether its bounds and counts are what its rows are. Those of a registered file are claims of its footer until its
    /// rows were looked at, and no answer may rest on them.
    #[must_use]
    pub fn has_facts(&self) -> bool {
        self.foreign.as_ref().is_none_or(|file| file.checked.is_some())
    }

    /// Its place in the order of writes among all live segments. Segments of ours of one rank share no identity; registered files
    /// of one commit may, and then the one whose URL sorts last wins, whatever else becomes known of them.
    pub(crate) fn order(&self) -> (Version, Option<&str>) {
        (self.rank, self.foreign.as_ref().map(|file| file.url.as_str()))
    }

    /// Its place among the segments of its table in lists.
    pub(crate) fn key(&self) -> SegmentKey {
        (self.time.min, self.id)
    }
}

/// The order of segments within lists: by their earliest row, then by identity.
pub(crate) type SegmentKey = (TimestampNs, SegmentId);
