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
    /// A compaction that was planned before an earlier version was put back is committed after.
    RestoreIgnored,
    /// Deletion does not ask for named versions.
    SnapshotsIgnored,
    /// What was due when a collector looked is condemned, though a version that needs it has got a name since.
    CondemnedAsLooked,
    /// Removed segments are deleted before a commit condemns them.
    DeletedBeforeCondemned,
    /// Condemning does not say which versions may have lost something.
    CondemnedUnannounced,
    /// A version may get a name though it may have lost something.
    SnapshotUnchecked,
    /// A version without a name may be put back though it may have lost something.
    RestoreUnchecked,
    /// Putting a version back does not say that those before it may lose something.
    RestoreUnannounced,
    /// A segment that is live again keeps its grave.
    RestoredStaysBuried,
    /// Removed segments go with those that nothing names, though they are not condemned.
    GravesAreOrphans,
    /// Objects that no version names are deleted, though their commit may be under way.
    OrphansByAge,
}

/// Each broken rule, the property that must notice, and bounds within which the damage shows.
pub(super) const BREAKS: [(Mutation, &str, Bounds); 22] = [
    (Mutation::InputsUnchecked, property::ROWS_ONCE, Bounds { compactions: 2, ..ONE }),
    (Mutation::RemovesUnread, property::ROWS_KEPT, RANKS),
    (Mutation::NameReused, property::NAMED_SAME, SNAPSHOT),
    (Mutation::NameReused, property::READ_TRUE, Bounds { reads: 1, ..ONE }),
    (Mutation::RanksIgnored, property::LAST_WRITE_WINS, RANKS),
    (Mutation::OutputRanksNewest, property::LAST_WRITE_WINS, RANKS),
    (Mutation::FoldRankedAtPlan, property::LAST_WRITE_WINS, RANKS),
    (Mutation::AbsentIsFailure, property::STAGED_KEPT, ONE),
    (Mutation::NoIdentity, property::LIVE_EXIST, ONE),
    (Mutation::DeletedBeforeUnlink, property::LIVE_EXIST, ONE),
    (Mutation::RestoreIgnored, property::LAST_WRITE_WINS, OVERTAKEN),
    (Mutation::SnapshotsIgnored, property::NAMED_EXIST, SNAPSHOT),
    (Mutation::SnapshotsIgnored, property::CONDEMNED_FREE, SNAPSHOT),
    (Mutation::CondemnedAsLooked, property::NAMED_EXIST, SNAPSHOT),
    (Mutation::DeletedBeforeCondemned, property::NAMED_EXIST, SNAPSHOT),
    (Mutation::CondemnedUnannounced, property::NAMED_EXIST, SNAPSHOT),
    (Mutation::SnapshotUnchecked, property::NAMED_EXIST, SNAPSHOT),
    (Mutation::RestoreUnchecked, property::LIVE_EXIST, Bounds { deletions: 1, restores: 1, ..ONE }),
    (Mutation::RestoreUnannounced, property::NAMED_EXIST, Bounds { snapshots: 2, restores: 1, ..SNAPSHOT }),
    (Mutation::RestoredStaysBuried, property::LIVE_EXIST, Bounds { deletions: 1, restores: 1, ..ONE }),
    (Mutation::GravesAreOrphans, property::NAMED_EXIST, SNAPSHOT),
    (Mutation::OrphansByAge, property::STAGED_KEPT, Bounds { deletions: 1, ..ONE }),
];

const ONE: Bounds =
    Bounds { folds: 2, points: 1, shapes: [0; 4], compactions: 1, snapshots: 0, restores: 0, deletions: 0, reads: 0 };
const OVERTAKEN: Bounds = Bounds { folds: 4, shapes: [3, 1, 2, 1], compactions: 2, restores: 1, ..RANKS };
const RANKS: Bounds = Bounds { folds: 3, points: 2, ..ONE };
const SNAPSHOT: Bounds = Bounds { deletions: 1, snapshots: 1, ..ONE };
