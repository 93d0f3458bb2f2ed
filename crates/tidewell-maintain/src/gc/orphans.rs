//! Segments of sealed generations that nothing names: what a killed fold or a lost race left behind.

use tidewell_manifest::State;
use tidewell_storage::{ObjectName, Tier, parse_generation_folder};
use tidewell_types::{Generation, GenerationState, Watermarks as _};

use super::collector::Collector;
use super::references::References;
use super::summary::{GcKind, GcSummary};
use super::sweep::Garbage;
use crate::error::MaintainError;

/// The segments that nothing names. A LIST for each tier and for each sealed generation that it has objects of; one
/// generation's keys in memory at a time.
pub(super) async fn find(
    collector: &Collector,
    state: &State,
    references: &References,
    summary: &mut GcSummary,
) -> Result<Garbage, MaintainError> {
    let mut garbage = Garbage::new(GcKind::OrphanSegments);
    for tier in [Tier::Hot, Tier::Cold] {
        for generation in sealed(collector, state, tier, summary).await? {
            let layout = collector.manifest.layout();
            let listed = collector.store.list(&layout.segment_generation_prefix(tier, generation)).await?;
            for object in listed {
                summary.count(GcKind::OrphanSegments, |count| count.examined += 1);
                let named = layout.parse_segment(&object.key).zip(ObjectName::foreign(&object.key));
                match named {
                    None => summary.note_unparsed(&object.key),
                    Some((segment, _)) if references.has_segment(&segment.id) => {}
                    Some((_, name)) => garbage.push(summary, name, object.bytes),
                }
            }
        }
    }
    Ok(garbage)
}

/// The sealed generations that a tier has objects of. Anything in one that is open may be on its way into a commit.
async fn sealed(
    collector: &Collector,
    state: &State,
    tier: Tier,
    summary: &mut GcSummary,
) -> Result<Vec<Generation>, MaintainError> {
    let prefix = collector.manifest.layout().segment_prefix(tier);
    let mut sealed = Vec::new();
    for folder in collector.store.list_folders(&prefix).await? {
        match parse_generation_folder(&folder) {
            Some(generation) if state.generation(generation) == GenerationState::Sealed => sealed.push(generation),
            Some(_) => {}
            None => summary.note_unparsed(&format!("{prefix}/{folder}")),
        }
    }
    Ok(sealed)
}

#[cfg(test)]
mod tests;
