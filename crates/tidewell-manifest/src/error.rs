//! What can go wrong with the committed view, by what the caller does next.

use tidewell_storage::StorageError;
use tidewell_types::Version;

/// Bytes that are not the manifest object they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Damaged.
    #[error("damaged: its {what} is wrong")]
    Corrupt {
        /// The part that gave it away.
        what: &'static str,
    },
    /// Written by a newer Tidewell.
    #[error("written in format {found}, and this Tidewell knows up to {known}: upgrade it")]
    Newer {
        /// The version in the object.
        found: u16,
        /// The newest that this code reads.
        known: u16,
    },
}

/// Why the committed view could not be read or extended.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The store did not answer as it should; try again later.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// An object of the manifest cannot be read; stop and look at it.
    #[error("manifest object {object} is {source}")]
    Decode {
        /// Its name.
        object: String,
        /// What is wrong with it.
        source: DecodeError,
    },
    /// The state at hand is so old that what it refers to has been collected; reload and use the newest.
    #[error("manifest object {object} is gone: the state that names it is no longer kept")]
    Collected {
        /// Its name.
        object: String,
    },
    /// The records do not add up; stop and look at them.
    #[error("manifest of database {database} breaks at version {version}: {what}")]
    Inconsistent {
        /// The database.
        database: String,
        /// The version at which it breaks.
        version: Version,
        /// How.
        what: String,
    },
}

/// Why an intent was not committed.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// The newest state rules the intent out: definite, nothing was committed. Staged objects may be deleted.
    #[error("not committed: {0}")]
    Refused(#[from] Refusal),
    /// The outcome is not known: it may be committed, now or later. Delete nothing; the same intent may be tried again,
    /// its preconditions keep it exact.
    #[error("outcome of commit {version} unknown: {source}")]
    Unknown {
        /// The version that was tried.
        version: Version,
        /// What the store said last.
        source: StorageError,
    },
    /// The view could not be read; nothing was tried.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

/// A precondition of an intent that the newest state does not meet.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Someone else folded these entries.
    #[error("entries from {from} of {of} are folded up to {applied} already")]
    FoldElsewhere {
        /// Which stream.
        of: String,
        /// Where this fold starts.
        from: u64,
        /// Where the next fold must start.
        applied: u64,
    },
    /// Another process attached to the local WAL folder since.
    #[error("another process has attached to the local WAL folder since (epoch {current}, ours {ours})")]
    NodeTaken {
        /// The epoch in the state.
        current: u64,
        /// The intent's.
        ours: u64,
    },
    /// The generation takes no more objects.
    #[error("generation {0} takes no more objects: start over under a newer one")]
    GenerationClosed(u32),
    /// A generation can't go back.
    #[error("generation {0} can't be opened again")]
    GenerationBackward(u32),
    /// A segment to be removed is not there.
    #[error("segment {0} is not live")]
    SegmentGone(String),
    /// A segment to be added is there already.
    #[error("segment {0} is live already")]
    SegmentTwice(String),
    /// An object of the intent is not named under its author's generation.
    #[error("object {0} is not named under the committer's generation: stage it anew")]
    OtherGeneration(String),
    /// Rows of the request are in segments already; fold the rest anew.
    #[error("the rows of request {0} are folded already")]
    TokenTaken(String),
    /// No snapshot has this name.
    #[error("there is no snapshot {0:?}")]
    SnapshotMissing(String),
    /// A snapshot has this name.
    #[error("there is a snapshot {0:?} already: drop it, or take another name")]
    SnapshotTaken(String),
    /// Segments of the version may be deleted by now; take a newer version.
    #[error("version {0} is too old to be kept: segments that it had are being deleted")]
    SnapshotTooOld(u64),
    /// A snapshot needs the segment.
    #[error("snapshot {name:?} needs segment {segment}")]
    SnapshotNeeds {
        /// The snapshot.
        name: String,
        /// The segment.
        segment: String,
    },
    /// A segment that was never condemned can't be buried.
    #[error("segment {0} is not condemned")]
    NotCondemned(String),
    /// There is a newer checkpoint.
    #[error("there is a newer checkpoint than that of version {0}")]
    CheckpointStale(u64),
    /// The table has the file already, with another content or otherwise read; registering it anew replaces it.
    #[error("file {0} is registered in the table already")]
    FileTwice(String),
    /// The file is not registered in the table.
    #[error("file {0} is not registered in the table")]
    FileMissing(String),
    /// A file that is owned belongs to one table alone.
    #[error("file {url} is registered in table {table} too, and one of them owns it: unregister it there first")]
    FileOwned {
        /// The file.
        url: String,
        /// The table that has it.
        table: String,
    },
    /// The file is on its way out.
    #[error("file {0} was owned and is about to be deleted: register a copy of it under another name")]
    FileGoing(String),
    /// Registered files are held in memory whole, so their number is limited.
    #[error("a database has at most {0} registered files: import some of them instead, or merge them")]
    FilesTooMany(usize),
    /// No rollup has this name.
    #[error("there is no rollup {0:?}")]
    RollupMissing(String),
    /// A rollup has this name.
    #[error("there is a rollup {0:?} already: drop it, or take another name")]
    RollupTaken(String),
    /// Each commit looks at all rollups, so their number is limited.
    #[error("a database has at most {0} rollups: drop one")]
    RollupsTooMany(usize),
    /// A table is made by one rollup alone.
    #[error("table {target:?} is made by rollup {other:?} already: drop that, or name another target")]
    RollupTargetTaken {
        /// The table.
        target: String,
        /// What makes it.
        other: String,
    },
    /// A table would be made of itself, by way of others.
    #[error("table {target:?} would be made of itself, by way of other rollups: name another target")]
    RollupCycle {
        /// The table.
        target: String,
    },
    /// Another process computed buckets of the rollup meanwhile; compute these anew.
    #[error("another process has brought rows of rollup {0:?} meanwhile: compute them anew")]
    RollupElsewhere(String),
    /// A column cannot be what the intent wants.
    #[error("table {table}: {conflict}")]
    Schema {
        /// The table.
        table: String,
        /// The conflict.
        conflict: tidewell_types::SchemaError,
    },
}
