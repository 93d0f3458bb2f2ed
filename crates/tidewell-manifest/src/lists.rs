//! Lists that a checkpoint takes over from earlier ones: they must be kept until it counts.

use tidewell_types::Version;

use crate::segments::LeafRef;
use crate::state::State;

impl State {
    /// The lists that it refers to, of all tables.
    pub fn lists(&self) -> impl Iterator<Item = &LeafRef> {
        self.tables.values().flat_map(|table| table.segments.leaves())
    }

    /// Whether what keeps the lists of `earlier` still does as of this state: the same checkpoints count and the same
    /// snapshots have names. A commit that lets a checkpoint count, or gives it a name, must find this for the state that the
    /// checkpoint is of: lists of its state that it took over may be collected otherwise.
    #[must_use]
    pub fn keeps_lists_of(&self, earlier: &Self) -> bool {
        let is_same = self.checkpoints == earlier.checkpoints && self.snapshots == earlier.snapshots;
        is_same || earlier.lists().next().is_none()
    }

    /// Whether an earlier version's tables were put back and no checkpoint since counts: which lists are needed is in a
    /// commit then, and in no checkpoint.
    #[must_use]
    pub fn is_restored_since_checkpoint(&self) -> bool {
        self.restored > self.checkpoints.last().map_or(Version::ZERO, |newest| newest.version)
    }
}
