//! A WAL entry as bytes: the body of a WAL object and of a local frame. Drawn in docs/formats/wal.md.

mod fields;
mod section;
mod token;

use bytes::Bytes;
use tidewell_buffer::Entry;
use tidewell_types::{Batch, Generation, NodeId, Seq, Source, Stamp, StreamId, WriteId, WriterId};

use crate::error::WalError;
use fields::Fields;

/// The version that this code writes, and the newest that it reads.
pub const FORMAT_VERSION: u16 = 2;
/// The first version that says which rows belong to which request.
const FIRST_WITH_TOKENS: u16 = 2;
const MAGIC: [u8; 4] = *b"TWWL";
const CHECKSUM_BYTES: usize = 4;

/// What is wrong with bytes that should be an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryError {
    /// Damaged in this part.
    Damaged(&'static str),
    /// Written in this newer format.
    Newer(u16),
}

impl EntryError {
    /// The same, told of the file or object that holds the bytes.
    #[must_use]
    pub fn of(self, what: String, offset: u64) -> WalError {
        match self {
            Self::Damaged(problem) => WalError::Damaged { what, offset, problem },
            Self::Newer(found) => WalError::Newer { what, found, known: FORMAT_VERSION },
        }
    }
}

/// Encodes an entry under a write id.
///
/// # Errors
/// [`WalError::Encode`] when Arrow cannot write a table's rows, or a token names rows that are not there; refuse the batch.
pub fn encode(entry: &Entry, write_id: WriteId) -> Result<Bytes, WalError> {
    let mut out = Vec::with_capacity(1024);
    out.extend_from_slice(&MAGIC);
    out.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    out.extend_from_slice(&[0; 2]);
    out.extend_from_slice(write_id.as_bytes());
    let (kind, generation, owner) = match entry.source {
        Source::Objects(stream) => (0u32, stream.generation.get(), *stream.writer.as_bytes()),
        Source::Node(node) => (1, 0, *node.as_bytes()),
        Source::Memory(writer) => (2, 0, *writer.as_bytes()),
    };
    out.extend_from_slice(&kind.to_le_bytes());
    out.extend_from_slice(&generation.to_le_bytes());
    out.extend_from_slice(&owner);
    out.extend_from_slice(&entry.seq.get().to_le_bytes());
    out.extend_from_slice(&entry.stamp.as_ns().to_le_bytes());
    section::encode(&entry.batch, &mut out)?;
    token::encode(&entry.tokens, &entry.batch, &mut out)?;
    let checksum = crc32fast::hash(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    Ok(out.into())
}

/// Checks that bytes are a whole entry of a version known here; the version, and the fields that follow it.
fn open(bytes: &[u8]) -> Result<(u16, Fields<'_>), EntryError> {
    let damaged = EntryError::Damaged;
    let mut fields = Fields::new(bytes);
    if fields.take::<4>()? != MAGIC {
        return Err(damaged("magic"));
    }
    let version = u16::from_le_bytes(fields.take()?);
    if version > FORMAT_VERSION {
        return Err(EntryError::Newer(version));
    }
    let (sealed, checksum) = bytes.split_last_chunk::<CHECKSUM_BYTES>().ok_or(damaged("length"))?;
    if crc32fast::hash(sealed) != u32::from_le_bytes(*checksum) {
        return Err(damaged("checksum"));
    }
    if version == 0 || fields.take::<2>()? != [0; 2] {
        return Err(damaged("header"));
    }
    Ok((version, fields))
}

/// The write id under which an entry was encoded; the rows are not looked at.
///
/// # Errors
/// As [`decode`].
pub fn write_id(bytes: &[u8]) -> Result<WriteId, EntryError> {
    let (_, mut fields) = open(bytes)?;
    fields.take().map(WriteId::from_bytes)
}

/// Decodes an entry. No damage gets past the checksum, which is verified before anything inside is believed; it is no defence
/// against bytes forged with a right one, whose lengths Arrow takes at their word.
///
/// # Errors
/// [`EntryError`] naming the damaged part, or the newer format.
pub fn decode(bytes: &[u8]) -> Result<Entry, EntryError> {
    let damaged = EntryError::Damaged;
    let (version, mut fields) = open(bytes)?;
    let _write_id: [u8; 16] = fields.take()?;
    let kind = u32::from_le_bytes(fields.take()?);
    let generation = Generation::new(u32::from_le_bytes(fields.take()?));
    let owner: [u8; 16] = fields.take()?;
    let source = match kind {
        0 => Source::Objects(StreamId { generation, writer: WriterId::from_bytes(owner) }),
        1 => Source::Node(NodeId::from_bytes(owner)),
        2 => Source::Memory(WriterId::from_bytes(owner)),
        _ => return Err(damaged("source")),
    };
    let seq = Seq::new(u64::from_le_bytes(fields.take()?));
    let stamp = Stamp::from_ns(u64::from_le_bytes(fields.take()?));
    let batch = Batch { tables: section::decode(&mut fields)? };
    let tokens = if version < FIRST_WITH_TOKENS { Vec::new() } else { token::decode(&mut fields, &batch)? };
    if fields.left() != CHECKSUM_BYTES {
        return Err(damaged("length"));
    }
    Ok(Entry { source, seq, stamp, batch, tokens })
}

#[cfg(test)]
mod tests;
