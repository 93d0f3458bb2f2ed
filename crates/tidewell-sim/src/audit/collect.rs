//! What may be deleted, and what must stay so that the head can be reached.

use tidewell_types::{GenerationState, Version};

use super::{Audit, Findings};
use crate::race::Race;
use crate::violation::Invariant;

impl Audit {
    /// An object was deleted.
    pub(super) fn deleted(&mut self, key: &str, findings: &mut Findings) {
        if self.objects.remove(key).is_none() {
            return;
        }
        self.deleted.insert(key.to_owned());
        if let Some((stream, seq)) = self.layout.parse_wal(key) {
            let is_folded = seq < self.head.applied_to(stream);
            if !is_folded && self.head.generation(stream.generation) != GenerationState::Sealed {
                findings.broken(Invariant::Collection, format!("{key} was deleted and is not folded"));
            }
        } else if let Some(version) = self.layout.parse_log(key) {
            if version > self.floor {
                let floor = self.floor;
                findings
                    .broken(Invariant::Collection, format!("record {version} was deleted with the floor at {floor}"));
            }
        } else if let Some(name) = self.layout.parse_segment(key) {
            if self.head.live.contains_key(&name.id) {
                findings.broken(Invariant::Collection, format!("{key} was deleted and is live"));
            } else if !self.ever_live.contains(&name.id) {
                findings.reached.push(Race::FoldElsewhere);
            }
        } else if self.layout.parse_checkpoint(key).is_some() {
            self.check_loadable(findings);
        } else {
            findings.broken(Invariant::Collection, format!("{key} was deleted, and nothing may delete it"));
        }
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
