//! What a commit means for rollups: buckets that are to be computed, and buckets that were.

use std::sync::Arc;

use tidewell_types::{TableName, TimeBounds, TimestampNs, Version};

use crate::error::Refusal;
use crate::intent::Intent;
use crate::rollup::{DirtySpans, ROLLUPS_MAX, Rollup, RollupChange, RollupDefinition, RollupStep};
use crate::state::State;

/// Rows of a table that came or went.
pub(super) struct Touched {
    table: TableName,
    time: TimeBounds,
    is_gone: bool,
}

impl State {
    /// The registered files whose rows an intent takes out of their tables; before it does.
    pub(super) fn unregistered(&self, intent: &Intent) -> Vec<Touched> {
        let mut touched = Vec::new();
        if self.rollups.is_empty() {
            return touched;
        }
        for removal in &intent.removes {
            let Some((table, state)) = removal.table.as_ref().and_then(|table| self.tables.get_key_value(table)) else {
                continue;
            };
            // What takes its rows over is as old as it was.
            let is_rewritten = intent.adds.iter().any(|add| add.table == *table && add.rank != Version::ZERO);
            let gone = state.segments.registered().iter().find(|entry| entry.id == removal.id);
            if let Some(entry) = gone.filter(|_| !is_rewritten) {
                touched.push(Touched { table: table.clone(), time: entry.time, is_gone: true });
            }
        }
        touched
    }

    pub(super) fn roll_up(&mut self, intent: &Intent, version: Version, gone: Vec<Touched>) -> Result<(), Refusal> {
        for change in &intent.rollup_changes {
            self.change_rollup(change, version)?;
        }
        if let Some(step) = &intent.rollup_step {
            self.step(step, version)?;
        }
        if self.rollups.is_empty() {
            return Ok(());
        }
        if intent.restore.is_some() {
            for rollup in Arc::make_mut(&mut self.rollups).values_mut() {
                rollup.mark(TimeBounds::ALL, version, true);
                rollup.stepped = version;
            }
        }
        let added = intent.adds.iter().filter(|add| add.rank == Version::ZERO || add.rank == version);
        let added = added.map(|add| Touched { table: add.table.clone(), time: add.time, is_gone: false });
        let deleted = intent.tombstones.iter();
        let deleted =
            deleted.map(|(table, tombstone)| Touched { table: table.clone(), time: tombstone.time, is_gone: true });
        let touched: Vec<Touched> = gone.into_iter().chain(added).chain(deleted).collect();
        let is_source = |rollup: &Rollup| touched.iter().any(|touched| touched.table == rollup.definition.source);
        if !self.rollups.values().any(is_source) {
            return Ok(());
        }
        for rollup in Arc::make_mut(&mut self.rollups).values_mut() {
            for touched in &touched {
                if touched.table == rollup.definition.source {
                    rollup.mark(touched.time, version, touched.is_gone);
                }
            }
        }
        Ok(())
    }

    fn change_rollup(&mut self, change: &RollupChange, version: Version) -> Result<(), Refusal> {
        let name = &change.name;
        let Some((definition, since)) = &change.definition else {
            let dropped = Arc::make_mut(&mut self.rollups).remove(name);
            return dropped.map(|_| ()).ok_or_else(|| Refusal::RollupMissing(name.clone()));
        };
        if self.rollups.contains_key(name) {
            return Err(Refusal::RollupTaken(name.clone()));
        }
        if self.rollups.len() >= ROLLUPS_MAX {
            return Err(Refusal::RollupsTooMany(ROLLUPS_MAX));
        }
        self.check_rollup(definition)?;
        let dirty = DirtySpans::default();
        let mut rollup = Rollup { definition: definition.clone(), created: version, stepped: Version::ZERO, dirty };
        // What the target has is another's: of an earlier rollup, or written by hand.
        rollup.mark(TimeBounds { min: *since, max: TimestampNs::MAX }, version, true);
        Arc::make_mut(&mut self.rollups).insert(name.clone(), rollup);
        Ok(())
    }

    /// A target is made by one rollup, and by no way of itself.
    fn check_rollup(&self, definition: &RollupDefinition) -> Result<(), Refusal> {
        let maker_of = |table: &TableName| self.rollups.iter().find(|(_, rollup)| rollup.definition.target == *table);
        let target = || definition.target.as_str().to_owned();
        if let Some((other, _)) = maker_of(&definition.target) {
            return Err(Refusal::RollupTargetTaken { target: target(), other: other.clone() });
        }
        let mut source = &definition.source;
        // One maker a table, so the way back has no branches, and no rollup is on it twice.
        for _ in 0..=self.rollups.len() {
            if *source == definition.target {
                return Err(Refusal::RollupCycle { target: target() });
            }
            let Some((_, maker)) = maker_of(source) else { return Ok(()) };
            source = &maker.definition.source;
        }
        Err(Refusal::RollupCycle { target: target() })
    }

    /// A step counts only if nobody took marks away since the rows that it was computed from, lest an older result covers a newer.
    fn step(&mut self, step: &RollupStep, version: Version) -> Result<(), Refusal> {
        let rollups = Arc::make_mut(&mut self.rollups);
        let rollup = rollups.get_mut(&step.name).ok_or_else(|| Refusal::RollupMissing(step.name.clone()))?;
        if rollup.stepped > step.as_of || rollup.created > step.as_of {
            return Err(Refusal::RollupElsewhere(step.name.clone()));
        }
        rollup.stepped = version;
        for done in &step.done {
            rollup.dirty.done(*done, step.as_of);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
