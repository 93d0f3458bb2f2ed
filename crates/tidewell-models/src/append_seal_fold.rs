//! Writers append, folders fold and seal, gc deletes, a reader reads: rows are neither lost nor doubled.
//!
//! Actors: two writers (create, retry, re-check, append anew), two folders (fold, read back, retry, give up) of which the first
//! also seals (one commit that says `sealing`, folds, one commit that says `sealed` and where each stream ends), gc (log
//! entries, floor, records, segments of sealed generations), one reader (list, probe, floor).
//!
//! Faults: a create is carried out and its answer lost, or carried out at any later time, or twice; every process may stop
//! between any two steps, for ever or until long after others went on.
//!
//! Left out: tokens, compaction, checkpoints, several buckets (all but the first have models of their own), progress.

mod folder;
mod gc;
mod mutation;
mod property;
mod reader;
mod state;
mod writer;

use stateright::{Model, Property};

use crate::explore::{Case, Mutant};
use mutation::BREAKS;
pub use mutation::Mutation;
pub use state::State;
use state::{ATTEMPTS, FOLDERS, NAMES, WRITERS};

/// How much of each the model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Rows of each writer, at most 2.
    pub rows: [u8; 2],
    /// Commits that each folder tries, at most 4; only the first seals.
    pub attempts: [u8; 2],
    /// Reads, one after the other.
    pub reads: u8,
    /// How often a writer sends one entry.
    pub puts: u8,
    /// The generation under which each folder names its segments; the first generation may be sealed.
    pub authors: [usize; 2],
}

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct AppendSealFold {
    /// How much of each there is.
    pub bounds: Bounds,
    /// The rule that is broken.
    pub mutation: Mutation,
}

/// One step of one process, or of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A writer's step.
    Writer(usize, writer::Step),
    /// A copy of an entry's create arrives.
    EntryArrives {
        /// Which.
        entry: usize,
        /// Whether its answer arrives too.
        answered: bool,
    },
    /// A folder's step.
    Folder(usize, folder::Step),
    /// A copy of a record's create arrives.
    RecordArrives {
        /// Which.
        attempt: u8,
        /// Whether its answer arrives too.
        answered: bool,
    },
    /// A deletion, or a step towards one.
    Gc(gc::Step),
    /// The reader's step.
    Reader(reader::Step),
}

/// The protocol within bounds that can be exhausted in seconds.
#[must_use]
pub fn cases() -> Vec<Case<AppendSealFold>> {
    vec![
        case("a row, two commits, two reads", Bounds { attempts: [2, 0], reads: 2, puts: 2, ..SMALL }),
        case("a row, three commits, a read", Bounds { reads: 1, ..SMALL }),
        case("a row, two folders, three commits", Bounds { attempts: [2, 1], ..SMALL }),
        case("two writers, two commits", Bounds { rows: [1, 1], attempts: [2, 0], ..SMALL }),
    ]
}

/// The same within bounds that take minutes.
#[must_use]
pub fn deep_cases() -> Vec<Case<AppendSealFold>> {
    vec![case("a row, three commits, two reads", Bounds { reads: 2, ..SMALL })]
}

const SMALL: Bounds = Bounds { rows: [1, 0], attempts: [3, 0], reads: 0, puts: 1, authors: [1, 0] };

const fn case(name: &'static str, bounds: Bounds) -> Case<AppendSealFold> {
    Case { name, model: AppendSealFold { bounds, mutation: Mutation::None } }
}

/// Each broken rule.
#[must_use]
pub fn mutants() -> Vec<Mutant<AppendSealFold>> {
    let mutant = |(mutation, caught_by, bounds): (Mutation, &'static str, Bounds)| Mutant {
        name: format!("{mutation:?}"),
        model: AppendSealFold { bounds, mutation },
        caught_by,
    };
    BREAKS.into_iter().map(mutant).collect()
}

impl AppendSealFold {
    /// The first row of a writer.
    const fn first_row(&self, writer: usize) -> u8 {
        if writer == 0 { 0 } else { self.bounds.rows[0] }
    }
}

impl Model for AppendSealFold {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(self.bounds.reads)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for index in 0..WRITERS {
            writer::steps(self, state, index, |step| actions.push(Action::Writer(index, step)));
        }
        for entry in (0..NAMES).filter(|entry| state.flights[*entry] > 0) {
            let writer = entry / state::SEQS % WRITERS;
            actions.push(Action::EntryArrives { entry, answered: false });
            if state.writers[writer].awaits(writer, entry) {
                actions.push(Action::EntryArrives { entry, answered: true });
            }
        }
        for index in 0..FOLDERS {
            folder::steps(self, state, index, |step| actions.push(Action::Folder(index, step)));
        }
        for attempt in (1..=ATTEMPTS as u8).filter(|attempt| state.attempt(*attempt).flights > 0) {
            actions.push(Action::RecordArrives { attempt, answered: false });
            if folder::awaits(state, attempt) {
                actions.push(Action::RecordArrives { attempt, answered: true });
            }
        }
        gc::steps(self, state, |step| actions.push(Action::Gc(step)));
        reader::steps(self, state, |step| actions.push(Action::Reader(step)));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::Writer(index, step) => writer::take(self, &mut state, index, step),
            Action::EntryArrives { entry, answered } => writer::deliver(&mut state, entry, answered),
            Action::Folder(index, step) => folder::take(self, &mut state, index, step),
            Action::RecordArrives { attempt, answered } => folder::deliver(self, &mut state, attempt, answered),
            Action::Gc(step) => gc::take(&mut state, step),
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
