//! What lives, what is on its way out, and what is kept for its name.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_manifest::{Grave, SegmentEntry, inspect};
use tidewell_types::{SegmentId, Version};

use super::{Book, Ledger};
use crate::audit::Findings;
use crate::violation::Invariant;

/// Checkpoints that count.
const CHECKPOINTS_KEPT: usize = 2;

impl Ledger {
    pub(super) fn remove(
        &mut self,
        commit: &inspect::Commit,
        findings: &mut Findings,
    ) -> BTreeMap<SegmentId, Arc<SegmentEntry>> {
        let mut removed = BTreeMap::new();
        for removal in &commit.intent.removes {
            let Some(entry) = Arc::make_mut(&mut self.live).remove(&removal.id) else {
                let what = format!("record {} removes {}, which is not live", commit.version, removal.id);
                findings.broken(Invariant::ExactlyOnce, what);
                continue;
            };
            let grave = Grave {
                owned_url: None,
                id: entry.id,
                object: entry.object.clone(),
                added: entry.added,
                removed: commit.version,
                removed_at: commit.at,
                is_condemned: false,
            };
            Arc::make_mut(&mut self.graves).insert(entry.id, grave);
            removed.insert(entry.id, entry);
        }
        removed
    }

    /// I2: an identity becomes live once.
    pub(super) fn add(&mut self, commit: &inspect::Commit, findings: &mut Findings) {
        for entry in &commit.intent.adds {
            let rank = if entry.rank == Version::ZERO { commit.version } else { entry.rank };
            let entry = Arc::new(SegmentEntry { added: commit.version, rank, ..entry.clone() });
            if Arc::make_mut(&mut self.live).insert(entry.id, Arc::clone(&entry)).is_some() {
                findings.broken(Invariant::ExactlyOnce, format!("record {} adds {} again", commit.version, entry.id));
            }
        }
    }

    pub(super) fn keep(&mut self, commit: &inspect::Commit, findings: &mut Findings) {
        let (intent, version) = (&commit.intent, commit.version);
        for name in &intent.snapshot_drops {
            if self.snapshots.remove(name).is_none() {
                findings.broken(Invariant::Snapshot, format!("record {version} drops {name:?}, which is not there"));
            }
        }
        for snapshot in &intent.snapshots {
            if self.snapshots.insert(snapshot.name.clone(), snapshot.checkpoint).is_some() {
                let what = format!("record {version} gives the name {:?} again", snapshot.name);
                findings.broken(Invariant::Snapshot, what);
            }
        }
        self.condemn(commit, findings);
        if let Some(checkpoint) = intent.checkpoint {
            if self.checkpoints.last().is_some_and(|newest| *newest >= checkpoint) {
                findings.broken(Invariant::Checkpoint, format!("record {version} counts an older checkpoint"));
            }
            self.checkpoints.push(checkpoint);
            let excess = self.checkpoints.len().saturating_sub(CHECKPOINTS_KEPT);
            self.checkpoints.drain(..excess);
        }
    }

    /// I6, I12: what a snapshot needs is not condemned, and what is not condemned is not buried.
    fn condemn(&mut self, commit: &inspect::Commit, findings: &mut Findings) {
        let version = commit.version;
        let graves = Arc::make_mut(&mut self.graves);
        for id in &commit.intent.condemns {
            let Some(grave) = graves.get_mut(id) else {
                findings.broken(Invariant::Collection, format!("record {version} condemns {id}, which has no grave"));
                continue;
            };
            let needs = |(name, checkpoint): (&String, &tidewell_manifest::CheckpointRef)| {
                grave.is_needed_by(checkpoint.version).then(|| name.clone())
            };
            if let Some(name) = self.snapshots.iter().find_map(needs) {
                let what = format!("record {version} condemns {id}, which snapshot {name:?} needs");
                findings.broken(Invariant::Snapshot, what);
            }
            grave.is_condemned = true;
        }
        for id in &commit.intent.burials {
            if graves.remove(id).is_some_and(|grave| !grave.is_condemned) {
                let what = format!("record {version} buries {id}, which is not condemned");
                findings.broken(Invariant::Collection, what);
            }
        }
    }

    /// Puts an earlier version's tables in the place of the present ones; how far back rows reach stays as it is.
    pub(super) fn restore(&mut self, commit: &inspect::Commit, book: &Book<'_>, findings: &mut Findings) {
        let Some(restore) = &commit.intent.restore else { return };
        let Some(earlier) = (book.earlier)(restore.version) else {
            let what = format!("record {} puts back version {}, which never was", commit.version, restore.version);
            return findings.broken(Invariant::Snapshot, what);
        };
        self.live = Arc::clone(&earlier.live);
        let mut bounds = (*earlier.bounds).clone();
        for (table, present) in self.bounds.iter() {
            let bounds = bounds.entry(table.clone()).or_default();
            bounds.time_floor = bounds.time_floor.max(present.time_floor);
        }
        self.bounds = Arc::new(bounds);
        Arc::make_mut(&mut self.graves).retain(|_, grave| !grave.is_needed_by(restore.version));
        self.content = Arc::clone(&earlier.content);
        self.restored = commit.version;
    }
}
