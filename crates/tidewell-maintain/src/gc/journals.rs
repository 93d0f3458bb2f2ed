//! Journals of imports that nobody will resume.

use tidewell_manifest::State;
use tidewell_types::{Generation, GenerationState, Watermarks as _};

use super::collector::Collector;
use super::summary::{GcKind, GcSummary};
use super::sweep::Garbage;
use crate::error::MaintainError;

/// Sealed generations that must follow a journal's: an hour of writing each, so a month or more.
const GENERATIONS_KEPT: u32 = 720;

/// The entries of runs that began so many generations ago. A journal is never needed for what is stored, only to know which
/// files of an interrupted import are. One LIST for each 1000; none in a database that is not old enough.
pub(super) async fn find(
    collector: &Collector,
    state: &State,
    summary: &mut GcSummary,
) -> Result<Garbage, MaintainError> {
    let mut garbage = Garbage::new(GcKind::ImportJournals);
    if !is_past(state, Generation::ZERO) {
        return Ok(garbage);
    }
    let layout = collector.manifest.layout();
    for object in collector.store.list(&layout.import_prefix()).await? {
        summary.count(GcKind::ImportJournals, |count| count.examined += 1);
        match layout.parse_import(&object.key) {
            None => summary.note_unparsed(&object.key),
            Some((job, run, seq)) if is_past(state, run.generation) => {
                garbage.push(summary, layout.import_entry(job, run, seq), object.bytes);
            }
            Some(_) => {}
        }
    }
    Ok(garbage)
}

/// Whether the generation and enough later ones are sealed, and so stay.
fn is_past(state: &State, generation: Generation) -> bool {
    let later = generation.get().checked_add(GENERATIONS_KEPT).map(Generation::new);
    let is_sealed = |generation: Generation| state.generation(generation) == GenerationState::Sealed;
    is_sealed(generation) && later.is_some_and(is_sealed)
}

#[cfg(test)]
mod tests;
