//! A cold reader: the newest record's number and the hint, a checkpoint, the records after it, the floor; then whether the
//! checkpoint counts, so that its lists are kept.

use super::state::State;
use super::{Checkpoint, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    phase: Phase,
    /// Reads left.
    reads: u8,
    /// The number of the newest record that it listed.
    listed: u8,
    /// The head when it began.
    began: u8,
    /// The checkpoint that it started from.
    start: u8,
    /// Where its replay has led.
    at: u8,
    /// What it got wrong.
    pub(super) fault: Fault,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Phase {
    #[default]
    Idle,
    Listed,
    Replaying,
    /// It met a record that does not follow.
    Broken,
    /// It has come to the end of the chain.
    Replayed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    List,
    /// Reads this checkpoint: the newest, or whichever the hint names; 0 where what was named or listed is gone.
    Start(u8),
    /// Reads the next record.
    Replay,
    CheckFloor,
}

/// What an open got wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Fault {
    pub(super) is_false: bool,
    pub(super) is_stale: bool,
    pub(super) is_broken: bool,
    pub(super) is_hollow: bool,
}

impl Reader {
    pub(super) fn new(reads: u8) -> Self {
        Self { reads, ..Self::default() }
    }

    pub(super) fn records(&self) -> [u8; 2] {
        [self.start, self.at]
    }

    /// Whether it came from a checkpoint with a list that does not count where it ends.
    pub(super) fn is_uncounted(&self, state: &State) -> bool {
        let counting = state.record(self.at).counting;
        self.phase == Phase::Replayed && state.list_of(self.start) != 0 && !counting.contains(&self.start)
    }

    /// Whether it replays from a checkpoint below the floor.
    pub(super) fn is_overtaken(&self, state: &State) -> bool {
        self.phase == Phase::Replayed && state.version(self.start) < state.floor
    }

    /// Whether it met a record that does not follow.
    pub(super) fn is_at_odds(&self) -> bool {
        self.phase == Phase::Broken
    }
}

pub(super) fn steps(state: &State, mut push: impl FnMut(Step)) {
    match state.reader.phase {
        Phase::Idle if state.reader.reads > 0 => push(Step::List),
        Phase::Idle => {}
        Phase::Listed => {
            push(Step::Start(0));
            State::ones(state.checkpoints).map(Step::Start).for_each(push);
        }
        Phase::Replaying => push(Step::Replay),
        Phase::Broken | Phase::Replayed => push(Step::CheckFloor),
    }
}

pub(super) fn take(model: &Checkpoint, state: &mut State, step: Step) {
    match step {
        Step::List => {
            let listed = state.log.iter().rposition(|record| *record != 0).unwrap_or(0) as u8;
            let began = state.version(state.head());
            state.reader = Reader { phase: Phase::Listed, listed, began, ..Reader::new(state.reader.reads) };
        }
        Step::Start(id) => {
            let (version, listed) = (state.version(id), state.reader.listed);
            let reader = &mut state.reader;
            (reader.start, reader.at) = (id, id);
            let is_end = version >= listed || model.mutation == Mutation::HintIsHead;
            reader.phase = if is_end { Phase::Replayed } else { Phase::Replaying };
        }
        Step::Replay => replay(model, state),
        Step::CheckFloor => finish(model, state),
    }
}

fn replay(model: &Checkpoint, state: &mut State) {
    let at = state.reader.at;
    let next = state.log[usize::from(state.version(at)) + 1];
    let follows = state.record(next).parent == at;
    let is_end = state.version(next) >= state.reader.listed;
    let reads = state.reader.reads;
    let reader = &mut state.reader;
    if next == 0 && model.mutation == Mutation::GapIsEnd {
        reader.phase = Phase::Replayed;
    } else if next == 0 {
        *reader = Reader::new(reads);
    } else if follows {
        reader.at = next;
        reader.phase = if is_end { Phase::Replayed } else { Phase::Replaying };
    } else {
        reader.phase = Phase::Broken;
    }
}

/// Below the floor nothing can be believed, and lists may be gone of a checkpoint that does not count: then it starts over.
fn finish(model: &Checkpoint, state: &mut State) {
    let Reader { phase, reads, start, at, began, .. } = state.reader;
    let skips = matches!(model.mutation, Mutation::ReaderSkipsFloor | Mutation::GapIsEnd | Mutation::HintIsHead);
    let is_kept = state.list_of(start) == 0 || state.record(at).counting.contains(&start);
    let counts = state.floor <= state.version(start) || skips;
    let counts = counts && (is_kept || model.mutation == Mutation::ReaderTakesUncounted);
    let is_current = state.record(at).counting == state.record(state.head()).counting;
    state.reader = Reader::new(reads);
    if counts {
        let list = state.list_of(start);
        state.reader.reads -= 1;
        state.reader.fault = Fault {
            is_broken: phase == Phase::Broken,
            is_false: phase != Phase::Broken && !state.is_true(at),
            is_stale: phase != Phase::Broken && state.version(at) < began,
            is_hollow: is_current && list != 0 && state.lists & (1 << list) == 0,
        };
    }
}
