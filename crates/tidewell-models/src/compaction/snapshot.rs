//! Named versions: a commit keeps one, another puts it back, a third lets it go.

use super::state::{State, ones};
use super::{Compaction, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Snapshotter {
    /// Snapshots left.
    snapshots: u8,
    /// Restores left.
    pub(super) restores: u8,
    /// The version that it wants to name or to put back; 0 for none.
    version: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Choose,
    /// Commits the name, unless the version may have lost something by then.
    Name,
    /// Gives up a version that may have lost something.
    Forgo,
    /// Puts back the version in mind, which has no name, unless it may have lost something.
    RestoreChosen,
    /// Puts back the named version.
    RestoreNamed,
    /// Commits that the name is gone.
    Drop,
}

impl Snapshotter {
    pub(super) fn new(snapshots: u8, restores: u8) -> Self {
        Self { snapshots, restores, version: 0 }
    }

    pub(super) fn version(&self) -> u8 {
        self.version
    }
}

pub(super) fn steps(model: &Compaction, state: &State, mut push: impl FnMut(Step)) {
    let Snapshotter { snapshots, restores, version } = state.snapshotter;
    let is_late = version < state.condemned_to;
    if version == 0 {
        if (snapshots > 0 || restores > 0) && state.head > 0 {
            push(Step::Choose);
        }
    } else {
        if snapshots > 0 && state.named == 0 && (!is_late || model.mutation == Mutation::SnapshotUnchecked) {
            push(Step::Name);
        }
        if restores > 0 && version < state.head && (!is_late || model.mutation == Mutation::RestoreUnchecked) {
            push(Step::RestoreChosen);
        }
        if is_late {
            push(Step::Forgo);
        }
    }
    if state.named != 0 {
        push(Step::Drop);
        if restores > 0 {
            push(Step::RestoreNamed);
        }
    }
}

pub(super) fn take(model: &Compaction, state: &mut State, step: Step) {
    let version = state.snapshotter.version;
    let next = *state.at_head();
    match step {
        Step::Choose => state.snapshotter.version = state.head,
        Step::Name => {
            state.commit(next);
            state.named = version;
            state.snapshotter.snapshots -= 1;
            state.snapshotter.version = 0;
        }
        Step::Forgo => state.snapshotter.version = 0,
        Step::RestoreChosen => {
            restore(model, state, version);
            state.snapshotter.version = 0;
        }
        Step::RestoreNamed => restore(model, state, state.named),
        Step::Drop => {
            state.commit(next);
            state.named = 0;
        }
    }
}

/// What the version had is live again and leaves its graves. What was live until now and is not in it is in no grave: it
/// goes with what else is left over of its generation, so no version that has it may get a name from now on.
fn restore(model: &Compaction, state: &mut State, version: u8) {
    state.snapshotter.restores -= 1;
    let next = *state.version(version);
    let again: Vec<usize> = ones(state.buried()).filter(|segment| state.is_needed(*segment, version)).collect();
    state.commit_restored(next);
    if model.mutation != Mutation::RestoredStaysBuried {
        for segment in again {
            state.removed[segment] = 0;
            state.condemned &= !(1 << segment);
        }
    }
    if model.mutation != Mutation::RestoreUnannounced {
        state.condemned_to = state.head;
    }
    let planned = state.compactors.iter_mut().filter(|compactor| compactor.is_planned());
    planned.for_each(|compactor| compactor.is_void = true);
}
