//! A reader: lists the log, catches up, and shows the row of a token once.

use super::state::{Generation, State, is_first};
use super::{Mutation, Token};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    is_listed: bool,
    /// Reads left.
    reads: u8,
    /// Entries that it listed.
    listed: u8,
    /// Whether the request was acknowledged before the read began.
    is_acked: bool,
    /// Whether the read before showed the row.
    has_shown: bool,
    /// What reads got wrong.
    pub(super) missed: bool,
    pub(super) took_back: bool,
    pub(super) doubled: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    List,
    /// Catches up; starts over while a generation with listed entries is being sealed.
    Show,
}

impl Reader {
    pub(super) fn new(reads: u8) -> Self {
        Self { reads, ..Self::default() }
    }
}

pub(super) fn step(state: &State) -> Option<Step> {
    match (state.reader.is_listed, state.reader.reads) {
        (true, _) => Some(Step::Show),
        (false, 0) => None,
        (false, _) => Some(Step::List),
    }
}

pub(super) fn take(model: &Token, state: &mut State, step: Step) {
    match step {
        Step::List => {
            let (listed, is_acked) = (state.entries, state.is_acked);
            state.reader = Reader { is_listed: true, listed, is_acked, ..state.reader };
        }
        Step::Show => show(model, state),
    }
}

fn show(model: &Token, state: &mut State) {
    let Reader { reads, listed, is_acked, has_shown, .. } = state.reader;
    let head = state.head;
    let entries = head.counting_of(listed);
    let is_sealing =
        head.first == Generation::Sealing && (0..2).any(|name| is_first(name) && entries & (1 << name) != 0);
    state.reader.is_listed = false;
    state.reader.listed = 0;
    state.reader.is_acked = false;
    if is_sealing {
        return;
    }
    let logged = match model.mutation {
        Mutation::ReadDoublesEntries => entries.count_ones(),
        _ => u32::from(entries != 0),
    };
    let is_repeat = head.has_token && model.mutation != Mutation::ReadDoublesSegments;
    let rows = u32::from(head.has_row) + if is_repeat { 0 } else { logged };
    state.reader.missed |= is_acked && rows == 0;
    state.reader.took_back |= has_shown && rows == 0;
    state.reader.doubled |= rows > 1;
    state.reader.reads = reads - 1;
    state.reader.has_shown = rows > 0 && reads > 1;
}
