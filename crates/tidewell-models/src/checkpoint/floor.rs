//! The floor: raised by compare-and-swap to the older of the two checkpoints that count, while the newer is there.

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
    /// Reads floor and head, looks whether the newer checkpoint is there, and decides.
    Choose,
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
    } else if raiser.may_raise && limit(model, state) > state.floor {
        push(Step::Choose);
    }
}

/// The floor that the head allows.
fn limit(model: &Checkpoint, state: &State) -> u8 {
    let head = state.version(state.head());
    let [older, newer] = state.record(state.head()).counting;
    match model.mutation {
        Mutation::FloorAtHead => head,
        Mutation::FloorWithoutCheckpoint => head.max(1) - 1,
        Mutation::FloorAtUncounted => state.version(state.newest(state.checkpoints)).min(head.max(1) - 1),
        _ if state.checkpoints & (1 << newer) == 0 => 0,
        _ => state.version(older),
    }
}

pub(super) fn take(model: &Checkpoint, state: &mut State, index: usize, step: Step) {
    match step {
        Step::Choose => state.raisers[index].plan = Some((state.floor, limit(model, state))),
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
        Mutation::RecordsGoBeforeFloor => limit(model, state),
        _ => state.floor,
    };
    let log = state.log;
    (1..VERSIONS).filter(move |version| *version <= usize::from(last) && log[*version] != 0)
}
