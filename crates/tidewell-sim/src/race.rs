//! The races that a run must reach: a simulation that never gets there proves nothing.

use std::collections::BTreeMap;

/// Something that only happens when things go wrong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Race {
    /// A create was carried out, its answer lost, and the next attempt refused by the first.
    LostThenRefusedByMine,
    /// A create was carried out, its answer lost, and found by reading back.
    LostThenReadBack,
    /// A look found nothing where a late create then landed.
    MissingThenLanded,
    /// A late create met its own writer's repeated one.
    SelfConflict,
    /// Two processes wanted the same version, and one heard that it was late.
    CommitLost,
    /// A commit was created at or below the floor, and so did not count.
    FloorRejectedCommit,
    /// The floor had passed a commit by when its process came back to check it.
    FloorPassedCommit,
    /// A commit's outcome stayed unknown, and its record is in the chain.
    UnknownCommitLanded,
    /// A log entry was gone when a reader or a fold wanted it.
    ReaderRestart,
    /// A fold was refused since another process had folded the same entries.
    FoldElsewhere,
    /// A process froze in a fold and came back after others had folded.
    ThawAfterFold,
    /// A process froze in a commit.
    FrozenCommit,
    /// A process crashed in a fold.
    CrashInFold,
    /// A log entry's late or repeated create brought it back after it had been folded and deleted.
    ResurrectedEntry,
    /// An entry whose writer never heard of it was folded.
    UnackedFolded,
    /// A local log had a torn tail that was cut off.
    TornTail,
    /// A power loss took acknowledged writes that the level does not protect.
    UnsyncedLost,
    /// A local log's replay brought writes back that only it had.
    Replayed,
    /// A reader found the floor above what it knew and loaded the state anew.
    PassedByFloor,
    /// A delete was carried out long after it was sent.
    LateDelete,
    /// A wall clock went backwards.
    ClockBack,
    /// A body arrived damaged and was noticed.
    DamageNoticed,
    /// Two processes gave one column different types, and one was refused.
    SchemaConflict,
}

impl Race {
    /// All of them.
    pub const ALL: [Self; 23] = [
        Self::LostThenRefusedByMine,
        Self::LostThenReadBack,
        Self::MissingThenLanded,
        Self::SelfConflict,
        Self::CommitLost,
        Self::FloorRejectedCommit,
        Self::FloorPassedCommit,
        Self::UnknownCommitLanded,
        Self::ReaderRestart,
        Self::FoldElsewhere,
        Self::ThawAfterFold,
        Self::FrozenCommit,
        Self::CrashInFold,
        Self::ResurrectedEntry,
        Self::UnackedFolded,
        Self::TornTail,
        Self::UnsyncedLost,
        Self::Replayed,
        Self::PassedByFloor,
        Self::LateDelete,
        Self::ClockBack,
        Self::DamageNoticed,
        Self::SchemaConflict,
    ];
}

/// How often each race was reached.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    counts: BTreeMap<Race, u64>,
}

impl Coverage {
    /// One more.
    pub fn reach(&mut self, race: Race) {
        *self.counts.entry(race).or_default() += 1;
    }

    /// How often one was reached.
    #[must_use]
    pub fn of(&self, race: Race) -> u64 {
        self.counts.get(&race).copied().unwrap_or(0)
    }

    /// Adds another run's counts.
    pub fn add(&mut self, other: &Self) {
        for (race, count) in &other.counts {
            *self.counts.entry(*race).or_default() += count;
        }
    }

    /// Those that were never reached.
    #[must_use]
    pub fn missed(&self) -> Vec<Race> {
        Race::ALL.into_iter().filter(|race| self.of(*race) == 0).collect()
    }
}
