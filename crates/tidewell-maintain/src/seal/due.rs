//! Which generation is to be opened or sealed, by a state and a clock that only proposes.

use tidewell_manifest::{State, TOKENS_MANY};
use tidewell_storage::DatabaseLayout;
use tidewell_types::{Generation, GenerationState, TimestampNs, Watermarks as _};

use super::SealOptions;
use crate::age::is_past;

/// Generations that are sealed together.
const GENERATIONS_PER_COMMIT: usize = 256;

/// Whether so many requests with idempotency keys are remembered that generations have to end sooner.
pub(crate) fn is_crowded(state: &State) -> bool {
    state.tokens.len() > TOKENS_MANY
}

/// The generation to open, where the newest one is old enough and in use.
pub(super) fn next(
    state: &State,
    layout: &DatabaseLayout,
    now: TimestampNs,
    options: &SealOptions,
) -> Option<Generation> {
    let newest = state.open_generation();
    let age_ms = match is_crowded(state) {
        true => options.generation_ms.min(options.crowded_seal_after_ms / 3),
        false => options.generation_ms,
    };
    match state.generations.get(&newest) {
        Some(entry) if !is_past(now, entry.opened_at, age_ms) => None,
        // Names are given under it already, so it is opened at once.
        None if !state.generations.is_empty() => Some(newest),
        // The first has no age: no commit opened it.
        Some(_) | None => newest.next().filter(|_| is_used(state, layout, newest)),
    }
}

/// Whether the state knows of an object that was written under a generation. An idle database stays in its newest one.
fn is_used(state: &State, layout: &DatabaseLayout, generation: Generation) -> bool {
    let is_under = |object: &str| layout.parse_segment(object).is_some_and(|name| name.generation == generation);
    let mut fresh = state.tables.values().flat_map(|table| table.segments.fresh());
    state.streams.keys().any(|stream| stream.generation == generation)
        || state.lists().any(|list| list.generation == generation)
        || fresh.any(|segment| is_under(&segment.object))
        || state.graves.values().any(|grave| is_under(&grave.object))
}

/// The generations whose successor was opened long enough ago, oldest first, those that nobody has heard of included: they
/// may have been used before the commits were lost and made anew. As many as one commit changes.
pub(super) fn old(state: &State, now: TimestampNs, options: &SealOptions) -> Vec<Generation> {
    let age_ms = match is_crowded(state) {
        true => options.seal_after_ms.min(options.crowded_seal_after_ms),
        false => options.seal_after_ms,
    };
    let mut old = Vec::new();
    let mut generation = oldest_unsealed(state);
    while old.len() < GENERATIONS_PER_COMMIT && has_open_successor(state, generation) {
        let Some(next) = generation.next() else { break };
        let successor = state.generations.range(next..).next();
        if successor.is_none_or(|(_, entry)| !is_past(now, entry.opened_at, age_ms)) {
            break;
        }
        if state.generation(generation) != GenerationState::Sealed {
            old.push(generation);
        }
        generation = next;
    }
    old
}

/// Whether a newer generation takes the objects that are named from now on. The newest one is never sealed, so the one that
/// names are given under is always one that a commit has opened, or the first.
pub(super) fn has_open_successor(state: &State, generation: Generation) -> bool {
    let newest = state.open_generation();
    newest > generation && state.generations.contains_key(&newest)
}

/// The oldest generation that is not sealed: every older one is, and stays so.
pub(crate) fn oldest_unsealed(state: &State) -> Generation {
    let mut oldest = Generation::ZERO;
    while state.generation(oldest) == GenerationState::Sealed
        && let Some(next) = oldest.next()
    {
        oldest = next;
    }
    oldest
}
