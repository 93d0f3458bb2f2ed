//! A folder that folds and seals from the union of a majority's listings.

use super::state::{FIRST, Generation, MAJORITY, State};
use super::{Mutation, Quorum};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Folder {
    phase: Phase,
    /// Folds left; sealing is no fold.
    folds: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Phase {
    #[default]
    Idle,
    /// It lists buckets for a fold.
    Folding,
    /// It lists buckets for the second commit of a seal.
    Sealing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    BeginFold,
    /// Commits that the first generation is being sealed, and begins to list.
    MarkSealing,
    List(usize),
    Commit,
}

impl Folder {
    pub(super) fn new(folds: u8) -> Self {
        Self { folds, phase: Phase::Idle }
    }
}

pub(super) fn steps(model: &Quorum, state: &State, mut push: impl FnMut(Step)) {
    if state.folder.phase == Phase::Idle {
        if state.folder.folds > 0 {
            push(Step::BeginFold);
        }
        if model.bounds.seals && state.head.first == Generation::Open {
            push(Step::MarkSealing);
        }
        return;
    }
    for (bucket, listed) in state.buckets.iter().enumerate() {
        if listed.is_up() && listed.folded.is_none() {
            push(Step::List(bucket));
        }
    }
    let lists_one = model.mutation == Mutation::SealListsOne && state.folder.phase == Phase::Sealing;
    let listed = state.buckets.iter().filter(|bucket| bucket.folded.is_some()).count();
    if listed >= if lists_one { 1 } else { MAJORITY } {
        push(Step::Commit);
    }
}

pub(super) fn take(state: &mut State, step: Step) {
    match step {
        Step::BeginFold => state.folder.phase = Phase::Folding,
        Step::MarkSealing => {
            state.head.first = Generation::Sealing;
            state.folder.phase = Phase::Sealing;
        }
        Step::List(bucket) => state.buckets[bucket].folded = Some(state.buckets[bucket].objects),
        Step::Commit => commit(state),
    }
}

/// What one bucket alone has may be folded too: the commit makes it durable.
fn commit(state: &mut State) {
    let seen = state.buckets.iter_mut().filter_map(|bucket| bucket.folded.take()).fold(0, |all, seen| all | seen);
    let is_fold = state.folder.phase == Phase::Folding;
    if is_fold {
        let open = if state.head.first == Generation::Open { u8::MAX } else { !FIRST };
        state.head.fold(seen & open);
    } else {
        state.head.fold(seen & FIRST);
        state.head.first = Generation::Sealed;
    }
    state.folder = Folder::new(state.folder.folds - u8::from(is_fold));
}
