//! The rules of deleting that the model can break.

use super::{Bounds, property};

/// One broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The protocol as it is.
    None,
    /// The tombstone is committed without folding the log first.
    NoFold,
    /// The tombstone is committed after one try to fold, though another's fold may have taken only a part.
    FoldTriedOnce,
    /// The tombstone hides what ranks below the version at which the delete listed the log, not below its own.
    HidesBelowListing,
    /// The tombstone hides rows whatever their rank.
    HidesAll,
    /// A compaction applies the tombstone by the rank of its output.
    AppliedByOutput,
    /// A compaction applies the tombstone to every input.
    AppliedToAll,
    /// A compaction's output counts as cleaned of what was deleted up to its commit, not up to its plan.
    CleanedAtCommit,
    /// A compaction's output ranks as if it had been folded when it was committed.
    OutputRanksNewest,
    /// The tombstone is dropped while segments may still hold rows that it hides.
    DroppedEarly,
}

/// Each broken rule, the property that must notice, and bounds within which the damage shows.
pub(super) const BREAKS: [(Mutation, &str, Bounds); 10] = [
    (Mutation::NoFold, property::STAYS_DELETED, ONE),
    (Mutation::FoldTriedOnce, property::STAYS_DELETED, ONE),
    (Mutation::HidesBelowListing, property::STAYS_DELETED, ONE),
    (Mutation::HidesAll, property::LATER_KEPT, ONE),
    (Mutation::AppliedByOutput, property::COMPACTION_NEUTRAL, COMPACT),
    (Mutation::AppliedToAll, property::COMPACTION_NEUTRAL, COMPACT),
    (Mutation::AppliedToAll, property::READ_MONOTONE, Bounds { reads: 2, ..COMPACT }),
    (Mutation::CleanedAtCommit, property::COMPACTION_NEUTRAL, COMPACT),
    (Mutation::OutputRanksNewest, property::COMPACTION_NEUTRAL, COMPACT),
    (Mutation::DroppedEarly, property::STAYS_DELETED, ONE),
];

const ONE: Bounds = Bounds { rows: 2, folds: 1, compactions: 0, reads: 1 };
const COMPACT: Bounds = Bounds { folds: 2, compactions: 1, ..ONE };
