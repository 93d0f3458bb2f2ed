//! Where the segments of an intent are as of the state that it is to be committed on.
//!
//! A process plans on a state, works for minutes and commits; meanwhile a checkpoint may have moved segments into lists.
//! A state alone cannot tell what a list names, so the committer looks, and readers rely on it.

use std::collections::{BTreeMap, BTreeSet};

use tidewell_types::{SegmentId, WriteId};

use crate::entry::SegmentKey;
use crate::error::{CommitError, Refusal};
use crate::intent::Intent;
use crate::leaf::Leaf;
use crate::manifest::Manifest;
use crate::removal::{Home, Removal};
use crate::segments::{LeafRef, Segments};
use crate::state::State;

impl Manifest {
    /// Sets the home of each removal to where the segment is now, and refuses what is not there. One GET for each list that
    /// came since the intent was made and was not read lately; none mostly.
    pub(crate) async fn locate(&self, state: &State, intent: &mut Intent) -> Result<(), CommitError> {
        if intent.restore.is_some() {
            // The removals are of what it puts back, which holds as it was read.
            return Ok(());
        }
        let mut moved: BTreeMap<WriteId, (LeafRef, Vec<&mut Removal>)> = BTreeMap::new();
        for (removal, segments) in listed(state, &mut intent.removes) {
            let leaf = segments.leaf_of(&(removal.time_min, removal.id)).ok_or_else(|| gone(removal))?;
            if removal.home != Home::Leaf(leaf.id) {
                moved.entry(leaf.id).or_insert_with(|| (leaf.clone(), Vec::new())).1.push(removal);
            }
        }
        for (id, (leaf, removals)) in moved {
            let leaf = self.leaf(&leaf).await?;
            for removal in removals {
                if !names(&leaf, &(removal.time_min, removal.id)) {
                    return Err(gone(removal).into());
                }
                removal.home = Home::Leaf(id);
            }
        }
        self.check_unlisted(state, intent).await
    }

    /// Refuses to add what a list names. A fold or a rewrite that is tried again is stopped by what it folds or removes; an
    /// intent that only adds has nothing else that tells.
    async fn check_unlisted(&self, state: &State, intent: &Intent) -> Result<(), CommitError> {
        if !intent.folds.is_empty() || !intent.removes.is_empty() {
            return Ok(());
        }
        let mut met: BTreeMap<WriteId, (&LeafRef, Vec<SegmentKey>)> = BTreeMap::new();
        for entry in intent.adds.iter().filter(|entry| entry.foreign.is_none()) {
            let leaf = state.tables.get(&entry.table).and_then(|table| table.segments.leaf_of(&entry.key()));
            if let Some(leaf) = leaf {
                met.entry(leaf.id).or_insert_with(|| (leaf, Vec::new())).1.push(entry.key());
            }
        }
        for (leaf, keys) in met.into_values() {
            let leaf = self.leaf(leaf).await?;
            if let Some((_, id)) = keys.iter().find(|key| names(&leaf, key)) {
                return Err(Refusal::SegmentTwice(id.to_string()).into());
            }
        }
        Ok(())
    }
}

/// The removals whose segments are not among the loose ones, each with its table's segments.
fn listed<'a>(
    state: &'a State,
    removals: &'a mut [Removal],
) -> impl Iterator<Item = (&'a mut Removal, &'a Segments)> + use<'a> {
    let mut fresh: BTreeMap<&str, BTreeSet<SegmentId>> = BTreeMap::new();
    let tables = removals.iter().filter_map(|removal| state.tables.get_key_value(removal.table.as_ref()?));
    for (name, table) in tables {
        fresh.entry(name.as_str()).or_insert_with(|| table.segments.loose_ids().collect());
    }
    removals.iter_mut().filter_map(move |removal| {
        let table = removal.table.as_ref()?;
        let is_fresh = fresh.get(table.as_str()).is_some_and(|ids| ids.contains(&removal.id));
        let segments = &state.tables.get(table)?.segments;
        (!is_fresh).then_some((removal, segments))
    })
}

fn names(leaf: &Leaf, key: &SegmentKey) -> bool {
    leaf.binary_search_by_key(key, |entry| entry.key()).is_ok()
}

fn gone(removal: &Removal) -> Refusal {
    Refusal::SegmentGone(removal.id.to_string())
}

#[cfg(test)]
mod tests;
