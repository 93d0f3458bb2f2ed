//! Moving segments from a state into lists, so that states and checkpoints stay small: only lists that change are rewritten.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_types::Generation;

use crate::entry::SegmentEntry;
use crate::error::ManifestError;
use crate::leaf::{self, LEAF_SEGMENTS_MAX, leaf_ref};
use crate::manifest::Manifest;
use crate::segments::{LeafRef, Segments};
use crate::state::State;

/// When segments go into lists, and how long those get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Segments of one list.
    pub(crate) leaf: usize,
    /// A table keeps at most this many segments outside of lists, together with those that lists name in vain.
    pub(crate) table: usize,
    /// All tables together; above it those with more than a few go into lists as well.
    pub(crate) total: usize,
    pub(crate) few: usize,
    /// Every so many commits, whoever made the commit writes a checkpoint: what an opening reads of records at most.
    pub(crate) commits: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { leaf: LEAF_SEGMENTS_MAX, table: 512, total: 8192, few: 32, commits: 16 }
    }
}

impl Limits {
    /// How many loose segments a table of a state may keep.
    fn loose_max(self, state: &State) -> usize {
        let total: usize = state.tables.values().map(|table| table.segments.loose()).sum();
        if total > self.total { self.few } else { self.table }
    }

    /// Whether a checkpoint of a state moves segments into lists.
    pub(crate) fn are_exceeded(self, state: &State) -> bool {
        let most = self.loose_max(state);
        state.tables.values().any(|table| table.segments.loose() > most)
    }
}

impl Manifest {
    /// The same state with its loose segments in lists, where there are many. One GET and one PUT for each list that
    /// changes; nothing where tables are small.
    pub(crate) async fn spill(&self, state: &State) -> Result<State, ManifestError> {
        let most = self.inner.limits.loose_max(state);
        let mut spilled = state.clone();
        for table in spilled.tables.values_mut().filter(|table| table.segments.loose() > most) {
            let segments = self.spill_table(state.open_generation(), &table.segments).await?;
            // What a removal claimed of its segment and what the list says must agree before the one takes the other's place.
            if segments.digest() != table.segments.digest() || !segments.is_whole() {
                return Err(self.inconsistent(state.version, "its lists do not add up to its segments"));
            }
            table.segments = segments;
        }
        Ok(spilled)
    }

    async fn spill_table(&self, generation: Generation, segments: &Segments) -> Result<Segments, ManifestError> {
        let mut adds = assigned(segments);
        let mut lists = Lists { manifest: self, generation, written: Vec::new(), pending: Vec::new() };
        lists.take(adds.remove(&None).unwrap_or_default()).await?;
        for (index, leaf) in segments.leaves.iter().enumerate() {
            let added = adds.remove(&Some(index)).unwrap_or_default();
            let is_touched = !added.is_empty() || segments.gone.range(leaf.first..=leaf.last).next().is_some();
            if !is_touched && !lists.has_room(leaf) {
                lists.keep(leaf.clone()).await?;
                continue;
            }
            let listed = self.leaf(leaf).await?;
            let mut entries: Vec<_> = listed.iter().filter(|entry| !segments.is_gone(&entry.key())).cloned().collect();
            entries.extend(added);
            entries.sort_by_key(|entry| entry.key());
            lists.take(entries).await?;
        }
        let leaves = lists.end().await?;
        Ok(Segments {
            leaves: Arc::new(leaves),
            fresh: Arc::default(),
            gone: Arc::default(),
            registered: Arc::clone(&segments.registered),
            totals: segments.totals,
        })
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

/// A table's lists as they are made, in the order of keys; at most two of them in memory.
struct Lists<'a> {
    manifest: &'a Manifest,
    generation: Generation,
    written: Vec<LeafRef>,
    /// The next segments, which no list names yet.
    pending: Vec<Arc<SegmentEntry>>,
}

impl Lists<'_> {
    fn leaf_max(&self) -> usize {
        self.manifest.inner.limits.leaf
    }

    /// Whether the segments that come before a list fit into it, so that it is taken up rather than left beside a short one.
    fn has_room(&self, leaf: &LeafRef) -> bool {
        !self.pending.is_empty() && self.pending.len() + count(leaf) <= self.leaf_max()
    }

    /// Leaves a list as it is.
    async fn keep(&mut self, leaf: LeafRef) -> Result<(), ManifestError> {
        self.write(self.pending.len()).await?;
        self.written.push(leaf);
        Ok(())
    }

    /// Segments for lists that are yet to be written. A short list right before them is written anew with them.
    async fn take(&mut self, entries: Vec<Arc<SegmentEntry>>) -> Result<(), ManifestError> {
        let most = self.leaf_max();
        let fits = |leaf: &LeafRef| count(leaf) + entries.len() <= most;
        let is_first = self.pending.is_empty() && !entries.is_empty();
        if let Some(before) = self.written.pop_if(|leaf| is_first && fits(leaf)) {
            self.pending.extend(self.manifest.leaf(&before).await?.iter().cloned());
        }
        self.pending.extend(entries);
        self.write(self.pending.len() / most * most).await
    }

    /// Writes the first so many of the pending segments.
    async fn write(&mut self, segment_count: usize) -> Result<(), ManifestError> {
        let rest = self.pending.split_off(segment_count);
        for entries in self.pending.chunks(self.leaf_max()) {
            self.written.extend(self.manifest.write_leaf(self.generation, entries).await?);
        }
        self.pending = rest;
        Ok(())
    }

    async fn end(mut self) -> Result<Vec<LeafRef>, ManifestError> {
        self.write(self.pending.len()).await?;
        Ok(self.written)
    }
}

fn count(leaf: &LeafRef) -> usize {
    usize::try_from(leaf.segment_count).unwrap_or(usize::MAX)
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

#[cfg(test)]
mod tests;
