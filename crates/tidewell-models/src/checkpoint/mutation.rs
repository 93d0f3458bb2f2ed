//! The rules of checkpoints, floor and opening that the model can break.

use super::{Bounds, property};

/// One broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The protocol as it is.
    None,
    /// A reader replays from any checkpoint, without reading the floor afterwards.
    ReaderSkipsFloor,
    /// A reader takes an absent record for the end of the chain, without reading the floor.
    GapIsEnd,
    /// A reader takes the checkpoint that the hint names for the newest state.
    HintIsHead,
    /// The floor may rise to the head.
    FloorAtHead,
    /// The floor rises to a checkpoint that is there and does not count.
    FloorAtUncounted,
    /// The floor rises though no checkpoint is there.
    FloorWithoutCheckpoint,
    /// The floor is overwritten, not compared and swapped.
    FloorOverwritten,
    /// Cleaning keeps the checkpoint that the hint names and deletes all others.
    CleaningTrustsHint,
    /// Cleaning keeps the newest checkpoint that is there, whatever counts.
    CleaningKeepsNewest,
    /// Cleaning deletes what does not count, though it is newer and may come to.
    CleaningTakesNewer,
    /// A checkpoint may come to count that is older than one that does.
    StaleCounts,
    /// A checkpoint may come to count though the generation of its lists is sealed.
    SealedCounts,
    /// A checkpoint may come to count though what it took its lists over from counts no more.
    BasisUnchecked,
    /// All lists of a sealed generation are deleted.
    ListsGoWithGeneration,
    /// Lists that no checkpoint that counts refers to are deleted, though their generation is open.
    OpenListsGo,
    /// A reader starts from any checkpoint, whether or not it counts.
    ReaderTakesUncounted,
    /// Records below a checkpoint go before the floor has risen.
    RecordsGoBeforeFloor,
    /// A committer does not read the floor after its create.
    CommitterSkipsFloor,
    /// A committer writes a checkpoint of its commit before it has read the floor.
    CheckpointBeforeFloor,
    /// A committer writes a checkpoint of its commit before the create is settled.
    CheckpointBeforeCommit,
}

/// Each broken rule, the property that must notice, and bounds within which the damage shows.
pub(super) const BREAKS: [(Mutation, &str, Bounds); 20] = [
    (Mutation::ReaderSkipsFloor, property::CHAIN_UNBROKEN, Bounds { commits: 4, reads: 1, ..ONE }),
    (Mutation::GapIsEnd, property::OPEN_COMPLETE, Bounds { reads: 1, ..ONE }),
    (Mutation::HintIsHead, property::OPEN_COMPLETE, Bounds { reads: 1, ..ONE }),
    (Mutation::FloorAtHead, property::FLOOR_BELOW_HEAD, ONE),
    (Mutation::FloorAtUncounted, property::CAN_OPEN, ONE),
    (Mutation::FloorWithoutCheckpoint, property::CAN_OPEN, ONE),
    (Mutation::FloorOverwritten, property::FLOOR_MONOTONE, Bounds { commits: 4, checkpoints: 3, raises: 2, ..ONE }),
    (Mutation::CleaningTrustsHint, property::COUNTING_WHOLE, CLEAN),
    (Mutation::CleaningKeepsNewest, property::COUNTING_WHOLE, CLEAN),
    (Mutation::CleaningTakesNewer, property::COUNTING_WHOLE, CLEAN),
    (Mutation::StaleCounts, property::COUNTING_WHOLE, Bounds { commits: 4, ..CLEAN }),
    (Mutation::SealedCounts, property::COUNTING_WHOLE, LISTS),
    (Mutation::BasisUnchecked, property::COUNTING_WHOLE, LISTS),
    (Mutation::ListsGoWithGeneration, property::COUNTING_WHOLE, LISTS),
    (Mutation::OpenListsGo, property::COUNTING_WHOLE, LISTS),
    (Mutation::ReaderTakesUncounted, property::OPEN_WHOLE, Bounds { reads: 1, ..LISTS }),
    (Mutation::RecordsGoBeforeFloor, property::ONE_CHAIN, ONE),
    (Mutation::CommitterSkipsFloor, property::REPORTED_STAYS, Bounds { commits: 4, ..ONE }),
    (Mutation::CheckpointBeforeFloor, property::CHECKPOINT_TRUE, Bounds { commits: 4, checkpoints: 3, ..ONE }),
    (Mutation::CheckpointBeforeCommit, property::OPEN_TRUE, Bounds { reads: 1, ..ONE }),
];

const ONE: Bounds = Bounds { commits: 3, checkpoints: 2, has_lists: false, cleanings: 0, raises: 1, reads: 0 };
const CLEAN: Bounds = Bounds { cleanings: 1, raises: 0, ..ONE };
const LISTS: Bounds = Bounds { has_lists: true, ..CLEAN };
