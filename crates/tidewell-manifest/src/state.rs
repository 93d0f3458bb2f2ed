//! The state that a chain of commits adds up to.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_types::{
    Generation, GenerationState, NodeId, SegmentId, Seq, Source, Stamp, StreamId, TableName, TableSchema, TimestampNs,
    TokenId, Version, Watermarks, WriteId,
};

use crate::basis::Basis;
use crate::rollup::Rollup;
use crate::segments::{SegmentTotals, Segments};
use crate::snapshot::{CheckpointRef, Grave, Snapshot};
use crate::tombstone::Tombstone;

/// From so many remembered requests on generations are ended sooner, which lets go of their requests.
pub const TOKENS_MANY: usize = 65_536;
/// With so many, requests with a new idempotency key are refused; those that are logged by then are folded and come on top.
pub const TOKENS_MAX: usize = 262_144;

/// A local WAL folder as the manifest knows it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NodeState {
    /// Raised by each process that attaches to the folder; a fold by an older one is refused.
    pub epoch: u64,
    /// The first frame that is not folded yet.
    pub applied: Seq,
}

/// A generation as the manifest knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerationEntry {
    /// How far it has come.
    pub state: GenerationState,
    /// The commit that opened it; 0 for the first.
    pub opened: Version,
    /// When that was, on its committer's clock; advisory.
    pub opened_at: TimestampNs,
    /// The object with its streams' final watermarks, once it is sealed.
    pub watermarks: Option<WriteId>,
}

/// One table as of a version.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableState {
    /// Its columns.
    pub schema: Arc<TableSchema>,
    /// Its live segments.
    pub segments: Segments,
    /// Deletes that are not carried out in every segment yet.
    pub tombstones: Arc<Vec<Tombstone>>,
    /// Rows before this instant do not count any more. It only rises.
    pub time_floor: Option<TimestampNs>,
    /// How long its rows are kept, in milliseconds; 0 for ever, `None` as the database says.
    pub retention_ms: Option<u64>,
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
    /// For each object stream of a generation that is not sealed (or was sealed without an object for their ends), the first
    /// entry that is not folded yet.
    pub streams: Arc<BTreeMap<StreamId, Seq>>,
    /// The local WAL folders that ever attached.
    pub nodes: BTreeMap<NodeId, NodeState>,
    /// Generations that were ever named by a commit; others are open.
    pub generations: BTreeMap<Generation, GenerationEntry>,
    /// The highest stamp that any fold took; new stamps go above it.
    pub stamp_max: Stamp,
    /// A digest of all live segments, the same whatever the order in which they came.
    pub segments_digest: u128,
    /// Requests whose rows are in segments, with the version that brought them: all since [`State::remembers_from`]. New ones
    /// are refused where there are [`TOKENS_MAX`](crate::TOKENS_MAX).
    pub tokens: Arc<BTreeMap<TokenId, Version>>,
    /// Segments that are live no more and whose objects may still be there.
    pub graves: Arc<BTreeMap<SegmentId, Grave>>,
    /// The highest version at which a segment was removed whose object may be deleted by now: no snapshot of a version below
    /// it can be made.
    pub condemned_to: Version,
    /// Versions that were given a name.
    pub snapshots: Arc<BTreeMap<String, Snapshot>>,
    /// The newest checkpoints that count, oldest first, at most two: their lists are kept.
    pub checkpoints: Vec<CheckpointRef>,
    /// The commit that last put back an earlier version's tables; plans made before it are void.
    pub restored: Version,
    /// How long rows are kept in tables that do not say, in milliseconds; 0 for ever.
    pub retention_ms: u64,
    /// Stores that hold the log beside the database's own, for writes at level `quorum`; URLs, in the order they were given.
    pub log_stores: Vec<String>,
    /// Tables that are kept as aggregates of others, by the rollups' names.
    pub rollups: Arc<BTreeMap<String, Rollup>>,
    /// The committer's clock at the newest commit; advisory.
    pub committed_at: TimestampNs,
    /// What keeps its lists of segments in the store; no part of the view.
    pub basis: Basis,
}

impl State {
    /// The generation that new object names go under: the newest open one.
    #[must_use]
    pub fn open_generation(&self) -> Generation {
        match self.generations.iter().next_back() {
            None => Generation::ZERO,
            Some((generation, entry)) if entry.state == GenerationState::Open => *generation,
            Some((generation, _)) => generation.next().unwrap_or(*generation),
        }
    }

    /// What a generation is as far as this state knows.
    #[must_use]
    pub fn generation_entry(&self, generation: Generation) -> GenerationEntry {
        let unheard = GenerationEntry {
            state: GenerationState::Open,
            opened: Version::ZERO,
            opened_at: TimestampNs::from_ns(0),
            watermarks: None,
        };
        self.generations.get(&generation).copied().unwrap_or(unheard)
    }

    /// How much the segments of all tables are.
    #[must_use]
    pub fn totals(&self) -> SegmentTotals {
        self.tables.values().fold(SegmentTotals::default(), |mut sum, table| {
            let totals = table.segments.totals();
            sum.segment_count += totals.segment_count;
            sum.row_count += totals.row_count;
            sum.value_count += totals.value_count;
            sum.file_bytes += totals.file_bytes;
            sum
        })
    }

    /// How many segments all tables have.
    #[must_use]
    pub fn segment_count(&self) -> usize {
        usize::try_from(self.totals().segment_count).unwrap_or(usize::MAX)
    }

    /// How long a table's rows are kept, in milliseconds; `None` for ever.
    #[must_use]
    pub fn retention_ms_of(&self, table: &TableState) -> Option<u64> {
        Some(table.retention_ms.unwrap_or(self.retention_ms)).filter(|retention_ms| *retention_ms > 0)
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
        self.generation_entry(generation).state
    }

    fn has_token(&self, token: &TokenId) -> bool {
        self.tokens.contains_key(token)
    }
}
