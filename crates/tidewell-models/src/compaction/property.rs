//! What must hold in every state, and what must happen in some.

use stateright::Property;

use super::state::{FOLDS, State, ones};
use super::{Compaction, compactor, gc};

pub(super) const ROWS_KEPT: &str = "I2 the live segments hold every folded row";
pub(super) const ROWS_ONCE: &str = "I2 no row is in two live segments";
pub(super) const NAMED_SAME: &str = "I6 the named version answers as it did when it was the head";
pub(super) const READ_TRUE: &str =
    "I6 a read of a version answers as it did when it was the head, or finds a segment gone";
pub(super) const LIVE_EXIST: &str = "I7 every live segment exists";
pub(super) const NAMED_EXIST: &str = "I7 every segment of the named version exists";
pub(super) const CONDEMNED_FREE: &str = "I12 no condemned segment is live, or in the named version";
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
            state.answer(state.version(state.named).live) == state.version(state.named).answer
        }),
        Property::always(READ_TRUE, |_, state: &State| !state.reader.is_false),
        Property::always(LIVE_EXIST, |_, state: &State| state.at_head().live & !state.objects == 0),
        Property::always(NAMED_EXIST, |_, state: &State| state.version(state.named).live & !state.objects == 0),
        Property::always(CONDEMNED_FREE, |_, state: &State| {
            (state.at_head().live | state.version(state.named).live) & state.condemned == 0
        }),
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
        Property::sometimes("a segment is live again after it was removed", |model, state: &State| {
            let folded = (1 << FOLDS) - 1;
            let is_restored = state.snapshotter.restores < model.bounds.restores;
            is_restored && state.objects & !folded != 0 && state.at_head().live & folded != 0
        }),
        Property::sometimes("a name comes too late", |_, state: &State| {
            (1..state.condemned_to).contains(&state.snapshotter.version())
        }),
        Property::sometimes("a name saves a removed segment", |_, state: &State| {
            let saved = state.version(state.named).live & state.buried();
            saved != 0 && state.gcs.iter().any(|gc| gc.phase == gc::Phase::Condemned)
        }),
        Property::sometimes("two collectors delete the same segment", |_, state: &State| {
            let [one, other] = &state.gcs;
            one.doomed() & other.doomed() & state.objects != 0
        }),
        Property::sometimes("a collector lost to a restore", |_, state: &State| {
            state.gcs.iter().any(|gc| gc.phase == gc::Phase::Looked && gc.due() & state.at_head().live != 0)
        }),
        Property::sometimes("a segment is gone and its reader plans again", |_, state: &State| {
            state.reader.is_overtaken(state)
        }),
    ]
}
