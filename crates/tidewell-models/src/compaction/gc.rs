//! Deletion: condemn by a commit, delete, bury by another; and what nothing names, once its generation is sealed.

use super::state::{SEGMENTS, State, ones};
use super::{Compaction, Mutation};

/// One run of one collector.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Gc {
    pub(super) phase: Phase,
    /// Removed segments that it found due, then those that are condemned.
    due: u8,
    /// Segments that nothing named when it looked.
    orphans: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Phase {
    #[default]
    Done,
    Ready,
    /// It knows what was due in some version.
    Looked,
    /// What it deletes is condemned.
    Condemned,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Look,
    Condemn,
    Delete(usize),
    Bury,
}

impl Gc {
    pub(super) fn new(may_run: bool) -> Self {
        Self { phase: if may_run { Phase::Ready } else { Phase::Done }, ..Self::default() }
    }

    /// What it found due, or has condemned.
    pub(super) fn due(&self) -> u8 {
        self.due
    }

    /// What it is about to delete.
    pub(super) fn doomed(&self) -> u8 {
        let due = if self.phase == Phase::Condemned { self.due } else { 0 };
        due | self.orphans
    }
}

pub(super) fn steps(model: &Compaction, state: &State, index: usize, mut push: impl FnMut(Step)) {
    let gc = &state.gcs[index];
    let deletes_early = model.mutation == Mutation::DeletedBeforeCondemned && gc.phase == Phase::Looked;
    let doomed = gc.doomed() | if deletes_early { gc.due } else { 0 };
    ones(doomed & state.objects).map(Step::Delete).for_each(&mut push);
    match gc.phase {
        Phase::Done => {}
        Phase::Ready => {
            if (due(model, state) | orphans(model, state)) != 0 {
                push(Step::Look);
            }
        }
        Phase::Looked => push(Step::Condemn),
        Phase::Condemned => push(Step::Bury),
    }
}

/// Removed segments that are condemned, or that no named version needs.
fn due(model: &Compaction, state: &State) -> u8 {
    let is_due = |segment: &usize| {
        let is_condemned = state.condemned & (1 << segment) != 0;
        is_condemned || model.mutation == Mutation::SnapshotsIgnored || !state.is_needed(*segment, state.named)
    };
    ones(state.buried()).filter(is_due).fold(0, |mask, segment| mask | 1 << segment)
}

/// Objects that neither the head nor a grave nor a named version names. Who staged one of them can commit it no more: its
/// generation is sealed.
fn orphans(model: &Compaction, state: &State) -> u8 {
    let graves = if model.mutation == Mutation::GravesAreOrphans { 0 } else { state.buried() };
    let named = state.at_head().live | state.version(state.named).live | graves;
    let staged = if model.mutation == Mutation::OrphansByAge { 0 } else { state.staged() };
    state.objects & !(named | staged)
}

pub(super) fn take(model: &Compaction, state: &mut State, index: usize, step: Step) {
    let (due, orphans) = (due(model, state), orphans(model, state));
    match step {
        Step::Look => state.gcs[index] = Gc { phase: Phase::Looked, due, orphans },
        Step::Condemn => {
            let looked = state.gcs[index].due & state.buried();
            let free = if model.mutation == Mutation::CondemnedAsLooked { looked } else { looked & due };
            condemn(model, state, free & !state.condemned);
            let gc = &mut state.gcs[index];
            (gc.phase, gc.due) = (Phase::Condemned, looked & state.condemned);
        }
        Step::Delete(segment) => state.objects &= !(1 << segment),
        Step::Bury => {
            let gone = state.gcs[index].due & !state.objects & state.buried() & state.condemned;
            if gone != 0 {
                let next = *state.at_head();
                state.commit(next);
                ones(gone).for_each(|segment| state.removed[segment] = 0);
                state.condemned &= !gone;
            }
            state.gcs[index] = Gc::default();
        }
    }
}

fn condemn(model: &Compaction, state: &mut State, segments: u8) {
    if segments == 0 {
        return;
    }
    let next = *state.at_head();
    state.commit(next);
    state.condemned |= segments;
    if model.mutation != Mutation::CondemnedUnannounced {
        let last = ones(segments).map(|segment| state.removed[segment]).max().unwrap_or(0);
        state.condemned_to = state.condemned_to.max(last);
    }
}

const _: () = assert!(SEGMENTS <= 8, "masks of one byte hold every segment");
