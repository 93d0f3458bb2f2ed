//! Cleaning of checkpoints: the newest of those that exist stays.

use super::state::State;
use super::{Checkpoint, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cleaner {
    may_clean: bool,
    /// Checkpoints that it will delete.
    doomed: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    List,
    /// Only where a mutation asks the hint, which may name this checkpoint.
    ListAndKeep(u8),
    Delete(u8),
}

impl Cleaner {
    pub(super) fn new(may_clean: bool) -> Self {
        Self { may_clean, doomed: 0 }
    }
}

pub(super) fn steps(model: &Checkpoint, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let cleaner = &state.cleaners[index];
    State::ones(cleaner.doomed).map(Step::Delete).for_each(&mut push);
    if cleaner.may_clean && state.checkpoints != 0 {
        match model.mutation {
            Mutation::CleaningTrustsHint => State::ones(state.hinted).map(Step::ListAndKeep).for_each(push),
            _ => push(Step::List),
        }
    }
}

pub(super) fn take(state: &mut State, index: usize, step: Step) {
    let listed = state.checkpoints;
    match step {
        Step::List => {
            state.cleaners[index] = Cleaner { may_clean: false, doomed: listed & !(1 << state.newest(listed)) }
        }
        Step::ListAndKeep(id) => state.cleaners[index] = Cleaner { may_clean: false, doomed: listed & !(1 << id) },
        Step::Delete(id) => {
            state.cleaners[index].doomed &= !(1 << id);
            state.checkpoints &= !(1 << id);
        }
    }
}
