//! What is kept and what may go: snapshots, checkpoints, graves.

use std::sync::Arc;

use crate::error::Refusal;
use crate::intent::Intent;
use crate::snapshot::Snapshot;
use crate::state::State;

/// Checkpoints whose lists are kept: the newest, and the one that a hint may still name.
const CHECKPOINTS_KEPT: usize = 2;

impl State {
    pub(super) fn keep(&mut self, intent: &Intent) -> Result<(), Refusal> {
        for name in &intent.snapshot_drops {
            if Arc::make_mut(&mut self.snapshots).remove(name).is_none() {
                return Err(Refusal::SnapshotMissing(name.clone()));
            }
        }
        for snapshot in &intent.snapshots {
            self.check_snapshot(snapshot)?;
            let snapshots = Arc::make_mut(&mut self.snapshots);
            if snapshots.insert(snapshot.name.clone(), snapshot.clone()).is_some() {
                return Err(Refusal::SnapshotTaken(snapshot.name.clone()));
            }
        }
        self.condemn(intent)?;
        if let Some(checkpoint) = intent.checkpoint {
            if self.checkpoints.last().is_some_and(|newest| *newest >= checkpoint) {
                return Err(Refusal::CheckpointStale(checkpoint.version.get()));
            }
            self.checkpoints.push(checkpoint);
            let excess = self.checkpoints.len().saturating_sub(CHECKPOINTS_KEPT);
            self.checkpoints.drain(..excess);
        }
        if let Some(stores) = &intent.log_stores {
            self.log_stores.clone_from(stores);
        }
        Ok(())
    }

    /// A snapshot can be made of a version whose segments are all there, and of a checkpoint that nobody collects: one that is
    /// older than those that count is garbage unless another snapshot names it.
    fn check_snapshot(&self, snapshot: &Snapshot) -> Result<(), Refusal> {
        let checkpoint = &snapshot.checkpoint;
        if checkpoint.version < self.condemned_to {
            return Err(Refusal::SnapshotTooOld(checkpoint.version.get()));
        }
        if !self.keeps(checkpoint) && self.checkpoints.first().is_some_and(|oldest| checkpoint < oldest) {
            return Err(Refusal::CheckpointStale(checkpoint.version.get()));
        }
        Ok(())
    }

    fn condemn(&mut self, intent: &Intent) -> Result<(), Refusal> {
        if intent.condemns.is_empty() && intent.burials.is_empty() {
            return Ok(());
        }
        let graves = Arc::make_mut(&mut self.graves);
        for id in &intent.condemns {
            let grave = graves.get_mut(id).ok_or_else(|| Refusal::SegmentGone(id.to_string()))?;
            if let Some(snapshot) = self.snapshots.values().find(|kept| grave.is_needed_by(kept.checkpoint.version)) {
                return Err(Refusal::SnapshotNeeds { name: snapshot.name.clone(), segment: id.to_string() });
            }
            grave.is_condemned = true;
            self.condemned_to = self.condemned_to.max(grave.removed);
        }
        for id in &intent.burials {
            if graves.remove(id).is_some_and(|grave| !grave.is_condemned) {
                return Err(Refusal::NotCondemned(id.to_string()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
