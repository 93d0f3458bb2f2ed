//! The state as the audit adds it up, without the code that it checks.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_manifest::{SegmentEntry, State, inspect};
use tidewell_types::{
    Generation, GenerationState, NodeId, SegmentId, Seq, Source, Stamp, StreamId, Version, Watermarks as _,
};

use super::Findings;
use crate::violation::Invariant;

/// A segment that counts.
#[derive(Clone, Debug)]
pub(crate) struct LiveSegment {
    pub(crate) entry: Arc<SegmentEntry>,
    pub(crate) added: Version,
}

/// What the history up to a version adds up to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) version: Version,
    pub(crate) digest: u128,
    pub(crate) live: BTreeMap<SegmentId, LiveSegment>,
    applied: BTreeMap<Source, Seq>,
    epochs: BTreeMap<NodeId, u64>,
    generations: BTreeMap<Generation, GenerationState>,
    stamp_max: Stamp,
    /// Folds of entries of any source, so far.
    pub(crate) folds: u64,
}

impl Ledger {
    pub(crate) fn applied(&self, source: &Source) -> Seq {
        self.applied.get(source).copied().unwrap_or_default()
    }

    pub(crate) fn applied_to(&self, stream: StreamId) -> Seq {
        self.applied(&Source::Objects(stream))
    }

    pub(crate) fn generation(&self, generation: Generation) -> GenerationState {
        self.generations.get(&generation).copied().unwrap_or(GenerationState::Open)
    }

    pub(crate) fn added(&self, version: Version) -> Vec<LiveSegment> {
        self.live.values().filter(|segment| segment.added == version).cloned().collect()
    }

    /// Takes the next commit and says what is wrong with it.
    pub(super) fn follow(&mut self, commit: &inspect::Commit, findings: &mut Findings) {
        let intent = &commit.intent;
        let version = commit.version;
        if self.generation(intent.author.generation) == GenerationState::Sealed {
            findings.broken(Invariant::Watermarks, format!("record {version} comes from a sealed generation"));
        }
        for attach in &intent.attaches {
            let epoch = self.epochs.entry(attach.node).or_default();
            if attach.epoch != *epoch + 1 {
                findings
                    .broken(Invariant::Watermarks, format!("record {version} attaches under epoch {}", attach.epoch));
            }
            *epoch = attach.epoch;
        }
        for fold in &intent.folds {
            let applied = self.applied(&fold.source);
            if fold.from != applied || fold.to < fold.from {
                let what = format!(
                    "record {version} folds {:?} from {} to {}, but it is folded to {applied}",
                    fold.source, fold.from, fold.to
                );
                findings.broken(Invariant::ExactlyOnce, what);
            }
            match fold.source {
                Source::Node(node) if self.epochs.get(&node).copied().unwrap_or(0) != fold.epoch => {
                    findings
                        .broken(Invariant::Watermarks, format!("record {version} folds for an older holder of {node}"));
                }
                Source::Objects(stream) if self.generation(stream.generation) == GenerationState::Sealed => {
                    findings.broken(Invariant::Watermarks, format!("record {version} folds a sealed generation"));
                }
                _ => {}
            }
            self.applied.insert(fold.source, fold.to);
            self.folds += 1;
        }
        for change in &intent.generations {
            let generation = change.generation;
            if change.state < self.generation(generation) {
                findings.broken(Invariant::Watermarks, format!("record {version} opens generation {generation} again"));
            }
            self.generations.insert(generation, change.state);
        }
        for removal in &intent.removes {
            let id = removal.id;
            if self.live.remove(&id).is_none() {
                findings.broken(Invariant::ExactlyOnce, format!("record {version} removes {id}, which is not live"));
            }
        }
        for entry in &intent.adds {
            let segment = LiveSegment { entry: Arc::new(entry.clone()), added: version };
            if self.live.insert(entry.id, segment).is_some() {
                findings.broken(Invariant::ExactlyOnce, format!("record {version} adds {} again", entry.id));
            }
        }
        self.stamp_max = self.stamp_max.max(intent.stamp_max);
        self.version = version;
        self.digest = commit.digest;
    }

    /// Compares a state of the product's with this one.
    pub(super) fn compare(&self, state: &State) -> Result<(), String> {
        let of = |what: &str| Err(format!("the state of version {} has other {what} than the history", self.version));
        if state.version != self.version || state.digest != self.digest {
            return of("records");
        }
        let live: BTreeMap<SegmentId, u128> = (state.tables.values())
            .flat_map(|table| table.segments.fresh().iter())
            .map(|segment| (segment.id, segment.digest))
            .collect();
        if live != self.live.iter().map(|(id, segment)| (*id, segment.entry.digest)).collect() {
            return of("segments");
        }
        if self.applied.iter().any(|(source, applied)| state.applied(source) != *applied) {
            return of("watermarks");
        }
        if self.epochs.iter().any(|(node, epoch)| state.nodes.get(node).is_none_or(|node| node.epoch != *epoch)) {
            return of("holders of local logs");
        }
        let generations = self.generations.iter();
        if generations.into_iter().any(|(generation, entry)| state.generation(*generation) != *entry) {
            return of("generations");
        }
        if state.stamp_max != self.stamp_max { of("stamps") } else { Ok(()) }
    }
}
