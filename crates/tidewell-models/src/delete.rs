//! Deleting rows while others write, fold, compact and read: what was there is gone for good, what comes later stays.
//!
//! Actors: three writers with a row each, two folders, the delete (list, fold until all that was listed is folded, commit a
//! tombstone at version V, answer, find that it has nothing left to hide, drop it), two compactors, one reader.
//!
//! A tombstone at V hides rows of segments that rank below V: a fold ranks by its version, a compaction's output as its
//! highest input. A compaction drops a row where the tombstone hides its *input*; its output says up to which version deletes
//! are applied to it, which is what its plan knew.
//!
//! A row whose writer waits for its acknowledgement while the delete runs may fall on either side. So the promise is for rows
//! *sent* after the answer: one that was sent before and acknowledged after may be hidden, as if it had come first.
//!
//! Faults: every process may stop between any two steps. Left out: what happens to creates (the other models), deletes of
//! some rows only, several tombstones, logs on local disks, which only their owner can fold.

mod compactor;
mod deleter;
mod folder;
mod mutation;
mod property;
mod reader;
mod state;

use stateright::{Model, Property};

use crate::explore::{Case, Mutant};
use mutation::BREAKS;
pub use mutation::Mutation;
pub use state::State;
use state::{FOLDERS, ROWS};

/// How much of each the model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Rows, at most 3.
    pub rows: u8,
    /// Folds but for the delete's own, at most 2.
    pub folds: u8,
    /// Compactions, at most 2.
    pub compactions: u8,
    /// Reads, one after the other.
    pub reads: u8,
}

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Delete {
    /// How much of each there is.
    pub bounds: Bounds,
    /// The rule that is broken.
    pub mutation: Mutation,
}

/// One step of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A step of a row's writer, or of its entry.
    Row(usize, folder::RowStep),
    /// A folder's step.
    Folder(usize, folder::Step),
    /// A step of the delete.
    Deleter(deleter::Step),
    /// A compactor's step.
    Compactor(usize, compactor::Step),
    /// The reader's step.
    Reader(reader::Step),
}

/// The protocol within bounds that can be exhausted in seconds.
#[must_use]
pub fn cases() -> Vec<Case<Delete>> {
    vec![
        case("two rows, two folds, a compaction", Bounds { folds: 2, ..SMALL }),
        case("two rows, two compactions", Bounds { compactions: 2, ..SMALL }),
        case("two rows, two reads", Bounds { reads: 2, ..SMALL }),
        case("three rows", Bounds { rows: 3, folds: 2, compactions: 0, ..SMALL }),
    ]
}

/// The same within bounds that take minutes.
#[must_use]
pub fn deep_cases() -> Vec<Case<Delete>> {
    vec![case("three rows, two folds, a compaction", Bounds { rows: 3, folds: 2, ..SMALL })]
}

const SMALL: Bounds = Bounds { rows: 2, folds: 1, compactions: 1, reads: 1 };

const fn case(name: &'static str, bounds: Bounds) -> Case<Delete> {
    Case { name, model: Delete { bounds, mutation: Mutation::None } }
}

/// Each broken rule.
#[must_use]
pub fn mutants() -> Vec<Mutant<Delete>> {
    let mutant = |(mutation, caught_by, bounds): (Mutation, &'static str, Bounds)| Mutant {
        name: format!("{mutation:?}"),
        model: Delete { bounds, mutation },
        caught_by,
    };
    BREAKS.into_iter().map(mutant).collect()
}

impl Model for Delete {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for row in 0..ROWS.min(usize::from(self.bounds.rows)) {
            actions.extend(folder::row_step(state, row).map(|step| Action::Row(row, step)));
        }
        for index in 0..FOLDERS {
            folder::steps(state, index, |step| actions.push(Action::Folder(index, step)));
        }
        deleter::steps(self, state, |step| actions.push(Action::Deleter(step)));
        for index in 0..state.compactors.len() {
            compactor::steps(state, index, |step| actions.push(Action::Compactor(index, step)));
        }
        actions.extend(reader::step(state).map(Action::Reader));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::Row(row, step) => folder::take_row(&mut state, row, step),
            Action::Folder(index, step) => folder::take(&mut state, index, step),
            Action::Deleter(step) => deleter::take(self, &mut state, step),
            Action::Compactor(index, step) => compactor::take(self, &mut state, index, step),
            Action::Reader(step) => reader::take(self, &mut state, step),
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
