//! The objects of a manifest one by one, for audits that do not trust the code that follows the chain.

use tidewell_types::{Version, WriteId};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::DecodeError;
use crate::intent::Intent;
use crate::record::Record;
use crate::state::State;
use crate::{checkpoint as checkpoint_object, floor as floor_object};

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
    /// What it changes.
    pub intent: Intent,
}

/// Reads a commit's object.
///
/// # Errors
/// [`DecodeError`] when the bytes are damaged or newer.
pub fn commit(bytes: &[u8]) -> Result<Commit, DecodeError> {
    let (write_id, Record { version, parent_digest, intent, .. }) = Record::decode(bytes)?;
    Ok(Commit { version, write_id, parent_digest, digest: xxh3_128(bytes), intent })
}

/// Reads a checkpoint's object.
///
/// # Errors
/// As [`commit`].
pub fn checkpoint(bytes: &[u8]) -> Result<State, DecodeError> {
    checkpoint_object::decode(bytes)
}

/// Reads the floor's object.
///
/// # Errors
/// As [`commit`].
pub fn floor(bytes: &[u8]) -> Result<Version, DecodeError> {
    floor_object::decode(bytes)
}
