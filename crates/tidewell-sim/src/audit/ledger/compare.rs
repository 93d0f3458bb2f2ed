//! A state of the product's against the history's.

use std::collections::{BTreeMap, BTreeSet};

use tidewell_manifest::{State, inspect};
use tidewell_types::{GenerationState, SegmentId, Source, Watermarks as _, WriteId};

use super::Ledger;
use crate::audit::Findings;
use crate::violation::Invariant;

impl Ledger {
    fn segments_digest(&self) -> u128 {
        self.live.values().fold(0, |sum, entry| sum.wrapping_add(entry.share()))
    }

    pub(super) fn check_digest(&self, commit: &inspect::Commit, findings: &mut Findings) {
        if commit.segments_digest != self.segments_digest() {
            let what = format!("record {} says that its segments add up to something else", commit.version);
            findings.broken(Invariant::Chain, what);
        }
    }

    /// Compares a state of the product's with this one; segments in lists by their digest.
    pub(crate) fn compare(&self, state: &State) -> Result<(), String> {
        let of = |what: &str| Err(format!("the state of version {} has other {what} than the history", self.version));
        if state.version != self.version || state.digest != self.digest {
            return of("records");
        }
        let count = usize::try_from(state.totals().segment_count).unwrap_or(usize::MAX);
        if state.segments_digest != self.segments_digest() || count != self.live.len() {
            return of("segments");
        }
        if !self.has_loose(state) {
            return of("loose segments");
        }
        if self.applied.iter().any(|(source, applied)| self.is_kept(source) && state.applied(source) != *applied) {
            return of("watermarks");
        }
        if self.epochs.iter().any(|(node, epoch)| state.nodes.get(node).is_none_or(|node| node.epoch != *epoch)) {
            return of("holders of local logs");
        }
        let entry_of = |generation| {
            let entry = state.generation_entry(generation);
            (entry.state, entry.watermarks)
        };
        if self.generations.iter().any(|(number, entry)| entry_of(*number) != (entry.state, entry.watermarks)) {
            return of("generations");
        }
        if state.stamp_max != self.stamp_max {
            return of("stamps");
        }
        let from = self.remembers_from();
        if !state.tokens.iter().eq(self.tokens.iter().filter(|(_, version)| **version >= from)) {
            return of("tokens");
        }
        self.compare_kept(state)
    }

    fn compare_kept(&self, state: &State) -> Result<(), String> {
        let of = |what: &str| Err(format!("the state of version {} has other {what} than the history", self.version));
        let graves = |grave: &tidewell_manifest::Grave| (grave.id, grave.added, grave.removed, grave.is_condemned);
        if !state.graves.values().map(graves).eq(self.graves.values().map(graves)) {
            return of("graves");
        }
        let snapshots = state.snapshots.values().map(|snapshot| (&snapshot.name, &snapshot.checkpoint));
        if !snapshots.eq(self.snapshots.iter()) {
            return of("snapshots");
        }
        if state.checkpoints != self.checkpoints || state.restored != self.restored {
            return of("checkpoints");
        }
        for (name, table) in &state.tables {
            let bounds = self.bounds.get(name).cloned().unwrap_or_default();
            let ids = |id: &WriteId| *id;
            let product: BTreeSet<WriteId> = table.tombstones.iter().map(|tombstone| ids(&tombstone.id)).collect();
            let ours: BTreeSet<WriteId> = bounds.tombstones.iter().map(|tombstone| ids(&tombstone.id)).collect();
            if product != ours || table.time_floor != bounds.time_floor {
                return of("deletes or time floors");
            }
        }
        Ok(())
    }

    /// Whether the state has let go of a source's watermark.
    fn is_kept(&self, source: &Source) -> bool {
        let Source::Objects(stream) = source else { return true };
        let entry = self.generations.get(&stream.generation);
        entry.is_none_or(|entry| entry.state != GenerationState::Sealed || entry.watermarks.is_none())
    }

    /// Whether all segments that the state holds outside of lists are live, as what they are.
    fn has_loose(&self, state: &State) -> bool {
        let mut fresh = state.tables.values().flat_map(|table| table.segments.fresh());
        fresh.all(|entry| self.live.get(&entry.id).is_some_and(|live| **live == **entry))
    }

    /// Compares the segments of a checkpoint, lists included, by their identities.
    pub(crate) fn compare_live(&self, live: &BTreeSet<SegmentId>) -> Result<(), String> {
        let ours: BTreeMap<&SegmentId, ()> = self.live.keys().map(|id| (id, ())).collect();
        match live.iter().eq(ours.keys().copied()) {
            true => Ok(()),
            false => Err(format!("its lists name other segments than version {} has", self.version)),
        }
    }
}
