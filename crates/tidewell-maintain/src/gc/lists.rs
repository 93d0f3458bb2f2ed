//! Lists of segments that no checkpoint needs, and ends of streams that no commit named.

use tidewell_manifest::State;
use tidewell_types::{GenerationState, Watermarks as _};

use super::collector::Collector;
use super::references::References;
use super::summary::{GcKind, GcSummary};
use super::sweep::Garbage;
use crate::error::MaintainError;
use crate::seal::due::oldest_unsealed;

/// The lists that nothing refers to, of generations that no commit can be of any more. One LIST for each 1000.
pub(super) async fn find(
    collector: &Collector,
    state: &State,
    references: &References,
    summary: &mut GcSummary,
) -> Result<Garbage, MaintainError> {
    let mut garbage = Garbage::new(GcKind::Lists);
    // Until the next checkpoint counts, which lists an earlier version brought back is known to those who read that commit,
    // and not to those who started from a later state.
    if state.is_restored_since_checkpoint() {
        return Ok(garbage);
    }
    let (layout, unsealed) = (collector.manifest.layout(), oldest_unsealed(state));
    for object in collector.store.list(&layout.leaf_prefix()).await? {
        summary.count(GcKind::Lists, |count| count.examined += 1);
        match layout.parse_leaf(&object.key) {
            None => summary.note_unparsed(&object.key),
            Some((generation, id)) if generation < unsealed && !references.has_list(&id) => {
                garbage.push(summary, layout.leaf(generation, id), object.bytes);
            }
            Some(_) => {}
        }
    }
    Ok(garbage)
}

/// Ends of sealed generations' streams other than those that the state names, which are kept for ever: a writer that was
/// frozen may ask for them. One LIST for each 1000.
pub(super) async fn find_watermarks(
    collector: &Collector,
    state: &State,
    summary: &mut GcSummary,
) -> Result<Garbage, MaintainError> {
    let mut garbage = Garbage::new(GcKind::Watermarks);
    let layout = collector.manifest.layout();
    for object in collector.store.list(&layout.watermarks_prefix()).await? {
        summary.count(GcKind::Watermarks, |count| count.examined += 1);
        let Some((generation, id)) = layout.parse_watermarks(&object.key) else {
            summary.note_unparsed(&object.key);
            continue;
        };
        let is_sealed = state.generation(generation) == GenerationState::Sealed;
        if is_sealed && state.generation_entry(generation).watermarks != Some(id) {
            garbage.push(summary, layout.watermarks(generation, id), object.bytes);
        }
    }
    Ok(garbage)
}

#[cfg(test)]
mod tests;
