//! A reader: lists the log, catches up, and hides what the tombstone covers.

use super::state::State;
use super::{Delete, Mutation};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    is_listed: bool,
    /// Reads left.
    reads: u8,
    /// Entries that it listed.
    listed: u8,
    /// Rows that were acknowledged before the read began.
    acked: u8,
    /// Whether the delete was answered before the read began.
    is_after: bool,
    /// What the read before showed, if it was after the delete.
    shown: u8,
    pub(super) fault: Fault,
}

/// What reads got wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Fault {
    pub(super) showed_deleted: bool,
    pub(super) hid_later: bool,
    pub(super) took_back: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    List,
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

pub(super) fn take(model: &Delete, state: &mut State, step: Step) {
    match step {
        Step::List => {
            let (listed, acked, is_after) = (state.entries, state.acked(), state.deleter.is_answered());
            state.reader = Reader { is_listed: true, listed, acked, is_after, ..state.reader };
        }
        Step::Show => show(model, state),
    }
}

fn show(model: &Delete, state: &mut State) {
    let Reader { reads, listed, acked, is_after, shown, fault, .. } = state.reader;
    let hides_all = model.mutation == Mutation::HidesAll;
    let rows = state.head.visible(hides_all) | listed & !state.head.applied;
    let fault = Fault {
        showed_deleted: fault.showed_deleted || (is_after && rows & state.deleter.before != 0),
        hid_later: fault.hid_later || acked & state.later() & !rows != 0,
        took_back: fault.took_back || shown & !rows != 0,
    };
    let shown = if is_after && reads > 1 { rows } else { 0 };
    state.reader = Reader { reads: reads - 1, shown, fault, ..Reader::default() };
}
