//! A WAL entry as bytes: the body of a WAL object and of a local frame. Drawn in docs/formats/wal.md.

use std::io::Cursor;

use arrow_array::RecordBatch;
use arrow_ipc::CompressionType;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_schema::ArrowError;
use bytes::Bytes;
use tidewell_buffer::Entry;
use tidewell_types::{
    Batch, Generation, NodeId, Seq, Source, Stamp, StreamId, TIME_COLUMN, TableName, TableRows, WriteId, WriterId,
};

use crate::error::WalError;

/// The version that this code writes, and the newest that it reads.
pub const FORMAT_VERSION: u16 = 1;
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
/// [`WalError::Encode`] when Arrow cannot write a table's rows; refuse the batch.
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
    let sections = u32::try_from(entry.batch.tables.len()).unwrap_or(u32::MAX);
    out.extend_from_slice(&sections.to_le_bytes());
    for table in &entry.batch.tables {
        let of = |source| WalError::Encode { table: table.table.to_string(), source };
        encode_section(table, &mut out).map_err(of)?;
    }
    let checksum = crc32fast::hash(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    Ok(out.into())
}

fn encode_section(table: &TableRows, out: &mut Vec<u8>) -> Result<(), ArrowError> {
    let name = table.table.as_str().as_bytes();
    let too_long = |_| ArrowError::InvalidArgumentError("section above 4 GiB".to_owned());
    out.extend_from_slice(&u16::try_from(name.len()).map_err(too_long)?.to_le_bytes());
    out.extend_from_slice(name);
    let options = IpcWriteOptions::default().try_with_compression(Some(CompressionType::LZ4_FRAME))?;
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), table.rows.schema_ref(), options)?;
    writer.write(&table.rows)?;
    let ipc = writer.into_inner()?;
    out.extend_from_slice(&u32::try_from(ipc.len()).map_err(too_long)?.to_le_bytes());
    out.extend_from_slice(&ipc);
    Ok(())
}

/// Decodes an entry. No damage gets past the checksum, which is verified before anything inside is believed; it is no defence
/// against bytes forged with a right one, whose lengths Arrow takes at their word.
///
/// # Errors
/// [`EntryError`] naming the damaged part, or the newer format.
pub fn decode(bytes: &[u8]) -> Result<Entry, EntryError> {
    let damaged = EntryError::Damaged;
    let mut fields = Fields(bytes);
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
    let sections = u32::from_le_bytes(fields.take()?);
    let mut tables = Vec::new();
    for _ in 0..sections {
        tables.push(decode_section(&mut fields)?);
    }
    if fields.0.len() != CHECKSUM_BYTES {
        return Err(damaged("length"));
    }
    Ok(Entry { source, seq, stamp, batch: Batch { tables } })
}

fn decode_section(fields: &mut Fields<'_>) -> Result<TableRows, EntryError> {
    let damaged = EntryError::Damaged;
    let name_bytes = u16::from_le_bytes(fields.take()?);
    let name = std::str::from_utf8(fields.slice(name_bytes.into())?).map_err(|_| damaged("table name"))?;
    let table = TableName::new(name).map_err(|_| damaged("table name"))?;
    let ipc_bytes = u32::from_le_bytes(fields.take()?);
    let ipc = fields.slice(ipc_bytes as usize)?;
    let rows = read_rows(ipc).map_err(|_| damaged("rows"))?.ok_or(damaged("rows"))?;
    if rows.schema_ref().column_with_name(TIME_COLUMN).is_none() {
        return Err(damaged("rows"));
    }
    Ok(TableRows { table, rows })
}

fn read_rows(ipc: &[u8]) -> Result<Option<RecordBatch>, ArrowError> {
    StreamReader::try_new(Cursor::new(ipc), None)?.next().transpose()
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], EntryError> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or(EntryError::Damaged("length"))?;
        self.0 = rest;
        Ok(*head)
    }

    fn slice(&mut self, bytes: usize) -> Result<&'a [u8], EntryError> {
        let (head, rest) = self.0.split_at_checked(bytes).ok_or(EntryError::Damaged("length"))?;
        self.0 = rest;
        Ok(head)
    }
}

#[cfg(test)]
mod tests;
