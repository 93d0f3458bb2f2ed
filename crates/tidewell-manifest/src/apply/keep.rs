//! What is kept and what may go: tokens, snapshots, checkpoints, graves.

use std::sync::Arc;

use tidewell_types::Version;

use crate::error::Refusal;
use crate::intent::Intent;
use crate::state::State;

/// Requests that are remembered. A retry that comes later than so many others counts as a request of its own.
pub(crate) const TOKENS_MAX: usize = 65_536;
/// Checkpoints whose lists are kept: the newest, and the one that a hint may still name.
const CHECKPOINTS_KEPT: usize = 2;

impl State {
    pub(super) fn take_tokens(&mut self, intent: &Intent, version: Version) -> Result<(), Refusal> {
        if intent.tokens.is_empty() {
            return Ok(());
        }
        let tokens = Arc::make_mut(&mut self.tokens);
        for token in &intent.tokens {
            if tokens.insert(*token, version).is_some() {
                return Err(Refusal::TokenTaken(token.to_string()));
            }
        }
        if tokens.len() > TOKENS_MAX {
            let mut versions: Vec<Version> = tokens.values().copied().collect();
            let excess = tokens.len() - TOKENS_MAX;
            let (_, oldest_kept, _) = versions.select_nth_unstable(excess);
            let oldest_kept = *oldest_kept;
            tokens.retain(|_, version| *version >= oldest_kept);
        }
        Ok(())
    }

    pub(super) fn keep(&mut self, intent: &Intent) -> Result<(), Refusal> {
        for name in &intent.snapshot_drops {
            if Arc::make_mut(&mut self.snapshots).remove(name).is_none() {
                return Err(Refusal::SnapshotMissing(name.clone()));
            }
        }
        for snapshot in &intent.snapshots {
            if snapshot.checkpoint.version < self.condemned_to {
                return Err(Refusal::SnapshotTooOld(snapshot.checkpoint.version.get()));
            }
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
