//! The live segments of one table: lists in the store, and what changed since they were written.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidewell_types::{Generation, SegmentId, TimeBounds, Version, WriteId};

use crate::entry::{SegmentEntry, SegmentKey};
use crate::error::Refusal;
use crate::removal::{Home, Removal};

/// How much some segments are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentTotals {
    /// Segments.
    pub segment_count: u64,
    /// Their rows.
    pub row_count: u64,
    /// Their field values that are not NULL.
    pub value_count: u64,
    /// Their size, in bytes.
    pub file_bytes: u64,
}

impl SegmentTotals {
    pub(crate) fn add(&mut self, entry: &SegmentEntry) {
        self.segment_count += 1;
        self.row_count += entry.row_count;
        self.value_count += entry.value_count;
        self.file_bytes += entry.file_bytes;
    }

    pub(crate) fn remove(&mut self, removal: &Removal) {
        self.segment_count = self.segment_count.saturating_sub(1);
        self.row_count = self.row_count.saturating_sub(removal.row_count);
        self.value_count = self.value_count.saturating_sub(removal.value_count);
        self.file_bytes = self.file_bytes.saturating_sub(removal.file_bytes);
    }
}

/// What is to be remembered of a segment that was taken out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Removed {
    /// Its share of the digest.
    pub(crate) share: u128,
    /// Its object.
    pub(crate) object: String,
    /// The commit that added it.
    pub(crate) added: Version,
    /// The registered file that was ours and goes with it.
    pub(crate) owned_url: Option<String>,
}

/// An immutable list of segments of one table, kept as an object of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeafRef {
    /// The generation that its object is named under.
    pub generation: Generation,
    /// The write that made it.
    pub id: WriteId,
    /// The span of all its segments.
    pub time: TimeBounds,
    /// How many segments it names, those that are gone by now included.
    pub segment_count: u64,
    /// The sum of its segments' shares.
    pub(crate) digest: u128,
    /// The first and the last of its segments; no other list of the table reaches into that range.
    pub(crate) first: SegmentKey,
    pub(crate) last: SegmentKey,
}

/// The live segments of one table. Cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segments {
    /// Lists in the store, by time.
    pub(crate) leaves: Arc<Vec<LeafRef>>,
    /// Live segments that no list names, by rank.
    pub(crate) fresh: Arc<Vec<Arc<SegmentEntry>>>,
    /// Segments that a list names and that are not live any more, with their shares of the digest.
    pub(crate) gone: Arc<BTreeMap<SegmentKey, u128>>,
    /// Registered files, by rank and then by URL; never in lists, so that a state knows all of them.
    pub(crate) registered: Arc<Vec<Arc<SegmentEntry>>>,
    /// Of all but the registered ones.
    pub(crate) totals: SegmentTotals,
}

impl Segments {
    /// Segments that no list holds, for tests and tools that have no store.
    #[must_use]
    pub fn from_entries(entries: impl IntoIterator<Item = SegmentEntry>) -> Self {
        let mut segments = Self::default();
        for entry in entries {
            segments.push(Arc::new(entry));
        }
        segments
    }

    /// How much they are, without the registered files, whose counts may be claims.
    #[must_use]
    pub fn totals(&self) -> SegmentTotals {
        self.totals
    }

    /// Lists that name segments of a span of time: how many objects a look at it loads, at most.
    #[must_use]
    pub fn leaves(&self) -> &[LeafRef] {
        &self.leaves
    }

    /// Live segments that no list names, by rank.
    #[must_use]
    pub fn fresh(&self) -> &[Arc<SegmentEntry>] {
        &self.fresh
    }

    /// The registered files, by rank and then by URL. No list holds any.
    #[must_use]
    pub fn registered(&self) -> &[Arc<SegmentEntry>] {
        &self.registered
    }

    /// A span that holds all rows, the registered files' claims included; `None` where there are no segments. Those that are
    /// gone by now may make it wider.
    #[must_use]
    pub fn time(&self) -> Option<TimeBounds> {
        let leaves = self.leaves.iter().map(|leaf| leaf.time);
        let loose = self.fresh.iter().chain(self.registered.iter()).map(|entry| entry.time);
        leaves.chain(loose).reduce(|one, other| one.union(&other))
    }

    /// The digest over all of them.
    pub(crate) fn digest(&self) -> u128 {
        let listed = self.leaves.iter().fold(0u128, |sum, leaf| sum.wrapping_add(leaf.digest));
        let fresh =
            self.fresh.iter().chain(self.registered.iter()).fold(listed, |sum, entry| sum.wrapping_add(entry.share()));
        self.gone.values().fold(fresh, |sum, share| sum.wrapping_sub(*share))
    }

    /// Whether lists, loose segments and totals agree, and the lists lie one after another.
    pub(crate) fn is_whole(&self) -> bool {
        let listed = self.leaves.iter().fold(0u64, |sum, leaf| sum.saturating_add(leaf.segment_count));
        let live = listed.saturating_add(self.fresh.len() as u64).checked_sub(self.gone.len() as u64);
        live == Some(self.totals.segment_count)
            && self.leaves.windows(2).all(|pair| matches!(pair, [a, b] if a.last < b.first))
            && self.gone.keys().all(|key| self.leaf_of(key).is_some())
    }

    /// Adds one, in its place by rank.
    pub(crate) fn push(&mut self, entry: Arc<SegmentEntry>) {
        let among = match &entry.foreign {
            Some(_) => &mut self.registered,
            None => {
                self.totals.add(&entry);
                &mut self.fresh
            }
        };
        let among = Arc::make_mut(among);
        let at = among.partition_point(|other| other.order() <= entry.order());
        among.insert(at, entry);
    }

    /// The one list that can name a segment.
    pub(crate) fn leaf_of(&self, key: &SegmentKey) -> Option<&LeafRef> {
        let after = self.leaves.partition_point(|leaf| leaf.first <= *key);
        self.leaves.get(after.checked_sub(1)?).filter(|leaf| *key <= leaf.last)
    }

    /// How many segments a state or a checkpoint holds in itself for this table, in one way or the other.
    pub(crate) fn loose(&self) -> usize {
        self.fresh.len() + self.gone.len()
    }

    /// Whether the list that holds `key`, if any, counts it as live no more.
    pub(crate) fn is_gone(&self, key: &SegmentKey) -> bool {
        self.gone.contains_key(key)
    }

    /// Takes one out.
    pub(crate) fn remove(&mut self, removal: &Removal) -> Result<Removed, Refusal> {
        let gone = || Refusal::SegmentGone(removal.id.to_string());
        if let Some(at) = self.registered.iter().position(|entry| entry.id == removal.id) {
            let entry = Arc::make_mut(&mut self.registered).remove(at);
            let owned = entry.foreign.as_ref().filter(|file| file.is_owned && !removal.keeps_file);
            let owned_url = owned.map(|file| file.url.clone());
            return Ok(Removed { share: entry.share(), object: entry.object.clone(), added: entry.added, owned_url });
        }
        if let Some(at) = self.fresh.iter().position(|entry| entry.id == removal.id) {
            let entry = Arc::make_mut(&mut self.fresh).remove(at);
            self.totals.remove(&Removal::of(&entry, Home::Fresh));
            let (share, object, added) = (entry.share(), entry.object.clone(), entry.added);
            return Ok(Removed { share, object, added, owned_url: None });
        }
        let key = (removal.time_min, removal.id);
        let leaf = self.leaf_of(&key).ok_or_else(gone)?;
        let is_listed = match removal.home {
            Home::Fresh => false,
            Home::Leaf(id) => leaf.id == id,
            Home::Committed => true,
        };
        if !is_listed || self.is_gone(&key) {
            return Err(gone());
        }
        Arc::make_mut(&mut self.gone).insert(key, removal.share);
        self.totals.remove(removal);
        Ok(Removed { share: removal.share, object: removal.object.clone(), added: removal.added, owned_url: None })
    }

    /// The first segment outside of lists that has one of some identities.
    pub(crate) fn fresh_among(&self, ids: &BTreeSet<SegmentId>) -> Option<SegmentId> {
        self.loose_ids().find(|id| ids.contains(id))
    }

    /// The identities of live segments that no list names, registered files among them.
    pub(crate) fn loose_ids(&self) -> impl Iterator<Item = SegmentId> {
        self.fresh.iter().chain(self.registered.iter()).map(|entry| entry.id)
    }
}

#[cfg(test)]
mod tests;
