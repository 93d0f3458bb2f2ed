//! The rules of compaction, deletion and retention that the model can break.

use super::{Bounds, property};

/// One broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The protocol as it is.
    None,
    /// A compaction commits without checking that its inputs are still live.
    InputsUnchecked,
    /// A compaction removes whatever is live when it is committed, not what it read.
    RemovesUnread,
    /// A compaction stores its output under the name of one of its inputs.
    NameReused,
    /// Any segments may be compacted together, whatever ranks between theirs.
    RanksIgnored,
    /// A compaction's output ranks as if it had been folded when it was committed.
    OutputRanksNewest,
    /// A fold's rank is decided when it is planned, not by the version that commits it.
    FoldRankedAtPlan,
    /// An absent record after an unanswered create counts as a failure, so that the output is deleted.
    AbsentIsFailure,
    /// "Exists already" counts as lost, without reading whose record it is.
    NoIdentity,
    /// A compactor deletes its inputs when it sends the commit, before anything unlinked them.
    DeletedBeforeUnlink,
    /// Deletion does not ask for pins.
    PinsIgnored,
    /// Deletion does not ask for named snapshots.
    SnapshotsIgnored,
    /// Pins are listed before the horizon is announced, not after.
    PinsListedFirst,
    /// A reader relies on its pin without looking at the horizon again.
    PinUnchecked,
    /// A snapshot may name a version below the horizon.
    SnapshotUnchecked,
    /// A restored segment stays in the graveyard.
    RestoredStaysBuried,
    /// Objects that no version names are deleted, though their commit may be under way.
    OrphansByAge,
}

/// Each broken rule, the property that must notice, and bounds within which the damage shows.
pub(super) const BREAKS: [(Mutation, &str, Bounds); 16] = [
    (Mutation::InputsUnchecked, property::ROWS_ONCE, Bounds { compactions: 2, ..ONE }),
    (Mutation::RemovesUnread, property::ROWS_KEPT, RANKS),
    (Mutation::NameReused, property::NAMED_SAME, SNAPSHOT),
    (Mutation::RanksIgnored, property::LAST_WRITE_WINS, RANKS),
    (Mutation::OutputRanksNewest, property::LAST_WRITE_WINS, RANKS),
    (Mutation::FoldRankedAtPlan, property::LAST_WRITE_WINS, RANKS),
    (Mutation::AbsentIsFailure, property::STAGED_KEPT, ONE),
    (Mutation::NoIdentity, property::LIVE_EXIST, ONE),
    (Mutation::DeletedBeforeUnlink, property::LIVE_EXIST, ONE),
    (Mutation::PinsIgnored, property::PINNED_EXIST, PIN),
    (Mutation::SnapshotsIgnored, property::NAMED_EXIST, SNAPSHOT),
    (Mutation::PinsListedFirst, property::PINNED_EXIST, PIN),
    (Mutation::PinUnchecked, property::PINNED_EXIST, PIN),
    (Mutation::SnapshotUnchecked, property::NAMED_EXIST, SNAPSHOT),
    (Mutation::RestoredStaysBuried, property::LIVE_EXIST, Bounds { restores: 1, ..SNAPSHOT }),
    (Mutation::OrphansByAge, property::STAGED_KEPT, ONE),
];

const ONE: Bounds = Bounds { folds: 2, points: 1, compactions: 1, snapshots: 0, restores: 0, deletions: 0, pins: 0 };
const RANKS: Bounds = Bounds { folds: 3, points: 2, ..ONE };
const PIN: Bounds = Bounds { deletions: 1, pins: 1, ..ONE };
const SNAPSHOT: Bounds = Bounds { deletions: 1, snapshots: 1, ..ONE };
