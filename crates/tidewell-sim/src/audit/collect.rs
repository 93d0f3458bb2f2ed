//! I12: what may be deleted, and what must stay so that the head can be reached.

use tidewell_storage::Tier;
use tidewell_types::{GenerationState, Version};

use super::{Audit, Findings};
use crate::race::Race;
use crate::violation::Invariant;

impl Audit {
    /// An object of the main store was deleted.
    pub(super) fn deleted(&mut self, key: &str, findings: &mut Findings) {
        if self.objects.remove(key).is_none() {
            return;
        }
        self.deleted.insert(key.to_owned());
        let wrong = if let Some((stream, seq)) = self.layout.parse_wal(key) {
            self.is_needed(stream, seq).then(|| "is not folded".to_owned())
        } else if let Some(version) = self.layout.parse_log(key) {
            (version > self.floor).then(|| format!("the floor is {}", self.floor))
        } else if let Some(name) = self.layout.parse_segment(key) {
            self.segment_deleted(&name, findings)
        } else if let Some((version, write_id)) = self.layout.parse_checkpoint(key) {
            self.check_loadable(findings);
            let mut kept = self.kept_checkpoints();
            let is_kept = kept.any(|kept| (kept.version, kept.write_id) == (version, write_id));
            findings.reached.push(Race::CheckpointCollected);
            is_kept.then(|| "counts, or has a name".to_owned())
        } else if let Some((_, write_id)) = self.layout.parse_leaf(key) {
            let is_needed = |kept: &tidewell_manifest::CheckpointRef| {
                self.lists.get(kept).is_some_and(|lists| lists.contains(&write_id))
            };
            findings.reached.push(Race::ListCollected);
            self.kept_checkpoints()
                .any(|kept| is_needed(&kept))
                .then(|| "is named by a checkpoint that counts".to_owned())
        } else if let Some((generation, write_id)) = self.layout.parse_watermarks(key) {
            let named = self.head.generations.get(&generation).and_then(|entry| entry.watermarks);
            (named == Some(write_id)).then(|| "says where streams end".to_owned())
        } else {
            Some("nothing may delete it".to_owned())
        };
        if let Some(wrong) = wrong {
            findings.broken(Invariant::Collection, format!("{key} was deleted: {wrong}"));
        }
    }

    /// A live segment stays, a removed one until it is condemned. One that no commit ever named may go after a definite
    /// refusal, or with its generation: that it then never counts is checked at every commit.
    fn segment_deleted(&self, name: &tidewell_storage::SegmentName, findings: &mut Findings) -> Option<String> {
        if self.head.live.contains_key(&name.id) {
            return Some("it is live".to_owned());
        }
        if let Some(grave) = self.head.graves.get(&name.id) {
            findings.reached.push(Race::RemovedCollected);
            return (!grave.is_condemned).then(|| "it was removed and is not condemned".to_owned());
        }
        if !self.ever_live.contains(&name.id) {
            let is_sealed = self.head.generation(name.generation) == GenerationState::Sealed;
            findings.reached.push(if is_sealed { Race::OrphanCollected } else { Race::RefusedDiscarded });
            if name.tier == Tier::Cold {
                findings.reached.push(Race::ColdDiscarded);
            }
        }
        None
    }

    pub(super) fn kept_checkpoints(&self) -> impl Iterator<Item = tidewell_manifest::CheckpointRef> + '_ {
        self.head.checkpoints.iter().copied().chain(self.head.snapshots.values().copied())
    }

    /// Above a floor there is a checkpoint to start from.
    pub(super) fn check_loadable(&self, findings: &mut Findings) {
        let checkpoints = self.objects.keys().filter_map(|key| self.layout.parse_checkpoint(key));
        let newest = checkpoints.map(|(version, _)| version).max().unwrap_or(Version::ZERO);
        if newest < self.floor {
            let floor = self.floor;
            findings.broken(Invariant::Floor, format!("the floor is {floor} and the newest checkpoint {newest}"));
        }
    }
}
