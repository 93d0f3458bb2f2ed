//! What must hold in every state, and what must happen in some.

use stateright::Property;

use super::state::{FOLDS, State, ones};
use super::{Compaction, compactor, gc, pin};

pub(super) const ROWS_KEPT: &str = "I2 the live segments hold every folded row";
pub(super) const ROWS_ONCE: &str = "I2 no row is in two live segments";
pub(super) const NAMED_SAME: &str = "I6 a kept version answers as it did when it was the head";
pub(super) const LIVE_EXIST: &str = "I7 every live segment exists";
pub(super) const PINNED_EXIST: &str = "I7 every segment of a pinned version exists";
pub(super) const NAMED_EXIST: &str = "I7 every segment of a named snapshot exists";
pub(super) const STAGED_KEPT: &str = "I15 a staged segment exists while its commit is unresolved";
pub(super) const LAST_WRITE_WINS: &str = "I17 the live segments answer with the last write of each point";

pub(super) fn all() -> Vec<Property<Compaction>> {
    let mut properties = vec![
        Property::always(ROWS_KEPT, |_, state: &State| {
            let rows = |live| ones(live).fold(0, |rows, segment| rows | state.segments[segment].rows);
            rows(state.at_head().live) == state.at_head().rows
        }),
        Property::always(ROWS_ONCE, |_, state: &State| {
            let rows = ones(state.at_head().live).map(|segment| state.segments[segment].rows.count_ones());
            rows.sum::<u32>() <= state.at_head().rows.count_ones()
        }),
        Property::always(NAMED_SAME, |_, state: &State| {
            let kept = [Some(state.named), pinned(state)];
            kept.into_iter()
                .flatten()
                .map(|kept| state.version(kept))
                .all(|kept| state.answer(kept.live) == kept.answer)
        }),
        Property::always(LIVE_EXIST, |_, state: &State| state.at_head().live & !state.objects == 0),
        Property::always(PINNED_EXIST, |_, state: &State| {
            pinned(state).is_none_or(|version| state.version(version).live & !state.objects == 0)
        }),
        Property::always(NAMED_EXIST, |_, state: &State| state.version(state.named).live & !state.objects == 0),
        Property::always(STAGED_KEPT, |_, state: &State| {
            let unresolved = state.compactors.iter().map(|compactor| compactor.unresolved_output(state.head));
            unresolved.fold(0, |mask, output| mask | output) & !state.objects == 0
        }),
        Property::always(LAST_WRITE_WINS, |_, state: &State| {
            state.answer(state.at_head().live) == state.at_head().answer
        }),
    ];
    properties.extend(situations());
    properties
}

/// The version that the reader relies on.
fn pinned(state: &State) -> Option<u8> {
    state.reader.pin().filter(|_| state.reader.phase == pin::Phase::Pinned)
}

/// Races that the walks must come through, or they prove nothing about them.
fn situations() -> Vec<Property<Compaction>> {
    vec![
        Property::sometimes("two compactors want the same segment", |_, state: &State| {
            let wants = |index: usize| match state.compactors[index].phase {
                compactor::Phase::Done => 0,
                _ => state.compactors[index].inputs,
            };
            wants(0) & wants(1) != 0
        }),
        Property::sometimes("the rank rule forbids a compaction", |model, state: &State| {
            let live = state.at_head().live;
            ones(live).any(|a| ones(live).any(|b| a < b && !compactor::may_merge(model, state, 1 << a | 1 << b)))
        }),
        Property::sometimes("a compaction is committed and its author does not know", |_, state: &State| {
            state.compactors.iter().any(compactor::Compactor::is_unaware)
        }),
        Property::sometimes("the inputs of a staged compaction are not live any more", |_, state: &State| {
            let is_stale = |compactor: &compactor::Compactor| compactor.inputs & !state.at_head().live != 0;
            state.compactors.iter().any(|c| c.phase == compactor::Phase::Staged && is_stale(c))
        }),
        Property::sometimes("a segment is live again after it was unlinked", |model, state: &State| {
            let folded = (1 << FOLDS) - 1;
            let is_output_buried = state.unlinked_by(state.head) & !folded != 0;
            state.restores < model.bounds.restores && is_output_buried && state.at_head().live & folded != 0
        }),
        Property::sometimes("a pin came too late", |_, state: &State| {
            state.reader.phase == pin::Phase::Written && state.reader.version() < state.horizon
        }),
        Property::sometimes("a pin saves a segment from deletion", |_, state: &State| {
            let saved = pinned(state).map_or(0, |version| state.version(version).live & !state.at_head().live);
            state.gc.phase == gc::Phase::Deleting && saved & !state.gc.doomed != 0
        }),
        Property::sometimes("an unlinked segment is deleted", |_, state: &State| {
            state.gc.phase == gc::Phase::Deleting && state.gc.doomed & !state.objects != 0
        }),
    ]
}
