//! The rules of the log and its fold that the model can break.

use super::{Bounds, property};

/// One broken rule; M1 to M10 are those of the first model check of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// The protocol as it is.
    None,
    /// M1: a reader catches up first and lists the log afterwards.
    ViewBeforeList,
    /// M2: a writer acknowledges once its entry is there, without looking at the manifest again.
    NoPostCheck,
    /// M3: a generation goes from open to sealed in one commit.
    OnePhaseSeal,
    /// M4: a committer does not read the floor after its create.
    CommitterSkipsFloor,
    /// M5: a reader takes a record that is absent for the end of the chain, without reading the floor.
    ReaderSkipsFloor,
    /// M6: the watermark of a stream is dropped once its objects are gone, though its generation is not sealed.
    WatermarkForgotten,
    /// M7: segments that no commit names are deleted whether or not their generation is sealed.
    OrphansByAge,
    /// M8: a reader shows entries of a generation that is being sealed.
    SealingShown,
    /// M9: "exists already" counts as lost, without reading whose record it is.
    NoIdentity,
    /// M10: an absent record after an unanswered create counts as a failure.
    AbsentIsFailure,
    /// A writer's re-check takes an absent record for the end of the chain, without reading the floor.
    WriterSkipsFloor,
    /// A commit that lost its number is made again without checking where its folds start.
    NoFoldPrecondition,
    /// A commit may be authored under a sealed generation.
    SealedAuthor,
    /// A commit may fold a stream of a sealed generation.
    SealedStream,
    /// A record of ours at or below the floor counts as a definite loss, so that the staged segment is deleted.
    BelowFloorIsLost,
    /// A record of another's at or below the floor counts as a definite loss.
    OtherBelowFloorIsLost,
    /// A committer that gives up on an unknown outcome deletes what it staged.
    UnknownDeletes,
    /// Log entries are deleted when a fold has read them, before its commit.
    EntriesGoBeforeCommit,
    /// The floor is raised after the records below it were deleted.
    RecordsGoBeforeFloor,
    /// The floor may rise to the head.
    FloorAtHead,
    /// A reader shows entries of a sealed generation that the seal did not take.
    SealedShown,
    /// A generation is sealed though a listing shows entries of it that are not folded.
    SealedUnfolded,
    /// A generation is sealed with the ends that its streams had when they were written down, though another's fold has moved
    /// one since.
    SealedAtStaleEnds,
}

/// Each broken rule, the property that must notice, and bounds within which the damage shows.
pub(super) const BREAKS: [(Mutation, &str, Bounds); 23] = [
    (Mutation::ViewBeforeList, property::READ_COMPLETE, Bounds { attempts: [2, 0], reads: 1, ..ONE }),
    (Mutation::NoPostCheck, property::DURABLE, ONE),
    (Mutation::OnePhaseSeal, property::DURABLE, ONE),
    (Mutation::CommitterSkipsFloor, property::REPORTED_STAYS, TWO),
    (Mutation::ReaderSkipsFloor, property::READ_COMPLETE, Bounds { attempts: [2, 0], reads: 1, ..ONE }),
    (Mutation::WatermarkForgotten, property::FOLDED_ONCE, Bounds { puts: 2, ..ONE }),
    (Mutation::OrphansByAge, property::NO_DANGLING, ONE),
    (Mutation::SealingShown, property::READ_MONOTONE, Bounds { reads: 2, ..ONE }),
    (Mutation::NoIdentity, property::NO_DANGLING, ONE),
    (Mutation::AbsentIsFailure, property::NO_DANGLING, ONE),
    (Mutation::WriterSkipsFloor, property::DURABLE, ONE),
    (Mutation::NoFoldPrecondition, property::FOLDED_ONCE, Bounds { attempts: [2, 2], ..ONE }),
    (Mutation::SealedAuthor, property::NO_DANGLING, Bounds { attempts: [2, 2], ..ONE }),
    (Mutation::SealedStream, property::MONOTONE, Bounds { attempts: [2, 2], authors: [1, 1], ..ONE }),
    (Mutation::BelowFloorIsLost, property::NO_DANGLING, TWO),
    (Mutation::OtherBelowFloorIsLost, property::NO_DANGLING, TWO),
    (Mutation::UnknownDeletes, property::NO_DANGLING, ONE),
    (Mutation::EntriesGoBeforeCommit, property::DURABLE, ONE),
    (Mutation::RecordsGoBeforeFloor, property::ONE_CHAIN, ONE),
    (Mutation::FloorAtHead, property::FLOOR_BELOW_HEAD, ONE),
    (Mutation::SealedShown, property::READ_ONCE, Bounds { reads: 1, ..ONE }),
    (Mutation::SealedUnfolded, property::DURABLE, ONE),
    (Mutation::SealedAtStaleEnds, property::MONOTONE, Bounds { attempts: [3, 1], ..ONE }),
];

const ONE: Bounds = Bounds { rows: [1, 0], attempts: [3, 0], reads: 0, puts: 1, authors: [1, 0] };
const TWO: Bounds = Bounds { attempts: [2, 1], ..ONE };
