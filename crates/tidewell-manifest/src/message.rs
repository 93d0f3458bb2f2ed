//! The bodies of manifest objects as Protocol Buffers messages; field numbers are for ever.

use prost::Message;

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
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Checkpoint {
    #[prost(uint64, tag = "1")]
    pub(crate) version: u64,
    #[prost(bytes = "vec", tag = "2")]
    pub(crate) digest: Vec<u8>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) tables: Vec<Table>,
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
