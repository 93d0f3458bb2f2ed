//! L3: what is reachable from the head, and what is left over beside it.

use super::Audit;
use crate::violation::Invariant;

impl Audit {
    /// The segments that a process wrote and that are still there.
    pub(crate) fn segments_of(&self, process: &str) -> Vec<String> {
        let written = self
            .objects
            .iter()
            .filter(|(key, kept)| kept.process == process && self.layout.parse_segment(key).is_some());
        written.map(|(key, _)| key.clone()).collect()
    }

    /// I7, L3: what the head needs and is not there, and what is there and nothing needs.
    pub(crate) fn check_reachable(&self) -> Result<(), (Invariant, String)> {
        let needed = self.head.live.values().map(|entry| &entry.object);
        let needed = needed.chain(self.head.graves.values().map(|grave| &grave.object));
        if let Some(gone) = needed.into_iter().find(|object| !self.objects.contains_key(*object)) {
            return Err((Invariant::Dangling, format!("{gone} is needed and gone")));
        }
        for checkpoint in self.kept_checkpoints() {
            let name = self.layout.checkpoint(checkpoint.version, checkpoint.write_id);
            if !self.objects.contains_key(name.as_str()) {
                return Err((Invariant::Dangling, format!("{name} is needed and gone")));
            }
        }
        let left: Vec<&str> = self.objects.keys().map(String::as_str).filter(|key| !self.is_reachable(key)).collect();
        if !left.is_empty() {
            let some: Vec<&str> = left.iter().take(20).copied().collect();
            let what = format!("{} objects that nothing needs are left: {}", left.len(), some.join(" "));
            return Err((Invariant::Liveness, what));
        }
        let copies: usize = self.replicas.iter().map(|replica| replica.len()).sum();
        if copies > 0 {
            return Err((Invariant::Liveness, format!("{copies} copies of log entries are left")));
        }
        Ok(())
    }

    fn is_reachable(&self, key: &str) -> bool {
        if let Some((stream, seq)) = self.layout.parse_wal(key) {
            return self.is_needed(stream, seq);
        }
        if let Some(version) = self.layout.parse_log(key) {
            return version > self.floor;
        }
        if let Some(name) = self.layout.parse_segment(key) {
            return self.head.live.contains_key(&name.id) || self.head.graves.contains_key(&name.id);
        }
        if let Some((version, write_id)) = self.layout.parse_checkpoint(key) {
            return self.kept_checkpoints().any(|kept| (kept.version, kept.write_id) == (version, write_id));
        }
        if let Some((_, write_id)) = self.layout.parse_leaf(key) {
            let names = |kept| self.lists.get(&kept).is_some_and(|lists| lists.contains(&write_id));
            return self.kept_checkpoints().any(names);
        }
        if let Some((generation, write_id)) = self.layout.parse_watermarks(key) {
            return self.head.generations.get(&generation).is_some_and(|entry| entry.watermarks == Some(write_id));
        }
        key == self.layout.hint().as_str() || key == self.layout.floor().as_str()
    }
}
