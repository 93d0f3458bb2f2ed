//! The rows of a version, commit by commit, and whether the segments add up to them.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_manifest::{SegmentEntry, Tombstone, inspect};
use tidewell_types::{SegmentId, TableName, TimestampNs};

use super::{Book, Ledger};
use crate::audit::Findings;
use crate::audit::content::{of_segments, takes};
use crate::violation::Invariant;

impl Ledger {
    /// Deletes, retention, and how far back rows reach.
    pub(super) fn limit(&mut self, commit: &inspect::Commit, findings: &mut Findings) {
        let intent = &commit.intent;
        let bounds = Arc::make_mut(&mut self.bounds);
        for (table, tombstone) in &intent.tombstones {
            let tombstone = Tombstone { version: commit.version, ..tombstone.clone() };
            bounds.entry(table.clone()).or_default().tombstones.push(Arc::new(tombstone));
        }
        for (table, id) in &intent.lifts {
            bounds.entry(table.clone()).or_default().tombstones.retain(|tombstone| tombstone.id != *id);
        }
        for (table, retention_ms) in &intent.retentions {
            self.retentions.insert(table.clone(), *retention_ms);
        }
        for (table, floor) in &intent.time_floors {
            let bounds = bounds.entry(table.clone()).or_default();
            bounds.time_floor = bounds.time_floor.max(Some(*floor));
            let retention_ms = self.retentions.get(&Some(table.clone())).or_else(|| self.retentions.get(&None));
            findings.floors.push((table.clone(), *floor, retention_ms.copied().unwrap_or(0)));
        }
    }

    /// Brings the rows up to a commit and compares them with what the segments hold: MC-1 and I16, whatever was folded,
    /// rewritten, deleted or expired.
    pub(super) fn take_rows(
        &mut self,
        commit: &inspect::Commit,
        removed: &BTreeMap<SegmentId, Arc<SegmentEntry>>,
        book: &Book<'_>,
        findings: &mut Findings,
    ) {
        let intent = &commit.intent;
        let is_still = intent.adds.is_empty()
            && removed.is_empty()
            && intent.tombstones.is_empty()
            && intent.lifts.is_empty()
            && intent.time_floors.is_empty()
            && intent.restore.is_none();
        if is_still {
            return;
        }
        let content = Arc::make_mut(&mut self.content);
        if removed.is_empty() {
            // Only a fold brings rows.
            for rows in intent.adds.iter().filter_map(|entry| book.rows.get(&entry.id)) {
                content.overlay(rows.iter());
            }
        }
        for (table, tombstone) in &intent.tombstones {
            content.by_key.retain(|key, _| *key.table != *table.as_str() || !takes(tombstone, key));
        }
        let floors: BTreeMap<&str, TimestampNs> =
            self.bounds.iter().filter_map(|(table, bounds)| Some((table.as_str(), bounds.time_floor?))).collect();
        content.by_key.retain(|key, _| floors.get(&*key.table).is_none_or(|floor| key.time_ns >= floor.as_ns()));
        let held = of_segments(self.live.values(), &self.bounds, book.rows);
        if let Some(difference) = self.content.difference(&held) {
            let what = format!("after record {} the history and its segments differ: {difference}", commit.version);
            findings.broken(Invariant::Conservation, what);
        }
    }

    /// What a table's rows are kept for, and since when they end.
    pub(crate) fn time_floor(&self, table: &TableName) -> Option<TimestampNs> {
        self.bounds.get(table)?.time_floor
    }
}
