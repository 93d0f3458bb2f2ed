//! What a committed view says about the WAL, as the layers below the manifest need it.

use crate::{Generation, Seq, Source, TokenId};

/// The life of a generation; it only moves downward in this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum GenerationState {
    /// Writers append, anyone folds.
    Open,
    /// Appends are no longer acknowledged; what is there is being folded.
    Sealing,
    /// Everything it will ever hold is folded.
    Sealed,
}

/// A committed view's word on which WAL entries are already part of segments.
///
/// Watermarks and generations are monotone over versions, so acting on an old view costs work and never data.
pub trait Watermarks {
    /// The first entry of `source` that is not folded yet; every entry below it is.
    fn applied(&self, source: &Source) -> Seq;

    /// The state of a generation; one that the view has not heard of is open.
    fn generation(&self, generation: Generation) -> GenerationState;

    /// Whether rows of this token are in segments already; every other copy of them in the log is void then.
    fn has_token(&self, token: &TokenId) -> bool;
}
