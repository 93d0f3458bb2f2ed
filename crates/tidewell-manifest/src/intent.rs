//! What a commit is to change, before it has a number.

use tidewell_types::{
    Generation, GenerationState, NodeId, SegmentId, Seq, Source, Stamp, TableName, TableSchema, TimestampNs, TokenId,
    WriteId, WriterId,
};

use crate::entry::SegmentEntry;
use crate::removal::Removal;
use crate::rollup::{RollupChange, RollupStep};
use crate::snapshot::{CheckpointRef, Restore, Snapshot};
use crate::tombstone::Tombstone;

/// Who commits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author {
    /// The generation that the commit's new objects are named under.
    pub generation: Generation,
    /// The process.
    pub writer: WriterId,
}

/// Entries `from..to` of one source that the commit's segments now hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// The source; never [`Source::Memory`], which needs no watermark.
    pub source: Source,
    /// The folder's epoch for a local log; 0 for a stream.
    pub epoch: u64,
    /// The first entry; must be the source's watermark.
    pub from: Seq,
    /// One past the last entry.
    pub to: Seq,
}

/// A process takes a local WAL folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attach {
    /// The folder.
    pub node: NodeId,
    /// Must be one above the epoch in the state.
    pub epoch: u64,
}

/// A generation that changes state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerationChange {
    /// Which.
    pub generation: Generation,
    /// Its next state; never an earlier one.
    pub state: GenerationState,
    /// The object with its streams' final watermarks, where it becomes sealed.
    pub watermarks: Option<WriteId>,
}

/// Everything that one commit changes, all at once or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Who commits.
    pub author: Author,
    /// New segments, named under the author's generation; their `added` is set by the commit, and so is a `rank` of 0.
    pub adds: Vec<SegmentEntry>,
    /// Segments that are no longer live.
    pub removes: Vec<Removal>,
    /// Watermarks that move.
    pub folds: Vec<Fold>,
    /// Local WAL folders that change hands.
    pub attaches: Vec<Attach>,
    /// Columns that tables gain.
    pub tables: Vec<(TableName, TableSchema)>,
    /// Generations that change state.
    pub generations: Vec<GenerationChange>,
    /// The highest stamp among the folded entries.
    pub stamp_max: Stamp,
    /// Requests whose rows the folded entries bring.
    pub tokens: Vec<TokenId>,
    /// Deletes; each table's take effect for segments of a lower rank than this commit.
    pub tombstones: Vec<(TableName, Tombstone)>,
    /// Deletes that every segment has carried out.
    pub lifts: Vec<(TableName, WriteId)>,
    /// Instants before which a table's rows stop counting; lower ones than are set change nothing.
    pub time_floors: Vec<(TableName, TimestampNs)>,
    /// How long rows are kept, in milliseconds, 0 for ever: of one table, or of those that do not say.
    pub retentions: Vec<(Option<TableName>, u64)>,
    /// Removed segments whose objects are about to be deleted; refused while a snapshot needs one.
    pub condemns: Vec<SegmentId>,
    /// Condemned segments whose objects are deleted.
    pub burials: Vec<SegmentId>,
    /// Versions that get a name.
    pub snapshots: Vec<Snapshot>,
    /// Names that are given up.
    pub snapshot_drops: Vec<String>,
    /// An earlier version's tables that take the place of the present ones, before anything else of the intent.
    pub restore: Option<Restore>,
    /// A checkpoint that is in the store and counts from now on.
    pub checkpoint: Option<CheckpointRef>,
    /// The stores that hold the log beside the database's own; `None` leaves them.
    pub log_stores: Option<Vec<String>>,
    /// Rollups that are made or given up.
    pub rollup_changes: Vec<RollupChange>,
    /// Buckets of a rollup whose rows this commit brings.
    pub rollup_step: Option<RollupStep>,
}

impl Intent {
    /// An intent that changes nothing yet.
    #[must_use]
    pub fn new(author: Author) -> Self {
        Self {
            author,
            adds: Vec::new(),
            removes: Vec::new(),
            folds: Vec::new(),
            attaches: Vec::new(),
            tables: Vec::new(),
            generations: Vec::new(),
            stamp_max: Stamp::default(),
            tokens: Vec::new(),
            tombstones: Vec::new(),
            lifts: Vec::new(),
            time_floors: Vec::new(),
            retentions: Vec::new(),
            condemns: Vec::new(),
            burials: Vec::new(),
            snapshots: Vec::new(),
            snapshot_drops: Vec::new(),
            restore: None,
            checkpoint: None,
            log_stores: None,
            rollup_changes: Vec::new(),
            rollup_step: None,
        }
    }
}
