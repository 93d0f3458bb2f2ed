//! A reader: lists a majority, catches up, copies what one bucket alone has, then shows.

use super::state::{FIRST, Generation, MAJORITY, NAMES, State, View, ones, row_of};
use super::{Mutation, Quorum};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Reader {
    phase: Phase,
    /// Reads left.
    reads: u8,
    /// The view that it caught up to.
    view: View,
    /// Rows that were acknowledged before the read began.
    acked: u8,
    /// What the read before showed.
    shown: u8,
    /// What reads got wrong.
    pub(super) missed: bool,
    pub(super) took_back: bool,
    pub(super) doubled: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Phase {
    #[default]
    Idle,
    /// Only where the view is read first.
    CaughtUp,
    Listing,
    /// It has caught up, and copies what one bucket alone has.
    Repairing,
    /// It has copied something, and has to catch up again.
    Repaired,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Begin,
    List(usize),
    CatchUp,
    /// Copies the entry to the bucket and has its answer.
    Repair {
        bucket: usize,
        name: usize,
    },
    Show,
    /// Starts over: a generation is being sealed, and showing its entries or hiding them could both be taken back.
    StartOver,
}

impl Reader {
    pub(super) fn new(reads: u8) -> Self {
        Self { reads, ..Self::default() }
    }

    /// Entries that it takes to count, as of the view that it has caught up to.
    pub(super) fn counting(&self) -> u8 {
        if matches!(self.phase, Phase::Repairing | Phase::Repaired) { self.view.counting() } else { 0 }
    }
}

pub(super) fn steps(model: &Quorum, state: &State, mut push: impl FnMut(Step)) {
    let view_first = model.mutation == Mutation::ViewBeforeList;
    let listed = state.buckets.iter().filter(|bucket| bucket.read.is_some()).count();
    match state.reader.phase {
        Phase::Idle if state.reader.reads > 0 => push(if view_first { Step::CatchUp } else { Step::Begin }),
        Phase::Idle => {}
        Phase::CaughtUp => push(Step::Begin),
        Phase::Listing => {
            for (bucket, other) in state.buckets.iter().enumerate() {
                if other.is_up() && other.read.is_none() {
                    push(Step::List(bucket));
                }
            }
            if listed >= if model.mutation == Mutation::ReadListsOne { 1 } else { MAJORITY } {
                push(Step::CatchUp);
            }
        }
        Phase::Repaired => {
            push(Step::CatchUp);
        }
        Phase::Repairing => {
            let alone = lone_entries(model, state);
            if state.reader.view.first == Generation::Sealing
                && union(state) & state.reader.view.counting() & FIRST != 0
            {
                push(Step::StartOver);
            } else if alone == 0 {
                push(Step::Show);
            }
            for (bucket, target) in state.buckets.iter().enumerate().filter(|(_, bucket)| bucket.is_up()) {
                let missing = alone & !target.read.unwrap_or(0);
                ones(missing).for_each(|name| push(Step::Repair { bucket, name }));
            }
        }
    }
}

/// Entries that the listings show in any bucket.
fn union(state: &State) -> u8 {
    state.buckets.iter().filter_map(|bucket| bucket.read).fold(0, |all, seen| all | seen)
}

/// Entries that count and that the reader knows in one bucket only.
fn lone_entries(model: &Quorum, state: &State) -> u8 {
    if matches!(model.mutation, Mutation::NoReadRepair | Mutation::ReadListsOne) {
        return 0;
    }
    let copies =
        |name: usize| state.buckets.iter().filter(|b| b.read.is_some_and(|seen| seen & (1 << name) != 0)).count();
    let counting = union(state) & state.reader.view.counting();
    (0..NAMES)
        .filter(|name| counting & (1 << name) != 0 && copies(*name) < MAJORITY)
        .fold(0, |all, name| all | 1 << name)
}

pub(super) fn take(model: &Quorum, state: &mut State, step: Step) {
    let view_first = model.mutation == Mutation::ViewBeforeList;
    match step {
        Step::Begin => {
            state.reader.acked = if view_first { state.reader.acked } else { state.acked };
            state.reader.phase = Phase::Listing;
        }
        Step::List(bucket) => state.buckets[bucket].read = Some(state.buckets[bucket].objects),
        Step::CatchUp if view_first && state.reader.phase == Phase::Idle => {
            (state.reader.view, state.reader.acked) = (state.head, state.acked);
            state.reader.phase = Phase::CaughtUp;
        }
        Step::CatchUp => {
            state.reader.view = if view_first { state.reader.view } else { state.head };
            state.reader.phase = Phase::Repairing;
        }
        Step::Repair { bucket, name } => {
            let target = &mut state.buckets[bucket];
            target.objects |= 1 << name;
            target.read = Some(target.read.unwrap_or(0) | 1 << name);
            if model.mutation != Mutation::RepairUnchecked {
                state.reader.phase = Phase::Repaired;
            }
        }
        Step::StartOver => rest(state),
        Step::Show => show(state),
    }
}

fn show(state: &mut State) {
    let Reader { view, acked, shown, .. } = state.reader;
    let (mut rows, mut doubled) = (view.rows, view.doubled);
    for name in ones(union(state) & view.counting()) {
        doubled |= rows & row_of(name);
        rows |= row_of(name);
    }
    state.reader.missed |= acked & !rows != 0;
    state.reader.took_back |= shown & !rows != 0;
    state.reader.doubled |= doubled != 0;
    state.reader.reads -= 1;
    state.reader.shown = if state.reader.reads == 0 { 0 } else { rows };
    rest(state);
}

fn rest(state: &mut State) {
    state.buckets.iter_mut().for_each(|bucket| bucket.read = None);
    state.reader = Reader { phase: Phase::Idle, view: View::default(), acked: 0, ..state.reader };
}
