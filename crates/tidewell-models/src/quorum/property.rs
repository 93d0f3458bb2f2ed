//! What must hold in every state, and what must happen in some.

use stateright::Property;

use super::Quorum;
use super::state::{FIRST, Generation, Health, MAJORITY, NAMES, State, row_of};

pub(super) const DURABLE: &str = "I1 an acknowledged row is folded, or in a majority of buckets less the wiped one";
pub(super) const FOLDED_ONCE: &str = "I2 no row is folded twice";
pub(super) const READ_ONCE: &str = "I2 no read shows a row twice";
pub(super) const READ_COMPLETE: &str = "I3 a read shows every row acknowledged before it began";
pub(super) const READ_MONOTONE: &str = "I4 a read shows every row that the read before showed";

pub(super) fn all() -> Vec<Property<Quorum>> {
    let mut properties = vec![
        Property::always(DURABLE, |_, state: &State| is_durable(state)),
        Property::always(FOLDED_ONCE, |_, state: &State| state.head.doubled == 0),
        Property::always(READ_ONCE, |_, state: &State| !state.reader.doubled),
        Property::always(READ_COMPLETE, |_, state: &State| !state.reader.missed),
        Property::always(READ_MONOTONE, |_, state: &State| !state.reader.took_back),
    ];
    properties.extend(situations());
    properties
}

fn is_durable(state: &State) -> bool {
    let counting = state.head.counting();
    let holds = |name: usize| counting & (1 << name) != 0 && state.copies(name) + state.wiped() >= MAJORITY;
    let logged = (0..NAMES).filter(|name| holds(*name)).fold(0, |rows, name| rows | row_of(name));
    state.acked & !(state.head.rows | logged) == 0
}

/// Races that the walks must come through, or they prove nothing about them.
fn situations() -> Vec<Property<Quorum>> {
    vec![
        Property::sometimes("a row is acknowledged while a bucket is down", |_, state: &State| {
            state.acked != 0 && state.buckets.iter().any(|bucket| bucket.health == Health::Down)
        }),
        Property::sometimes("one copy is left of an acknowledged row", |_, state: &State| {
            let counting = state.head.counting();
            let is_last = |name: usize| counting & (1 << name) != 0 && state.copies(name) == 1;
            (0..NAMES).any(|name| state.acked & !state.head.rows & row_of(name) != 0 && is_last(name))
        }),
        Property::sometimes("a bucket that was down lacks an acknowledged entry", |_, state: &State| {
            let counting = state.head.counting();
            let lacks = |name: usize| counting & (1 << name) != 0 && state.copies(name) == MAJORITY;
            state.downs == 0
                && state.wiped() == 0
                && state.buckets.iter().all(|bucket| bucket.is_up())
                && (0..NAMES).any(|name| state.acked & !state.head.rows & row_of(name) != 0 && lacks(name))
        }),
        Property::sometimes("the reader saw an entry in one bucket only", |_, state: &State| {
            let holders = |name: usize| {
                state.buckets.iter().filter(|b| b.read.is_some_and(|seen| seen & (1 << name) != 0)).count()
            };
            let listed = state.buckets.iter().filter(|bucket| bucket.read.is_some()).count();
            listed >= MAJORITY && (0..NAMES).any(|name| holders(name) == 1)
        }),
        Property::sometimes("an entry is under way after its generation was sealed without it", |_, state: &State| {
            let left = !state.head.applied & FIRST;
            let is_sealed = state.head.first == Generation::Sealed;
            is_sealed && state.buckets.iter().any(|bucket| bucket.flights & left != 0)
        }),
    ]
}
