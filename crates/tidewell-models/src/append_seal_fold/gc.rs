//! Deletion, by facts that never turn back.

use super::state::{ATTEMPTS, ATTEMPTS_EACH, Generation, NAMES, State, WRITERS, parts};
use super::{AppendSealFold, Mutation};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    DeleteEntry(usize),
    /// To the highest floor there may be: the most that anyone can find deleted.
    RaiseFloor(u8),
    DeleteRecord(usize),
    DeleteSegment(usize),
    /// Only where a mutation allows it.
    ForgetWatermark,
}

pub(super) fn steps(model: &AppendSealFold, state: &State, mut push: impl FnMut(Step)) {
    let (head, view) = (state.head(), state.head_view());
    let version = state.version(head);
    for name in (0..NAMES).filter(|name| state.has_entry(*name) && is_past(model, state, *name)) {
        push(Step::DeleteEntry(name));
    }
    let highest = if model.mutation == Mutation::FloorAtHead { version } else { version.max(1) - 1 };
    if state.floor < highest {
        push(Step::RaiseFloor(highest));
    }
    let last = if model.mutation == Mutation::RecordsGoBeforeFloor { version.max(1) - 1 } else { state.floor };
    for version in (1..=usize::from(last)).filter(|version| state.log[*version] != 0) {
        push(Step::DeleteRecord(version));
    }
    for segment in (0..ATTEMPTS).filter(|segment| state.segments & !view.segments & (1 << segment) != 0) {
        let generation = model.bounds.authors[segment / ATTEMPTS_EACH];
        if view.generation(generation) == Generation::Sealed || model.mutation == Mutation::OrphansByAge {
            push(Step::DeleteSegment(segment));
        }
    }
    let is_empty = (0..WRITERS).all(|name| !state.has_entry(name));
    let may_forget = model.mutation == Mutation::WatermarkForgotten && !state.forgotten;
    if may_forget && is_empty && view.applied[0] > 0 {
        push(Step::ForgetWatermark);
    }
}

fn is_past(model: &AppendSealFold, state: &State, name: usize) -> bool {
    let (generation, stream, seq) = parts(name);
    let is_past = |applied: u8| seq < usize::from(applied);
    let view = state.head_view();
    let is_planned = || state.attempts.iter().any(|attempt| is_past(attempt.view.applied[stream]));
    is_past(view.applied[stream])
        || view.generation(generation) == Generation::Sealed
        || (model.mutation == Mutation::EntriesGoBeforeCommit && is_planned())
}

pub(super) fn take(state: &mut State, step: Step) {
    match step {
        Step::DeleteEntry(name) => state.entries &= !(1 << name),
        Step::RaiseFloor(floor) => state.floor = floor,
        Step::DeleteRecord(version) => state.log[version] = 0,
        Step::DeleteSegment(segment) => state.segments &= !(1 << segment),
        Step::ForgetWatermark => {
            let head = state.head();
            state.attempt_mut(head).view.applied[0] = 0;
            state.forgotten = true;
        }
    }
}
