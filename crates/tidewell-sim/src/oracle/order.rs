//! Which of two writes certainly came first.

use super::{Lane, Oracle, Outcome, Write};

impl Oracle {
    /// Whether `first` must count as earlier than `second`, since it was acknowledged before the other was sent.
    ///
    /// What is folded is earlier than all that is written later. Of what is not, one process's own clock orders its
    /// writes, and stamps order those of several as far as their wall clocks agree and a fold that takes the later one can
    /// see the earlier one: it must be in the store. Where a write with a key was logged more than once, the process that
    /// acknowledged it may not be the one whose copy counts.
    pub(super) fn precedes(&self, first: &Write, second: &Write) -> bool {
        if first.outcome != Outcome::Acked || first.ended >= second.started || first.may_repeat {
            return false;
        }
        if first.folded.is_some_and(|folded| folded < second.started) {
            return true;
        }
        let same_stream = first.place.map(|(source, _)| source) == second.place.map(|(source, _)| source);
        let is_seen = match first.lane {
            Lane::Objects => !self.lists_race || same_stream,
            Lane::Disk => second.lane == Lane::Disk && first.who.process == second.who.process,
            Lane::Memory => second.lane == Lane::Memory,
        };
        let same_process = first.who.process == second.who.process;
        let same_incarnation = same_process && first.who.incarnation == second.who.incarnation;
        let same_disk = same_process && first.lane == Lane::Disk && second.lane == Lane::Disk;
        let is_plain = !first.has_key && !second.has_key;
        let is_local = is_plain && (same_incarnation || same_disk);
        is_seen && (is_local || (first.lane == Lane::Objects && !self.clocks_lie))
    }
}
