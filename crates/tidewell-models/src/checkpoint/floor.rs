//! The floor: raised by compare-and-swap, after a checkpoint at or above it was seen, and below the head.

use super::state::{State, VERSIONS};
use super::{Checkpoint, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Raiser {
    /// Whether it still may raise the floor.
    may_raise: bool,
    /// The floor that it read and the one that it will write.
    plan: Option<(u8, u8)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reads floor, head and checkpoints, and decides on this floor.
    Choose(u8),
    Swap,
}

impl Raiser {
    pub(super) fn new(may_raise: bool) -> Self {
        Self { may_raise, plan: None }
    }
}

pub(super) fn steps(model: &Checkpoint, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let raiser = &state.raisers[index];
    if raiser.plan.is_some() {
        push(Step::Swap);
    } else if raiser.may_raise {
        let head = state.version(state.head());
        let newest = match model.mutation {
            Mutation::FloorWithoutCheckpoint => head,
            _ => state.version(state.newest(state.checkpoints)),
        };
        let limit = if model.mutation == Mutation::FloorAtHead { newest } else { newest.min(head.max(1) - 1) };
        (state.floor + 1..=limit).map(Step::Choose).for_each(push);
    }
}

pub(super) fn take(model: &Checkpoint, state: &mut State, index: usize, step: Step) {
    match step {
        Step::Choose(to) => state.raisers[index].plan = Some((state.floor, to)),
        Step::Swap => {
            if let Some((from, to)) = state.raisers[index].plan.take() {
                state.raisers[index].may_raise = false;
                if state.floor == from || model.mutation == Mutation::FloorOverwritten {
                    state.floor = to;
                    state.floor_max = state.floor_max.max(to);
                }
            }
        }
    }
}

/// The versions whose records may be deleted.
pub(super) fn deletable(model: &Checkpoint, state: &State) -> impl Iterator<Item = usize> {
    let last = match model.mutation {
        Mutation::RecordsGoBeforeFloor => {
            state.version(state.newest(state.checkpoints)).min(state.version(state.head()).max(1) - 1)
        }
        _ => state.floor,
    };
    let log = state.log;
    (1..VERSIONS).filter(move |version| *version <= usize::from(last) && log[*version] != 0)
}
