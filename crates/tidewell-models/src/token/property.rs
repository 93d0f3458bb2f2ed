//! What must hold in every state, and what must happen in some.

use stateright::Property;

use super::Token;
use super::process::Process;
use super::state::{Generation, NAMES, State, is_first};

pub(super) const DURABLE: &str = "I1 the row of an acknowledged request is in a segment or in an entry that counts";
pub(super) const FOLDED_ONCE: &str = "I2 the row of a request is not folded twice";
pub(super) const READ_ONCE: &str = "I2 no read shows the row of a request twice";
pub(super) const READ_COMPLETE: &str = "I3 a read shows the row of a request that was acknowledged before it began";
pub(super) const READ_MONOTONE: &str = "I4 a read shows the row of a request that the read before showed";

pub(super) fn all() -> Vec<Property<Token>> {
    let mut properties = vec![
        Property::always(DURABLE, |_, state: &State| {
            !state.is_acked || state.head.has_row || (0..NAMES).any(|name| state.counts(name))
        }),
        Property::always(FOLDED_ONCE, |_, state: &State| !state.head.is_doubled),
        Property::always(READ_ONCE, |_, state: &State| !state.reader.doubled),
        Property::always(READ_COMPLETE, |_, state: &State| !state.reader.missed),
        Property::always(READ_MONOTONE, |_, state: &State| !state.reader.took_back),
    ];
    properties.extend(situations());
    properties
}

/// Races that the walks must come through, or they prove nothing about them.
fn situations() -> Vec<Property<Token>> {
    vec![
        Property::sometimes("both processes have logged the request", |_, state: &State| {
            state.entries.count_ones() > 1
        }),
        Property::sometimes("two folds bring the same request by way of different entries", |_, state: &State| {
            state.folders.iter().any(|folder| folder.is_repeat(state))
        }),
        Property::sometimes("a process finds that the request is stored", |_, state: &State| {
            state.processes.iter().any(Process::knows)
        }),
        Property::sometimes("an entry arrives after its request is in segments", |_, state: &State| {
            state.head.has_token && (0..NAMES).any(|name| state.flights[name] > 0 && state.head.counting(name))
        }),
        Property::sometimes("an entry is void and the request is logged anew", |_, state: &State| {
            let is_void =
                |name: usize| is_first(name) && state.has_entry(name) && state.head.applied & (1 << name) == 0;
            let is_anew = |name: usize| !is_first(name) && state.has_entry(name);
            state.head.first == Generation::Sealed && (0..NAMES).any(is_void) && (0..NAMES).any(is_anew)
        }),
        Property::sometimes("the token is let go", |_, state: &State| state.head.has_row && !state.head.has_token),
    ]
}
