//! What outlives its time: checkpoints that count, named snapshots, and segments on their way out.

use tidewell_types::{SegmentId, TimestampNs, Version, WriteId};

use crate::state::{State, TableState};

/// A checkpoint in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CheckpointRef {
    /// The version that it is the state of.
    pub version: Version,
    /// The write that made it.
    pub write_id: WriteId,
}

/// A version that was given a name: what it needs is kept until it is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its name.
    pub name: String,
    /// The state it names.
    pub checkpoint: CheckpointRef,
    /// When it was made, on its maker's clock.
    pub created_at: TimestampNs,
}

/// A segment that is live no more, until its object is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grave {
    /// The segment.
    pub id: SegmentId,
    /// Its object.
    pub object: String,
    /// The commit that added it.
    pub added: Version,
    /// The commit that removed it.
    pub removed: Version,
    /// When that was, on its committer's clock: how long readers were given, never whether it may go.
    pub removed_at: TimestampNs,
    /// The registered file that was ours and is to be deleted; its object is none.
    pub owned_url: Option<String>,
    /// Whether its object is being deleted: no snapshot can be made of a version that had it.
    pub is_condemned: bool,
}

impl Grave {
    /// Whether the state of `version` had the segment.
    #[must_use]
    pub fn is_needed_by(&self, version: Version) -> bool {
        self.added <= version && version < self.removed
    }
}

/// The tables of an earlier state, which a commit puts in the place of the present ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restore {
    /// The version that they are of.
    pub version: Version,
    /// Their segments, deletes and limits; columns stay those of today.
    pub tables: Vec<(tidewell_types::TableName, TableState)>,
}

impl Restore {
    /// The tables of `earlier`.
    #[must_use]
    pub fn of(earlier: &State) -> Self {
        let tables = earlier.tables.iter().map(|(name, table)| (name.clone(), table.clone()));
        Self { version: earlier.version, tables: tables.collect() }
    }
}
