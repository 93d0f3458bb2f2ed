//! A reader: list the log first, catch up second, read the floor last.

use super::state::{GENERATIONS, Generation, State, WRITERS, parts};
use super::{AppendSealFold, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    phase: Phase,
    /// Reads left.
    reads: u8,
    /// The newest record it knows.
    pub(super) known: u8,
    /// Where its probe has led.
    pub(super) probed: u8,
    /// Entries that it listed.
    listed: u8,
    /// Rows that were acknowledged before the read began.
    acked: u8,
    /// What the read before showed.
    seen: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Phase {
    #[default]
    Idle,
    Listed,
    Probed,
    /// Only where the manifest is read first.
    CaughtUp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    List,
    Probe,
    CheckFloor,
}

/// What reads got wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Fault {
    pub(super) missed: bool,
    pub(super) took_back: bool,
    pub(super) doubled: bool,
}

impl Reader {
    pub(super) fn new(reads: u8) -> Self {
        Self { reads, ..Self::default() }
    }

    /// Whether it holds a listing with an entry that is not in the store any more.
    pub(super) fn is_overtaken(&self, entries: u8) -> bool {
        self.listed & !entries != 0
    }
}

pub(super) fn steps(model: &AppendSealFold, state: &State, mut push: impl FnMut(Step)) {
    let view_first = model.mutation == Mutation::ViewBeforeList;
    match state.reader.phase {
        Phase::Idle if state.reader.reads == 0 => {}
        Phase::Idle => push(if view_first { Step::Probe } else { Step::List }),
        Phase::Listed => push(Step::Probe),
        Phase::Probed => push(Step::CheckFloor),
        Phase::CaughtUp => push(Step::List),
    }
}

pub(super) fn take(model: &AppendSealFold, state: &mut State, step: Step) {
    let view_first = model.mutation == Mutation::ViewBeforeList;
    let (entries, acked) = (state.entries, state.acked);
    let reader = &mut state.reader;
    match step {
        Step::List => {
            reader.listed = entries;
            if view_first {
                finish(model, state);
            } else {
                reader.acked = acked;
                reader.phase = Phase::Listed;
            }
        }
        Step::Probe => {
            let probed = state.probe(state.reader.known);
            let reader = &mut state.reader;
            reader.probed = probed;
            if view_first {
                reader.acked = acked;
            }
            reader.phase = Phase::Probed;
        }
        Step::CheckFloor => {
            let Reader { known, probed, .. } = state.reader;
            state.reader.known =
                if model.mutation == Mutation::ReaderSkipsFloor { probed } else { state.settle(known, probed) };
            state.reader.probed = 0;
            if view_first {
                state.reader.phase = Phase::CaughtUp;
            } else {
                finish(model, state);
            }
        }
    }
}

/// Puts view and listing together; starts over while a generation is being sealed, since showing its entries or hiding them
/// could both be taken back.
fn finish(model: &AppendSealFold, state: &mut State) {
    let Reader { listed, acked, seen, known, .. } = state.reader.clone();
    let view = state.view(known);
    state.reader = Reader { phase: Phase::Idle, listed: 0, acked: 0, ..state.reader.clone() };
    let (mut rows, mut doubled) = (view.rows, view.doubled);
    for stream in 0..GENERATIONS * WRITERS {
        let (_, run) = state.run(&view, listed, stream);
        let is_shown = match view.generation(stream / WRITERS) {
            Generation::Open => true,
            Generation::Sealing if run != 0 && model.mutation != Mutation::SealingShown => return,
            Generation::Sealing => true,
            Generation::Sealed => model.mutation == Mutation::SealedShown,
        };
        if is_shown {
            doubled |= rows & run;
            rows |= run;
        }
    }
    state.reader.reads -= 1;
    state.reader.seen = rows;
    state.read.missed |= acked & !rows != 0;
    state.read.took_back |= seen & !rows != 0;
    state.read.doubled |= doubled != 0;
    if state.reader.reads == 0 {
        state.reader = Reader::default();
    }
}

/// Rows that a read begun and finished at once would show.
pub(super) fn standing_rows(state: &State) -> u8 {
    let view = state.head_view();
    let listed = (0..super::state::NAMES).filter(|name| state.has_entry(*name));
    let counts = |name: &usize| view.generation(parts(*name).0) != Generation::Sealed;
    let entries = listed.filter(counts).fold(0, |entries, name| entries | 1 << name);
    (0..GENERATIONS * WRITERS).fold(view.rows, |rows, stream| rows | state.run(&view, entries, stream).1)
}
