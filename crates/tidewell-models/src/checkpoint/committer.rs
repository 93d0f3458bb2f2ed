//! Committers, and checkpoints: anyone may write one of any version; a commit lets it count.

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
    /// The same, and this checkpoint counts from then on.
    SendCounting(u8),
    /// The same, and the first generation is sealed from then on.
    SendSealing,
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
        Phase::Idle if state.sent < model.bounds.commits => {
            push(Step::Send);
            let counting = |id: &u8| may_count(model, state, *id);
            State::ones(state.staged).filter(counting).map(Step::SendCounting).for_each(&mut push);
            if model.bounds.has_lists && !state.record(state.head()).is_sealed {
                push(Step::SendSealing);
            }
        }
        Phase::Idle => {}
        Phase::Sent => push(Step::GiveUp),
        Phase::Created => push(Step::CheckFloor),
    }
    if writes_early && state.checkpoints_left > 0 {
        push(Step::WriteCheckpoint);
    }
}

/// Whether a commit on the head may let a checkpoint count: it is newer than those that do, its generation is not sealed,
/// and what it took a list over from still counts.
fn may_count(model: &Checkpoint, state: &State, id: u8) -> bool {
    let head = state.record(state.head());
    let is_newer = state.version(id) > state.version(head.counting[1]) || model.mutation == Mutation::StaleCounts;
    let is_open = !head.is_sealed || state.record(id).is_sealed || model.mutation == Mutation::SealedCounts;
    let basis = state.basis_of(id);
    let is_kept = basis == 0 || head.counting.contains(&basis) || model.mutation == Mutation::BasisUnchecked;
    is_newer && is_open && is_kept && !head.counting.contains(&id)
}

pub(super) fn take(model: &Checkpoint, state: &mut State, index: usize, step: Step) {
    let id = state.committers[index].record;
    match step {
        Step::Send => send(state, index, |_| {}),
        Step::SendCounting(checkpoint) => send(state, index, |next| next.counting = [next.counting[1], checkpoint]),
        Step::SendSealing => send(state, index, |next| next.is_sealed = true),
        Step::GiveUp => state.committers[index] = Committer::default(),
        Step::CheckFloor => {
            let counts = state.floor < state.version(id) || model.mutation == Mutation::CommitterSkipsFloor;
            state.misreported |= counts && !state.is_true(id);
            state.committers[index] = Committer::default();
        }
        Step::WriteCheckpoint => write_checkpoint(state, id, None),
    }
}

fn send(state: &mut State, index: usize, change: impl Fn(&mut Record)) {
    let parent = state.head();
    let mut next = Record { version: state.version(parent) + 1, parent, ..state.record(parent) };
    change(&mut next);
    state.sent += 1;
    state.records[usize::from(state.sent) - 1] = next;
    state.flights |= 1 << state.sent;
    state.committers[index] = Committer { phase: Phase::Sent, record: state.sent };
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

/// Where the lists of a checkpoint come from; `None` where it has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lists {
    /// It writes its own.
    New,
    /// It takes over those of this checkpoint.
    Of(u8),
}

/// The checkpoints of the state after `record` that someone may write.
pub(super) fn lists(model: &Checkpoint, state: &State, record: u8, mut push: impl FnMut(Option<Lists>)) {
    if !model.bounds.has_lists {
        return push(None);
    }
    push(Some(Lists::New));
    let is_whole = |id: &u8| {
        let is_earlier = state.version(*id) <= state.version(record) && *id != record;
        is_earlier && state.list_of(*id) != 0
    };
    State::ones(state.checkpoints).filter(is_whole).map(|id| Some(Lists::Of(id))).for_each(push);
}

/// Writes a checkpoint of the state that the record leads to.
pub(super) fn write_checkpoint(state: &mut State, id: u8, lists: Option<Lists>) {
    state.checkpoints |= 1 << id;
    state.staged |= 1 << id;
    state.checkpoints_left -= 1;
    state.hinted |= 1 << id;
    let (list, basis) = match lists {
        None => (0, 0),
        Some(Lists::New) => (id, 0),
        Some(Lists::Of(basis)) => (state.list_of(basis), basis),
    };
    state.made[usize::from(id) - 1] = (list, basis);
    if lists == Some(Lists::New) {
        state.lists |= 1 << id;
    }
}

const _: () = assert!(RECORDS < 8, "masks of one byte hold every record");
