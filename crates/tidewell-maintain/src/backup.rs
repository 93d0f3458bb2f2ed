//! Backup: one version of a database, copied to another store, where any process can open it.
//!
//! A backup is the same store at another place: the same store id, object names and versions. It holds one version, without
//! the log (which was folded first), snapshots, graves and the commits before; a newer backup into it copies what is new and
//! then takes its place at once. As soon as somebody commits there it is a database of its own, and no target any more. What
//! only older versions had stays in the target, which [`gc`](crate::gc) leaves alone: start over in an empty one where that has
//! become too much.

mod copy;

use tidewell_env::Env;
use tidewell_manifest::{Manifest, PlantError, Snapshot, State};
use tidewell_storage::Store;
use tidewell_types::{DatabaseName, Version, WriterId};

use crate::backup::copy::Copy;
use crate::error::MaintainError;
use crate::fold::Folder;
use crate::snapshot;

/// The most segments that are copied at once.
pub const CONCURRENCY_MAX: usize = 64;

/// What is backed up, where to, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Backup<'a> {
    /// Folds the database.
    pub folder: &'a Folder,
    /// The database.
    pub manifest: &'a Manifest,
    /// The store that it is in.
    pub source: &'a Store,
    /// The store that the backup is to be in.
    pub target: &'a Store,
    /// The clock and randomness.
    pub env: &'a Env,
    /// Who commits the snapshot that keeps the version meanwhile.
    pub writer: WriterId,
}

/// How a version is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackupOptions {
    /// Segments that are copied at once, 1 to [`CONCURRENCY_MAX`]. Each is held in memory as a whole, so this times the size
    /// of the largest segments is what a copy takes.
    pub concurrency: usize,
    /// Asks the target for every object, instead of believing that what an earlier backup put there is still there.
    pub is_full: bool,
}

impl Default for BackupOptions {
    fn default() -> Self {
        Self { concurrency: 8, is_full: false }
    }
}

/// How far a copy has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Segments that are at the target, by this copy or an earlier one.
    pub done_count: u64,
    /// Segments of the version.
    pub segment_count: u64,
    /// Bytes copied.
    pub copied_bytes: u64,
}

/// Hears of progress after each segment, from any task.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// What a copy did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupSummary {
    /// The version that the target holds.
    pub version: Version,
    /// Its segments.
    pub segment_count: u64,
    /// Those that were copied; the others were there.
    pub copied_count: u64,
    /// Their size.
    pub copied_bytes: u64,
    /// Lists of segments that were copied.
    pub copied_list_count: u64,
    /// Segments that are no objects of the database, such as registered files, and were not copied: the version needs them
    /// where they are. Lists that an earlier backup copied are not counted again.
    pub foreign_count: u64,
    /// The snapshot that kept the version and could not be dropped: drop it.
    pub snapshot_left: Option<String>,
}

/// A copy that stopped. What the target held before is as it was.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The source has nothing of the database.
    #[error("{store} has no commit of database {database}: there is nothing to copy")]
    Empty {
        /// The source.
        store: String,
        /// The database.
        database: String,
    },
    /// The target is another store.
    #[error(
        "{target_url} is store {found} and the source is store {wanted}: take an empty target, or one with a backup of it"
    )]
    OtherStore {
        /// The target.
        target_url: String,
        /// Its store id.
        found: String,
        /// The source's.
        wanted: String,
    },
    /// The source of a restore is a database in use.
    #[error("{store} holds database {database} itself and no backup of it: make a backup, which folds its log first")]
    NoBackup {
        /// The source.
        store: String,
        /// The database.
        database: String,
    },
    /// The target of a restore has the database.
    #[error("{store} has database {database} already: restore into a store that does not")]
    Occupied {
        /// The target.
        store: String,
        /// The database.
        database: String,
    },
    /// The target does not take the version.
    #[error(transparent)]
    Plant(#[from] PlantError),
    /// An object of the version is not there.
    #[error("object {object} is not in {store}: if it was dropped by hand restore it, else start over")]
    Missing {
        /// The object.
        object: String,
        /// The source.
        store: String,
    },
    /// An object is not what the manifest says.
    #[error("object {object} in {store} is damaged: {problem}; restore it from a copy")]
    Damaged {
        /// The object.
        object: String,
        /// The store.
        store: String,
        /// What is wrong.
        problem: &'static str,
    },
}

/// Copies the present version of a database to another store: everything that was acknowledged before the call, but for rows
/// in local logs or the memory of other processes. Objects that the target has are not copied again; every segment that is copied is
/// checked against its digest.
///
/// Until the last step the target holds the version of the earlier backup, if any; an interrupted copy is taken up by the
/// next one. The version is kept in the source by a snapshot `backup-<id>`, dropped at the end, also after an error; that of
/// a process that was killed is in [`snapshot::list`].
///
/// Requests: at the source a snapshot, a GET for each list that changed and each segment that is copied, and a commit; at the
/// target a HEAD for each segment that no earlier backup is known to have brought, a PUT for each that is not there, and what
/// [`Manifest::plant`] makes. Memory: one list of segments (4096 at most) and the segments on their way.
///
/// # Errors
/// [`MaintainError::Backup`] says what to change. Others as [`snapshot::create`]; after any error the backup may be made
/// again.
pub async fn backup(
    job: &Backup<'_>,
    options: BackupOptions,
    progress: OnProgress<'_>,
) -> Result<BackupSummary, MaintainError> {
    let Backup { manifest, source, target, env, .. } = *job;
    let now = manifest.catch_up().await?;
    if now.version == Version::ZERO {
        return Err(empty(source, manifest.database()).into());
    }
    same_store(source.ensure_format().await?, target).await?;
    let there = Manifest::open(target.clone(), env.clone(), manifest.database().clone()).await?;
    let next = now.version.next().unwrap_or(now.version);
    // What is in the way is better known before a snapshot is made.
    there.ground(next).await.map_err(BackupError::from)?;

    let name = format!("backup-{}", env.write_id());
    let snapshot = snapshot::create(job.folder, manifest, env, job.writer, &name).await?;
    let copied = copy_snapshot(job, &there, &snapshot, options, progress).await;
    let dropped = snapshot::drop(manifest, job.writer, &name).await;
    let mut summary = copied?;
    if let Err(error) = dropped {
        tracing::warn!(%error, snapshot = name, "the snapshot of a backup stays behind; drop it");
        summary.snapshot_left = Some(name);
    }
    Ok(summary)
}

async fn copy_snapshot(
    job: &Backup<'_>,
    there: &Manifest,
    snapshot: &Snapshot,
    options: BackupOptions,
    progress: OnProgress<'_>,
) -> Result<BackupSummary, MaintainError> {
    let state = job.manifest.open_checkpoint(snapshot.checkpoint).await?;
    // Collection spares what a snapshot needs, and a record is not of that kind: it is taken while it is surely there.
    let record = job.manifest.record_of(&state).await?;
    let earlier = there.ground(state.version).await.map_err(BackupError::from)?;
    let copy = Copy { from: job.manifest, source: job.source, to: there, target: job.target, options, progress };
    let summary = copy.version(&state, &earlier).await?;
    there.plant(&state, Some(record)).await.map_err(BackupError::from)?;
    Ok(summary)
}

/// Copies a backup into a store that does not have the database: the same copy the other way round, resumable likewise. The
/// backup is only read.
///
/// # Errors
/// [`MaintainError::Backup`] says what to change; the target has nothing of the database that counts.
pub async fn restore_backup(
    source: &Store,
    target: &Store,
    env: &Env,
    database: &DatabaseName,
    options: BackupOptions,
    progress: OnProgress<'_>,
) -> Result<BackupSummary, MaintainError> {
    let from = Manifest::open(source.clone(), env.clone(), database.clone()).await?;
    let state = from.state();
    let format = source.read_format().await?.filter(|_| state.version > Version::ZERO);
    let format = format.ok_or_else(|| empty(source, database))?;
    let (store, name) = (source.url().to_string(), database.to_string());
    if !state.is_planted() {
        return Err(BackupError::NoBackup { store, database: name }.into());
    }
    same_store(format, target).await?;
    let to = Manifest::open(target.clone(), env.clone(), database.clone()).await?;
    if to.state().version > Version::ZERO {
        return Err(BackupError::Occupied { store: target.url().to_string(), database: name }.into());
    }
    let record = from.record_of(&state).await?;
    let copy = Copy { from: &from, source, to: &to, target, options, progress };
    let summary = copy.version(&state, &State::default()).await?;
    to.plant(&state, Some(record)).await.map_err(BackupError::from)?;
    Ok(summary)
}

fn empty(store: &Store, database: &DatabaseName) -> BackupError {
    BackupError::Empty { store: store.url().to_string(), database: database.to_string() }
}

/// A copy of a store is that store, so the target takes its identity or has it already.
async fn same_store(format: tidewell_storage::StoreFormat, target: &Store) -> Result<(), MaintainError> {
    let found = target.ensure_format_of(format).await?;
    if found.store_id == format.store_id {
        return Ok(());
    }
    let (found, wanted) = (found.store_id.to_string(), format.store_id.to_string());
    Err(BackupError::OtherStore { target_url: target.url().to_string(), found, wanted }.into())
}

#[cfg(test)]
mod tests;
