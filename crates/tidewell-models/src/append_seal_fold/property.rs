//! What must hold in every state, and what must happen in some.

use stateright::Property;

use super::state::{Generation, NAMES, State, WRITERS, parts};
use super::{AppendSealFold, folder, reader};

pub(super) const DURABLE: &str = "I1 an acknowledged row is in a segment or in an entry that counts";
pub(super) const FOLDED_ONCE: &str = "I2 no row is folded twice";
pub(super) const READ_ONCE: &str = "I2 no read shows a row twice";
pub(super) const READ_COMPLETE: &str = "I3 a read shows every row acknowledged before it began";
pub(super) const READ_MONOTONE: &str = "I4 a read shows every row that the read before showed";
pub(super) const NO_DANGLING: &str = "I7 every live segment exists";
pub(super) const ONE_CHAIN: &str = "I8 the records above the floor are the true history, each following the one before";
pub(super) const REPORTED_STAYS: &str = "I9 a commit that was reported is in the history";
pub(super) const FLOOR_BELOW_HEAD: &str = "I10 the floor is below the head";
pub(super) const MONOTONE: &str =
    "I11 watermarks and generations never turn back, and no commit folds from a sealed generation";

pub(super) fn all() -> Vec<Property<AppendSealFold>> {
    let mut properties = vec![
        Property::always(DURABLE, |_, state: &State| state.acked & !reader::standing_rows(state) == 0),
        Property::always(FOLDED_ONCE, |_, state: &State| state.head_view().doubled == 0),
        Property::always(READ_ONCE, |_, state: &State| !state.read.doubled),
        Property::always(READ_COMPLETE, |_, state: &State| !state.read.missed),
        Property::always(READ_MONOTONE, |_, state: &State| !state.read.took_back),
        Property::always(NO_DANGLING, |_, state: &State| state.head_view().segments & !state.segments == 0),
        Property::always(ONE_CHAIN, |_, state: &State| is_one_chain(state)),
        Property::always(REPORTED_STAYS, |_, state: &State| !state.misreported),
        Property::always(FLOOR_BELOW_HEAD, |_, state: &State| {
            state.floor == 0 || state.floor < state.version(state.head())
        }),
        Property::always(MONOTONE, |_, state: &State| is_monotone(state)),
    ];
    properties.extend(situations());
    properties
}

fn is_one_chain(state: &State) -> bool {
    let head = usize::from(state.version(state.head()));
    (usize::from(state.floor) + 1..=head).all(|version| {
        let record = state.log[version];
        record != 0 && record == state.history[version] && state.attempt(record).base == state.history[version - 1]
    })
}

fn is_monotone(state: &State) -> bool {
    let head = state.head();
    let (before, after) = (state.view(state.attempt(head).base), state.view(head));
    let rose = before.applied.iter().zip(&after.applied).all(|(before, after)| before <= after);
    let is_shut = before.generation(0) == Generation::Sealed;
    let is_left_alone = !is_shut || before.applied[..WRITERS] == after.applied[..WRITERS];
    state.forgotten || (rose && is_left_alone && before.generation(0) <= after.generation(0))
}

/// Races that the walks must come through, or they prove nothing about them.
fn situations() -> Vec<Property<AppendSealFold>> {
    vec![
        Property::sometimes("an unanswered commit is there after all", |_, state: &State| {
            state.folders.iter().enumerate().any(|(index, folder)| {
                let id = folder.at_hand(index);
                folder.phase == folder::Phase::Unsettled && state.log[usize::from(state.version(id))] == id
            })
        }),
        Property::sometimes("an unanswered commit is absent and still under way", |_, state: &State| {
            state.folders.iter().enumerate().any(|(index, folder)| {
                let attempt = state.attempt(folder.at_hand(index));
                let is_absent = state.log[usize::from(attempt.version)] == 0;
                folder.phase == folder::Phase::Unsettled && is_absent && attempt.flights > 0
            })
        }),
        Property::sometimes("a record of our own lies below the floor", |_, state: &State| {
            state.folders.iter().enumerate().any(|(index, folder)| {
                folder.phase == folder::Phase::Mine && state.version(folder.at_hand(index)) <= state.floor
            })
        }),
        Property::sometimes("a deleted record is created again by another", |_, state: &State| {
            state.log.iter().zip(&state.history).any(|(record, first)| *record != 0 && record != first)
        }),
        Property::sometimes("an entry arrives in a sealed generation", |_, state: &State| {
            let is_sealed = |name| state.head_view().generation(parts(name).0) == Generation::Sealed;
            (0..NAMES).any(|name| state.flights[name] > 0 && !state.has_entry(name) && is_sealed(name))
        }),
        Property::sometimes("an entry is appended anew after its generation was sealed", |_, state: &State| {
            (0..WRITERS).any(|writer| {
                let unfolded = state.row_of[super::state::name(0, writer, 0)];
                unfolded != 0 && state.row_of[super::state::name(1, writer, 0)] == unfolded
            })
        }),
        Property::sometimes("a listed entry is deleted during the read", |_, state: &State| {
            state.reader.is_overtaken(state.entries)
        }),
    ]
}
