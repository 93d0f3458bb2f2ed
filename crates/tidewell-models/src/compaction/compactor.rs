//! Compactors: two live segments become one, if nothing between them in rank overlaps and they are live to the end.

use super::state::{FOLDS, POINTS, SEGMENTS, Segment, State, ones};
use super::{Compaction, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Compactor {
    pub(super) phase: Phase,
    pub(super) inputs: u8,
    /// Whether an earlier version was put back since it made its plan.
    pub(super) is_void: bool,
    /// The mask of its output.
    output: u8,
    /// The number under which its record was sent last.
    number: u8,
    /// Copies of that create that are under way.
    pub(super) flights: u8,
    puts: u8,
    /// The version that its record became; 0 for none.
    pub(super) committed: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// The output is in the store.
    Staged,
    /// The record is sent and not answered.
    Sent,
    /// No usable answer came.
    Unsettled,
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Reads the segments of this mask, merges them and stores the output.
    Stage(u8),
    /// Catches up and sends the commit under the next number.
    Send,
    TimeOut,
    ReadBack,
    PutAgain,
    /// Answers "unknown" and leaves everything as it is.
    GiveUp,
    /// Deletes the output: certainly no commit has it or will have it.
    Abort,
}

impl Compactor {
    /// Its output, while it may yet commit it, or its record may yet become a version.
    pub(super) fn staged(&self, head: u8) -> u8 {
        if self.is_planned() { self.output } else { self.unresolved_output(head) }
    }

    /// Whether it may yet send a record.
    pub(super) fn is_planned(&self) -> bool {
        matches!(self.phase, Phase::Staged | Phase::Sent | Phase::Unsettled)
    }

    /// Blanks all but that it is done, once no record of it can become a version any more.
    pub(super) fn forget(&mut self, head: u8) {
        if self.phase == Phase::Done && (self.number <= head || self.flights == 0) {
            *self = Self { phase: Phase::Done, ..Self::default() };
        }
    }

    /// Its output, while a record that names it may still become a version.
    pub(super) fn unresolved_output(&self, head: u8) -> u8 {
        if self.flights > 0 && self.number > head { self.output } else { 0 }
    }

    /// Whether its record is committed and it does not know.
    pub(super) fn is_unaware(&self) -> bool {
        self.phase == Phase::Unsettled && self.committed == self.number
    }
}

pub(super) fn steps(model: &Compaction, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let compactor = &state.compactors[index];
    let is_void = compactor.is_void && model.mutation != Mutation::RestoreIgnored;
    let is_live = compactor.inputs & !state.at_head().live == 0 && !is_void;
    let is_live = is_live || model.mutation == Mutation::InputsUnchecked;
    match compactor.phase {
        Phase::Idle if index < usize::from(model.bounds.compactions) => {
            let is_next = index == 0 || state.compactors[index - 1].phase != Phase::Idle;
            pairs(state).filter(|pair| is_next && may_merge(model, state, *pair)).map(Step::Stage).for_each(push);
        }
        Phase::Staged => push(if is_live { Step::Send } else { Step::Abort }),
        Phase::Sent => push(Step::TimeOut),
        Phase::Unsettled => {
            let is_absent = state.head < compactor.number;
            push(if is_absent { Step::PutAgain } else { Step::ReadBack });
            push(Step::GiveUp);
            if is_absent && model.mutation == Mutation::AbsentIsFailure {
                push(Step::Abort);
            }
        }
        Phase::Idle | Phase::Done => {}
    }
}

pub(super) fn take(model: &Compaction, state: &mut State, index: usize, step: Step) {
    let head = state.head;
    match step {
        Step::Stage(inputs) => stage(model, state, index, inputs),
        Step::Send => {
            if model.mutation == Mutation::DeletedBeforeUnlink {
                state.objects &= !state.compactors[index].inputs;
            }
            let compactor = &mut state.compactors[index];
            *compactor = Compactor { phase: Phase::Sent, number: head + 1, flights: 1, puts: 1, ..compactor.clone() };
        }
        Step::TimeOut => state.compactors[index].phase = Phase::Unsettled,
        Step::ReadBack => {
            let compactor = &mut state.compactors[index];
            let is_mine = compactor.committed == compactor.number;
            compactor.phase = if is_mine { Phase::Done } else { Phase::Staged };
        }
        Step::PutAgain => {
            let compactor = &mut state.compactors[index];
            compactor.phase = Phase::Sent;
            if compactor.puts < 2 {
                compactor.puts += 1;
                compactor.flights += 1;
            }
        }
        Step::GiveUp => state.compactors[index].phase = Phase::Done,
        Step::Abort => abort(state, index),
    }
}

fn abort(state: &mut State, index: usize) {
    let compactor = &mut state.compactors[index];
    compactor.phase = Phase::Done;
    state.objects &= !compactor.output;
}

fn pairs(state: &State) -> impl Iterator<Item = u8> {
    let live = state.at_head().live;
    (1..1u8 << SEGMENTS).filter(move |pair| pair.count_ones() == 2 && pair & !live == 0)
}

/// The rank rule: no other live segment that has a point of the inputs ranks between them. The output takes the highest
/// rank of its inputs, so it would overtake such a segment with what should stay behind it.
pub(super) fn may_merge(model: &Compaction, state: &State, inputs: u8) -> bool {
    if inputs & !state.objects != 0 {
        return false;
    }
    let has_point = |segment: usize, point: usize| state.segments[segment].points[point] != 0;
    let ranks = || ones(inputs).map(|segment| state.segments[segment].rank);
    let between = ranks().min().unwrap_or(0)..=ranks().max().unwrap_or(0);
    let overlaps =
        |other: usize| (0..POINTS).any(|point| has_point(other, point) && ones(inputs).any(|s| has_point(s, point)));
    let mut others = ones(state.at_head().live & !inputs);
    model.mutation == Mutation::RanksIgnored
        || !others.any(|other| between.contains(&state.segments[other].rank) && overlaps(other))
}

fn stage(model: &Compaction, state: &mut State, index: usize, inputs: u8) {
    let output = match model.mutation {
        Mutation::NameReused => ones(inputs).next().unwrap_or(FOLDS),
        _ => FOLDS + index,
    };
    let merged = ones(inputs).map(|segment| state.segments[segment]);
    let (rows, rank) = merged.fold((0, 0), |(rows, rank), input| (rows | input.rows, rank.max(input.rank)));
    let rank = if model.mutation == Mutation::OutputRanksNewest { 0 } else { rank };
    let points = state.answer(inputs);
    state.segments[output] = Segment { points, rows, rank, added: 0 };
    state.objects |= 1 << output;
    state.compactors[index] = Compactor { phase: Phase::Staged, inputs, output: 1 << output, ..Compactor::default() };
}

/// A copy of a record's create arrives at the store; its answer arrives, or not.
pub(super) fn deliver(model: &Compaction, state: &mut State, index: usize, answered: bool) {
    let compactor = &mut state.compactors[index];
    compactor.flights -= 1;
    let has_more = compactor.flights > 0;
    let (number, inputs, output) = (compactor.number, compactor.inputs, compactor.output);
    let is_created = state.head + 1 == number;
    if is_created {
        compactor.committed = number;
        if model.mutation == Mutation::OutputRanksNewest {
            ones(output).for_each(|output| state.segments[output].rank = number);
        }
        let mut next = *state.at_head();
        let removed = if model.mutation == Mutation::RemovesUnread { next.live } else { inputs };
        next.live = next.live & !removed | output;
        state.commit(next);
    }
    let compactor = &mut state.compactors[index];
    if compactor.phase != Phase::Sent {
        return;
    }
    compactor.phase = match (answered, is_created) {
        (true, true) => Phase::Done,
        (true, false) if model.mutation == Mutation::NoIdentity => return abort(state, index),
        (false, _) if has_more => Phase::Sent,
        _ => Phase::Unsettled,
    };
}
