//! Rebuild: a database from the segments that lie in the bucket, where its commits were lost.
//!
//! For the day on which somebody deleted `log/` (and whatever of checkpoints, lists, hint and floor). Segments say of which
//! table they are, which columns it had and in which order they were written; entries of the log that are still there hold
//! rows as well. What only the commits knew is lost, and so
//!
//! * **rows that were deleted, or had outlived their retention, may be back**: deletes, retention and time floors are gone,
//!   and segments that rewrites had replaced come back where they still lie in the bucket. Rows that are in a segment and in
//!   its rewrite count once, so nothing is doubled;
//! * snapshots are gone, and so are the memory of idempotency tokens and the list of other stores that hold the log;
//! * the log's entries are folded anew **as written last**, in the order of their stamps, whether they had been folded or
//!   not, behind a gap or not: nothing says which were, and leaving one out might lose rows that were acknowledged. Entries
//!   that had been folded are those of the last folds, so only what was written to the same points by another way since (an
//!   import, or a local log) is overridden by them; rows whose write had failed may appear;
//! * rows of segments whose folds ran at the same time may change places in the order of writes, and segments of versions
//!   before the rank was kept count as oldest, in the order of their names.
//!
//! **Nobody else may be at work on the database, `gc` above all**: a process that still believes in the lost commits may
//! delete segments that they had removed and the rebuilt version needs. Writers and folders cost work and no rows: the
//! rebuilt chain starts far above any version they can know, so their commits are found to be void.

mod found;
mod log;
mod order;
mod schema;
mod start;

use tidewell_env::Env;
use tidewell_manifest::PlantError;
use tidewell_storage::Store;
use tidewell_types::{DatabaseName, Generation, NodeId, SchemaError, Seq, StreamId, TableName, Version};

use crate::error::MaintainError;

/// The most segments that are read at once.
pub const CONCURRENCY_MAX: usize = 64;
/// Damaged objects that a summary lists by name.
pub const DAMAGED_SHOWN: usize = 100;

/// How a database is rebuilt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildOptions {
    /// Segments that are read at once, 1 to [`CONCURRENCY_MAX`]; each is held in memory as a whole.
    pub concurrency: usize,
    /// Looks and says what would come of it; writes nothing.
    pub is_dry_run: bool,
    /// Goes on without objects that look like segments and cannot be read, instead of stopping at them.
    pub leaves_damaged_out: bool,
    /// How many bytes of log objects are taken; above it nothing is done.
    pub log_bytes_max: u64,
    /// Local logs that outlived the bucket's commits, with the first entry that each still has, which is where its folds will
    /// start; one that is not named has to start at 0.
    pub local_logs: Vec<(NodeId, Seq)>,
}

impl Default for RebuildOptions {
    fn default() -> Self {
        Self {
            concurrency: 8,
            is_dry_run: false,
            leaves_damaged_out: false,
            log_bytes_max: 1 << 30,
            local_logs: Vec::new(),
        }
    }
}

/// How far a rebuild has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Objects read.
    pub done_count: u64,
    /// Objects to be read.
    pub object_count: u64,
    /// Bytes read.
    pub read_bytes: u64,
}

/// Hears of progress after each object.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// One table of a rebuilt database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuiltTable {
    /// Its name.
    pub table: TableName,
    /// Segments found; what the log adds is not counted.
    pub segment_count: u64,
    /// Their rows; one that is in several segments counts in each.
    pub row_count: u64,
    /// Their size.
    pub file_bytes: u64,
    /// Segments that do not say when they were written.
    pub unranked_count: u64,
}

/// Entries that a stream of the log lacks between others that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogGap {
    /// The stream.
    pub stream: StreamId,
    /// The first that is missing.
    pub from: Seq,
    /// The first after it that is there.
    pub to: Seq,
}

/// An object that looks like a segment and is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DamagedObject {
    /// Its name.
    pub object: String,
    /// What is wrong with it.
    pub problem: String,
}

/// What a rebuild found and made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RebuildSummary {
    /// The version that the database has; that it would get, after a dry run.
    pub version: Version,
    /// The generation that new objects are named under; every one below it may have been used.
    pub generation: Generation,
    /// Whether the version was committed: not after a dry run.
    pub is_committed: bool,
    /// The tables.
    pub tables: Vec<RebuiltTable>,
    /// Entries of the log that were folded.
    pub log_entry_count: u64,
    /// Their rows, overwritten ones included.
    pub log_row_count: u64,
    /// Gaps in the log: either entries that were folded long ago, or ones that were never acknowledged.
    pub log_gaps: Vec<LogGap>,
    /// Objects that were left out because they cannot be read, up to [`DAMAGED_SHOWN`].
    pub damaged: Vec<DamagedObject>,
    /// How many there are in all.
    pub damaged_count: u64,
    /// Objects among the segments whose names are not those of segments; left alone.
    pub foreign_count: u64,
}

impl RebuildSummary {
    /// What the operator should know, in sentences.
    #[must_use]
    pub fn notes(&self) -> Vec<String> {
        let unranked: u64 = self.tables.iter().map(|table| table.unranked_count).sum();
        let mut notes = vec![
            "Rows that were deleted, or had outlived their retention, may be back: delete them again, and set retention again."
                .to_owned(),
        ];
        let mut note = |count: u64, text: &str| {
            if count > 0 {
                notes.push(format!("{count} {text}"));
            }
        };
        note(unranked, "segments do not say when they were written and count as oldest, in the order of their names.");
        note(
            self.log_entry_count,
            "entries of the log count as written last: what an import wrote over them is overridden.",
        );
        note(self.log_gaps.len() as u64, "gaps are in the log; the entries on both sides of each are taken.");
        note(
            self.damaged_count,
            "objects cannot be read and are left out: restore them from a copy and rebuild again.",
        );
        note(self.foreign_count, "objects among the segments have names of another kind and are left alone.");
        notes
    }
}

/// Why a database was not rebuilt. Nothing was committed.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    /// It has commits.
    #[error("database {database} has commits (the newest is version {version}): it needs no rebuild")]
    HasCommits {
        /// The database.
        database: String,
        /// The newest version; 0 where the newest object's name is no version.
        version: Version,
    },
    /// Nothing is there to rebuild it from.
    #[error("database {database} has neither segments nor log entries in {store}")]
    Empty {
        /// The database.
        database: String,
        /// The store.
        store: String,
    },
    /// Segments that cannot be read.
    #[error(
        "{count} objects cannot be read, the first: {object}: {problem}; restore them from a copy, or leave them out explicitly"
    )]
    Damaged {
        /// How many.
        count: u64,
        /// The first.
        object: String,
        /// What is wrong with it.
        problem: String,
    },
    /// Two objects of one table contradict each other.
    #[error("table {table}: {first} and {second} do not go together: {problem}; move one of them away")]
    Conflict {
        /// The table.
        table: String,
        /// One of them.
        first: String,
        /// The other.
        second: String,
        /// How.
        problem: String,
    },
    /// An object went away after it was listed: somebody else is at work.
    #[error("object {object} went away during the rebuild: stop every other process on this store, then rebuild again")]
    Vanished {
        /// The object.
        object: String,
    },
    /// The log is too large.
    #[error("the log holds {bytes} bytes and {bytes_max} are allowed: allow more, it is taken into memory as a whole")]
    LogTooLarge {
        /// Its size.
        bytes: u64,
        /// The limit.
        bytes_max: u64,
    },
    /// The numbers that were found leave none above them.
    #[error("database {database} has used up its {what}: it cannot be rebuilt under this name")]
    Exhausted {
        /// The database.
        database: String,
        /// Of what.
        what: &'static str,
    },
    /// Somebody committed meanwhile.
    #[error(transparent)]
    Plant(#[from] PlantError),
}

impl RebuildError {
    fn columns(table: &TableName, first: &str, second: &str, problem: &SchemaError) -> Self {
        Self::Conflict {
            table: table.to_string(),
            first: first.to_owned(),
            second: second.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Makes a database of the segments and log entries in the bucket, as one version; see the module's page for what comes back
/// and in which order. Refused where the database has a commit, so that it never takes the place of one.
///
/// Requests: LISTs of everything that the database has, a GET for each segment and each log entry, a PUT for each segment
/// that the log's rows make, and what [`tidewell_manifest::Manifest::plant`] makes. Memory: about 1 KiB a segment, the
/// segments that are being read, and the log as a whole.
///
/// # Errors
/// [`MaintainError::Rebuild`] says what to do. Nothing counts until the last step; after any error, rebuild again.
pub async fn rebuild(
    store: &Store,
    env: &Env,
    database: &DatabaseName,
    options: &RebuildOptions,
    progress: OnProgress<'_>,
) -> Result<RebuildSummary, MaintainError> {
    let job = start::Job { store, env, database, options, progress };
    job.run().await
}

#[cfg(test)]
mod tests;
