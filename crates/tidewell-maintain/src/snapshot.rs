//! Snapshots: a version gets a name, is kept for as long as it has it, and can be put back.

use std::sync::Arc;

use tidewell_env::Env;
use tidewell_manifest::{Author, CheckpointRef, CommitError, Intent, Manifest, Refusal, Restore, Snapshot, State};
use tidewell_types::{Version, WriterId};

use crate::decide::decide;
use crate::error::MaintainError;
use crate::fold::Folder;
use crate::fold_all::fold_all;

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 128;
/// Snapshots of one database.
pub const SNAPSHOTS_MAX: usize = 1_000;
/// How often a version is taken anew because what it names is kept no more.
const ATTEMPTS_MAX: u32 = 5;
/// Names that a message lists.
const NAMES_SHOWN: usize = 20;

/// A snapshot that cannot be made, found or put back; nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The name cannot be used.
    #[error("{name:?} cannot name a snapshot: take 1 to {NAME_CHARS_MAX} of A-Z a-z 0-9 . _ -")]
    Name {
        /// The name.
        name: String,
    },
    /// The name is in use.
    #[error("there is a snapshot {name:?} already: drop it, or take another name")]
    Exists {
        /// The name.
        name: String,
    },
    /// No snapshot has the name.
    #[error("there is no snapshot {name:?}; {known}")]
    Unknown {
        /// The name.
        name: String,
        /// Which there are, in words.
        known: String,
    },
    /// Too many snapshots.
    #[error("there are {SNAPSHOTS_MAX} snapshots already: drop some")]
    TooMany,
    /// The snapshot was dropped and made anew while it was being put back.
    #[error("snapshot {name:?} was made anew meanwhile: look at it, then try again")]
    Changed {
        /// The name.
        name: String,
    },
}

/// Names the present version: everything that was acknowledged before the call, but for rows in local logs or the memory of
/// other processes. Its segments are kept until the snapshot is dropped.
///
/// Requests: a fold, what [`Manifest::open`] makes, PUTs of segment lists that changed, one of a checkpoint, a commit.
///
/// # Errors
/// [`MaintainError::Snapshot`] says what to change. Others as [`Folder::fold`]; after an unknown outcome the snapshot may be
/// there, and making it again says so.
pub async fn create(
    folder: &Folder,
    manifest: &Manifest,
    env: &Env,
    writer: WriterId,
    name: &str,
) -> Result<Snapshot, MaintainError> {
    check_name(name)?;
    if manifest.catch_up().await?.snapshots.contains_key(name) {
        return Err(SnapshotError::Exists { name: name.to_owned() }.into());
    }
    fold_all(folder).await?;
    let mut attempt = 1;
    loop {
        // The newest checkpoint that counts names lists that are kept; those of the state at hand may be older.
        let state = manifest.reload().await?;
        let checkpoint = manifest.write_checkpoint(&state).await?;
        let snapshot = Snapshot { name: name.to_owned(), checkpoint, created_at: env.now() };
        match commit(manifest, writer, &state, snapshot.clone()).await {
            Ok(()) => return Ok(snapshot),
            Err(error) if is_stale(&error) && attempt < ATTEMPTS_MAX => attempt += 1,
            Err(error) => return Err(error),
        }
    }
}

fn check_name(name: &str) -> Result<(), SnapshotError> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    match (1..=NAME_CHARS_MAX).contains(&name.len()) && name.bytes().all(is_plain) {
        true => Ok(()),
        false => Err(SnapshotError::Name { name: name.chars().take(NAME_CHARS_MAX + 1).collect() }),
    }
}

/// Whether a newer version must be taken.
fn is_stale(error: &MaintainError) -> bool {
    let MaintainError::Commit(CommitError::Refused(refusal)) = error else { return false };
    matches!(
        refusal,
        Refusal::SnapshotTooOld(_)
            | Refusal::CheckpointStale(_)
            | Refusal::GenerationClosed(_)
            | Refusal::OtherGeneration(_)
    )
}

async fn commit(
    manifest: &Manifest,
    writer: WriterId,
    taken: &Arc<State>,
    snapshot: Snapshot,
) -> Result<(), MaintainError> {
    let taken = Arc::clone(taken);
    let intend = move |newest: &State| {
        match newest.snapshots.get(&snapshot.name) {
            // An earlier try of this commit counted and was collected before it was looked at.
            Some(known) if *known == snapshot => return Ok(None),
            Some(_) => return Err(SnapshotError::Exists { name: snapshot.name.clone() }.into()),
            None => {}
        }
        if newest.snapshots.len() >= SNAPSHOTS_MAX {
            return Err(SnapshotError::TooMany.into());
        }
        // Lists that the checkpoint took over are kept by the checkpoints and snapshots that counted when it was written:
        // while these are the same, no list has been let go since.
        if newest.checkpoints != taken.checkpoints || newest.snapshots != taken.snapshots {
            return Err(CommitError::from(Refusal::SnapshotTooOld(taken.version.get())).into());
        }
        // The generation that new lists were named under.
        let author = Author { generation: taken.open_generation(), writer };
        Ok(Some(Intent { snapshots: vec![snapshot.clone()], ..Intent::new(author) }))
    };
    decide(manifest, intend).await.map(|_| ())
}

/// The snapshots of a state, by name. No request.
#[must_use]
pub fn list(state: &State) -> Vec<Snapshot> {
    state.snapshots.values().cloned().collect()
}

/// Gives a name up: what only that version needed is kept no more. One commit.
///
/// # Errors
/// [`SnapshotError::Unknown`] where no snapshot has the name; others as [`Manifest::commit`].
pub async fn drop(manifest: &Manifest, writer: WriterId, name: &str) -> Result<(), MaintainError> {
    let name = name.to_owned();
    let intend = move |newest: &State| {
        find(newest, &name)?;
        let author = Author { generation: newest.open_generation(), writer };
        Ok(Some(Intent { snapshot_drops: vec![name.clone()], ..Intent::new(author) }))
    };
    decide(manifest, intend).await.map(|_| ())
}

/// Puts a snapshot's rows in the place of the present ones, of all tables at once; the version from which on they count.
///
/// What is in segments or in the log when this is called counts no more, rows in local logs or the memory of other processes
/// excepted; writes that come later do. Columns, time floors and retention stay as they are today. What was there before can be put
/// back only from a snapshot that was made before.
///
/// Requests: a fold, a GET of the snapshot's checkpoint, a commit, and a checkpoint.
///
/// # Errors
/// [`MaintainError::Snapshot`] says what to change. Others as [`Folder::fold`]; after an unknown outcome it may be put back,
/// and putting it back again is right in both cases.
pub async fn restore(
    folder: &Folder,
    manifest: &Manifest,
    writer: WriterId,
    name: &str,
) -> Result<Version, MaintainError> {
    let wanted = find(&*manifest.catch_up().await?, name)?.checkpoint;
    fold_all(folder).await?;
    let earlier = open_checkpoint(manifest, wanted, name).await?;
    let (restore, name) = (Restore::of(&earlier), name.to_owned());
    let intend = move |newest: &State| {
        if find(newest, &name)?.checkpoint != wanted {
            return Err(SnapshotError::Changed { name: name.clone() }.into());
        }
        let author = Author { generation: newest.open_generation(), writer };
        Ok(Some(Intent { restore: Some(restore.clone()), ..Intent::new(author) }))
    };
    let state = decide(manifest, intend).await?;
    // Spares every later reader the record with all its tables.
    if let Err(error) = manifest.checkpoint(&state).await {
        tracing::warn!(%error, "no checkpoint after a restore; the next one will do");
    }
    Ok(state.version)
}

/// The state that a snapshot names, for queries of it. What [`Manifest::catch_up`] makes, and a GET.
///
/// # Errors
/// [`SnapshotError::Unknown`] where no snapshot has the name; others as [`Manifest::catch_up`].
pub async fn open(manifest: &Manifest, name: &str) -> Result<State, MaintainError> {
    let wanted = find(&*manifest.catch_up().await?, name)?.checkpoint;
    open_checkpoint(manifest, wanted, name).await
}

/// Where the checkpoint is gone, so is the snapshot, unless something is broken.
async fn open_checkpoint(manifest: &Manifest, checkpoint: CheckpointRef, name: &str) -> Result<State, MaintainError> {
    match manifest.open_checkpoint(checkpoint).await {
        Ok(state) => Ok(state),
        Err(error) => {
            find(&*manifest.catch_up().await?, name)?;
            Err(error.into())
        }
    }
}

fn find<'a>(state: &'a State, name: &str) -> Result<&'a Snapshot, SnapshotError> {
    state.snapshots.get(name).ok_or_else(|| SnapshotError::Unknown { name: name.to_owned(), known: known(state) })
}

fn known(state: &State) -> String {
    let names: Vec<&str> = state.snapshots.keys().map(String::as_str).collect();
    match names.get(..NAMES_SHOWN) {
        _ if names.is_empty() => "there are none".to_owned(),
        None => format!("there are {}", names.join(", ")),
        Some(shown) => format!("there are {} and {} more", shown.join(", "), names.len() - shown.len()),
    }
}

#[cfg(test)]
mod tests;
