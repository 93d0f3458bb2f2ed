//! Watches everything that the store does and keeps its own book of it: a naive second opinion on the whole protocol.

mod collect;
mod ledger;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use tidewell_manifest::{State, inspect};
use tidewell_storage::{DatabaseLayout, Did, Effect, Fault};
use tidewell_types::{SegmentId, TableName, Version, WriteId};
use xxhash_rust::xxh3::xxh3_128;

use crate::race::Race;
use crate::rows::{self, Row};
use crate::violation::Invariant;
pub(crate) use ledger::{Ledger, LiveSegment};

/// An object as it is.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    body: Bytes,
    write_id: Option<WriteId>,
    /// Who wrote it, and how the request was treated.
    process: String,
    fault: Fault,
}

/// One commit of the history.
#[derive(Clone, Debug)]
pub(crate) struct Link {
    pub(crate) write_id: WriteId,
    pub(crate) ledger: Arc<Ledger>,
}

/// What came of one effect.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) broken: Vec<(Invariant, String)>,
    pub(crate) reached: Vec<Race>,
    /// The rows that a commit just added.
    pub(crate) folded: Vec<Arc<Vec<Row>>>,
}

impl Findings {
    pub(crate) fn broken(&mut self, invariant: Invariant, what: impl Into<String>) {
        self.broken.push((invariant, what.into()));
    }
}

/// The book.
#[derive(Debug)]
pub(crate) struct Audit {
    layout: DatabaseLayout,
    objects: BTreeMap<String, Kept>,
    chain: BTreeMap<Version, Link>,
    head: Arc<Ledger>,
    floor: Version,
    /// Objects that were ever deleted, and segments that were ever live.
    deleted: BTreeSet<String>,
    ever_live: BTreeSet<SegmentId>,
    rows: BTreeMap<SegmentId, Arc<Vec<Row>>>,
    /// Keys for which a create is late, and those of them that someone has looked for in vain.
    late: BTreeSet<String>,
    missing: BTreeSet<String>,
    /// The version that each process has created a record for and not checked against the floor yet.
    unchecked: BTreeMap<String, Version>,
    /// Write ids that each version's creates had, by process.
    tried: BTreeSet<(String, Version, WriteId)>,
}

impl Audit {
    pub(crate) fn new(layout: DatabaseLayout) -> Self {
        Self {
            layout,
            objects: BTreeMap::new(),
            chain: BTreeMap::new(),
            head: Arc::new(Ledger::default()),
            floor: Version::ZERO,
            deleted: BTreeSet::new(),
            ever_live: BTreeSet::new(),
            rows: BTreeMap::new(),
            late: BTreeSet::new(),
            missing: BTreeSet::new(),
            unchecked: BTreeMap::new(),
            tried: BTreeSet::new(),
        }
    }

    pub(crate) fn head(&self) -> &Arc<Ledger> {
        &self.head
    }

    pub(crate) fn floor(&self) -> Version {
        self.floor
    }

    /// The rows of a segment that was ever committed.
    pub(crate) fn rows(&self, id: SegmentId) -> Option<Arc<Vec<Row>>> {
        self.rows.get(&id).cloned()
    }

    /// Log objects that are there now.
    pub(crate) fn log_entries(&self) -> usize {
        self.objects.keys().filter(|key| self.layout.parse_wal(key).is_some()).count()
    }

    /// Whether the history has a commit at `version` that this process tried to make.
    pub(crate) fn made(&self, process: &str, version: Version) -> bool {
        let link = self.chain.get(&version);
        link.is_some_and(|link| self.tried.contains(&(process.to_owned(), version, link.write_id)))
    }

    /// A create was sent that will arrive late.
    pub(crate) fn expect_late(&mut self, key: &str) {
        self.late.insert(key.to_owned());
    }

    /// Compares a state that a process holds with the history: I9 and I13 at once.
    pub(crate) fn check_state(&self, state: &State) -> Result<(), String> {
        if state.version == Version::ZERO {
            return Ok(());
        }
        let link = self.chain.get(&state.version).ok_or(format!("version {} is not in the history", state.version))?;
        link.ledger.compare(state)
    }

    pub(crate) fn effect(&mut self, process: &str, effect: &Effect<'_>) -> Findings {
        let mut findings = Findings::default();
        match effect.did {
            Did::Read { key, found } => self.read(process, key, found, &mut findings),
            Did::Wrote { key, body, write_id, is_conditional } => {
                let kept = Kept { body: body.clone(), write_id, process: process.to_owned(), fault: effect.fault };
                self.wrote(process, key, kept, is_conditional, effect, &mut findings);
            }
            Did::Refused { key, write_id, .. } => self.refused(process, key, write_id, effect, &mut findings),
            Did::Deleted { keys } => {
                if matches!(effect.fault, Fault::ApplyLater(_)) {
                    findings.reached.push(Race::LateDelete);
                }
                for key in keys {
                    self.deleted(key, &mut findings);
                }
            }
            Did::Listed { .. } => {}
        }
        findings
    }

    fn read(&mut self, process: &str, key: &str, found: bool, findings: &mut Findings) {
        if !found {
            if self.late.contains(key) {
                self.missing.insert(key.to_owned());
            }
            if self.layout.parse_wal(key).is_some() {
                findings.reached.push(Race::ReaderRestart);
            }
        } else if self.is_create_only(key)
            && self.objects.get(key).is_some_and(|kept| kept.fault == Fault::ApplyThenLose && kept.process == process)
        {
            findings.reached.push(Race::LostThenReadBack);
        }
        if key == self.layout.floor().as_str()
            && let Some(version) = self.unchecked.remove(process)
            && self.floor >= version
        {
            findings.reached.push(Race::FloorPassedCommit);
        }
    }

    fn is_create_only(&self, key: &str) -> bool {
        self.layout.parse_wal(key).is_some() || self.layout.parse_log(key).is_some()
    }

    fn refused(
        &mut self,
        process: &str,
        key: &str,
        write_id: Option<WriteId>,
        effect: &Effect<'_>,
        findings: &mut Findings,
    ) {
        if let (Some(version), Some(write_id)) = (self.layout.parse_log(key), write_id) {
            self.tried.insert((process.to_owned(), version, write_id));
        }
        let Some(kept) = self.objects.get(key).filter(|_| self.is_create_only(key)) else { return };
        let is_late = |fault: Fault| matches!(fault, Fault::ApplyLater(_));
        match kept.write_id == write_id {
            true if is_late(effect.fault) || effect.is_repeat || is_late(kept.fault) => {
                findings.reached.push(Race::SelfConflict);
            }
            true if kept.fault == Fault::ApplyThenLose => findings.reached.push(Race::LostThenRefusedByMine),
            true => {}
            false if self.layout.parse_log(key).is_some() => findings.reached.push(Race::CommitLost),
            false => {}
        }
    }

    fn wrote(
        &mut self,
        process: &str,
        key: &str,
        kept: Kept,
        is_conditional: bool,
        effect: &Effect<'_>,
        findings: &mut Findings,
    ) {
        if matches!(effect.fault, Fault::ApplyLater(_)) && self.missing.remove(key) {
            findings.reached.push(Race::MissingThenLanded);
        }
        if let Some(before) = self.objects.get(key)
            && self.is_write_once(key)
            && before.body != kept.body
        {
            findings.broken(Invariant::Chain, format!("{key} was overwritten with other content"));
        }
        if !is_conditional && (self.is_create_only(key) || key == self.layout.floor().as_str()) {
            findings.broken(Invariant::Chain, format!("{key} was written without a condition"));
        }
        if let Some((stream, seq)) = self.layout.parse_wal(key)
            && seq < self.head.applied_to(stream)
        {
            findings.reached.push(Race::ResurrectedEntry);
        }
        let body = kept.body.clone();
        let write_id = kept.write_id;
        self.objects.insert(key.to_owned(), kept);
        if let Some(version) = self.layout.parse_log(key) {
            self.committed(process, version, write_id, &body, findings);
        } else if key == self.layout.floor().as_str() {
            self.floor_moved(&body, findings);
        } else if self.layout.parse_checkpoint(key).is_some() {
            self.checkpointed(key, &body, findings);
        }
    }

    /// Names that never have two contents.
    fn is_write_once(&self, key: &str) -> bool {
        key != self.layout.hint().as_str() && key != self.layout.floor().as_str()
    }

    fn committed(
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
        let mut next = Ledger::clone(&self.head);
        next.follow(&commit, findings);
        for segment in next.added(version) {
            self.adopt(&segment, findings);
        }
        self.unchecked.insert(process.to_owned(), version);
        self.head = Arc::new(next);
        self.chain.insert(version, Link { write_id: commit.write_id, ledger: Arc::clone(&self.head) });
    }

    /// Looks at a segment that a commit adds: it is there, is what the commit says, and was never anything else.
    fn adopt(&mut self, segment: &LiveSegment, findings: &mut Findings) {
        let LiveSegment { entry, .. } = segment;
        let object = &entry.object;
        if !self.ever_live.insert(entry.id) {
            findings.broken(Invariant::ExactlyOnce, format!("segment {object} was committed twice"));
        }
        if self.deleted.contains(object) {
            findings.broken(Invariant::Collection, format!("{object} was deleted before it was committed"));
        }
        let Some(kept) = self.objects.get(object) else {
            return findings.broken(Invariant::Dangling, format!("{object} is committed and not there"));
        };
        if kept.body.len() as u64 != entry.file_bytes || xxh3_128(&kept.body) != entry.digest {
            return findings.broken(Invariant::Dangling, format!("{object} is not what its commit says"));
        }
        match decoded(&entry.table, &kept.body) {
            Ok(rows) if rows.len() as u64 == entry.row_count => {
                let rows = Arc::new(rows);
                self.rows.insert(entry.id, Arc::clone(&rows));
                findings.folded.push(rows);
            }
            Ok(rows) => {
                let what = format!("{object} has {} rows and its commit says {}", rows.len(), entry.row_count);
                findings.broken(Invariant::Content, what);
            }
            Err(error) => findings.broken(Invariant::Content, format!("{object}: {error}")),
        }
    }

    fn floor_moved(&mut self, body: &Bytes, findings: &mut Findings) {
        let floor = match inspect::floor(body) {
            Ok(floor) => floor,
            Err(error) => return findings.broken(Invariant::Floor, format!("the floor is {error}")),
        };
        if floor < self.floor || floor >= self.head.version {
            let (from, head) = (self.floor, self.head.version);
            findings.broken(Invariant::Floor, format!("the floor went from {from} to {floor} with the head at {head}"));
        }
        self.floor = floor;
        self.check_loadable(findings);
    }

    fn checkpointed(&mut self, key: &str, body: &Bytes, findings: &mut Findings) {
        let state = match inspect::checkpoint(body) {
            Ok(state) => state,
            Err(error) => return findings.broken(Invariant::Checkpoint, format!("{key} is {error}")),
        };
        if let Err(what) = self.check_state(&state) {
            findings.broken(Invariant::Checkpoint, format!("{key}: {what}"));
        }
    }
}

fn decoded(table: &TableName, bytes: &Bytes) -> Result<Vec<Row>, String> {
    let rows = rows::of_segment(table, bytes).map_err(|error| error.to_string())?;
    let mut keys = BTreeSet::new();
    match rows.iter().find(|row| !keys.insert(&row.key)) {
        Some(row) => Err(format!("{} is in it twice", row.key)),
        None => Ok(rows),
    }
}
