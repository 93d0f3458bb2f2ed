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
    /// The floor rises though no checkpoint is there.
    FloorWithoutCheckpoint,
    /// The floor is overwritten, not compared and swapped.
    FloorOverwritten,
    /// Cleaning keeps the checkpoint that the hint names and deletes all others.
    CleaningTrustsHint,
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
pub(super) const BREAKS: [(Mutation, &str, Bounds); 11] = [
    (Mutation::ReaderSkipsFloor, property::CHAIN_UNBROKEN, Bounds { reads: 1, ..ONE }),
    (Mutation::GapIsEnd, property::OPEN_COMPLETE, Bounds { reads: 1, ..ONE }),
    (Mutation::HintIsHead, property::OPEN_COMPLETE, Bounds { reads: 1, ..ONE }),
    (Mutation::FloorAtHead, property::FLOOR_BELOW_HEAD, ONE),
    (Mutation::FloorWithoutCheckpoint, property::CAN_OPEN, ONE),
    (Mutation::FloorOverwritten, property::FLOOR_MONOTONE, Bounds { raises: 2, ..ONE }),
    (Mutation::CleaningTrustsHint, property::CAN_OPEN, Bounds { cleanings: 1, ..ONE }),
    (Mutation::RecordsGoBeforeFloor, property::ONE_CHAIN, ONE),
    (Mutation::CommitterSkipsFloor, property::REPORTED_STAYS, ONE),
    (Mutation::CheckpointBeforeFloor, property::CHECKPOINT_TRUE, ONE),
    (Mutation::CheckpointBeforeCommit, property::OPEN_TRUE, Bounds { reads: 1, ..ONE }),
];

const ONE: Bounds = Bounds { commits: 3, checkpoints: 2, cleanings: 0, raises: 1, reads: 0 };
