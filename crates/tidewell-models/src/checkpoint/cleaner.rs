//! Collection of checkpoints and of lists of segments, by what a version says counts.

use super::state::State;
use super::{Checkpoint, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Cleaner {
    pub(super) phase: Phase,
    /// The record of the version by which it decides.
    pub(super) by: u8,
    /// Checkpoints and lists that it will delete.
    doomed: u8,
    doomed_lists: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    #[default]
    Done,
    Ready,
    /// It has caught up.
    Based,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    CatchUp,
    /// Lists what is there, and decides.
    List,
    /// Only where a mutation asks the hint, which may name this checkpoint.
    ListAndKeep(u8),
    Delete(u8),
    DeleteList(u8),
}

impl Cleaner {
    pub(super) fn new(may_clean: bool) -> Self {
        Self { phase: if may_clean { Phase::Ready } else { Phase::Done }, ..Self::default() }
    }
}

pub(super) fn steps(model: &Checkpoint, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let cleaner = &state.cleaners[index];
    State::ones(cleaner.doomed).map(Step::Delete).for_each(&mut push);
    State::ones(cleaner.doomed_lists).map(Step::DeleteList).for_each(&mut push);
    match cleaner.phase {
        Phase::Ready if state.checkpoints | state.lists != 0 => push(Step::CatchUp),
        Phase::Based if model.mutation == Mutation::CleaningTrustsHint => {
            State::ones(state.hinted).map(Step::ListAndKeep).for_each(push);
        }
        Phase::Based => push(Step::List),
        Phase::Ready | Phase::Done => {}
    }
}

pub(super) fn take(model: &Checkpoint, state: &mut State, index: usize, step: Step) {
    match step {
        Step::CatchUp => {
            let by = state.head();
            state.cleaners[index] = Cleaner { phase: Phase::Based, by, ..Cleaner::default() };
        }
        Step::List => {
            let by = state.cleaners[index].by;
            let (doomed, doomed_lists) = (garbage(model, state, by), garbage_lists(model, state, by));
            state.cleaners[index] = Cleaner { doomed, doomed_lists, ..Cleaner::default() };
        }
        Step::ListAndKeep(id) => {
            state.cleaners[index] = Cleaner { doomed: state.checkpoints & !(1 << id), ..Cleaner::default() };
        }
        Step::Delete(id) => {
            state.cleaners[index].doomed &= !(1 << id);
            state.checkpoints &= !(1 << id);
        }
        Step::DeleteList(id) => {
            state.cleaners[index].doomed_lists &= !(1 << id);
            state.lists &= !(1 << id);
        }
    }
}

/// The checkpoints that do not count as of a version and never will: older than one that counts, or of a generation that is
/// sealed.
fn garbage(model: &Checkpoint, state: &State, by: u8) -> u8 {
    let counting = state.record(by).counting;
    let newest = state.version(counting[1]);
    let is_past = |id: &u8| match model.mutation {
        Mutation::CleaningKeepsNewest => *id != state.newest(state.checkpoints),
        Mutation::CleaningTakesNewer => !counting.contains(id),
        _ => {
            let is_sealed = state.record(by).is_sealed && !state.record(*id).is_sealed;
            !counting.contains(id) && (state.version(*id) < newest || is_sealed)
        }
    };
    State::ones(state.checkpoints).filter(is_past).fold(0, |mask, id| mask | 1 << id)
}

/// The lists of the sealed generation that no checkpoint that counts as of a version refers to.
fn garbage_lists(model: &Checkpoint, state: &State, by: u8) -> u8 {
    let counting = state.record(by).counting;
    let is_named = |id: u8| counting.iter().any(|counting| state.list_of(*counting) == id);
    let is_past = |id: &u8| match model.mutation {
        Mutation::ListsGoWithGeneration => state.record(by).is_sealed && !state.list_is_later(*id),
        Mutation::OpenListsGo => !is_named(*id),
        _ => state.record(by).is_sealed && !state.list_is_later(*id) && !is_named(*id),
    };
    State::ones(state.lists).filter(is_past).fold(0, |mask, id| mask | 1 << id)
}
