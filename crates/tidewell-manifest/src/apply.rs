//! One commit after another: which intents a state allows, and the state that follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidewell_types::{GenerationState, Seq, Source, Version, Watermarks as _};
use xxhash_rust::xxh3::xxh3_128;

use crate::entry::SegmentEntry;
use crate::error::Refusal;
use crate::intent::{Attach, Fold, Intent};
use crate::state::State;

impl State {
    /// The state after `intent`, committed as the next version with the record digest `digest`.
    ///
    /// # Errors
    /// The first precondition that this state does not meet; it stays unmet in every later state unless the intent is
    /// made anew.
    pub fn apply(&self, intent: &Intent, digest: u128) -> Result<Self, Refusal> {
        if self.generation(intent.author.generation) == GenerationState::Sealed {
            return Err(Refusal::GenerationClosed(intent.author.generation.get()));
        }
        let version = Version::new(self.version.get() + 1);
        let mut next = self.clone();
        next.version = version;
        next.digest = digest;
        next.stamp_max = self.stamp_max.max(intent.stamp_max);
        for attach in &intent.attaches {
            next.attach(*attach)?;
        }
        for fold in &intent.folds {
            next.fold(fold)?;
        }
        for (generation, state) in &intent.generations {
            if *state < next.generation(*generation) {
                return Err(Refusal::GenerationBackward(generation.get()));
            }
            next.generations.insert(*generation, *state);
        }
        next.grow(intent)?;
        next.remove(intent)?;
        next.add(intent, version)?;
        Ok(next)
    }

    fn attach(&mut self, attach: Attach) -> Result<(), Refusal> {
        let node = self.nodes.entry(attach.node).or_default();
        if attach.epoch != node.epoch + 1 {
            return Err(Refusal::NodeTaken { current: node.epoch, ours: attach.epoch });
        }
        node.epoch = attach.epoch;
        Ok(())
    }

    /// The heart of exactly-once: a fold starts where the last one of its source ended, or it does not happen.
    fn fold(&mut self, fold: &Fold) -> Result<(), Refusal> {
        let applied = self.applied(&fold.source);
        if fold.from != applied || fold.to < fold.from {
            let of = format!("{:?}", fold.source);
            return Err(Refusal::FoldElsewhere { of, from: fold.from.get(), applied: applied.get() });
        }
        match fold.source {
            Source::Objects(stream) => self.fold_stream(stream, fold.to),
            Source::Node(node) => {
                let state = self.nodes.entry(node).or_default();
                if state.epoch != fold.epoch {
                    return Err(Refusal::NodeTaken { current: state.epoch, ours: fold.epoch });
                }
                state.applied = fold.to;
                Ok(())
            }
            Source::Memory(_) => Ok(()),
        }
    }

    fn fold_stream(&mut self, stream: tidewell_types::StreamId, to: Seq) -> Result<(), Refusal> {
        if self.generation(stream.generation) == GenerationState::Sealed {
            return Err(Refusal::GenerationClosed(stream.generation.get()));
        }
        self.streams.insert(stream, to);
        Ok(())
    }

    fn grow(&mut self, intent: &Intent) -> Result<(), Refusal> {
        for (name, columns) in &intent.tables {
            let table = self.tables.entry(name.clone()).or_default();
            let schema = Arc::make_mut(&mut table.schema);
            schema.merge(columns).map_err(|conflict| Refusal::Schema { table: name.as_str().to_owned(), conflict })?;
        }
        Ok(())
    }

    fn remove(&mut self, intent: &Intent) -> Result<(), Refusal> {
        for id in &intent.removes {
            let holder = self.tables.values_mut().find_map(|table| {
                let index = table.segments.iter().position(|segment| segment.id == *id)?;
                Some((table, index))
            });
            let (table, index) = holder.ok_or_else(|| Refusal::SegmentGone(id.to_string()))?;
            let gone = Arc::make_mut(&mut table.segments).remove(index);
            self.segments_digest = self.segments_digest.wrapping_sub(entry_digest(&gone));
        }
        Ok(())
    }

    fn add(&mut self, intent: &Intent, version: Version) -> Result<(), Refusal> {
        let mut added: BTreeMap<_, Vec<Arc<SegmentEntry>>> = BTreeMap::new();
        let mut ids = BTreeSet::new();
        for entry in &intent.adds {
            if !ids.insert(entry.id) {
                return Err(Refusal::SegmentTwice(entry.id.to_string()));
            }
            let entry = Arc::new(SegmentEntry { added: version, ..entry.clone() });
            self.segments_digest = self.segments_digest.wrapping_add(entry_digest(&entry));
            added.entry(entry.table.clone()).or_default().push(entry);
        }
        for (name, entries) in added {
            let table = self.tables.entry(name).or_default();
            for entry in &entries {
                if table.segments.iter().any(|segment| segment.id == entry.id) {
                    return Err(Refusal::SegmentTwice(entry.id.to_string()));
                }
            }
            Arc::make_mut(&mut table.segments).extend(entries);
        }
        Ok(())
    }
}

/// A segment's share of the digest over all live ones, which adds up in any order.
pub(crate) fn entry_digest(entry: &SegmentEntry) -> u128 {
    let mut bytes = [0; 40];
    bytes[..16].copy_from_slice(entry.id.as_bytes());
    bytes[16..32].copy_from_slice(&entry.digest.to_le_bytes());
    bytes[32..].copy_from_slice(&entry.added.get().to_le_bytes());
    xxh3_128(&bytes)
}

#[cfg(test)]
mod tests;
