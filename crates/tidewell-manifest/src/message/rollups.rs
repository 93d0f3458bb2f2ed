//! Rollups, from format 4 on.

use prost::Message;

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RollupDefinition {
    #[prost(string, tag = "1")]
    pub(crate) source: String,
    #[prost(string, tag = "2")]
    pub(crate) target: String,
    #[prost(uint64, tag = "3")]
    pub(crate) interval_ms: u64,
    #[prost(uint64, tag = "4")]
    pub(crate) settle_ms: u64,
    /// Absent for all.
    #[prost(message, optional, tag = "5")]
    pub(crate) tags: Option<RollupNames>,
    /// Absent for all.
    #[prost(message, optional, tag = "6")]
    pub(crate) fields: Option<RollupNames>,
    /// 1 mean, 2 min, 3 max, 4 sum, 5 count, 6 first, 7 last.
    #[prost(uint32, repeated, tag = "7")]
    pub(crate) aggregates: Vec<u32>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RollupNames {
    #[prost(string, repeated, tag = "1")]
    pub(crate) names: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RollupChange {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    /// Absent where it is given up.
    #[prost(message, optional, tag = "2")]
    pub(crate) definition: Option<RollupDefinition>,
    #[prost(sint64, tag = "3")]
    pub(crate) since_ns: i64,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct RollupStep {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(uint64, tag = "2")]
    pub(crate) as_of: u64,
    #[prost(message, repeated, tag = "3")]
    pub(crate) done: Vec<Span>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Span {
    #[prost(sint64, tag = "1")]
    pub(crate) min_ns: i64,
    #[prost(sint64, tag = "2")]
    pub(crate) max_ns: i64,
    // What follows is in checkpoints only.
    #[prost(uint64, tag = "3")]
    pub(crate) version: u64,
    #[prost(bool, tag = "4")]
    pub(crate) is_replaced: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Rollup {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) definition: Option<RollupDefinition>,
    #[prost(uint64, tag = "3")]
    pub(crate) created: u64,
    #[prost(uint64, tag = "4")]
    pub(crate) stepped: u64,
    #[prost(message, repeated, tag = "5")]
    pub(crate) dirty: Vec<Span>,
}
