//! The races that a run must reach: a simulation that never gets there proves nothing.

use std::collections::BTreeMap;

macro_rules! races {
    ($($(#[$docs:meta])* $name:ident,)*) => {
        /// Something that only happens when things go wrong together.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Race {
            $($(#[$docs])* $name,)*
        }

        impl Race {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];
        }
    };
}

races! {
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
    /// A segment or a list was gone when a reader wanted it, and the read was planned again.
    ReadPlannedAgain,
    /// A pinned version was collected before it was read again.
    PinnedTooOld,
    /// A reader found the floor above what it knew and loaded the state anew.
    PassedByFloor,
    /// A fold was refused since another process had folded the same entries.
    FoldElsewhere,
    /// A process froze in a fold and came back after others had folded.
    ThawAfterFold,
    /// A process froze in a commit.
    FrozenCommit,
    /// A process crashed in a fold.
    CrashInFold,
    /// A process crashed in a rewrite, a sealing, a collection or another verb.
    CrashInVerb,
    /// A log entry's late or repeated create brought it back after it had been folded and deleted.
    ResurrectedEntry,
    /// An entry whose writer never heard of it was folded.
    UnackedFolded,
    /// A log entry landed in a generation that was being sealed, or was sealed.
    SealStraggler,
    /// A generation was found half sealed, and somebody else finished it.
    SealFinishedByOther,
    /// A rewrite was thrown away, since another process had changed its segments first.
    RewriteLost,
    /// A rewrite carried out a delete.
    DeleteCarriedOut,
    /// A segment that a lost fold or rewrite had left was deleted with its generation.
    OrphanCollected,
    /// A removed segment was deleted.
    RemovedCollected,
    /// A segment was deleted because its commit was refused for good.
    RefusedDiscarded,
    /// The same in the cold tier.
    ColdDiscarded,
    /// A list of segments was deleted.
    ListCollected,
    /// A checkpoint was deleted.
    CheckpointCollected,
    /// A removed segment was left alone since a snapshot needs it.
    KeptForSnapshot,
    /// A snapshot was read whose segments are live no more.
    SnapshotOutlived,
    /// A row was logged after its retention had ended.
    WrittenExpired,
    /// A write ran at the same time as a delete of its row.
    DeleteRacedWrite,
    /// A request with an idempotency key was logged twice, and counted once.
    RepeatSortedOut,
    /// A request was known to be stored when it came again.
    RepeatAnswered,
    /// The keys of requests were forgotten, since no log entry can bring them again.
    KeyForgotten,
    /// A reader that named a write found it without a listing.
    SessionWithoutListing,
    /// An entry on too few stores was copied to a majority before it was shown.
    CopyRepaired,
    /// A write was acknowledged while one of three log stores was down.
    AckedWithStoreDown,
    /// A log store lost everything.
    StoreWiped,
    /// A local log had a torn tail that was cut off.
    TornTail,
    /// A power loss took acknowledged writes that the level does not protect.
    UnsyncedLost,
    /// A local log's replay brought writes back that only it had.
    Replayed,
    /// A delete of objects was carried out long after it was sent.
    LateDelete,
    /// A wall clock went backwards.
    ClockBack,
    /// A body arrived damaged and was noticed.
    DamageNoticed,
    /// Two processes gave one column different types, and one was refused.
    SchemaConflict,
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
        Race::ALL.iter().copied().filter(|race| self.of(*race) == 0).collect()
    }
}

#[cfg(test)]
mod tests;
