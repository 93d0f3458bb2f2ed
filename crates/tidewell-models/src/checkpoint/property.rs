//! What must hold in every state, and what must happen in some.

use stateright::Property;

use super::Checkpoint;
use super::committer::Phase;
use super::state::State;

pub(super) const OPEN_COMPLETE: &str = "I3 an opened state holds every commit made before the open began";
pub(super) const CAN_OPEN: &str = "I7 the newest checkpoint is at or above the floor, so that it leads to the head";
pub(super) const ONE_CHAIN: &str = "I8 the records above the floor are the true history, each following the one before";
pub(super) const CHAIN_UNBROKEN: &str = "I8 no open ends at a record that does not follow";
pub(super) const REPORTED_STAYS: &str = "I9 a commit that was reported is in the history";
pub(super) const FLOOR_BELOW_HEAD: &str = "I10 the floor is below the head";
pub(super) const FLOOR_MONOTONE: &str = "I10 the floor never falls";
pub(super) const CHECKPOINT_TRUE: &str = "I13 every checkpoint is the replay of the true history";
pub(super) const OPEN_TRUE: &str = "I13 an opened state is the replay of the true history";

pub(super) fn all() -> Vec<Property<Checkpoint>> {
    let mut properties = vec![
        Property::always(OPEN_COMPLETE, |_, state: &State| !state.reader.fault.is_stale),
        Property::always(CAN_OPEN, |_, state: &State| state.version(state.newest(state.checkpoints)) >= state.floor),
        Property::always(ONE_CHAIN, |_, state: &State| is_one_chain(state)),
        Property::always(CHAIN_UNBROKEN, |_, state: &State| !state.reader.fault.is_broken),
        Property::always(REPORTED_STAYS, |_, state: &State| !state.misreported),
        Property::always(FLOOR_BELOW_HEAD, |_, state: &State| {
            state.floor == 0 || state.floor < state.version(state.head())
        }),
        Property::always(FLOOR_MONOTONE, |_, state: &State| state.floor == state.floor_max),
        Property::always(CHECKPOINT_TRUE, |_, state: &State| {
            State::ones(state.checkpoints).all(|checkpoint| state.is_true(checkpoint))
        }),
        Property::always(OPEN_TRUE, |_, state: &State| !state.reader.fault.is_false),
    ];
    properties.extend(situations());
    properties
}

fn is_one_chain(state: &State) -> bool {
    let head = usize::from(state.version(state.head()));
    (usize::from(state.floor) + 1..=head).all(|version| {
        let record = state.log[version];
        record != 0 && record == state.history[version] && state.record(record).parent == state.history[version - 1]
    })
}

/// Races that the walks must come through, or they prove nothing about them.
fn situations() -> Vec<Property<Checkpoint>> {
    vec![
        Property::sometimes("a deleted record is created again by another", |_, state: &State| {
            state.log.iter().zip(&state.history).any(|(record, first)| *record != 0 && record != first)
        }),
        Property::sometimes("a commit that was answered with created is below the floor", |_, state: &State| {
            let is_below = |record| state.version(record) <= state.floor;
            state.committers.iter().any(|c| c.phase == Phase::Created && is_below(c.record))
        }),
        Property::sometimes("a replay ends and its checkpoint is below the floor", |_, state: &State| {
            state.reader.is_overtaken(state)
        }),
        Property::sometimes("a replay meets a record that does not follow", |_, state: &State| {
            state.reader.is_at_odds()
        }),
        Property::sometimes("the checkpoint that a reader started from is deleted", |_, state: &State| {
            let [start, _] = state.reader.records();
            start != 0 && state.checkpoints & (1 << start) == 0
        }),
        Property::sometimes("a checkpoint below the floor is written", |_, state: &State| {
            State::ones(state.checkpoints).any(|checkpoint| state.version(checkpoint) < state.floor)
        }),
    ]
}
