//! The rules of idempotence that the model can break.

use super::{Bounds, property};

/// One broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The protocol as it is.
    None,
    /// A fold brings the rows of every entry, though several have one token.
    FoldDoublesEntries,
    /// A fold brings the rows of a token that segments have already.
    FoldBringsRepeats,
    /// A commit that names a token is not refused where another has named it since.
    TokenUnchecked,
    /// A fold's commit does not name the tokens whose rows it brings.
    TokenUnnamed,
    /// Rows are left out because an entry has them that does not count itself.
    VoidHides,
    /// A reader shows the rows of every entry, though several have one token.
    ReadDoublesEntries,
    /// A reader shows entries whose token is in segments.
    ReadDoublesSegments,
    /// A process takes a request for stored by a listing that it made after it caught up.
    ListedAfterView,
    /// A process takes a request for stored that is in an entry of a generation that is being sealed.
    SealingIsStored,
    /// A token is let go at any time, as the oldest of so many.
    ForgottenByNumber,
    /// A token is let go once the generation is sealed in which it was sent first.
    ForgottenAtSeal,
}

/// Each broken rule, the property that must notice, and bounds within which the damage shows.
pub(super) const BREAKS: [(Mutation, &str, Bounds); 14] = [
    (Mutation::FoldDoublesEntries, property::FOLDED_ONCE, ONE),
    (Mutation::FoldBringsRepeats, property::FOLDED_ONCE, TWO),
    (Mutation::TokenUnchecked, property::FOLDED_ONCE, TWO),
    (Mutation::TokenUnnamed, property::FOLDED_ONCE, TWO),
    (Mutation::VoidHides, property::DURABLE, SEAL),
    (Mutation::VoidHides, property::READ_COMPLETE, Bounds { reads: 1, ..SEAL }),
    (Mutation::VoidHides, property::READ_MONOTONE, Bounds { reads: 2, ..SEAL }),
    (Mutation::ReadDoublesEntries, property::READ_ONCE, Bounds { reads: 1, ..ONE }),
    (Mutation::ReadDoublesSegments, property::READ_ONCE, Bounds { reads: 1, ..ONE }),
    (Mutation::ListedAfterView, property::DURABLE, SEAL),
    (Mutation::SealingIsStored, property::DURABLE, SEAL),
    (Mutation::ForgottenByNumber, property::FOLDED_ONCE, TWO),
    (Mutation::ForgottenByNumber, property::READ_ONCE, Bounds { reads: 1, ..ONE }),
    (Mutation::ForgottenAtSeal, property::FOLDED_ONCE, Bounds { seals: true, ..TWO }),
];

const ONE: Bounds = Bounds { puts: 1, folds: 1, seals: false, reads: 0 };
const TWO: Bounds = Bounds { folds: 2, ..ONE };
const SEAL: Bounds = Bounds { seals: true, ..ONE };
