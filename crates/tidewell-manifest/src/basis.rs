//! What keeps the lists that a state names from being collected.
//!
//! Whoever collects lists as of a version leaves those that its own state names, those of the checkpoints that count and those
//! of snapshots. A process that follows the chain may stand on a checkpoint that counts no more; then its lists may go at any
//! time, and no new checkpoint may refer to them.

use tidewell_types::Version;

use crate::snapshot::CheckpointRef;
use crate::state::State;

/// The checkpoint that a state was read from, if any. It says where to find the state's lists and not what the state is, so any
/// two are equal.
#[derive(Clone, Copy, Debug, Default)]
pub struct Basis {
    checkpoint: Option<CheckpointRef>,
}

impl PartialEq for Basis {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Basis {}

impl Basis {
    pub(crate) const fn of(checkpoint: CheckpointRef) -> Self {
        Self { checkpoint: Some(checkpoint) }
    }

    /// The checkpoint; `None` for a state that was replayed from the first commit on.
    pub(crate) const fn checkpoint(self) -> Option<CheckpointRef> {
        self.checkpoint
    }

    /// Whether the lists of a state on this basis, which last put back an earlier version at `restored`, are left alone as of
    /// `now`.
    pub(crate) fn is_kept(self, restored: Version, now: &State) -> bool {
        match self.checkpoint {
            Some(checkpoint) if checkpoint.version >= restored => now.keeps(&checkpoint),
            // The lists came with the record that restored them. They are in every state until a checkpoint holds them.
            _ => now.restored == restored && now.checkpoints.iter().all(|kept| kept.version < restored),
        }
    }
}

impl State {
    /// Whether a checkpoint counts or a snapshot names it, so that neither it nor its lists are collected.
    pub(crate) fn keeps(&self, checkpoint: &CheckpointRef) -> bool {
        self.checkpoints.contains(checkpoint)
            || self.snapshots.values().any(|snapshot| snapshot.checkpoint == *checkpoint)
    }

    /// Whether some table's segments are in lists.
    pub(crate) fn has_lists(&self) -> bool {
        self.tables.values().any(|table| !table.segments.leaves.is_empty())
    }

    /// Whether the lists that this state names are left alone as of it.
    pub(crate) fn lists_are_kept(&self) -> bool {
        !self.has_lists() || self.basis.is_kept(self.restored, self)
    }
}

#[cfg(test)]
mod tests;
