//! The delete: fold all that is logged, then commit a tombstone.

use super::state::State;
use super::{Delete, Mutation};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Deleter {
    phase: Phase,
    /// Rows acknowledged before the delete began.
    pub(super) before: u8,
    /// Rows whose entries it listed.
    listed: u8,
    /// The rows of the segment that it has staged.
    staged: u8,
    /// The version after which it listed; kept only where a mutation needs it.
    listed_at: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Phase {
    #[default]
    Idle,
    Begun,
    Listed,
    /// It has staged a fold.
    Staged,
    /// It has tried to fold.
    Tried,
    /// The tombstone is committed.
    Committed,
    Answered,
    /// No live segment had rows left for the tombstone to hide.
    Surveyed,
    /// The tombstone is dropped.
    Dropped,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Begin,
    List,
    Stage,
    Fold,
    /// Commits the tombstone, once all that was listed is folded.
    Bury,
    Answer,
    /// Finds every live segment below the tombstone cleaned.
    Survey,
    /// Commits that the tombstone is gone, without looking again: later segments rank above it or are made of cleaned ones.
    Drop,
}

impl Deleter {
    pub(super) fn is_answered(&self) -> bool {
        matches!(self.phase, Phase::Answered | Phase::Surveyed | Phase::Dropped)
    }

    pub(super) fn is_dropped(&self) -> bool {
        self.phase == Phase::Dropped
    }

    /// Whether another folder took a part of what it has staged.
    pub(super) fn is_overtaken(&self, applied: u8) -> bool {
        self.phase == Phase::Staged && self.staged & applied != 0 && self.staged & !applied != 0
    }
}

pub(super) fn steps(model: &Delete, state: &State, mut push: impl FnMut(Step)) {
    let left = state.deleter.listed & !state.head.applied;
    match state.deleter.phase {
        Phase::Idle => push(Step::Begin),
        Phase::Begun => push(Step::List),
        Phase::Listed if left == 0 || model.mutation == Mutation::NoFold => push(Step::Bury),
        Phase::Tried if left == 0 || model.mutation == Mutation::FoldTriedOnce => push(Step::Bury),
        Phase::Listed | Phase::Tried => push(Step::Stage),
        Phase::Staged => push(Step::Fold),
        Phase::Committed => push(Step::Answer),
        Phase::Answered => {
            let tombstone = state.head.tombstone;
            let mut below = state.head.live().filter(|segment| segment.rank < tombstone);
            if below.all(|segment| segment.cleaned >= tombstone) || model.mutation == Mutation::DroppedEarly {
                push(Step::Survey);
            }
        }
        Phase::Surveyed => push(Step::Drop),
        Phase::Dropped => {}
    }
}

pub(super) fn take(model: &Delete, state: &mut State, step: Step) {
    let acked = state.acked();
    let below_listing = model.mutation == Mutation::HidesBelowListing;
    let Deleter { listed, staged, listed_at, .. } = state.deleter;
    let deleter = &mut state.deleter;
    match step {
        Step::Begin => (deleter.phase, deleter.before) = (Phase::Begun, acked),
        Step::List => {
            (deleter.phase, deleter.listed) = (Phase::Listed, state.entries & !state.head.applied);
            deleter.listed_at = if below_listing { state.head.version } else { 0 };
        }
        Step::Stage => (deleter.phase, deleter.staged) = (Phase::Staged, listed & !state.head.applied),
        Step::Fold => {
            (deleter.phase, deleter.staged) = (Phase::Tried, 0);
            state.commit_fold(staged);
        }
        Step::Bury => {
            (deleter.phase, deleter.listed, deleter.listed_at) = (Phase::Committed, 0, 0);
            state.head.version += 1;
            state.head.tombstone = if below_listing { listed_at + 1 } else { state.head.version };
        }
        Step::Answer => deleter.phase = Phase::Answered,
        Step::Survey => deleter.phase = Phase::Surveyed,
        Step::Drop => {
            deleter.phase = Phase::Dropped;
            let before = state.head.visible(false);
            state.head.version += 1;
            state.head.tombstone = 0;
            state.is_answer_changed |= state.head.visible(false) != before;
        }
    }
}
