//! The writers' log: copies of entries, and whether an acknowledged one is safe.

use tidewell_types::{GenerationState, Seq, StreamId};

use super::{Audit, Findings, Kept, Place};
use crate::race::Race;
use crate::violation::Invariant;

impl Audit {
    /// A log entry was written somewhere.
    pub(super) fn logged(&mut self, process: &str, place: Place, key: &str, findings: &mut Findings) {
        let Some((stream, seq)) = self.layout.parse_wal(key) else { return };
        if seq < self.head.applied_to(stream) {
            findings.reached.push(Race::ResurrectedEntry);
        } else if self.head.generation(stream.generation) != GenerationState::Open {
            findings.reached.push(Race::SealStraggler);
        }
        let writer = self.writers.entry(stream).or_insert_with(|| process.to_owned());
        if place != Place::Main && writer != process {
            findings.reached.push(Race::CopyRepaired);
        }
    }

    /// A replica took something: a log entry, the same as every other copy of it.
    pub(super) fn copied(&mut self, index: usize, key: &str, kept: Kept, findings: &mut Findings) {
        if self.layout.parse_wal(key).is_none() {
            findings.broken(Invariant::Chain, format!("{key} was written to a store for copies of the log"));
        }
        if self.replicas.iter().any(|replica| replica.get(key).is_some_and(|other| other.body != kept.body)) {
            findings.broken(Invariant::Chain, format!("two copies of {key} have other contents"));
        }
        if let Some(replica) = self.replicas.get_mut(index) {
            replica.insert(key.to_owned(), kept);
        }
    }

    /// I12: a copy goes once its entry counts no more.
    pub(super) fn uncopied(&mut self, index: usize, key: &str, findings: &mut Findings) {
        let copy = self.replicas.get_mut(index).and_then(|replica| replica.remove(key));
        if let (Some(_), Some((stream, seq))) = (copy, self.layout.parse_wal(key))
            && self.is_needed(stream, seq)
        {
            findings.broken(Invariant::Collection, format!("a copy of {key} was deleted and is not folded"));
        }
    }

    /// A replica lost everything.
    pub(crate) fn wiped(&mut self, index: usize) {
        if let Some(replica) = self.replicas.get_mut(index) {
            replica.clear();
        }
    }

    /// Whether an entry is neither folded nor void.
    pub(super) fn is_needed(&self, stream: StreamId, seq: Seq) -> bool {
        seq >= self.head.applied_to(stream) && self.head.generation(stream.generation) != GenerationState::Sealed
    }

    /// I1: whether an entry that is acknowledged now is folded, or where every reader finds it.
    pub(crate) fn is_safe(&self, stream: StreamId, seq: Seq) -> bool {
        let name = self.layout.wal(stream, seq);
        let copies = self.replicas.iter().filter(|replica| replica.contains_key(name.as_str())).count();
        let is_logged = self.objects.contains_key(name.as_str()) || copies > self.replicas.len() / 2;
        let is_open = self.head.generation(stream.generation) != GenerationState::Sealed;
        seq < self.head.applied_to(stream) || (is_open && is_logged)
    }

    /// Log objects that are there, in all stores.
    pub(crate) fn log_entries(&self) -> usize {
        let entries = self.objects.keys().filter(|key| self.layout.parse_wal(key).is_some()).count();
        entries + self.replicas.iter().map(|replica| replica.len()).sum::<usize>()
    }
}
