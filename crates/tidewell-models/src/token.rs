//! One request, sent twice through two processes with one idempotency key: its rows count once, wherever they were logged.
//!
//! Actors: two processes that take the request (look whether it is stored, send, re-check, append anew, give up), two folders
//! (list, catch up, stage, commit), a sealer, deletion of log entries, one reader, and the chain that lets the token go.
//!
//! Faults: an entry arrives at any later time or never, twice, or after its name was deleted; its answer is lost; every process
//! may stop between any two steps.
//!
//! A token may be let go only when no entry that carries it can come to count any more: nobody sends the request again, and
//! each entry of it is folded and deleted for good, or of a sealed generation. A process that lets go by number alone, of the
//! oldest of so many, rests on the hope that no entry is under way for that long (`ForgottenByNumber`).
//!
//! A fold may take any part of what it has listed: entries on a local disk only their own process can fold.
//!
//! Left out: lost and delayed commits, the floor (`append_seal_fold`), requests of several entries, progress.

mod folder;
mod mutation;
mod process;
mod property;
mod reader;
mod state;

use stateright::{Model, Property};

use crate::explore::{Case, Mutant};
use mutation::BREAKS;
pub use mutation::Mutation;
pub use state::State;
use state::{FOLDERS, Generation, NAMES, PROCESSES, is_first};

/// How much of each the model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How often each process sends one entry, at most.
    pub puts: u8,
    /// Folds, at most one of each folder.
    pub folds: usize,
    /// Whether the first generation may be sealed.
    pub seals: bool,
    /// Reads, one after the other.
    pub reads: u8,
}

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Token {
    /// How much of each there is.
    pub bounds: Bounds,
    /// The rule that is broken.
    pub mutation: Mutation,
}

/// One step of one process, or of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A step of a process that takes the request.
    Process(usize, process::Step),
    /// A copy of an entry's create arrives.
    EntryArrives {
        /// Which.
        name: usize,
        /// Whether its answer arrives too.
        answered: bool,
    },
    /// A folder's step.
    Folder(usize, folder::Step),
    /// The first generation is being sealed.
    MarkSealing,
    /// A listing has nothing of the first generation left to fold.
    Sweep,
    /// The first generation is sealed, as it was swept.
    Seal,
    /// An entry that is folded, or of a sealed generation, is deleted.
    DeleteEntry(usize),
    /// The token is let go.
    Forget,
    /// The reader's step.
    Reader(reader::Step),
}

/// The protocol within bounds that can be exhausted in seconds.
#[must_use]
pub fn cases() -> Vec<Case<Token>> {
    vec![
        case("two folds, a seal, a read", Bounds { reads: 1, ..SMALL }),
        case("a fold, a seal, two reads", Bounds { folds: 1, reads: 2, ..SMALL }),
        case("entries sent twice, two folds, a seal", Bounds { puts: 2, ..SMALL }),
    ]
}

/// The same within bounds that take minutes.
#[must_use]
pub fn deep_cases() -> Vec<Case<Token>> {
    vec![case("entries sent twice, a fold, a seal, a read", Bounds { puts: 2, folds: 1, reads: 1, ..SMALL })]
}

const SMALL: Bounds = Bounds { puts: 1, folds: 2, seals: true, reads: 0 };

const fn case(name: &'static str, bounds: Bounds) -> Case<Token> {
    Case { name, model: Token { bounds, mutation: Mutation::None } }
}

/// Each broken rule.
#[must_use]
pub fn mutants() -> Vec<Mutant<Token>> {
    let mutant = |(mutation, caught_by, bounds): (Mutation, &'static str, Bounds)| Mutant {
        name: format!("{mutation:?}"),
        model: Token { bounds, mutation },
        caught_by,
    };
    BREAKS.into_iter().map(mutant).collect()
}

impl Token {
    fn manifest_actions(&self, state: &State, actions: &mut Vec<Action>) {
        match state.head.first {
            Generation::Open if self.bounds.seals => actions.push(Action::MarkSealing),
            Generation::Sealing if state.is_swept => actions.push(Action::Seal),
            Generation::Sealing if (0..NAMES).all(|name| !is_first(name) || !state.counts(name)) => {
                actions.push(Action::Sweep);
            }
            _ => {}
        }
        let is_past = |name: &usize| state.has_entry(*name) && !state.head.counting(*name);
        actions.extend((0..NAMES).filter(is_past).map(Action::DeleteEntry));
        let may_forget = match self.mutation {
            Mutation::ForgottenByNumber => true,
            Mutation::ForgottenAtSeal => state.head.first == Generation::Sealed,
            _ => state.is_over(),
        };
        if state.head.has_token && may_forget {
            actions.push(Action::Forget);
        }
    }
}

impl Model for Token {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for index in 0..PROCESSES {
            process::steps(self, state, index, |step| actions.push(Action::Process(index, step)));
        }
        for name in (0..NAMES).filter(|name| state.flights[*name] > 0) {
            actions.push(Action::EntryArrives { name, answered: false });
            if state.processes[name % PROCESSES].awaits(name) {
                actions.push(Action::EntryArrives { name, answered: true });
            }
        }
        for index in 0..FOLDERS {
            folder::steps(state, index, |step| actions.push(Action::Folder(index, step)));
        }
        self.manifest_actions(state, actions);
        actions.extend(reader::step(state).map(Action::Reader));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::Process(index, step) => process::take(self, &mut state, index, step),
            Action::EntryArrives { name, answered } => process::deliver(&mut state, name, answered),
            Action::Folder(index, step) => folder::take(self, &mut state, index, step),
            Action::MarkSealing => state.head.first = Generation::Sealing,
            Action::Sweep => state.is_swept = true,
            Action::Seal => {
                state.head.first = Generation::Sealed;
                state.is_swept = false;
            }
            Action::DeleteEntry(name) => state.entries &= !(1 << name),
            Action::Forget => state.head.has_token = false,
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
