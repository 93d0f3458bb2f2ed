//! The bodies of manifest objects as Protocol Buffers messages; field numbers are for ever.

mod registered;
mod rollups;

use prost::Message;

pub(crate) use registered::{Checked, Columns, ForeignFile, Mapping, PathTag};
pub(crate) use rollups::{Rollup, RollupChange, RollupDefinition, RollupNames, RollupStep, Span};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Commit {
    #[prost(uint64, tag = "1")]
    pub(crate) version: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) parent_digest: Vec<u8>,
    #[prost(message, optional, tag = "3")]
    pub(crate) author: Option<Author>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) adds: Vec<Segment>,
    #[prost(bytes = "vec", repeated, tag = "5")]
    pub(crate) removes: Vec<Vec<u8>>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) folds: Vec<Fold>,
    #[prost(message, repeated, tag = "7")]
    pub(crate) attaches: Vec<Attach>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) tables: Vec<Table>,
    #[prost(message, repeated, tag = "9")]
    pub(crate) generations: Vec<GenerationChange>,
    #[prost(uint64, tag = "10")]
    pub(crate) stamp_max: u64,
    /// Digest of the live segments after this commit.
    #[prost(bytes = "vec", tag = "11")]
    pub(crate) segments_digest: Vec<u8>,
    /// From format 2 on, in place of `removes`.
    #[prost(message, repeated, tag = "12")]
    pub(crate) removals: Vec<Removal>,
    #[prost(message, repeated, tag = "13")]
    pub(crate) tombstones: Vec<TableTombstone>,
    #[prost(message, repeated, tag = "14")]
    pub(crate) lifts: Vec<Lift>,
    #[prost(message, repeated, tag = "15")]
    pub(crate) time_floors: Vec<TimeFloor>,
    #[prost(message, repeated, tag = "16")]
    pub(crate) retentions: Vec<Retention>,
    #[prost(bytes = "vec", repeated, tag = "17")]
    pub(crate) condemns: Vec<Vec<u8>>,
    #[prost(bytes = "vec", repeated, tag = "18")]
    pub(crate) burials: Vec<Vec<u8>>,
    #[prost(message, repeated, tag = "19")]
    pub(crate) snapshots: Vec<Snapshot>,
    #[prost(string, repeated, tag = "20")]
    pub(crate) snapshot_drops: Vec<String>,
    #[prost(message, optional, tag = "21")]
    pub(crate) restore: Option<Restore>,
    #[prost(bytes = "vec", repeated, tag = "22")]
    pub(crate) tokens: Vec<Vec<u8>>,
    #[prost(message, optional, tag = "23")]
    pub(crate) log_stores: Option<LogStores>,
    #[prost(message, optional, tag = "24")]
    pub(crate) checkpoint: Option<CheckpointRef>,
    /// The committer's clock, nanoseconds since the Unix epoch.
    #[prost(sint64, tag = "25")]
    pub(crate) at_ns: i64,
    /// From format 4 on.
    #[prost(message, repeated, tag = "26")]
    pub(crate) rollup_changes: Vec<RollupChange>,
    /// From format 4 on.
    #[prost(message, optional, tag = "27")]
    pub(crate) rollup_step: Option<RollupStep>,
}

/// A segment that is live no more; all that a reader needs to take it out without the list that names it.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Removal {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(crate) table: String,
    #[prost(string, tag = "3")]
    pub(crate) object: String,
    #[prost(sint64, tag = "4")]
    pub(crate) time_min_ns: i64,
    #[prost(uint64, tag = "5")]
    pub(crate) row_count: u64,
    #[prost(uint64, tag = "6")]
    pub(crate) value_count: u64,
    #[prost(uint64, tag = "7")]
    pub(crate) file_bytes: u64,
    #[prost(bytes = "vec", tag = "8")]
    pub(crate) share: Vec<u8>,
    #[prost(uint64, tag = "9")]
    pub(crate) added: u64,
    /// Of a registered file that is owned: it stays where it is all the same.
    #[prost(bool, tag = "10")]
    pub(crate) keeps_file: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TagMatch {
    #[prost(string, tag = "1")]
    pub(crate) tag: String,
    #[prost(string, repeated, tag = "2")]
    pub(crate) values: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Tombstone {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(sint64, tag = "2")]
    pub(crate) time_min_ns: i64,
    #[prost(sint64, tag = "3")]
    pub(crate) time_max_ns: i64,
    #[prost(message, repeated, tag = "4")]
    pub(crate) tags: Vec<TagMatch>,
    /// Only in checkpoints; a commit's own version otherwise.
    #[prost(uint64, tag = "5")]
    pub(crate) version: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TableTombstone {
    #[prost(string, tag = "1")]
    pub(crate) table: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) tombstone: Option<Tombstone>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Lift {
    #[prost(string, tag = "1")]
    pub(crate) table: String,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) id: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct TimeFloor {
    #[prost(string, tag = "1")]
    pub(crate) table: String,
    #[prost(sint64, tag = "2")]
    pub(crate) time_ns: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Retention {
    /// Absent for tables that do not say.
    #[prost(string, optional, tag = "1")]
    pub(crate) table: Option<String>,
    /// 0 for ever.
    #[prost(uint64, tag = "2")]
    pub(crate) retention_ms: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct CheckpointRef {
    #[prost(uint64, tag = "1")]
    pub(crate) version: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) write_id: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Snapshot {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) checkpoint: Option<CheckpointRef>,
    #[prost(sint64, tag = "3")]
    pub(crate) created_at_ns: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Restore {
    #[prost(uint64, tag = "1")]
    pub(crate) version: u64,
    #[prost(message, repeated, tag = "2")]
    pub(crate) tables: Vec<Table>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct LogStores {
    #[prost(string, repeated, tag = "1")]
    pub(crate) urls: Vec<String>,
}

/// A list of segments that a checkpoint refers to.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct LeafRef {
    #[prost(uint32, tag = "1")]
    pub(crate) generation: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) id: Vec<u8>,
    #[prost(sint64, tag = "3")]
    pub(crate) time_min_ns: i64,
    #[prost(sint64, tag = "4")]
    pub(crate) time_max_ns: i64,
    #[prost(uint64, tag = "5")]
    pub(crate) segment_count: u64,
    #[prost(bytes = "vec", tag = "6")]
    pub(crate) digest: Vec<u8>,
    #[prost(bytes = "vec", tag = "7")]
    pub(crate) first_id: Vec<u8>,
    #[prost(sint64, tag = "8")]
    pub(crate) last_time_min_ns: i64,
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) last_id: Vec<u8>,
}

/// A segment that a list names and that is not live any more.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Gone {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(sint64, tag = "2")]
    pub(crate) time_min_ns: i64,
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) share: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Totals {
    #[prost(uint64, tag = "1")]
    pub(crate) segment_count: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) row_count: u64,
    #[prost(uint64, tag = "3")]
    pub(crate) value_count: u64,
    #[prost(uint64, tag = "4")]
    pub(crate) file_bytes: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Leaf {
    #[prost(message, repeated, tag = "1")]
    pub(crate) segments: Vec<Segment>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Grave {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(crate) object: String,
    #[prost(uint64, tag = "3")]
    pub(crate) added: u64,
    #[prost(uint64, tag = "4")]
    pub(crate) removed: u64,
    #[prost(sint64, tag = "5")]
    pub(crate) removed_at_ns: i64,
    #[prost(bool, tag = "6")]
    pub(crate) is_condemned: bool,
    /// The registered file that is to be deleted; the object is none then.
    #[prost(string, optional, tag = "7")]
    pub(crate) owned_url: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Token {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub(crate) version: u64,
}

/// Where each stream of a sealed generation ends.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct FinalWatermarks {
    #[prost(uint32, tag = "1")]
    pub(crate) generation: u32,
    #[prost(message, repeated, tag = "2")]
    pub(crate) streams: Vec<Fold>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Author {
    #[prost(uint32, tag = "1")]
    pub(crate) generation: u32,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) writer: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Segment {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) id: Vec<u8>,
    #[prost(string, tag = "2")]
    pub(crate) object: String,
    #[prost(string, tag = "3")]
    pub(crate) table: String,
    #[prost(uint64, tag = "4")]
    pub(crate) file_bytes: u64,
    #[prost(uint64, tag = "5")]
    pub(crate) footer_bytes: u64,
    #[prost(uint64, tag = "6")]
    pub(crate) row_count: u64,
    #[prost(uint64, tag = "7")]
    pub(crate) value_count: u64,
    #[prost(sint64, tag = "8")]
    pub(crate) time_min_ns: i64,
    #[prost(sint64, tag = "9")]
    pub(crate) time_max_ns: i64,
    #[prost(message, repeated, tag = "10")]
    pub(crate) tags: Vec<Tag>,
    #[prost(bytes = "vec", tag = "11")]
    pub(crate) digest: Vec<u8>,
    /// Only in checkpoints; a commit's own version otherwise.
    #[prost(uint64, tag = "12")]
    pub(crate) added: u64,
    /// 0: the version that added it.
    #[prost(uint64, tag = "13")]
    pub(crate) rank: u64,
    #[prost(uint64, tag = "14")]
    pub(crate) deletes_to: u64,
    /// 0 hot, 1 cold.
    #[prost(uint32, tag = "15")]
    pub(crate) tier: u32,
    /// From format 3 on: the file of others that it is.
    #[prost(message, optional, boxed, tag = "16")]
    pub(crate) foreign: Option<Box<ForeignFile>>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Tag {
    #[prost(string, tag = "1")]
    pub(crate) tag: String,
    #[prost(string, optional, tag = "2")]
    pub(crate) min: Option<String>,
    #[prost(string, optional, tag = "3")]
    pub(crate) max: Option<String>,
    #[prost(uint64, tag = "4")]
    pub(crate) null_count: u64,
}

/// Entries `from..to` of one source; exactly one of `stream` and `node` is there.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Fold {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream: Option<Author>,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) node: Vec<u8>,
    #[prost(uint64, tag = "3")]
    pub(crate) epoch: u64,
    #[prost(uint64, tag = "4")]
    pub(crate) from: u64,
    #[prost(uint64, tag = "5")]
    pub(crate) to: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Attach {
    #[prost(bytes = "vec", tag = "1")]
    pub(crate) node: Vec<u8>,
    #[prost(uint64, tag = "2")]
    pub(crate) epoch: u64,
}

/// Columns to add (commit) or all columns (checkpoint).
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Table {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, repeated, tag = "2")]
    pub(crate) tags: Vec<String>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) fields: Vec<Field>,
    // What follows is in checkpoints and restores only.
    #[prost(message, repeated, tag = "4")]
    pub(crate) leaves: Vec<LeafRef>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) fresh: Vec<Segment>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) gone: Vec<Gone>,
    #[prost(message, optional, tag = "7")]
    pub(crate) totals: Option<Totals>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) tombstones: Vec<Tombstone>,
    #[prost(sint64, optional, tag = "9")]
    pub(crate) time_floor_ns: Option<i64>,
    #[prost(uint64, optional, tag = "10")]
    pub(crate) retention_ms: Option<u64>,
    /// From format 3 on.
    #[prost(message, repeated, tag = "11")]
    pub(crate) registered: Vec<Segment>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Field {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    /// 1 float, 2 integer, 3 unsigned, 4 boolean, 5 string.
    #[prost(uint32, tag = "2")]
    pub(crate) field_type: u32,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct GenerationChange {
    #[prost(uint32, tag = "1")]
    pub(crate) generation: u32,
    /// 0 open, 1 sealing, 2 sealed.
    #[prost(uint32, tag = "2")]
    pub(crate) state: u32,
    /// The object with its final watermarks; empty while it is not sealed.
    #[prost(bytes = "vec", tag = "3")]
    pub(crate) watermarks: Vec<u8>,
    // Only in checkpoints.
    #[prost(uint64, tag = "4")]
    pub(crate) opened: u64,
    #[prost(sint64, tag = "5")]
    pub(crate) opened_at_ns: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Checkpoint {
    #[prost(uint64, tag = "1")]
    pub(crate) version: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) digest: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) tables: Vec<Table>,
    /// In format 1; from 2 on each table has its own.
    #[prost(message, repeated, tag = "4")]
    pub(crate) segments: Vec<Segment>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) streams: Vec<Fold>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) nodes: Vec<Fold>,
    #[prost(message, repeated, tag = "7")]
    pub(crate) generations: Vec<GenerationChange>,
    #[prost(uint64, tag = "8")]
    pub(crate) stamp_max: u64,
    #[prost(bytes = "vec", tag = "9")]
    pub(crate) segments_digest: Vec<u8>,
    #[prost(message, repeated, tag = "10")]
    pub(crate) tokens: Vec<Token>,
    #[prost(message, repeated, tag = "11")]
    pub(crate) graves: Vec<Grave>,
    #[prost(uint64, tag = "12")]
    pub(crate) condemned_to: u64,
    #[prost(message, repeated, tag = "13")]
    pub(crate) snapshots: Vec<Snapshot>,
    #[prost(message, repeated, tag = "14")]
    pub(crate) checkpoints: Vec<CheckpointRef>,
    #[prost(uint64, tag = "15")]
    pub(crate) restored: u64,
    #[prost(uint64, tag = "16")]
    pub(crate) retention_ms: u64,
    #[prost(string, repeated, tag = "17")]
    pub(crate) log_stores: Vec<String>,
    #[prost(sint64, tag = "18")]
    pub(crate) committed_at_ns: i64,
    /// From format 4 on.
    #[prost(message, repeated, tag = "19")]
    pub(crate) rollups: Vec<Rollup>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Hint {
    #[prost(uint64, tag = "1")]
    pub(crate) version: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) write_id: Vec<u8>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Floor {
    #[prost(uint64, tag = "1")]
    pub(crate) version: u64,
}
