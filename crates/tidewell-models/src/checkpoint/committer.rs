//! Committers, and checkpoints: anyone may write one of any version, however old.

use super::state::{RECORDS, Record, State};
use super::{Checkpoint, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Committer {
    pub(super) phase: Phase,
    /// The record at hand; 0 for none.
    pub(super) record: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// The record is sent and not answered.
    Sent,
    /// The store said that the record is created.
    Created,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Catches up and sends the record that follows.
    Send,
    /// Answers "unknown"; the record may arrive at any time.
    GiveUp,
    CheckFloor,
    /// Only where a mutation allows it: a checkpoint of the record at hand.
    WriteCheckpoint,
}

pub(super) fn steps(model: &Checkpoint, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let committer = &state.committers[index];
    let writes_early = match committer.phase {
        Phase::Idle => false,
        Phase::Sent => model.mutation == Mutation::CheckpointBeforeCommit,
        Phase::Created => model.mutation == Mutation::CheckpointBeforeFloor,
    };
    match committer.phase {
        Phase::Idle if state.sent < model.bounds.commits => push(Step::Send),
        Phase::Idle => {}
        Phase::Sent => push(Step::GiveUp),
        Phase::Created => push(Step::CheckFloor),
    }
    if writes_early && state.checkpoints_left > 0 {
        push(Step::WriteCheckpoint);
    }
}

pub(super) fn take(model: &Checkpoint, state: &mut State, index: usize, step: Step) {
    let id = state.committers[index].record;
    match step {
        Step::Send => {
            let parent = state.head();
            state.sent += 1;
            state.records[usize::from(state.sent) - 1] = Record { version: state.version(parent) + 1, parent };
            state.flights |= 1 << state.sent;
            state.committers[index] = Committer { phase: Phase::Sent, record: state.sent };
        }
        Step::GiveUp => state.committers[index] = Committer::default(),
        Step::CheckFloor => {
            let counts = state.floor < state.version(id) || model.mutation == Mutation::CommitterSkipsFloor;
            state.misreported |= counts && !state.is_true(id);
            state.committers[index] = Committer::default();
        }
        Step::WriteCheckpoint => write_checkpoint(model, state, id),
    }
}

/// The record arrives at the store; its answer arrives, or not.
pub(super) fn deliver(state: &mut State, id: u8, answered: bool) {
    state.flights &= !(1 << id);
    let version = usize::from(state.version(id));
    let is_created = state.log[version] == 0;
    if is_created {
        state.log[version] = id;
        if state.history[version] == 0 {
            state.history[version] = id;
        }
    }
    let phase = if is_created { Phase::Created } else { Phase::Idle };
    for committer in state.committers.iter_mut().filter(|committer| committer.record == id && answered) {
        *committer = Committer { phase, record: if is_created { id } else { 0 } };
    }
}

/// Writes a checkpoint of the state that the record leads to, and points the hint at it.
pub(super) fn write_checkpoint(model: &Checkpoint, state: &mut State, id: u8) {
    state.checkpoints |= 1 << id;
    state.checkpoints_left -= 1;
    if model.mutation == Mutation::CleaningTrustsHint {
        state.hinted |= 1 << id;
    }
}

const _: () = assert!(RECORDS < 8, "masks of one byte hold every record");
