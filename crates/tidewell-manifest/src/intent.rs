//! What a commit is to change, before it has a number.

use tidewell_types::{
    Generation, GenerationState, NodeId, SegmentId, Seq, Source, Stamp, TableName, TableSchema, WriterId,
};

use crate::entry::SegmentEntry;

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

/// Everything that one commit changes, all at once or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Intent {
    /// Who commits.
    pub author: Author,
    /// New segments; their `added` is set by the commit.
    pub adds: Vec<SegmentEntry>,
    /// Segments that are no longer live.
    pub removes: Vec<SegmentId>,
    /// Watermarks that move.
    pub folds: Vec<Fold>,
    /// Local WAL folders that change hands.
    pub attaches: Vec<Attach>,
    /// Columns that tables gain.
    pub tables: Vec<(TableName, TableSchema)>,
    /// Generations that change state.
    pub generations: Vec<(Generation, GenerationState)>,
    /// The highest stamp among the folded entries.
    pub stamp_max: Stamp,
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
        }
    }
}
