//! Moving segments from a state into lists, so that states and checkpoints stay small: only lists that change are rewritten.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidewell_types::Generation;

use crate::entry::{SegmentEntry, SegmentKey};
use crate::error::ManifestError;
use crate::leaf::{self, LEAF_SEGMENTS_MAX, leaf_ref};
use crate::manifest::Manifest;
use crate::segments::{LeafRef, Segments};
use crate::state::State;

/// A table keeps at most this many segments outside of lists, and this many that lists name in vain.
const LOOSE_SEGMENTS_MAX: usize = 512;
/// All tables together; above it those with more than a few go into lists as well.
const LOOSE_TOTAL_MAX: usize = 8192;
const FEW: usize = 32;

/// A part of a table's segments, in the order of keys.
enum Run {
    Kept(LeafRef),
    Rewritten(Vec<Arc<SegmentEntry>>),
}

impl Manifest {
    /// The same state with its loose segments in lists, where there are many. One GET and one PUT for each list that
    /// changes; nothing where tables are small.
    pub(crate) async fn spill(&self, state: &State) -> Result<State, ManifestError> {
        let loose = |segments: &Segments| segments.fresh.len() + segments.gone.len();
        let total: usize = state.tables.values().map(|table| loose(&table.segments)).sum();
        let most = if total > LOOSE_TOTAL_MAX { FEW } else { LOOSE_SEGMENTS_MAX };
        let generation = state.open_generation();
        let mut spilled = state.clone();
        for table in spilled.tables.values_mut() {
            if loose(&table.segments) > most {
                table.segments = self.spill_table(generation, &table.segments).await?;
            }
        }
        Ok(spilled)
    }

    async fn spill_table(&self, generation: Generation, segments: &Segments) -> Result<Segments, ManifestError> {
        let mut leaves = Vec::new();
        for run in merged(self.runs(segments).await?) {
            match run {
                Run::Kept(leaf) => leaves.push(leaf),
                Run::Rewritten(entries) => {
                    for part in entries.chunks(LEAF_SEGMENTS_MAX) {
                        leaves.extend(self.write_leaf(generation, part).await?);
                    }
                }
            }
        }
        Ok(Segments { leaves: Arc::new(leaves), fresh: Arc::default(), gone: Arc::default(), totals: segments.totals })
    }

    async fn runs(&self, segments: &Segments) -> Result<Vec<Run>, ManifestError> {
        let mut adds = assigned(segments);
        let mut runs = Vec::new();
        if let Some(unlisted) = adds.remove(&None) {
            runs.push(Run::Rewritten(unlisted));
        }
        let gone: BTreeSet<SegmentKey> = segments.gone.keys().copied().collect();
        for (index, leaf) in segments.leaves.iter().enumerate() {
            let added = adds.remove(&Some(index)).unwrap_or_default();
            if added.is_empty() && gone.range(leaf.first..=leaf.last).next().is_none() {
                runs.push(Run::Kept(leaf.clone()));
                continue;
            }
            let listed = self.leaf(leaf).await?;
            let mut entries: Vec<_> = listed.iter().filter(|entry| !gone.contains(&entry.key())).cloned().collect();
            entries.extend(added);
            entries.sort_by_key(|entry| entry.key());
            runs.push(Run::Rewritten(entries));
        }
        Ok(runs)
    }

    async fn write_leaf(
        &self,
        generation: Generation,
        entries: &[Arc<SegmentEntry>],
    ) -> Result<Option<LeafRef>, ManifestError> {
        let id = self.inner.env.write_id();
        let Some(leaf) = leaf_ref(generation, id, entries) else { return Ok(None) };
        let name = self.inner.layout.leaf(generation, id);
        let body =
            leaf::encode(entries, id).map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        self.store.put(&name, body).await?;
        self.inner.leaves.put(id, Arc::new(entries.to_vec()));
        Ok(Some(leaf))
    }
}

/// Loose segments by the list that they belong into: the last that begins at or before them, else the first; `None` where
/// there is no list.
fn assigned(segments: &Segments) -> BTreeMap<Option<usize>, Vec<Arc<SegmentEntry>>> {
    let mut adds: BTreeMap<Option<usize>, Vec<Arc<SegmentEntry>>> = BTreeMap::new();
    for entry in segments.fresh.iter() {
        let after = segments.leaves.partition_point(|leaf| leaf.first <= entry.key());
        let index = (!segments.leaves.is_empty()).then(|| after.saturating_sub(1));
        adds.entry(index).or_default().push(Arc::clone(entry));
    }
    for entries in adds.values_mut() {
        entries.sort_by_key(|entry| entry.key());
    }
    adds
}

/// Neighbours that are rewritten and fit into one list become one.
fn merged(runs: Vec<Run>) -> Vec<Run> {
    let mut merged: Vec<Run> = Vec::new();
    for run in runs {
        match (merged.last_mut(), run) {
            (Some(Run::Rewritten(before)), Run::Rewritten(entries))
                if before.len() + entries.len() <= LEAF_SEGMENTS_MAX =>
            {
                before.extend(entries);
            }
            (_, Run::Rewritten(entries)) if entries.is_empty() => {}
            (_, run) => merged.push(run),
        }
    }
    merged
}

#[cfg(test)]
mod tests;
