//! Commits as they are created: one line, and every object that they name is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use tidewell_manifest::{CheckpointRef, GenerationChange, SegmentEntry, inspect};
use tidewell_types::{GenerationState, TableName, Version, WriteId};
use xxhash_rust::xxh3::xxh3_128;

use super::ledger::{Book, Ledger};
use super::{Audit, Findings, Link};
use crate::race::Race;
use crate::rows::{self, Row};
use crate::violation::Invariant;

impl Audit {
    /// I8: a record follows the one before it, or does not count.
    pub(super) fn committed(
        &mut self,
        process: &str,
        version: Version,
        write_id: Option<WriteId>,
        body: &Bytes,
        findings: &mut Findings,
    ) {
        self.tried.extend(write_id.map(|write_id| (process.to_owned(), version, write_id)));
        if version <= self.floor {
            // What was collected was created again: nobody may believe it, and it is no part of the history.
            return findings.reached.push(Race::FloorRejectedCommit);
        }
        let commit = match inspect::commit(body) {
            Ok(commit) => commit,
            Err(error) => return findings.broken(Invariant::Chain, format!("record {version} is {error}")),
        };
        if self.chain.contains_key(&version) || version.get() != self.head.version.get() + 1 {
            let head = self.head.version;
            return findings.broken(Invariant::Chain, format!("record {version} was created while the head is {head}"));
        }
        if commit.version != version || Some(commit.write_id) != write_id || commit.parent_digest != self.head.digest {
            return findings.broken(Invariant::Chain, format!("record {version} does not follow the one before it"));
        }
        let is_fold = commit.intent.removes.is_empty() && commit.intent.restore.is_none();
        for entry in &commit.intent.adds {
            self.adopt(entry, is_fold, findings);
        }
        self.check_named(&commit, findings);
        findings.deletes.extend(commit.intent.tombstones.iter().map(|(_, tombstone)| tombstone.time.min));
        let mut next = Ledger::clone(&self.head);
        let book = Book { rows: &self.rows, earlier: &|version| self.at(version) };
        next.follow(&commit, &book, findings);
        self.unchecked.insert(process.to_owned(), version);
        self.head = Arc::new(next);
        self.chain.insert(version, Link { write_id: commit.write_id, ledger: Arc::clone(&self.head) });
        self.check_ends(&commit.intent.generations, findings);
    }

    /// I7, I15: a segment that a commit adds is there, is what the commit says, and was never anything else.
    fn adopt(&mut self, entry: &SegmentEntry, is_fold: bool, findings: &mut Findings) {
        let object = &entry.object;
        if !self.ever_live.insert(entry.id) {
            findings.broken(Invariant::ExactlyOnce, format!("segment {object} was committed twice"));
        }
        if self.deleted.contains(object) {
            findings.broken(Invariant::Staged, format!("{object} was deleted before it was committed"));
        }
        let Some(kept) = self.objects.get(object) else {
            return findings.broken(Invariant::Dangling, format!("{object} is committed and not there"));
        };
        if kept.body.len() as u64 != entry.file_bytes || xxh3_128(&kept.body) != entry.digest {
            return findings.broken(Invariant::Dangling, format!("{object} is not what its commit says"));
        }
        match decoded(&entry.table, entry, &kept.body) {
            Ok(rows) => {
                let rows = Arc::new(rows);
                self.rows.insert(entry.id, Arc::clone(&rows));
                findings.folded.extend(is_fold.then_some(rows));
            }
            Err(error) => findings.broken(Invariant::Content, format!("{object}: {error}")),
        }
    }

    /// I13: the checkpoints that a commit names are there, with all their lists, and name what was live at their versions.
    fn check_named(&self, commit: &inspect::Commit, findings: &mut Findings) {
        let snapshots = commit.intent.snapshots.iter().map(|snapshot| snapshot.checkpoint);
        for checkpoint in commit.intent.checkpoint.into_iter().chain(snapshots) {
            if let Err(what) = self.check_checkpoint(checkpoint) {
                let version = commit.version;
                let what = format!("record {version} names a checkpoint of version {}: {what}", checkpoint.version);
                findings.broken(Invariant::Checkpoint, what);
            }
        }
    }

    fn check_checkpoint(&self, checkpoint: CheckpointRef) -> Result<(), String> {
        let name = self.layout.checkpoint(checkpoint.version, checkpoint.write_id);
        let kept = self.objects.get(name.as_str()).ok_or("it is not there")?;
        let state = inspect::checkpoint(&kept.body).map_err(|error| error.to_string())?;
        let fetch = |list: &tidewell_manifest::LeafRef| {
            let name = self.layout.leaf(list.generation, list.id);
            self.objects.get(name.as_str()).map(|kept| kept.body.clone())
        };
        let live = inspect::live_segments(&state, fetch).map_err(|error| error.to_string())?;
        let ledger = self.at(checkpoint.version).ok_or("its version is not in the history")?;
        ledger.compare_live(&live)
    }

    /// I11: where a sealed generation's streams are said to end is where they end.
    fn check_ends(&self, changes: &[GenerationChange], findings: &mut Findings) {
        for change in changes.iter().filter(|change| change.state == GenerationState::Sealed) {
            let generation = change.generation;
            let told = change.watermarks.map(|write_id| {
                let name = self.layout.watermarks(generation, write_id);
                let kept = self.objects.get(name.as_str()).ok_or("it is not there".to_owned())?;
                inspect::watermarks(&kept.body).map_err(|error| error.to_string())
            });
            let ends: BTreeMap<_, _> = match told.transpose() {
                Ok(told) => told.map(|(_, ends)| ends.into_iter().collect()).unwrap_or_default(),
                Err(error) => {
                    let what = format!("the ends of generation {generation}: {error}");
                    findings.broken(Invariant::Watermarks, what);
                    continue;
                }
            };
            if ends != self.head.ends(generation) {
                let what = format!("generation {generation} is sealed with {ends:?} as ends of its streams");
                findings.broken(Invariant::Watermarks, what);
            }
        }
    }
}

/// The rows of a segment, which must be what its entry says of them.
fn decoded(table: &TableName, entry: &SegmentEntry, bytes: &Bytes) -> Result<Vec<Row>, String> {
    let rows = rows::of_segment(table, bytes).map_err(|error| error.to_string())?;
    let mut keys = BTreeSet::new();
    if let Some(row) = rows.iter().find(|row| !keys.insert(&row.key)) {
        return Err(format!("{} is in it twice", row.key));
    }
    if rows.len() as u64 != entry.row_count {
        return Err(format!("it has {} rows and its commit says {}", rows.len(), entry.row_count));
    }
    let span = entry.time.min.as_ns()..=entry.time.max.as_ns();
    if let Some(row) = rows.iter().find(|row| !span.contains(&row.key.time_ns)) {
        return Err(format!("{} is outside of the span that its commit says", row.key));
    }
    for bounds in &entry.tags {
        let is_outside = |value: &&str| {
            bounds.min.as_deref().is_some_and(|min| *value < min)
                || bounds.max.as_deref().is_some_and(|max| *value > max)
        };
        let mut values = rows.iter().map(|row| row.key.tag(&bounds.tag)).filter(|value| !value.is_empty());
        if let Some(value) = values.find(is_outside) {
            return Err(format!("{}={value} is outside of the bounds that its commit says", bounds.tag));
        }
    }
    Ok(rows)
}
