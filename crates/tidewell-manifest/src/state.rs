//! The state that a chain of commits adds up to.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_types::{
    Generation, GenerationState, NodeId, Seq, Source, Stamp, StreamId, TableName, TableSchema, TokenId, Version,
    Watermarks,
};

use crate::entry::SegmentEntry;

/// A local WAL folder as the manifest knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeState {
    /// Raised by each process that attaches to the folder; a fold by an older one is refused.
    pub epoch: u64,
    /// The first frame that is not folded yet.
    pub applied: Seq,
}

/// One table as of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableState {
    /// Its columns.
    pub schema: Arc<TableSchema>,
    /// Its segments, oldest commit first.
    pub segments: Arc<Vec<Arc<SegmentEntry>>>,
}

/// A database as of one version: immutable, shared, and the same in every process that reads that version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// The newest commit it holds; 0 is the empty database.
    pub version: Version,
    /// XXH3 (128 bits) of that commit's record, which the next one must name as its parent; 0 at version 0.
    pub digest: u128,
    /// The tables.
    pub tables: BTreeMap<TableName, TableState>,
    /// For each object stream, the first entry that is not folded yet.
    pub streams: BTreeMap<StreamId, Seq>,
    /// The local WAL folders that ever attached.
    pub nodes: BTreeMap<NodeId, NodeState>,
    /// Generations that are no longer open, and the newest that is; others are open.
    pub generations: BTreeMap<Generation, GenerationState>,
    /// The idempotency tokens whose rows are in segments, with the commit that put them there.
    pub tokens: BTreeMap<TokenId, Version>,
    /// The highest stamp that any fold took; new stamps go above it.
    pub stamp_max: Stamp,
    /// A digest of all live segments, the same whatever the order in which they came.
    pub segments_digest: u128,
}

impl State {
    /// The generation that new object names go under: the newest open one.
    #[must_use]
    pub fn open_generation(&self) -> Generation {
        match self.generations.iter().next_back() {
            None => Generation::ZERO,
            Some((generation, GenerationState::Open)) => *generation,
            Some((generation, _)) => generation.next().unwrap_or(*generation),
        }
    }

    /// How many segments all tables have.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        self.tables.values().map(|table| table.segments.len()).sum()
    }
}

impl Watermarks for State {
    fn applied(&self, source: &Source) -> Seq {
        match source {
            Source::Objects(stream) => self.streams.get(stream).copied().unwrap_or_default(),
            Source::Node(node) => self.nodes.get(node).map(|state| state.applied).unwrap_or_default(),
            Source::Memory(_) => Seq::ZERO,
        }
    }

    fn generation(&self, generation: Generation) -> GenerationState {
        self.generations.get(&generation).copied().unwrap_or(GenerationState::Open)
    }

    fn has_token(&self, token: &TokenId) -> bool {
        self.tokens.contains_key(token)
    }
}
