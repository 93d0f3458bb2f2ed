//! What stops counting: deletes, retention, and an earlier version put back.

use std::sync::Arc;

use tidewell_types::Version;

use crate::error::Refusal;
use crate::intent::Intent;
use crate::snapshot::{CheckpointRef, Restore};
use crate::state::{State, TableState};
use crate::tombstone::Tombstone;

impl State {
    pub(super) fn limit(&mut self, intent: &Intent, version: Version) {
        for (name, tombstone) in &intent.tombstones {
            let table = self.tables.entry(name.clone()).or_default();
            Arc::make_mut(&mut table.tombstones).push(Tombstone { version, ..tombstone.clone() });
        }
        for (name, id) in &intent.lifts {
            if let Some(table) = self.tables.get_mut(name) {
                Arc::make_mut(&mut table.tombstones).retain(|tombstone| tombstone.id != *id);
            }
        }
        for (name, floor) in &intent.time_floors {
            let table = self.tables.entry(name.clone()).or_default();
            table.time_floor = table.time_floor.max(Some(*floor));
        }
        for (name, retention_ms) in &intent.retentions {
            match name {
                Some(name) => self.tables.entry(name.clone()).or_default().retention_ms = Some(*retention_ms),
                None => self.retention_ms = *retention_ms,
            }
        }
    }

    /// Puts an earlier version's tables in the place of the present ones. Columns only ever grow, and so do time floors.
    pub(super) fn restore(&mut self, restore: &Restore, version: Version) -> Result<(), Refusal> {
        if !self.can_restore(restore) {
            return Err(Refusal::SnapshotTooOld(restore.version.get()));
        }
        for table in self.tables.values_mut() {
            *table = TableState {
                schema: Arc::clone(&table.schema),
                time_floor: table.time_floor,
                retention_ms: table.retention_ms,
                ..TableState::default()
            };
        }
        for (name, earlier) in &restore.tables {
            let table = self.tables.entry(name.clone()).or_default();
            table.segments = earlier.segments.clone();
            table.tombstones = Arc::clone(&earlier.tombstones);
            if table.schema.tags().is_empty() && table.schema.fields().is_empty() {
                table.schema = Arc::clone(&earlier.schema);
            }
        }
        self.segments_digest = self.tables.values().fold(0, |sum, table| sum.wrapping_add(table.segments.digest()));
        // Live again are exactly those that the version had. What was live until now is left to the end of its generation.
        Arc::make_mut(&mut self.graves).retain(|_, grave| !grave.is_needed_by(restore.version));
        self.condemned_to = version;
        self.restored = version;
        Ok(())
    }

    /// Whether everything that a version had is still kept: a snapshot names it, or none of its segments can have been deleted
    /// by now and its lists are those of a checkpoint that counts.
    fn can_restore(&self, restore: &Restore) -> bool {
        let of_it = |checkpoint: &CheckpointRef| checkpoint.version == restore.version;
        let has_lists = restore.tables.iter().any(|(_, table)| !table.segments.leaves.is_empty());
        let is_whole = self.condemned_to <= restore.version && restore.version < self.version;
        self.snapshots.values().any(|snapshot| of_it(&snapshot.checkpoint))
            || is_whole && (!has_lists || self.checkpoints.iter().any(of_it))
    }
}

#[cfg(test)]
mod tests;
