//! The state as the audit adds it up, without the code that it checks.

mod compare;
mod keep;
mod rows;

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_manifest::{CheckpointRef, Grave, SegmentEntry, inspect};
use tidewell_types::{
    Generation, GenerationState, NodeId, SegmentId, Seq, Source, Stamp, StreamId, TableName, TokenId, Version, WriteId,
};

use super::Findings;
use super::content::{Bounds, SegmentRows};
use crate::race::Race;
use crate::rows::Rows;
use crate::violation::Invariant;

/// A generation as the history has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GenerationEntry {
    pub(crate) state: GenerationState,
    /// The version that opened it; 0 for the first, which no commit opens.
    opened: Version,
    pub(crate) watermarks: Option<WriteId>,
}

/// What the history up to a version adds up to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) version: Version,
    pub(crate) digest: u128,
    pub(crate) live: Arc<BTreeMap<SegmentId, Arc<SegmentEntry>>>,
    pub(crate) graves: Arc<BTreeMap<SegmentId, Grave>>,
    /// Also of streams that the product has let go of.
    applied: Arc<BTreeMap<Source, Seq>>,
    epochs: BTreeMap<NodeId, u64>,
    pub(crate) generations: BTreeMap<Generation, GenerationEntry>,
    stamp_max: Stamp,
    /// The version that folded each request, also of those that the product has forgotten.
    tokens: Arc<BTreeMap<TokenId, Version>>,
    pub(crate) bounds: Arc<BTreeMap<TableName, Bounds>>,
    /// How long rows are kept, in milliseconds, by table; `None` is for those that do not say.
    retentions: BTreeMap<Option<TableName>, u64>,
    pub(crate) snapshots: BTreeMap<String, CheckpointRef>,
    /// Those that count, oldest first.
    pub(crate) checkpoints: Vec<CheckpointRef>,
    restored: Version,
    /// The rows that readers of this version see in segments.
    pub(crate) content: Arc<Rows>,
    /// Folds of entries of any source, so far.
    pub(crate) folds: u64,
}

/// What a ledger needs to know of the rest of the book to take a commit.
pub(super) struct Book<'a> {
    pub(super) rows: &'a SegmentRows,
    /// The history as of an earlier version.
    pub(super) earlier: &'a dyn Fn(Version) -> Option<Arc<Ledger>>,
}

impl Ledger {
    pub(crate) fn applied(&self, source: &Source) -> Seq {
        self.applied.get(source).copied().unwrap_or_default()
    }

    pub(crate) fn applied_to(&self, stream: StreamId) -> Seq {
        self.applied(&Source::Objects(stream))
    }

    pub(crate) fn generation(&self, generation: Generation) -> GenerationState {
        self.generations.get(&generation).map_or(GenerationState::Open, |entry| entry.state)
    }

    /// Where the streams of a generation end, those that were never folded left out.
    pub(crate) fn ends(&self, generation: Generation) -> BTreeMap<StreamId, Seq> {
        let of_it = |(source, end): (&Source, &Seq)| match source {
            Source::Objects(stream) if stream.generation == generation => Some((*stream, *end)),
            _ => None,
        };
        self.applied.iter().filter_map(of_it).collect()
    }

    /// Takes the next commit and says what is wrong with it.
    pub(super) fn follow(&mut self, commit: &inspect::Commit, book: &Book<'_>, findings: &mut Findings) {
        let version = commit.version;
        if self.generation(commit.intent.author.generation) == GenerationState::Sealed {
            // I11: no commit of a sealed generation.
            findings.broken(Invariant::Watermarks, format!("record {version} comes from a sealed generation"));
        }
        self.restore(commit, book, findings);
        self.attach(commit, findings);
        self.take_tokens(commit, findings);
        self.fold(commit, findings);
        self.change_generations(commit, findings);
        let removed = self.remove(commit, findings);
        self.add(commit, findings);
        self.limit(commit, findings);
        self.keep(commit, findings);
        self.take_rows(commit, &removed, book, findings);
        self.stamp_max = self.stamp_max.max(commit.intent.stamp_max);
        (self.version, self.digest) = (version, commit.digest);
        self.check_digest(commit, findings);
    }

    fn attach(&mut self, commit: &inspect::Commit, findings: &mut Findings) {
        for attach in &commit.intent.attaches {
            let epoch = self.epochs.entry(attach.node).or_default();
            if attach.epoch != *epoch + 1 {
                let what = format!("record {} attaches under epoch {}", commit.version, attach.epoch);
                findings.broken(Invariant::Watermarks, what);
            }
            *epoch = attach.epoch;
        }
    }

    /// I2: of all requests with one token the rows of one are folded, for as long as it has to be remembered; the oracle knows
    /// which requests may be repeated later.
    fn take_tokens(&mut self, commit: &inspect::Commit, findings: &mut Findings) {
        let from = self.remembers_from();
        for token in &commit.intent.tokens {
            let before = Arc::make_mut(&mut self.tokens).insert(*token, commit.version);
            if before.is_some_and(|version| version >= from) {
                let what = format!("record {} folds request {token} again", commit.version);
                findings.broken(Invariant::ExactlyOnce, what);
            }
        }
    }

    /// Requests that were folded before this need not be remembered: a generation that was opened then is sealed, and so are
    /// all before it.
    fn remembers_from(&self) -> Version {
        let unsealed = (0..).map(Generation::new).find(|number| self.generation(*number) != GenerationState::Sealed);
        let sealed = self.generations.iter().filter(|(number, _)| unsealed.is_none_or(|unsealed| **number < unsealed));
        sealed.map(|(_, entry)| entry.opened).max().unwrap_or_default()
    }

    /// Whether a request was folded and need not be remembered any more.
    pub(crate) fn has_forgotten(&self, token: &TokenId) -> bool {
        self.tokens.get(token).is_some_and(|version| *version < self.remembers_from())
    }

    /// I2: an entry is folded once. I11: by who may, and where it may be.
    fn fold(&mut self, commit: &inspect::Commit, findings: &mut Findings) {
        let version = commit.version;
        for fold in &commit.intent.folds {
            let applied = self.applied(&fold.source);
            if fold.from != applied || fold.to < fold.from {
                let (source, from, to) = (fold.source, fold.from, fold.to);
                let what =
                    format!("record {version} folds {source:?} from {from} to {to}, but it is folded to {applied}");
                findings.broken(Invariant::ExactlyOnce, what);
            }
            match fold.source {
                Source::Node(node) if self.epochs.get(&node).copied().unwrap_or(0) != fold.epoch => {
                    let what = format!("record {version} folds for an older holder of {node}");
                    findings.broken(Invariant::Watermarks, what);
                }
                Source::Objects(stream) if self.generation(stream.generation) == GenerationState::Sealed => {
                    findings.broken(Invariant::Watermarks, format!("record {version} folds a sealed generation"));
                }
                _ => {}
            }
            Arc::make_mut(&mut self.applied).insert(fold.source, fold.to);
            self.folds += 1;
        }
    }

    /// I11: generations only move forward.
    fn change_generations(&mut self, commit: &inspect::Commit, findings: &mut Findings) {
        for change in &commit.intent.generations {
            let generation = change.generation;
            if change.state < self.generation(generation) {
                let what = format!("record {} opens generation {generation} again", commit.version);
                findings.broken(Invariant::Watermarks, what);
            }
            let was_sealed = self.generation(generation) == GenerationState::Sealed;
            let before = self.generations.get(&generation);
            let opened = before.map_or(commit.version, |entry| entry.opened);
            let known = before.and_then(|entry| entry.watermarks);
            let is_sealed_here = change.state == GenerationState::Sealed && !was_sealed;
            let watermarks = if is_sealed_here { change.watermarks } else { known };
            // The first is there before any commit says so.
            let opened = if generation == Generation::ZERO { Version::ZERO } else { opened };
            let from = self.remembers_from();
            self.generations.insert(generation, GenerationEntry { state: change.state, opened, watermarks });
            let forgotten = from..self.remembers_from();
            if self.tokens.values().any(|version| forgotten.contains(version)) {
                findings.forgot = true;
                findings.reached.push(Race::KeyForgotten);
            }
        }
    }
}
