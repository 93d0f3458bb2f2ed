//! The bytes of a journal entry: `docs/formats/import.md`.

use bytes::Bytes;

/// The first bytes of every entry.
const MAGIC: &[u8; 4] = b"TWIJ";
/// The newest format.
const FORMAT_VERSION: u16 = 1;
/// Magic, version, two bytes that are zero, and how many files follow.
const HEAD_BYTES: usize = 12;
/// A file's identity.
const FILE_BYTES: usize = 16;
const CHECKSUM_BYTES: usize = 4;

/// Bytes that are not the journal entry they should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Damaged.
    #[error("damaged: its {0} is wrong")]
    Corrupt(&'static str),
    /// Written by a newer Tidewell.
    #[error("written in format {0}, and this Tidewell knows up to {FORMAT_VERSION}: upgrade it")]
    Newer(u16),
}

/// The bytes of an entry with the identities of these files, at most 2^32 - 1.
#[must_use]
pub fn encode(files: &[u128]) -> Bytes {
    let mut body = Vec::with_capacity(HEAD_BYTES + FILE_BYTES * files.len() + CHECKSUM_BYTES);
    body.extend_from_slice(MAGIC);
    body.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    body.extend_from_slice(&[0, 0]);
    body.extend_from_slice(&u32::try_from(files.len()).unwrap_or(u32::MAX).to_le_bytes());
    for file in files {
        body.extend_from_slice(&file.to_le_bytes());
    }
    let checksum = crc32fast::hash(&body);
    body.extend_from_slice(&checksum.to_le_bytes());
    body.into()
}

/// Reads an entry; total on any bytes.
///
/// # Errors
/// [`EntryError`]: the object is damaged, or newer than this code.
pub fn decode(bytes: &[u8]) -> Result<Vec<u128>, EntryError> {
    let corrupt = EntryError::Corrupt;
    let (body, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(corrupt("length"))?;
    let head = body.first_chunk::<HEAD_BYTES>().ok_or(corrupt("length"))?;
    let [m0, m1, m2, m3, v0, v1, z0, z1, c0, c1, c2, c3] = *head;
    if [m0, m1, m2, m3] != *MAGIC {
        return Err(corrupt("magic"));
    }
    let version = u16::from_le_bytes([v0, v1]);
    if version > FORMAT_VERSION {
        return Err(EntryError::Newer(version));
    }
    if crc32fast::hash(body) != u32::from_le_bytes(*checksum) {
        return Err(corrupt("checksum"));
    }
    if version == 0 || [z0, z1] != [0, 0] {
        return Err(corrupt("head"));
    }
    let (files, rest) = body.get(HEAD_BYTES..).unwrap_or_default().as_chunks::<FILE_BYTES>();
    let count = u32::from_le_bytes([c0, c1, c2, c3]);
    if !rest.is_empty() || usize::try_from(count) != Ok(files.len()) {
        return Err(corrupt("count"));
    }
    Ok(files.iter().map(|file| u128::from_le_bytes(*file)).collect())
}

#[cfg(test)]
mod tests;
