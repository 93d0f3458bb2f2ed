//! The objects of a manifest one by one, for audits that do not trust the code that follows the chain.

use std::collections::BTreeSet;

use bytes::Bytes;
use tidewell_env::Env;
use tidewell_storage::Store;
use tidewell_types::{DatabaseName, Generation, SegmentId, Seq, StreamId, TimestampNs, Version, WriteId};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::{DecodeError, ManifestError};
use crate::intent::Intent;
use crate::manifest::Manifest;
use crate::record::Record;
use crate::segments::LeafRef;
use crate::snapshot::CheckpointRef;
use crate::spill::Limits;
use crate::state::State;
use crate::{checkpoint as checkpoint_object, floor as floor_object, leaf, watermarks as watermarks_object};

/// What a commit's object says.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The version that it makes.
    pub version: Version,
    /// The write that created it.
    pub write_id: WriteId,
    /// The digest of the record before it; 0 for the first.
    pub parent_digest: u128,
    /// Its own digest, which the next record names.
    pub digest: u128,
    /// What it says that all live segments add up to.
    pub segments_digest: u128,
    /// The committer's clock.
    pub at: TimestampNs,
    /// What it changes.
    pub intent: Intent,
}

/// Reads a commit's object.
///
/// # Errors
/// [`DecodeError`] when the bytes are damaged or newer.
pub fn commit(bytes: &[u8]) -> Result<Commit, DecodeError> {
    let (write_id, Record { version, parent_digest, segments_digest, at, intent }) = Record::decode(bytes)?;
    Ok(Commit { version, write_id, parent_digest, digest: xxh3_128(bytes), segments_digest, at, intent })
}

/// Reads a checkpoint's object.
///
/// # Errors
/// As [`commit`].
pub fn checkpoint(bytes: &[u8]) -> Result<State, DecodeError> {
    checkpoint_object::decode(bytes)
}

/// The checkpoint that a hint's object names.
///
/// # Errors
/// As [`commit`].
pub fn hint(bytes: &[u8]) -> Result<CheckpointRef, DecodeError> {
    checkpoint_object::decode_hint(bytes)
}

/// Reads the floor's object.
///
/// # Errors
/// As [`commit`].
pub fn floor(bytes: &[u8]) -> Result<Version, DecodeError> {
    floor_object::decode(bytes)
}

/// Reads the object that says where the streams of a sealed generation end.
///
/// # Errors
/// As [`commit`].
pub fn watermarks(bytes: &[u8]) -> Result<(Generation, Vec<(StreamId, Seq)>), DecodeError> {
    watermarks_object::decode(bytes)
}

/// The identities of a state's live segments; `fetch` gives the bytes of a list.
///
/// # Errors
/// As [`commit`], for a list; one that is not there counts as damaged.
pub fn live_segments(
    state: &State,
    fetch: impl Fn(&LeafRef) -> Option<Bytes>,
) -> Result<BTreeSet<SegmentId>, DecodeError> {
    let mut live = BTreeSet::new();
    for segments in state.tables.values().map(|table| &table.segments) {
        live.extend(segments.loose_ids());
        for list in segments.leaves() {
            let bytes = fetch(list).ok_or(DecodeError::Corrupt { what: "list, which is gone" })?;
            let entries = leaf::decode(&bytes, list)?;
            live.extend(entries.iter().filter(|entry| !segments.is_gone(&entry.key())).map(|entry| entry.id));
        }
    }
    Ok(live)
}

/// Opens a database as [`Manifest::open`] does, by a process that writes a checkpoint on its own every so many commits only.
///
/// # Errors
/// As [`Manifest::open`].
pub async fn open_with_checkpoints(
    commits: u64,
    store: Store,
    env: Env,
    database: DatabaseName,
) -> Result<Manifest, ManifestError> {
    Manifest::open_within(Limits { commits, ..Limits::default() }, store, env, database).await
}

/// Opens a database as [`Manifest::open`] does, by a process that moves segments into lists as soon as a table has more than
/// `loose_max` outside of them, `list_max` into one list.
///
/// # Errors
/// As [`Manifest::open`].
pub async fn open_with_lists(
    (list_max, loose_max): (usize, usize),
    store: Store,
    env: Env,
    database: DatabaseName,
) -> Result<Manifest, ManifestError> {
    let limits = Limits { leaf: list_max, table: loose_max, total: usize::MAX, few: loose_max, ..Limits::default() };
    Manifest::open_within(limits, store, env, database).await
}
