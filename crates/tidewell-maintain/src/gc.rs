//! The only place where objects are deleted, and only by facts that never turn back.

use tidewell_env::Env;
use tidewell_storage::{DatabaseLayout, Listed, ObjectName, StorageError, Store};
use tidewell_types::{GenerationState, Source, Watermarks};
use tidewell_wal::LogStores;

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
    let is_folded = |(stream, seq)| {
        let source = Source::Objects(stream);
        seq < view.applied(&source) || view.generation(stream.generation) == GenerationState::Sealed
    };
    let entries = listed.iter().filter_map(|object| layout.parse_wal(&object.key));
    let folded: Vec<ObjectName> =
        entries.filter(|entry| is_folded(*entry)).map(|(stream, seq)| layout.wal(stream, seq)).collect();
    if !folded.is_empty() {
        log.delete(env, &folded).await?;
    }
    Ok(folded.len())
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
