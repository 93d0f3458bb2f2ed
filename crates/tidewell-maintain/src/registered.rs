//! Files of others: added to a table where they are, looked at, and dropped again.

use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use tidewell_env::Env;
use tidewell_manifest::{
    Author, Candidate, CommitError, Facts, FileError, Intent, Manifest, RegisteredFile, SegmentEntry, State,
};
use tidewell_segment::foreign::RowLimits;
use tidewell_storage::{ForeignStores, Meter};
use tidewell_types::{SegmentId, TableName, TableSchema, Version, WriterId};

use crate::error::MaintainError;

/// Files that are looked at together.
const LOOKS_AT_ONCE: usize = 4;
/// Files of one commit.
const FILES_PER_COMMIT: usize = 256;
/// What a look at one row group may hold.
const ROW_LIMITS: RowLimits = RowLimits { batch_rows: 8192, memory_bytes_max: 128 << 20 };

/// What a look at registered files came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckSummary {
    /// Files whose rows were looked at; their bounds are facts from now on.
    pub checked_count: u64,
    /// Files that had been looked at before.
    pub known_count: u64,
    /// Files that cannot be read, and why; they stay registered, and queries that need them fail with the same words.
    pub unreadable: Vec<(String, String)>,
}

/// Makes files part of a table, where they are. What its state has in the same content stays as it is; another content
/// replaces it. A commit, or none where nothing is new.
///
/// # Errors
/// [`CommitError::Refused`] where columns do not agree with the table's, where another table owns a file, or where there are too
/// many; nothing is registered then. Others as [`Manifest::commit`]; after `Unknown` the same candidates may be given again.
pub async fn register(
    manifest: &Manifest,
    writer: WriterId,
    table: &TableName,
    candidates: Vec<Candidate>,
) -> Result<Version, CommitError> {
    let table = table.clone();
    let register = move |state: &State| {
        let author = Author { generation: state.open_generation(), writer };
        Intent::register(state, author, &table, &candidates)
    };
    Ok(manifest.commit(register).await?.version)
}

/// Takes files out of a table; they stay where they are, owned or not. A commit.
///
/// # Errors
/// [`CommitError::Refused`] naming a file that the table does not have; nothing is dropped then. Others as
/// [`Manifest::commit`].
pub async fn unregister(
    manifest: &Manifest,
    writer: WriterId,
    table: &TableName,
    urls: Vec<String>,
) -> Result<Version, CommitError> {
    let table = table.clone();
    let unregister = move |state: &State| {
        let author = Author { generation: state.open_generation(), writer };
        Intent::unregister(state, author, &table, &urls).map(Some)
    };
    Ok(manifest.commit(unregister).await?.version)
}

/// Looks at the time and the tags of every row of the registered files that nobody has looked at, and commits what they are, so
/// that no process has to look again and rewrites may pass by them. For each file a request to open it and one for each row
/// group; a commit for each 256 files.
///
/// # Errors
/// [`MaintainError`] when the store does not answer or a commit fails; what was committed stays. A file that cannot be read is no
/// error but part of the summary.
pub async fn check(
    manifest: &Manifest,
    env: &Env,
    writer: WriterId,
    stores: &ForeignStores,
    meter: &Meter,
) -> Result<CheckSummary, MaintainError> {
    let state = manifest.catch_up().await?;
    let mut summary = CheckSummary::default();
    for (name, table) in &state.tables {
        let registered = table.segments.registered();
        let claimed: Vec<_> = registered.iter().filter(|entry| !entry.has_facts()).collect();
        summary.known_count += (registered.len() - claimed.len()) as u64;
        for page in claimed.chunks(FILES_PER_COMMIT) {
            let looks: Vec<_> = page.iter().map(|entry| look(entry, &table.schema, stores, meter)).collect();
            let looks: Vec<_> = futures::stream::iter(looks).buffered(LOOKS_AT_ONCE).try_collect().await?;
            let mut found: Vec<(SegmentId, SegmentId, Facts)> = Vec::new();
            for (entry, look) in page.iter().zip(looks) {
                match look {
                    Ok(facts) => found.push((entry.id, env.segment_id(), facts)),
                    Err(error) => summary.unreadable.push((url(entry), error.to_string())),
                }
            }
            summary.checked_count += found.len() as u64;
            settle(manifest, writer, name, found).await?;
        }
    }
    Ok(summary)
}

fn url(entry: &SegmentEntry) -> String {
    entry.foreign.as_ref().map_or_else(|| entry.object.clone(), |file| file.url.clone())
}

/// The outer error is one that passes for all files alike.
async fn look(
    entry: &Arc<SegmentEntry>,
    schema: &TableSchema,
    stores: &ForeignStores,
    meter: &Meter,
) -> Result<Result<Facts, FileError>, MaintainError> {
    let looked = async {
        let file = RegisteredFile::open(entry, stores, meter).await?;
        Ok::<_, FileError>(file.look(schema, ROW_LIMITS).await?.facts)
    };
    match looked.await {
        Err(FileError::Storage { source, .. }) if source.is_transient() => Err(source.into()),
        looked => Ok(looked),
    }
}

async fn settle(
    manifest: &Manifest,
    writer: WriterId,
    table: &TableName,
    found: Vec<(SegmentId, SegmentId, Facts)>,
) -> Result<(), CommitError> {
    if found.is_empty() {
        return Ok(());
    }
    let table = table.clone();
    let settle = move |state: &State| {
        let author = Author { generation: state.open_generation(), writer };
        Ok(Intent::settle(state, author, &table, &found))
    };
    manifest.commit(settle).await.map(drop)
}

#[cfg(test)]
mod tests;
