//! Watches everything that the stores do and keeps its own book of it: a naive second opinion on the whole protocol.

mod collect;
mod commits;
pub(crate) mod content;
mod ledger;
mod log;
mod reach;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use tidewell_manifest::{CheckpointRef, State, inspect};
use tidewell_storage::{DatabaseLayout, Did, Effect, Fault};
use tidewell_types::{SegmentId, StreamId, TableName, TimestampNs, Version, WriteId};

use crate::race::Race;
use crate::rows::Row;
use crate::violation::Invariant;
use content::SegmentRows;
pub(crate) use ledger::Ledger;

/// Which store something happened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// The one that holds everything.
    Main,
    /// One that holds copies of the log.
    Replica(usize),
}

/// An object as it is.
#[derive(Clone, Debug)]
struct Kept {
    body: Bytes,
    write_id: Option<WriteId>,
    /// Who wrote it, and how the request was treated.
    process: String,
    fault: Fault,
}

/// One commit of the history.
#[derive(Clone, Debug)]
struct Link {
    write_id: WriteId,
    ledger: Arc<Ledger>,
}

/// What came of one effect.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) broken: Vec<(Invariant, String)>,
    pub(crate) reached: Vec<Race>,
    /// The rows that a fold just committed.
    pub(crate) folded: Vec<Arc<Vec<Row>>>,
    /// Deletes that were just committed, by the start of their spans.
    pub(crate) deletes: Vec<TimestampNs>,
    /// Whether idempotency keys were forgotten.
    pub(crate) forgot: bool,
    /// Instants that tables' rows now end at, and how long those are kept, in milliseconds.
    pub(crate) floors: Vec<(TableName, TimestampNs, u64)>,
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
    replicas: Vec<BTreeMap<String, Kept>>,
    chain: BTreeMap<Version, Link>,
    head: Arc<Ledger>,
    floor: Version,
    /// Objects that were ever deleted, and segments that were ever live.
    deleted: BTreeSet<String>,
    ever_live: BTreeSet<SegmentId>,
    rows: SegmentRows,
    /// The lists that each checkpoint names.
    lists: BTreeMap<CheckpointRef, BTreeSet<WriteId>>,
    /// Keys for which a create is late, and those of them that someone has looked for in vain.
    late: BTreeSet<String>,
    missing: BTreeSet<String>,
    /// The version that each process has created a record for and not checked against the floor yet.
    unchecked: BTreeMap<String, Version>,
    /// Write ids that each version's creates had, by process.
    tried: BTreeSet<(String, Version, WriteId)>,
    /// Who first wrote to a stream.
    writers: BTreeMap<StreamId, String>,
}

impl Audit {
    pub(crate) fn new(layout: DatabaseLayout, replica_count: usize) -> Self {
        Self {
            layout,
            objects: BTreeMap::new(),
            replicas: vec![BTreeMap::new(); replica_count],
            chain: BTreeMap::new(),
            head: Arc::new(Ledger::default()),
            floor: Version::ZERO,
            deleted: BTreeSet::new(),
            ever_live: BTreeSet::new(),
            rows: SegmentRows::new(),
            lists: BTreeMap::new(),
            late: BTreeSet::new(),
            missing: BTreeSet::new(),
            unchecked: BTreeMap::new(),
            tried: BTreeSet::new(),
            writers: BTreeMap::new(),
        }
    }

    pub(crate) fn head(&self) -> &Arc<Ledger> {
        &self.head
    }

    /// The history as of a version.
    pub(crate) fn at(&self, version: Version) -> Option<Arc<Ledger>> {
        if version == Version::ZERO {
            return Some(Arc::default());
        }
        self.chain.get(&version).map(|link| Arc::clone(&link.ledger))
    }

    pub(crate) fn floor(&self) -> Version {
        self.floor
    }

    /// The rows of a segment that was ever committed.
    pub(crate) fn rows(&self, id: SegmentId) -> Option<Arc<Vec<Row>>> {
        self.rows.get(&id).cloned()
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

    pub(crate) fn effect(&mut self, process: &str, place: Place, effect: &Effect<'_>) -> Findings {
        let mut findings = Findings::default();
        match effect.did {
            Did::Read { key, found } => self.read(process, place, (key, found), &mut findings),
            Did::Wrote { key, body, write_id, is_conditional } => {
                let kept = Kept { body: body.clone(), write_id, process: process.to_owned(), fault: effect.fault };
                if matches!(effect.fault, Fault::ApplyLater(_)) && self.missing.remove(key) {
                    findings.reached.push(Race::MissingThenLanded);
                }
                self.logged(process, place, key, &mut findings);
                match place {
                    Place::Main => self.wrote(process, key, kept, is_conditional, &mut findings),
                    Place::Replica(index) => self.copied(index, key, kept, &mut findings),
                }
            }
            Did::Refused { key, write_id, .. } => self.refused(process, place, (key, write_id), effect, &mut findings),
            Did::Deleted { keys } => {
                if matches!(effect.fault, Fault::ApplyLater(_)) {
                    findings.reached.push(Race::LateDelete);
                }
                for key in keys {
                    match place {
                        Place::Main => self.deleted(key, &mut findings),
                        Place::Replica(index) => self.uncopied(index, key, &mut findings),
                    }
                }
            }
            Did::Listed { .. } => {}
        }
        findings
    }

    fn object(&self, place: Place, key: &str) -> Option<&Kept> {
        match place {
            Place::Main => self.objects.get(key),
            Place::Replica(index) => self.replicas.get(index)?.get(key),
        }
    }

    fn read(&mut self, process: &str, place: Place, (key, found): (&str, bool), findings: &mut Findings) {
        if !found {
            if self.late.contains(key) {
                self.missing.insert(key.to_owned());
            }
            if place == Place::Main && self.replicas.is_empty() && self.layout.parse_wal(key).is_some() {
                findings.reached.push(Race::ReaderRestart);
            }
        } else if self.is_create_only(key)
            && let Some(kept) = self.object(place, key)
            && kept.fault == Fault::ApplyThenLose
            && kept.process == process
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
        place: Place,
        (key, write_id): (&str, Option<WriteId>),
        effect: &Effect<'_>,
        findings: &mut Findings,
    ) {
        if let (Some(version), Some(write_id)) = (self.layout.parse_log(key), write_id) {
            self.tried.insert((process.to_owned(), version, write_id));
        }
        let Some(kept) = self.object(place, key).filter(|_| self.is_create_only(key)) else { return };
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

    fn wrote(&mut self, process: &str, key: &str, kept: Kept, is_conditional: bool, findings: &mut Findings) {
        if let Some(before) = self.objects.get(key)
            && self.is_write_once(key)
            && before.body != kept.body
        {
            findings.broken(Invariant::Chain, format!("{key} was overwritten with other content"));
        }
        if !is_conditional && (self.is_create_only(key) || key == self.layout.floor().as_str()) {
            findings.broken(Invariant::Chain, format!("{key} was written without a condition"));
        }
        let (body, write_id) = (kept.body.clone(), kept.write_id);
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

    /// I10: the floor only rises, and stays below the head.
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

    /// I13: a checkpoint is the replay up to its version, its lists included.
    fn checkpointed(&mut self, key: &str, body: &Bytes, findings: &mut Findings) {
        let state = match inspect::checkpoint(body) {
            Ok(state) => state,
            Err(error) => return findings.broken(Invariant::Checkpoint, format!("{key} is {error}")),
        };
        if let Err(what) = self.check_state(&state) {
            findings.broken(Invariant::Checkpoint, format!("{key}: {what}"));
        }
        if let Some((version, write_id)) = self.layout.parse_checkpoint(key) {
            self.lists.insert(CheckpointRef { version, write_id }, state.lists().map(|list| list.id).collect());
        }
    }
}
