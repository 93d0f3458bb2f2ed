//! Committers extend the chain, anyone writes checkpoints, commits let them count, the floor rises, records, checkpoints and
//! lists of segments are deleted, cold readers open: what they open is the true history, whole.
//!
//! Actors: two committers (send, give up, check the floor), writers of checkpoints (of any version, at any time, with lists of
//! their own or those of another), two that raise the floor (look, compare and swap), deletion of records, two cleaners (catch
//! up, list, delete checkpoints and lists), one cold reader (list, checkpoint, replay, floor, lists).
//!
//! Faults: a record's create arrives at any later time, after its number was collected too; its answer is lost; every process
//! may stop between any two steps. The hint may name any checkpoint at any time, or one that is gone.
//!
//! A checkpoint *counts* from the commit on that names it, and the newest two do. Only what counts is kept, so the commit asks
//! for what deletion goes by: that the checkpoint is newer than those that count, that the generation of its lists is not
//! sealed, and that what it took its lists over from still counts.
//!
//! Left out: how a committer settles an unknown outcome (`append_seal_fold`), named versions and restores (`compaction`),
//! several lists (a checkpoint has one or none), opening and sealing a generation in several commits, progress.

mod cleaner;
mod committer;
mod floor;
mod mutation;
mod property;
mod reader;
mod state;

use stateright::{Model, Property};

use crate::explore::{Case, Mutant};
use mutation::BREAKS;
pub use mutation::Mutation;
pub use state::State;
use state::{CLEANERS, COMMITTERS, RAISERS, RECORDS};

/// How much of each the model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Records sent by all committers together, at most 6.
    pub commits: u8,
    /// Checkpoints written.
    pub checkpoints: u8,
    /// Whether checkpoints have lists, and the first generation may be sealed.
    pub has_lists: bool,
    /// Runs of cleaning, at most 2.
    pub cleanings: u8,
    /// Raises of the floor, at most 2.
    pub raises: u8,
    /// Cold opens, one after the other.
    pub reads: u8,
}

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Checkpoint {
    /// How much of each there is.
    pub bounds: Bounds,
    /// The rule that is broken.
    pub mutation: Mutation,
}

/// One step of one process, or of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A committer's step.
    Committer(usize, committer::Step),
    /// A record arrives.
    RecordArrives {
        /// Which.
        record: u8,
        /// Whether its answer arrives too.
        answered: bool,
    },
    /// Someone writes a checkpoint of this version.
    WriteCheckpoint(usize, Option<committer::Lists>),
    /// A step towards a higher floor.
    Raiser(usize, floor::Step),
    /// The record of this version is deleted.
    DeleteRecord(usize),
    /// A cleaner's step.
    Cleaner(usize, cleaner::Step),
    /// The reader's step.
    Reader(reader::Step),
}

/// The protocol within bounds that can be exhausted in seconds.
#[must_use]
pub fn cases() -> Vec<Case<Checkpoint>> {
    vec![
        case("four commits, two checkpoints, a raise, an open", Bounds { reads: 1, ..SMALL }),
        case("five commits, three checkpoints, two raises", Bounds { commits: 5, checkpoints: 3, raises: 2, ..SMALL }),
        case("four commits, two checkpoints, a raise, two cleanings", Bounds { cleanings: 2, ..SMALL }),
        case("three checkpoints with lists, a cleaning", Bounds { checkpoints: 3, cleanings: 1, ..LISTS }),
        case("two checkpoints with lists, a cleaning, an open", Bounds { commits: 3, cleanings: 1, reads: 1, ..LISTS }),
    ]
}

/// The same within bounds that take minutes.
#[must_use]
pub fn deep_cases() -> Vec<Case<Checkpoint>> {
    vec![
        case(
            "three checkpoints, two raises, a cleaning, an open",
            Bounds { checkpoints: 3, raises: 2, cleanings: 1, reads: 1, ..SMALL },
        ),
        case("three checkpoints with lists, two cleanings", Bounds { checkpoints: 3, cleanings: 2, ..LISTS }),
    ]
}

const SMALL: Bounds = Bounds { commits: 4, checkpoints: 2, has_lists: false, cleanings: 0, raises: 1, reads: 0 };
const LISTS: Bounds = Bounds { has_lists: true, raises: 0, ..SMALL };

const fn case(name: &'static str, bounds: Bounds) -> Case<Checkpoint> {
    Case { name, model: Checkpoint { bounds, mutation: Mutation::None } }
}

/// Each broken rule.
#[must_use]
pub fn mutants() -> Vec<Mutant<Checkpoint>> {
    let mutant = |(mutation, caught_by, bounds): (Mutation, &'static str, Bounds)| Mutant {
        name: format!("{mutation:?}"),
        model: Checkpoint { bounds, mutation },
        caught_by,
    };
    BREAKS.into_iter().map(mutant).collect()
}

impl Model for Checkpoint {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for index in 0..COMMITTERS {
            committer::steps(self, state, index, |step| actions.push(Action::Committer(index, step)));
        }
        for record in (1..=RECORDS as u8).filter(|record| state.flights & (1 << record) != 0) {
            actions.push(Action::RecordArrives { record, answered: false });
            if state.committers.iter().any(|committer| committer.record == record) {
                actions.push(Action::RecordArrives { record, answered: true });
            }
        }
        if state.checkpoints_left > 0 {
            let is_new = |record: u8| record != 0 && state.hinted & (1 << record) == 0;
            for version in (0..state.history.len()).filter(|version| is_new(state.history[*version])) {
                let push = |lists| actions.push(Action::WriteCheckpoint(version, lists));
                committer::lists(self, state, state.history[version], push);
            }
        }
        for index in 0..RAISERS {
            floor::steps(self, state, index, |step| actions.push(Action::Raiser(index, step)));
        }
        actions.extend(floor::deletable(self, state).map(Action::DeleteRecord));
        for index in 0..CLEANERS {
            cleaner::steps(self, state, index, |step| actions.push(Action::Cleaner(index, step)));
        }
        reader::steps(state, |step| actions.push(Action::Reader(step)));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::Committer(index, step) => committer::take(self, &mut state, index, step),
            Action::RecordArrives { record, answered } => committer::deliver(&mut state, record, answered),
            Action::WriteCheckpoint(version, lists) => {
                let record = state.history[version];
                committer::write_checkpoint(&mut state, record, lists);
            }
            Action::Raiser(index, step) => floor::take(self, &mut state, index, step),
            Action::DeleteRecord(version) => state.log[version] = 0,
            Action::Cleaner(index, step) => cleaner::take(self, &mut state, index, step),
            Action::Reader(step) => reader::take(self, &mut state, step),
        }
        state.forget(self.mutation);
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        property::all()
    }
}

#[cfg(test)]
mod tests;
