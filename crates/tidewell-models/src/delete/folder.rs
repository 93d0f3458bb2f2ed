//! Writers' entries and the folders that fold them.

use super::state::{RowPhase, State};

/// A folder that is not the delete's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Folder {
    may_fold: bool,
    /// The rows of the segment that it has staged; 0 for none.
    staged: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Lists the log, catches up and stages a segment.
    Stage,
    Commit,
}

/// A step of a row's writer, or of its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowStep {
    Send,
    Arrive,
    Acknowledge,
}

impl Folder {
    pub(super) fn new(may_fold: bool) -> Self {
        Self { may_fold, staged: 0 }
    }
}

pub(super) fn row_step(state: &State, row: usize) -> Option<RowStep> {
    // Rows are alike, so that they may as well be sent in this order.
    let is_next = row == 0 || state.rows[row - 1].phase != RowPhase::Unsent;
    match state.rows[row].phase {
        RowPhase::Unsent if !is_next => None,
        RowPhase::Unsent => Some(RowStep::Send),
        RowPhase::Sent => Some(RowStep::Arrive),
        RowPhase::Landed => Some(RowStep::Acknowledge),
        RowPhase::Acked => None,
    }
}

pub(super) fn take_row(state: &mut State, row: usize, step: RowStep) {
    let is_later = state.deleter.is_answered();
    match step {
        RowStep::Send => (state.rows[row].phase, state.rows[row].is_later) = (RowPhase::Sent, is_later),
        RowStep::Arrive => {
            state.rows[row].phase = RowPhase::Landed;
            state.entries |= 1 << row;
        }
        RowStep::Acknowledge => state.rows[row].phase = RowPhase::Acked,
    }
}

pub(super) fn steps(state: &State, index: usize, mut push: impl FnMut(Step)) {
    let folder = &state.folders[index];
    if folder.staged != 0 {
        push(Step::Commit);
    } else if folder.may_fold && state.entries & !state.head.applied != 0 {
        push(Step::Stage);
    }
}

pub(super) fn take(state: &mut State, index: usize, step: Step) {
    match step {
        Step::Stage => {
            state.folders[index] = Folder { may_fold: false, staged: state.entries & !state.head.applied };
        }
        Step::Commit => {
            state.commit_fold(state.folders[index].staged);
            state.folders[index].staged = 0;
        }
    }
}
