//! What must hold in every state, and what must happen in some.

use stateright::Property;

use super::Checkpoint;
use super::committer::Phase;
use super::state::State;

pub(super) const OPEN_COMPLETE: &str = "I3 an opened state holds every commit made before the open began";
pub(super) const CAN_OPEN: &str = "I7 a checkpoint that counts is at or above the floor, so that it leads to the head";
pub(super) const COUNTING_WHOLE: &str = "I7 the checkpoints that count are there with their lists";
pub(super) const OPEN_WHOLE: &str = "I7 the lists of an opened state are there while no newer checkpoint counts";
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
        Property::always(CAN_OPEN, |_, state: &State| {
            state.version(state.record(state.head()).counting[1]) >= state.floor
        }),
        Property::always(COUNTING_WHOLE, |_, state: &State| {
            let counting = state.record(state.head()).counting;
            counting.into_iter().filter(|id| *id != 0).all(|id| state.is_whole(id))
        }),
        Property::always(OPEN_WHOLE, |_, state: &State| !state.reader.fault.is_hollow),
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
        Property::sometimes("a reader came from a checkpoint that does not count", |_, state: &State| {
            state.reader.is_uncounted(state)
        }),
        Property::sometimes(
            "a checkpoint is about to count that took over the list of one that counts no more",
            |_, state: &State| {
                let counting = state.record(state.head()).counting;
                State::ones(state.staged).any(|id| state.basis_of(id) != 0 && !counting.contains(&state.basis_of(id)))
            },
        ),
        Property::sometimes("a checkpoint is about to count whose generation is sealed", |_, state: &State| {
            let is_sealed = state.record(state.head()).is_sealed;
            is_sealed && State::ones(state.staged).any(|id| state.list_of(id) == id && !state.list_is_later(id))
        }),
        Property::sometimes("a list is collected", |model: &Checkpoint, state: &State| {
            let written = State::ones(state.hinted).filter(|id| state.list_of(*id) == *id);
            model.bounds.has_lists && written.into_iter().any(|id| state.lists & (1 << id) == 0)
        }),
        Property::sometimes("a checkpoint below the floor is written", |_, state: &State| {
            State::ones(state.checkpoints).any(|checkpoint| state.version(checkpoint) < state.floor)
        }),
    ]
}
