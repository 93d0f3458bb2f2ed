//! Folds add, compactors replace, collectors delete, versions get names and come back: no version that counts loses an object,
//! no row is lost or doubled, and the last write of each point wins.
//!
//! Actors: folds (stage, commit), two compactors (stage, send, read back, retry, give up, abort), two collectors (look, condemn,
//! delete, bury; what nothing names), one process that gives a version a name, drops it, and puts versions back, one reader
//! of versions that nobody keeps for it.
//!
//! Faults: a compactor's create is carried out and its answer lost, or carried out at any later time, or twice; every process
//! may stop between any two steps.
//!
//! *A pin is a commit.* What keeps a version is its name in the chain, so deletion needs no clock and no list of pins: a
//! collector commits which segments it condemns, on a state in which no name needs them, and `condemned_to` says from then on
//! which versions are too old for a name. A reader without a name takes its chance: a segment that is gone is noticed, since
//! names of objects are not used twice, and it plans again.
//!
//! Left out: the log below the floor and sealing (`append_seal_fold`; here who may stage a segment and who collects it are in
//! one mind about whether its generation is sealed), lists of segments (`checkpoint`), tombstones (`delete`), progress.

mod compactor;
mod fold;
mod gc;
mod mutation;
mod property;
mod reader;
mod snapshot;
mod state;

use stateright::{Model, Property};

use crate::explore::{Case, Mutant};
use mutation::BREAKS;
pub use mutation::Mutation;
pub use state::State;
use state::{COMPACTORS, FOLDS, GCS};

/// How much of each the model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Folds, at most 4.
    pub folds: u8,
    /// Points that rows may belong to, 1 or 2; with 2 a fold has rows of one, of the other, or of both.
    pub points: usize,
    /// The points of each fold's rows, one bit each; 0 for any.
    pub shapes: [u8; 4],
    /// Compactions, at most 2.
    pub compactions: u8,
    /// Named snapshots.
    pub snapshots: u8,
    /// Restores, of the named version or of one without a name.
    pub restores: u8,
    /// Collectors with one run each, at most 2.
    pub deletions: u8,
    /// Reads, one after the other.
    pub reads: u8,
}

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Compaction {
    /// How much of each there is.
    pub bounds: Bounds,
    /// The rule that is broken.
    pub mutation: Mutation,
}

/// One step of one process, or of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A fold's step.
    Fold(usize, fold::Step),
    /// A compactor's step.
    Compactor(usize, compactor::Step),
    /// A compactor's record arrives.
    RecordArrives {
        /// Whose it is.
        compactor: usize,
        /// Whether its answer arrives too.
        answered: bool,
    },
    /// A collector's step.
    Gc(usize, gc::Step),
    /// The reader's step.
    Reader(reader::Step),
    /// A step of naming or restoring.
    Snapshot(snapshot::Step),
}

/// The protocol within bounds that can be exhausted in seconds.
#[must_use]
pub fn cases() -> Vec<Case<Compaction>> {
    vec![
        case("three folds of two points, two compactions", Bounds { folds: 3, points: 2, compactions: 2, ..SMALL }),
        case(
            "two compactions, a deletion, a snapshot, a read",
            Bounds { compactions: 2, deletions: 1, snapshots: 1, reads: 1, ..SMALL },
        ),
        case("a snapshot, a restore, two deletions", Bounds { snapshots: 1, restores: 1, deletions: 2, ..SMALL }),
        case("two snapshots, a restore, a deletion", Bounds { snapshots: 2, restores: 1, deletions: 1, ..SMALL }),
    ]
}

/// The same within bounds that take minutes.
#[must_use]
pub fn deep_cases() -> Vec<Case<Compaction>> {
    let all = Bounds { compactions: 2, snapshots: 1, restores: 1, deletions: 1, reads: 1, ..SMALL };
    vec![case("two compactions, a snapshot, a restore, a deletion, a read", all)]
}

const SMALL: Bounds =
    Bounds { folds: 2, points: 1, shapes: [0; 4], compactions: 1, snapshots: 0, restores: 0, deletions: 0, reads: 0 };

const fn case(name: &'static str, bounds: Bounds) -> Case<Compaction> {
    Case { name, model: Compaction { bounds, mutation: Mutation::None } }
}

/// Each broken rule.
#[must_use]
pub fn mutants() -> Vec<Mutant<Compaction>> {
    let mutant = |(mutation, caught_by, bounds): (Mutation, &'static str, Bounds)| Mutant {
        name: format!("{mutation:?}"),
        model: Compaction { bounds, mutation },
        caught_by,
    };
    BREAKS.into_iter().map(mutant).collect()
}

impl Model for Compaction {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for index in 0..FOLDS {
            fold::steps(self, state, index, |step| actions.push(Action::Fold(index, step)));
        }
        for index in 0..COMPACTORS {
            compactor::steps(self, state, index, |step| actions.push(Action::Compactor(index, step)));
            let compactor = &state.compactors[index];
            if compactor.flights > 0 {
                actions.push(Action::RecordArrives { compactor: index, answered: false });
                if compactor.phase == compactor::Phase::Sent {
                    actions.push(Action::RecordArrives { compactor: index, answered: true });
                }
            }
        }
        for index in 0..GCS {
            gc::steps(self, state, index, |step| actions.push(Action::Gc(index, step)));
        }
        actions.extend(reader::step(state).map(Action::Reader));
        snapshot::steps(self, state, |step| actions.push(Action::Snapshot(step)));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::Fold(index, step) => fold::take(self, &mut state, index, step),
            Action::Compactor(index, step) => compactor::take(self, &mut state, index, step),
            Action::RecordArrives { compactor, answered } => {
                compactor::deliver(self, &mut state, compactor, answered);
            }
            Action::Gc(index, step) => gc::take(self, &mut state, index, step),
            Action::Reader(step) => reader::take(&mut state, step),
            Action::Snapshot(step) => snapshot::take(self, &mut state, step),
        }
        state.forget();
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        property::all()
    }
}

#[cfg(test)]
mod tests;
