//! Folders: of several entries with the token one brings the row, and a commit with it names the token.

use super::state::{Generation, NAMES, State, is_first};
use super::{Mutation, Token};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Folder {
    pub(super) phase: Phase,
    /// Entries that it listed, then those that it folds.
    entries: u8,
    /// How often the row is in what it has staged.
    rows: u8,
    /// Whether its commit names the token.
    names_token: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    #[default]
    Done,
    Ready,
    Listed,
    Staged,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    List,
    /// Catches up and stages a segment of these entries.
    Stage(u8),
    /// Catches up, and finds nothing to fold.
    Rest,
    Commit,
}

impl Folder {
    pub(super) fn new(may_fold: bool) -> Self {
        Self { phase: if may_fold { Phase::Ready } else { Phase::Done }, ..Self::default() }
    }

    /// Whether what it has staged is refused because another commit named the token.
    pub(super) fn is_repeat(&self, state: &State) -> bool {
        self.phase == Phase::Staged
            && self.names_token
            && state.head.has_token
            && self.entries & state.head.applied == 0
    }
}

pub(super) fn steps(state: &State, index: usize, mut push: impl FnMut(Step)) {
    let folder = &state.folders[index];
    match folder.phase {
        Phase::Done => {}
        Phase::Ready if state.entries != 0 => push(Step::List),
        Phase::Ready => {}
        Phase::Listed => {
            let counting = state.head.counting_of(folder.entries);
            if counting == 0 {
                push(Step::Rest);
            }
            (1..1 << NAMES).filter(|entries| entries & !counting == 0).map(Step::Stage).for_each(push);
        }
        Phase::Staged => push(Step::Commit),
    }
}

pub(super) fn take(model: &Token, state: &mut State, index: usize, step: Step) {
    let folder = state.folders[index];
    state.folders[index] = match step {
        Step::List => Folder { phase: Phase::Listed, entries: state.entries, ..Folder::default() },
        Step::Stage(entries) => stage(model, state, folder.entries, entries),
        Step::Rest => Folder::new(true),
        // A fold that is refused starts over.
        Step::Commit => Folder::new(!commit(model, state, folder)),
    };
}

fn stage(model: &Token, state: &State, listed: u8, entries: u8) -> Folder {
    let is_first_void = listed & !state.head.counting_of(listed) & lowest(listed) != 0;
    let is_left_out = match model.mutation {
        Mutation::FoldBringsRepeats => false,
        Mutation::VoidHides => state.head.has_token || is_first_void,
        _ => state.head.has_token,
    };
    let rows = match model.mutation {
        _ if is_left_out => 0,
        Mutation::FoldDoublesEntries => entries.count_ones() as u8,
        _ => 1,
    };
    let names_token = rows > 0 && !state.head.has_token;
    Folder { phase: Phase::Staged, entries, rows, names_token }
}

const fn lowest(mask: u8) -> u8 {
    mask & mask.wrapping_neg()
}

/// Whether the commit was made.
fn commit(model: &Token, state: &mut State, folder: Folder) -> bool {
    let Folder { entries, rows, names_token, .. } = folder;
    let is_sealed = |name: usize| is_first(name) && state.head.first == Generation::Sealed;
    let is_elsewhere = (0..NAMES).any(|name| {
        let is_folded = state.head.applied & (1 << name) != 0;
        entries & (1 << name) != 0 && (is_folded || is_sealed(name))
    });
    let is_taken = names_token && state.head.has_token && model.mutation != Mutation::TokenUnchecked;
    if is_elsewhere || is_taken {
        return false;
    }
    state.is_swept &= !(0..NAMES).any(|name| is_first(name) && entries & (1 << name) != 0);
    let head = &mut state.head;
    head.applied |= entries;
    head.has_token |= names_token && model.mutation != Mutation::TokenUnnamed;
    head.is_doubled |= rows > 1 || (rows == 1 && head.has_row);
    head.has_row |= rows > 0;
    true
}
