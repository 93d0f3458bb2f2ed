//! The rules of the quorum log that the model can break.

use super::{Bounds, property};

/// One broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The protocol as it is.
    None,
    /// A writer acknowledges once one bucket has the entry.
    AckOnOne,
    /// A second answer of the same bucket counts as another bucket's.
    DuplicateCounts,
    /// A writer looks at the manifest after the first answer, and not again after the second.
    CheckBeforeMajority,
    /// A reader lists one bucket.
    ReadListsOne,
    /// A reader shows an entry that one bucket has, without copying it to a second.
    NoReadRepair,
    /// A reader shows what it copied to a second bucket without looking at the manifest again.
    RepairUnchecked,
    /// A reader catches up first and lists the log afterwards.
    ViewBeforeList,
    /// Sealing lists one bucket.
    SealListsOne,
    /// A writer appends anew while its generation is being sealed, instead of waiting for what the seal takes.
    AppendsAnewEarly,
    /// A bucket that was wiped answers as if it were merely empty.
    WipedAnswers,
}

/// Each broken rule, the property that must notice, and bounds within which the damage shows.
pub(super) const BREAKS: [(Mutation, &str, Bounds); 11] = [
    (Mutation::AckOnOne, property::DURABLE, ONE),
    (Mutation::DuplicateCounts, property::DURABLE, Bounds { resends: 1, ..ONE }),
    (Mutation::CheckBeforeMajority, property::DURABLE, SEAL),
    (Mutation::ReadListsOne, property::READ_COMPLETE, Bounds { reads: 1, ..ONE }),
    (Mutation::NoReadRepair, property::READ_MONOTONE, Bounds { reads: 2, ..ONE }),
    (Mutation::RepairUnchecked, property::READ_MONOTONE, Bounds { reads: 2, ..SEAL }),
    (Mutation::ViewBeforeList, property::READ_COMPLETE, Bounds { reads: 1, ..ONE }),
    (Mutation::SealListsOne, property::DURABLE, SEAL),
    (Mutation::AppendsAnewEarly, property::READ_ONCE, Bounds { reads: 1, ..SEAL }),
    (Mutation::AppendsAnewEarly, property::FOLDED_ONCE, SEAL),
    (Mutation::WipedAnswers, property::READ_COMPLETE, Bounds { reads: 1, wipes: 1, ..ONE }),
];

const ONE: Bounds = Bounds { rows: 1, reads: 0, folds: 1, seals: false, downs: 0, wipes: 0, resends: 0 };
const SEAL: Bounds = Bounds { seals: true, ..ONE };
