//! Log entries in three buckets, acknowledged on two: no acknowledged row is lost with one bucket down or wiped, and no
//! reader takes back what another has shown.
//!
//! Actors: two writers with a row each (send to all, retry, look at the manifest, append anew), a folder (list, fold, seal in
//! two commits), gc (log entries, bucket by bucket), one reader (list, catch up, repair, show). The commit log is in one
//! bucket of its own and is taken as it is: `append_seal_fold` is about that.
//!
//! Faults: each bucket's create arrives at any later time or never, its answer is lost; one bucket at a time is down and comes
//! back, or is wiped and stays away.
//!
//! A wiped bucket stays away here. One that answers as if it were merely empty takes the place of one that is down: then both
//! others must answer (`WipedAnswers`).
//!
//! Left out: entries in the main store, two processes under one identity, lost and delayed commits, the floor, refilling a
//! wiped bucket, progress. A fold takes what one bucket alone has; the code copies it to a second one first.

mod folder;
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
use state::{BUCKETS, Health, WRITERS, ones};

/// How much of each the model has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Writers with a row each, at most 2.
    pub rows: u8,
    /// Reads, one after the other.
    pub reads: u8,
    /// Folds.
    pub folds: u8,
    /// Whether the first generation may be sealed.
    pub seals: bool,
    /// How often a bucket goes down.
    pub downs: u8,
    /// How many buckets are wiped, at most 1.
    pub wipes: u8,
    /// How often an entry is sent to a bucket again.
    pub resends: u8,
}

/// The model.
#[derive(Clone, Copy, Debug)]
pub struct Quorum {
    /// How much of each there is.
    pub bounds: Bounds,
    /// The rule that is broken.
    pub mutation: Mutation,
}

/// One step of one process, or of a bucket. Buckets go by their place in the state that the step is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// A writer's step.
    Writer(usize, writer::Step),
    /// An entry arrives at a bucket.
    EntryArrives {
        /// Where.
        bucket: usize,
        /// Which.
        name: usize,
        /// Whether the answer arrives too.
        answered: bool,
    },
    /// The folder's step.
    Folder(folder::Step),
    /// The reader's step.
    Reader(reader::Step),
    /// A bucket stops answering.
    GoDown(usize),
    /// A bucket that was down answers again.
    ComeUp(usize),
    /// A bucket loses everything and stops answering.
    Wipe(usize),
}

/// The protocol within bounds that can be exhausted in seconds.
#[must_use]
pub fn cases() -> Vec<Case<Quorum>> {
    vec![
        case("a row, a wiped bucket, two reads", Bounds { reads: 2, wipes: 1, ..SMALL }),
        case("a row, a bucket down, two reads", Bounds { reads: 2, folds: 0, downs: 1, ..SMALL }),
        case("a row sent again, a read", Bounds { reads: 1, resends: 1, ..SMALL }),
        case("two rows", Bounds { rows: 2, ..SMALL }),
    ]
}

/// The same within bounds that take minutes.
#[must_use]
pub fn deep_cases() -> Vec<Case<Quorum>> {
    vec![case("a row, a bucket down, one wiped, two reads", Bounds { reads: 2, downs: 1, wipes: 1, ..SMALL })]
}

const SMALL: Bounds = Bounds { rows: 1, reads: 0, folds: 1, seals: true, downs: 0, wipes: 0, resends: 0 };

const fn case(name: &'static str, bounds: Bounds) -> Case<Quorum> {
    Case { name, model: Quorum { bounds, mutation: Mutation::None } }
}

/// Each broken rule.
#[must_use]
pub fn mutants() -> Vec<Mutant<Quorum>> {
    let mutant = |(mutation, caught_by, bounds): (Mutation, &'static str, Bounds)| Mutant {
        name: format!("{mutation:?}"),
        model: Quorum { bounds, mutation },
        caught_by,
    };
    BREAKS.into_iter().map(mutant).collect()
}

impl Quorum {
    fn bucket_actions(&self, state: &State, index: usize, actions: &mut Vec<Action>) {
        let bucket = &state.buckets[index];
        let others_up = (0..BUCKETS).all(|other| other == index || state.buckets[other].is_up());
        match bucket.health {
            Health::Up => {
                for name in ones(bucket.flights) {
                    actions.push(Action::EntryArrives { bucket: index, name, answered: false });
                    if state.writers[name % WRITERS].waits_for(name % WRITERS) == 1 << name {
                        actions.push(Action::EntryArrives { bucket: index, name, answered: true });
                    }
                }
                if state.downs > 0 && others_up {
                    actions.push(Action::GoDown(index));
                }
                if state.wipes > 0 && others_up {
                    actions.push(Action::Wipe(index));
                }
            }
            Health::Down => actions.push(Action::ComeUp(index)),
            Health::Wiped => {}
        }
    }

    fn strike(&self, state: &mut State, bucket: usize) {
        state.wipes -= 1;
        let answers = self.mutation == Mutation::WipedAnswers;
        let bucket = &mut state.buckets[bucket];
        bucket.objects = 0;
        bucket.health = if answers { Health::Up } else { Health::Wiped };
    }
}

impl Model for Quorum {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.bounds)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for index in 0..WRITERS {
            writer::steps(self, state, index, |step| actions.push(Action::Writer(index, step)));
        }
        for index in 0..BUCKETS {
            self.bucket_actions(state, index, actions);
        }
        folder::steps(self, state, |step| actions.push(Action::Folder(step)));
        reader::steps(self, state, |step| actions.push(Action::Reader(step)));
    }

    fn next_state(&self, state: &State, action: Action) -> Option<State> {
        let mut state = state.clone();
        match action {
            Action::Writer(index, step) => writer::take(self, &mut state, index, step),
            Action::EntryArrives { bucket, name, answered } => {
                writer::deliver(self, &mut state, bucket, name, answered);
            }
            Action::Folder(step) => folder::take(&mut state, step),
            Action::Reader(step) => reader::take(self, &mut state, step),
            Action::GoDown(bucket) => {
                state.downs -= 1;
                state.buckets[bucket].health = Health::Down;
            }
            Action::ComeUp(bucket) => state.buckets[bucket].health = Health::Up,
            Action::Wipe(bucket) => self.strike(&mut state, bucket),
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
