//! Segments of sealed generations that nothing names: what a killed fold or a lost race left behind.

use std::collections::BTreeSet;

use tidewell_manifest::State;
use tidewell_storage::{Listed, ObjectName, StorageError, Tier, parse_generation_folder};
use tidewell_types::{Generation, GenerationState, Watermarks as _};

use super::collector::Collector;
use super::references::References;
use super::summary::{GcKind, GcSummary};
use super::sweep::Garbage;
use crate::error::MaintainError;

/// Keys of one page of a listing.
const PAGE_KEYS: u64 = 1000;
/// Up to so many segments have their keys in memory at once, about 30 MB.
const SEGMENTS_AT_ONCE_MAX: u64 = 131_072;

/// The segments that nothing names. A LIST for each tier, and one for each 1000 segments of it, or for each sealed
/// generation that it has objects of, where that is less or the segments are very many: one generation's keys in memory at a
/// time then.
pub(super) async fn find(
    collector: &Collector,
    state: &State,
    references: &References,
    summary: &mut GcSummary,
) -> Result<Garbage, MaintainError> {
    let mut garbage = Garbage::new(GcKind::OrphanSegments);
    let segments = references.segment_count();
    for tier in [Tier::Hot, Tier::Cold] {
        let generations = sealed(collector, state, tier, summary).await?;
        // Old generations are many and few segments are left of each, so that a listing of each would be mostly requests.
        let has_many = generations.len() as u64 > segments / PAGE_KEYS + 1;
        if has_many && segments <= SEGMENTS_AT_ONCE_MAX {
            let listed = list_of(collector, tier, &generations).await?;
            examine(collector, references, listed, summary, &mut garbage);
            continue;
        }
        for generation in generations {
            let prefix = collector.manifest.layout().segment_generation_prefix(tier, generation);
            let listed = collector.store.list(&prefix).await?;
            examine(collector, references, listed, summary, &mut garbage);
        }
    }
    Ok(garbage)
}

/// What a tier has of these generations, from one listing of all that it has.
async fn list_of(
    collector: &Collector,
    tier: Tier,
    generations: &BTreeSet<Generation>,
) -> Result<Vec<Listed>, StorageError> {
    let prefix = collector.manifest.layout().segment_prefix(tier);
    let mut listed = collector.store.list(&prefix).await?;
    listed.retain(|object| {
        let below = object.key.strip_prefix(prefix.as_str()).map(|key| key.trim_start_matches('/'));
        let folder = below.and_then(|key| key.split_once('/')).map(|(folder, _)| folder);
        folder.and_then(parse_generation_folder).is_some_and(|generation| generations.contains(&generation))
    });
    Ok(listed)
}

fn examine(
    collector: &Collector,
    references: &References,
    listed: Vec<Listed>,
    summary: &mut GcSummary,
    garbage: &mut Garbage,
) {
    let layout = collector.manifest.layout();
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

/// The sealed generations that a tier has objects of. Anything in one that is open may be on its way into a commit.
async fn sealed(
    collector: &Collector,
    state: &State,
    tier: Tier,
    summary: &mut GcSummary,
) -> Result<BTreeSet<Generation>, MaintainError> {
    let prefix = collector.manifest.layout().segment_prefix(tier);
    let mut sealed = BTreeSet::new();
    for folder in collector.store.list_folders(&prefix).await? {
        match parse_generation_folder(&folder) {
            Some(generation) if state.generation(generation) == GenerationState::Sealed => {
                sealed.insert(generation);
            }
            Some(_) => {}
            None => summary.note_unparsed(&format!("{prefix}/{folder}")),
        }
    }
    Ok(sealed)
}

#[cfg(test)]
mod tests;
