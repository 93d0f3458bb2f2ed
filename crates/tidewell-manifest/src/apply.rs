//! One commit after another: which intents a state allows, and the state that follows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tidewell_types::{
    GenerationState, SegmentId, Seq, Source, StreamId, TableName, TimestampNs, Version, Watermarks as _,
};

use crate::entry::SegmentEntry;
use crate::error::Refusal;
use crate::intent::{Attach, Fold, GenerationChange, Intent};
use crate::removal::Removal;
use crate::segments::Removed;
use crate::snapshot::Grave;
use crate::state::State;

/// What makes an intent a commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamped {
    /// XXH3 (128 bits) of its record.
    pub(crate) digest: u128,
    /// The committer's clock.
    pub(crate) at: TimestampNs,
}

impl State {
    /// The state after `intent`, committed as the next version.
    ///
    /// # Errors
    /// The first precondition that this state does not meet; it stays unmet in every later state unless the intent is
    /// made anew.
    pub(crate) fn apply(&self, intent: &Intent, stamped: Stamped) -> Result<Self, Refusal> {
        self.clone().advanced(intent, stamped)
    }

    /// As [`State::apply`], for a state that nobody needs any more: what it alone holds is changed in place.
    pub(crate) fn advanced(mut self, intent: &Intent, stamped: Stamped) -> Result<Self, Refusal> {
        if self.generation(intent.author.generation) == GenerationState::Sealed {
            return Err(Refusal::GenerationClosed(intent.author.generation.get()));
        }
        let version = Version::new(self.version.get().saturating_add(1));
        self.version = version;
        self.digest = stamped.digest;
        self.committed_at = stamped.at;
        self.stamp_max = self.stamp_max.max(intent.stamp_max);
        if let Some(restore) = &intent.restore {
            self.restore(restore, version)?;
        }
        for attach in &intent.attaches {
            self.attach(*attach)?;
        }
        self.take_tokens(intent, version)?;
        for fold in &intent.folds {
            self.fold(fold)?;
        }
        for change in &intent.generations {
            self.change_generation(change, version, stamped.at)?;
        }
        if intent.generations.iter().any(|change| change.state == GenerationState::Sealed) {
            self.forget_tokens();
        }
        self.grow(intent)?;
        let unregistered = self.unregistered(intent);
        self.remove(intent, version, stamped.at)?;
        self.add(intent, version)?;
        self.limit(intent, version);
        self.keep(intent)?;
        self.roll_up(intent, version, unregistered)?;
        Ok(self)
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

    fn fold_stream(&mut self, stream: StreamId, to: Seq) -> Result<(), Refusal> {
        if self.generation(stream.generation) == GenerationState::Sealed {
            return Err(Refusal::GenerationClosed(stream.generation.get()));
        }
        Arc::make_mut(&mut self.streams).insert(stream, to);
        Ok(())
    }

    fn change_generation(
        &mut self,
        change: &GenerationChange,
        version: Version,
        at: TimestampNs,
    ) -> Result<(), Refusal> {
        let mut entry = self.generation_entry(change.generation);
        let is_new = !self.generations.contains_key(&change.generation);
        if change.state < entry.state {
            return Err(Refusal::GenerationBackward(change.generation.get()));
        }
        if is_new && change.state == GenerationState::Open {
            (entry.opened, entry.opened_at) = (version, at);
        }
        if change.state == GenerationState::Sealed && entry.state != GenerationState::Sealed {
            // Only the commit that seals it knows where its streams end.
            entry.watermarks = change.watermarks;
        }
        entry.state = change.state;
        self.generations.insert(change.generation, entry);
        if entry.state == GenerationState::Sealed && entry.watermarks.is_some() {
            // What is not folded by now never counts, and the final watermarks are in an object of their own.
            Arc::make_mut(&mut self.streams).retain(|stream, _| stream.generation != change.generation);
        }
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

    fn remove(&mut self, intent: &Intent, version: Version, at: TimestampNs) -> Result<(), Refusal> {
        for removal in &intent.removes {
            let Removed { share, object, added, owned_url } = self.remove_one(removal)?;
            self.segments_digest = self.segments_digest.wrapping_sub(share);
            let grave = Grave {
                id: removal.id,
                object,
                added,
                removed: version,
                removed_at: at,
                owned_url,
                is_condemned: false,
            };
            Arc::make_mut(&mut self.graves).insert(removal.id, grave);
        }
        Ok(())
    }

    fn remove_one(&mut self, removal: &Removal) -> Result<Removed, Refusal> {
        let gone = || Refusal::SegmentGone(removal.id.to_string());
        match &removal.table {
            Some(table) => self.tables.get_mut(table).ok_or_else(gone)?.segments.remove(removal),
            None => self.tables.values_mut().find_map(|table| table.segments.remove(removal).ok()).ok_or_else(gone),
        }
    }

    fn add(&mut self, intent: &Intent, version: Version) -> Result<(), Refusal> {
        self.check_adds(intent)?;
        self.check_registrations(intent)?;
        for entry in &intent.adds {
            let rank = if entry.rank == Version::ZERO { version } else { entry.rank };
            let entry = Arc::new(SegmentEntry { added: version, rank, ..entry.clone() });
            self.segments_digest = self.segments_digest.wrapping_add(entry.share());
            self.tables.entry(entry.table.clone()).or_default().segments.push(entry);
        }
        Ok(())
    }

    /// An identity is added once: it may be neither live nor on its way out, lest a repeated intent brings back what was removed
    /// since. Lists are looked at by the committer (`locate.rs`), since a state does not hold them.
    fn check_adds(&self, intent: &Intent) -> Result<(), Refusal> {
        let mut ids: BTreeMap<&TableName, BTreeSet<SegmentId>> = BTreeMap::new();
        for entry in &intent.adds {
            let is_first = ids.entry(&entry.table).or_default().insert(entry.id);
            if !is_first || self.graves.contains_key(&entry.id) {
                return Err(Refusal::SegmentTwice(entry.id.to_string()));
            }
        }
        let live = ids.iter().find_map(|(table, ids)| self.tables.get(*table)?.segments.fresh_among(ids));
        live.map_or(Ok(()), |id| Err(Refusal::SegmentTwice(id.to_string())))
    }
}

mod keep;
mod limit;
mod registrations;
mod rollups;
mod tokens;

#[cfg(test)]
mod tests;
