//! Named snapshots: a commit keeps a version, another brings it back, a third lets it go.

use super::state::State;
use super::{Compaction, Mutation};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Snapshotter {
    /// Snapshots left.
    snapshots: u8,
    /// The version that it wants to keep; 0 for none.
    version: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Choose,
    /// Commits the name, unless the horizon has passed the version.
    Name,
    /// Gives up a version that the horizon has passed.
    Forgo,
    /// Commits the segments of the named version as the live ones.
    Restore,
    /// Commits that the name is gone.
    Drop,
}

impl Snapshotter {
    pub(super) fn new(snapshots: u8) -> Self {
        Self { snapshots, version: 0 }
    }

    pub(super) fn version(&self) -> u8 {
        self.version
    }
}

pub(super) fn steps(model: &Compaction, state: &State, mut push: impl FnMut(Step)) {
    let Snapshotter { snapshots, version } = state.snapshotter;
    let is_late = version < state.horizon && model.mutation != Mutation::SnapshotUnchecked;
    match version {
        0 if snapshots > 0 && state.head > 0 => push(Step::Choose),
        0 => {}
        _ => push(if is_late { Step::Forgo } else { Step::Name }),
    }
    if state.named != 0 {
        push(Step::Drop);
        if state.restores > 0 {
            push(Step::Restore);
        }
    }
}

pub(super) fn take(model: &Compaction, state: &mut State, step: Step) {
    let Snapshotter { snapshots, version } = state.snapshotter;
    match step {
        Step::Choose => state.snapshotter.version = state.head,
        Step::Name => {
            let next = *state.at_head();
            state.commit(next, model.mutation);
            state.named = version;
            state.snapshotter = Snapshotter::new(snapshots - 1);
        }
        Step::Forgo => state.snapshotter = Snapshotter::new(snapshots - 1),
        Step::Restore => {
            let next = *state.version(state.named);
            state.commit(next, model.mutation);
            state.restores -= 1;
        }
        Step::Drop => {
            let next = *state.at_head();
            state.commit(next, model.mutation);
            state.named = 0;
        }
    }
}
