//! The only place where objects are deleted, and only by facts that never turn back.
//!
//! A [`Collector`] may be frozen for a week between any two of its requests, and any number of them may run at once. So each
//! deletion rests on something that the state it read says and that every later state says as well:
//!
//! | deleted | because | which stays true, since |
//! |---|---|---|
//! | log entries | they are below their stream's watermark, or their generation is sealed | both only move forward; a late copy of an entry never counts again |
//! | removed segments | they are condemned | no snapshot needed them when that was committed, none can since ([`Refusal::SnapshotTooOld`]), and names are not used twice |
//! | segments that nothing names | their generation is sealed, and no state, grave or snapshot of that version names them | a commit adds only objects of its own generation, and none can be of a sealed one; a snapshot of an earlier version that had them would find them in a grave, or be too old |
//! | lists of segments | their generation and all older ones are sealed, and no checkpoint that counts or has a name refers to them | a commit lets a checkpoint count only while those that its lists came from do ([`State::keeps_lists_of`]), and lists of its own are of a generation that was open at its version |
//! | checkpoints | they neither count nor have a name, and can't any more | they are older than one that counts and than a version that is condemned, or than the opening of every generation that a commit can still be of |
//! | final watermarks | their generation is sealed, and not with them | what a generation was sealed with stays |
//! | journals of imports | their generation and 720 later ones are sealed | what is sealed stays so; nothing that is stored rests on them |
//! | indexes and datasets of the catalog | the catalog gives them up: its head does not name them, and no later one can | the head's number only rises, and each number has one head |
//! | commits | they are at or below the floor | the floor only rises, and committers and readers ask for it after the fact |
//!
//! These facts are about one history. A *planted* state ([`State::is_planted`]: the target of a backup, or a database just rebuilt)
//! may be replaced as a whole by a later version of another store's history, which names objects that this one has no use for:
//! segments of sealed generations that a restore brought back there, or older lists. They are copied before that version is planted.
//! So nothing at all is collected while the state is planted. The first commit ends that: it makes the database a history of its
//! own, and no version can be planted over it any more ([`PlantError::Grown`]). Before the first version is planted there is no
//! state, and by that nothing is garbage.
//!
//! Ages only say when: how long readers of an old version are given until its segments go. A reader that is slower finds an
//! object gone and plans again.
//!
//! An object whose name does not parse is reported and stays. Nothing outside the database's own folders is listed, and
//! registered files, which are named by their own URL, are never touched.
//!
//! [`Refusal::SnapshotTooOld`]: tidewell_manifest::Refusal::SnapshotTooOld
//! [`State::keeps_lists_of`]: tidewell_manifest::State::keeps_lists_of
//! [`State::is_planted`]: tidewell_manifest::State::is_planted
//! [`PlantError::Grown`]: tidewell_manifest::PlantError::Grown

mod catalog_objects;
mod checkpoints;
mod collector;
mod commits;
mod graves;
mod journals;
mod lists;
mod log_entries;
mod orphans;
mod references;
mod summary;
mod sweep;

use tidewell_env::Env;
use tidewell_storage::{DatabaseLayout, Listed, ObjectName, StorageError, Store};
use tidewell_types::{GenerationState, Seq, Source, StreamId, Watermarks};
use tidewell_wal::LogStores;

pub use collector::{Collector, GcOptions};
pub use summary::{GcCount, GcKind, GcSummary};

/// Deletes the listed WAL objects that `view` says are folded; the number of them.
///
/// Safe with any view, however old: a watermark only rises, so what was folded once stays folded. Objects whose names are
/// not WAL entries are left alone. One DELETE request for up to 1000 objects where the store offers that, to each store that
/// holds the log.
///
/// # Errors
/// [`StorageError`]; what was not deleted goes next time.
pub async fn folded_entries(
    log: &LogStores,
    env: &Env,
    layout: &DatabaseLayout,
    view: &impl Watermarks,
    listed: &[Listed],
) -> Result<usize, StorageError> {
    let entries = listed.iter().filter_map(|object| layout.parse_wal(&object.key));
    let folded: Vec<ObjectName> =
        entries.filter(|entry| is_folded(view, *entry)).map(|(stream, seq)| layout.wal(stream, seq)).collect();
    if !folded.is_empty() {
        log.delete(env, &folded).await?;
    }
    Ok(folded.len())
}

/// Whether a log entry is in a segment, or never will be.
fn is_folded(view: &impl Watermarks, (stream, seq): (StreamId, Seq)) -> bool {
    seq < view.applied(&Source::Objects(stream)) || view.generation(stream.generation) == GenerationState::Sealed
}

/// Deletes segments that a commit was definitely refused for: no commit names them, and none ever will.
///
/// # Errors
/// [`StorageError`]; what was not deleted is garbage of its generation.
pub(crate) async fn refused_segments(
    store: &Store,
    names: impl Iterator<Item = ObjectName>,
) -> Result<(), StorageError> {
    let names: Vec<ObjectName> = names.collect();
    if names.is_empty() { Ok(()) } else { store.delete(&names).await }
}

#[cfg(test)]
mod tests;
