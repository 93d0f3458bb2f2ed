//! Deletion of unlinked segments: announce a horizon, then ask who still needs what, then delete.

use super::state::{State, ones};
use super::{Compaction, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Gc {
    pub(super) phase: Phase,
    /// Runs left.
    runs: u8,
    /// Segments that it may delete.
    pub(super) doomed: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Phase {
    #[default]
    Idle,
    /// Only where pins are listed before the horizon is announced.
    Listed,
    /// The horizon is committed.
    Announced,
    /// Pins were listed: what is doomed goes.
    Deleting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Commits the horizon; reads graveyard and named snapshots in the same view.
    Announce,
    ListPins,
    Delete(usize),
    End,
    /// Only where a mutation allows it.
    DeleteOrphan(usize),
}

impl Gc {
    pub(super) fn new(runs: u8) -> Self {
        Self { runs, ..Self::default() }
    }
}

pub(super) fn steps(model: &Compaction, state: &State, mut push: impl FnMut(Step)) {
    let lists_first = model.mutation == Mutation::PinsListedFirst;
    match state.gc.phase {
        Phase::Idle if state.gc.runs == 0 || state.unlinked_by(state.head) == 0 => {}
        Phase::Idle if lists_first => push(Step::ListPins),
        Phase::Idle | Phase::Listed => push(Step::Announce),
        Phase::Announced => push(Step::ListPins),
        Phase::Deleting => {
            ones(state.gc.doomed & state.objects).map(Step::Delete).for_each(&mut push);
            push(Step::End);
        }
    }
    if model.mutation == Mutation::OrphansByAge {
        let named = state.at_head().live | state.version(state.named).live | state.unlinked_by(state.head);
        ones(state.objects & !named).map(Step::DeleteOrphan).for_each(push);
    }
}

pub(super) fn take(model: &Compaction, state: &mut State, step: Step) {
    let lists_first = model.mutation == Mutation::PinsListedFirst;
    match step {
        Step::Announce => {
            let next = *state.at_head();
            state.commit(next, model.mutation);
            state.horizon = state.head;
            let is_kept = state.named != 0 && model.mutation != Mutation::SnapshotsIgnored;
            let limit = if is_kept { state.named.min(state.head) } else { state.head };
            let doomed = state.unlinked_by(limit);
            state.gc.doomed = if lists_first { state.gc.doomed & doomed } else { doomed };
            state.gc.phase = if lists_first { Phase::Deleting } else { Phase::Announced };
        }
        Step::ListPins => {
            let pinned = state.reader.pin().filter(|_| model.mutation != Mutation::PinsIgnored);
            let spared = pinned.map_or(u8::MAX, |version| state.unlinked_by(version));
            state.gc.doomed = if lists_first { spared } else { state.gc.doomed & spared };
            state.gc.phase = if lists_first { Phase::Listed } else { Phase::Deleting };
        }
        Step::Delete(segment) | Step::DeleteOrphan(segment) => state.objects &= !(1 << segment),
        Step::End => state.gc = Gc::new(state.gc.runs - 1),
    }
}
