//! Compactions: they apply the tombstone to each input by that input's rank, and change no answer.

use super::state::{Segment, State};
use super::{Delete, Mutation};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Compactor {
    may_compact: bool,
    /// The ids of its inputs; 0 for none.
    inputs: [u8; 2],
    output: Segment,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Merges the segments with these ids, or rewrites one where they are the same.
    Stage([u8; 2]),
    Commit,
    /// Drops the output: an input is not live any more.
    Abort,
}

impl Compactor {
    pub(super) fn new(may_compact: bool) -> Self {
        Self { may_compact, ..Self::default() }
    }

    /// Whether its output was made before the tombstone was there, from segments that the tombstone hides.
    pub(super) fn is_unclean(&self, tombstone: u8) -> bool {
        self.output.rank != 0 && self.output.rank < tombstone && self.output.cleaned < tombstone
    }

    /// Whether its output has rows from both sides of the tombstone's version.
    pub(super) fn is_mixed(&self, state: &State) -> bool {
        let mut ranks = self.inputs.iter().filter_map(|id| state.head.live().find(|segment| segment.id == *id));
        self.output.rank > state.head.tombstone && ranks.any(|segment| segment.rank < state.head.tombstone)
    }
}

pub(super) fn steps(state: &State, index: usize, mut push: impl FnMut(Step)) {
    let compactor = &state.compactors[index];
    if compactor.output.rank != 0 {
        let is_live = compactor.inputs.iter().all(|id| state.head.holds(*id));
        push(if is_live { Step::Commit } else { Step::Abort });
    } else if compactor.may_compact {
        for a in state.head.live() {
            for b in state.head.live().filter(|b| b.id >= a.id) {
                push(Step::Stage([a.id, b.id]));
            }
        }
    }
}

pub(super) fn take(model: &Delete, state: &mut State, index: usize, step: Step) {
    match step {
        Step::Stage(inputs) => {
            let output = merge(model, state, inputs);
            state.compactors[index] = Compactor { may_compact: false, inputs, output };
        }
        Step::Commit => commit(model, state, index),
        Step::Abort => state.compactors[index] = Compactor::default(),
    }
}

fn merge(model: &Delete, state: &State, ids: [u8; 2]) -> Segment {
    let tombstone = state.head.tombstone;
    let inputs = || state.head.live().filter(|segment| ids.contains(&segment.id));
    let rank = inputs().map(|input| input.rank).max().unwrap_or(0);
    let is_deleted = |input: &Segment| match model.mutation {
        Mutation::AppliedByOutput => rank < tombstone,
        Mutation::AppliedToAll => tombstone != 0,
        _ => input.rank < tombstone,
    };
    let rows = inputs().filter(|input| !is_deleted(input)).fold(0, |rows, input| rows | input.rows);
    Segment { rows, rank, cleaned: tombstone, id: 0 }
}

fn commit(model: &Delete, state: &mut State, index: usize) {
    let Compactor { inputs, mut output, .. } = state.compactors[index];
    let hides_all = model.mutation == Mutation::HidesAll;
    let before = state.head.visible(hides_all);
    state.head.version += 1;
    output.id = state.head.version;
    if model.mutation == Mutation::OutputRanksNewest {
        output.rank = state.head.version;
    }
    if model.mutation == Mutation::CleanedAtCommit {
        output.cleaned = state.head.tombstone;
    }
    state.head.remove(&inputs);
    state.head.add(output);
    state.is_answer_changed |= state.head.visible(hides_all) != before;
    state.compactors[index] = Compactor::default();
}
