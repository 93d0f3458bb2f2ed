//! What must hold in every state, and what must happen in some.

use stateright::Property;

use super::Delete;
use super::state::{RowPhase, State};

pub(super) const STAYS_DELETED: &str =
    "I1 a row acknowledged before the delete began is not shown by a read begun after the delete was answered";
pub(super) const LATER_KEPT: &str = "I1 a row sent after the delete was answered, and acknowledged, is shown";
pub(super) const READ_MONOTONE: &str = "I4 after the delete a read shows every row that the read before showed";
pub(super) const COMPACTION_NEUTRAL: &str = "I16 neither a compaction nor dropping the tombstone changes an answer";

pub(super) fn all() -> Vec<Property<Delete>> {
    let mut properties = vec![
        Property::always(STAYS_DELETED, |_, state: &State| !state.reader.fault.showed_deleted),
        Property::always(LATER_KEPT, |_, state: &State| !state.reader.fault.hid_later),
        Property::always(READ_MONOTONE, |_, state: &State| !state.reader.fault.took_back),
        Property::always(COMPACTION_NEUTRAL, |_, state: &State| !state.is_answer_changed),
    ];
    properties.extend(situations());
    properties
}

/// Races that the walks must come through, or they prove nothing about them.
fn situations() -> Vec<Property<Delete>> {
    vec![
        Property::sometimes("another folder takes a part of what the delete has staged", |_, state: &State| {
            state.deleter.is_overtaken(state.head.applied)
        }),
        Property::sometimes(
            "a row is acknowledged after the delete and hidden: the two were concurrent",
            |_, state: &State| {
                let hidden = state.head.applied & !state.head.visible(false) & !state.deleter.before;
                state.deleter.is_answered() && hidden & state.acked() != 0
            },
        ),
        Property::sometimes("a row waits in the log, concurrent with the delete, and stays", |_, state: &State| {
            let waiting = state.rows_where(|row| row.phase != RowPhase::Unsent && !row.is_later);
            state.deleter.is_answered() && state.entries & waiting & !state.head.applied != 0
        }),
        Property::sometimes("an output made before the tombstone is committed after it", |_, state: &State| {
            state.compactors.iter().any(|compactor| compactor.is_unclean(state.head.tombstone))
        }),
        Property::sometimes("a compaction has inputs from both sides of the tombstone", |_, state: &State| {
            state.head.tombstone != 0 && state.compactors.iter().any(|compactor| compactor.is_mixed(state))
        }),
        Property::sometimes("the tombstone is dropped", |_, state: &State| state.deleter.is_dropped()),
    ]
}
