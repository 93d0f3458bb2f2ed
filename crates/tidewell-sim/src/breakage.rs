//! Deliberate breakages of the store, of the network or of an actor: each must be caught.

/// How a run breaks what the protocol rests on; for runs that must be caught.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Breakage {
    /// Not at all.
    #[default]
    None,
    /// The store does not know conditions: a create overwrites.
    IgnoresConditions,
    /// The store answers that it has written and sometimes has not.
    Forgets,
    /// Records are deleted without raising the floor first.
    SkipsFloor,
    /// Segments that no commit names yet are deleted because they are there for a while.
    CollectsByAge,
    /// Removed segments are deleted without being condemned first.
    CollectsUncondemned,
    /// Readers read the committed view before they list the log.
    ReadsViewFirst,
    /// Readers do not look at the floor: a record that is not there means that there is none.
    ReadsWithoutFloor,
    /// Readers show what is in generations that are being sealed.
    ShowsSealing,
    /// Readers forget deletes.
    ForgetsDeletes,
    /// Clients take an unknown outcome for an acknowledgement.
    AcksUnknown,
    /// Writers do not check, once an entry is logged, that its generation is still open.
    AcksUnchecked,
    /// A retry of a request with an idempotency key is sent without it.
    RetriesWithoutKey,
    /// Committers do not look at the floor after a create.
    CommitsWithoutFloor,
    /// A fold whose commit's outcome is unknown deletes the segments that it has staged.
    DeletesUnknown,
    /// A fold commits its segments and forgets the watermarks.
    ForgetsWatermarks,
    /// A generation is sealed in one step.
    SealsAtOnce,
    /// A rewrite takes segments that are no neighbours in the order of writes.
    RewritesOutOfOrder,
    /// Servers acknowledge a write when it has come, and log it afterwards.
    AcksEarly,
    /// A disk answers an fsync and has written nothing.
    SyncsNothing,
    /// A fold commits its segments and watermarks, and forgets which requests it took.
    ForgetsTokens,
    /// A checkpoint is written of a state whose commit is still to come.
    CheckpointsAhead,
}

impl Breakage {
    /// All but none.
    pub const ALL: [Self; 21] = [
        Self::IgnoresConditions,
        Self::Forgets,
        Self::SkipsFloor,
        Self::CollectsByAge,
        Self::CollectsUncondemned,
        Self::ReadsViewFirst,
        Self::ReadsWithoutFloor,
        Self::ShowsSealing,
        Self::ForgetsDeletes,
        Self::AcksUnknown,
        Self::AcksUnchecked,
        Self::RetriesWithoutKey,
        Self::CommitsWithoutFloor,
        Self::DeletesUnknown,
        Self::ForgetsWatermarks,
        Self::SealsAtOnce,
        Self::RewritesOutOfOrder,
        Self::AcksEarly,
        Self::SyncsNothing,
        Self::ForgetsTokens,
        Self::CheckpointsAhead,
    ];
}
