//! Checks on an Arrow IPC stream before the Arrow library reserves memory by it.
//!
//! The library takes every announced length at its word, and asserts on what it does not expect. Looking first makes sure that
//! what is announced is there, so that no bytes cost more memory than a multiple of their number, and none a panic.

use std::collections::BTreeSet;

use arrow_ipc::{
    CompressionType, DictionaryBatch, Endianness, Field, Message, MessageHeader, MetadataVersion, Precision,
    RecordBatch, Schema, TimeUnit, Type, root_as_message,
};
use tidewell_types::TIME_COLUMN;

use super::fields::Fields;

/// Most bytes that the rows of one entry may have in memory: well above any that are written, well below memory.
pub(super) const ROWS_BYTES_MAX: u64 = 1 << 30;
/// LZ4 makes at most this many bytes of one.
const LZ4_RATIO_MAX: u64 = 255;
const CONTINUATION: [u8; 4] = [0xff; 4];
/// The length in front of a compressed buffer.
const PREFIX_BYTES: u64 = 8;
/// That length where the buffer is not compressed after all.
const IS_NOT_COMPRESSED: i64 = -1;

/// How a column's values lie in its buffers, the first of which says which are NULL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Values {
    /// Eight bytes a row and no NULL.
    Time,
    /// Eight bytes a row.
    Wide,
    /// One bit a row.
    Bits,
    /// Four bytes a row, which count into the dictionary.
    Tag(i64),
    /// The ends of the texts, four bytes each and one more than rows, then the texts.
    Text,
}

/// What is wrong; the caller says where.
pub(super) type Problem = &'static str;

/// Checks that `ipc` is a stream as docs/formats/wal.md has it: a schema, the tags' dictionaries, one batch, and all that they
/// announce within it. Takes what the rows will have in memory off `room`.
pub(super) fn check(ipc: &[u8], room: &mut u64) -> Result<(), Problem> {
    let mut rest = Fields::new(ipc);
    let (first, body) = message(&mut rest)?.ok_or("no schema")?;
    let schema = first.header_as_schema().filter(|_| body.is_empty()).ok_or("no schema")?;
    let columns = columns(&schema, ipc.len())?;
    let mut dictionaries = BTreeSet::new();
    loop {
        let (message, body) = message(&mut rest)?.ok_or("no batch")?;
        match message.header_type() {
            MessageHeader::DictionaryBatch => {
                let dictionary = message.header_as_dictionary_batch().ok_or("dictionary")?;
                let is_wanted = columns.contains(&Values::Tag(dictionary.id()));
                if !is_wanted || !dictionaries.insert(dictionary.id()) {
                    return Err("a dictionary that no column wants, or a second one");
                }
                check_batch(&[Values::Text], values(&dictionary)?, body, room)?;
            }
            MessageHeader::RecordBatch => {
                check_batch(&columns, message.header_as_record_batch().ok_or("batch")?, body, room)?;
                break;
            }
            _ => return Err("a message that is no batch"),
        }
    }
    match message(&mut rest)? {
        None if rest.left() == 0 => Ok(()),
        _ => Err("something behind the batch"),
    }
}

/// The next message and its body; `None` for the end of the stream, which must be there.
fn message<'a>(rest: &mut Fields<'a>) -> Result<Option<(Message<'a>, &'a [u8])>, Problem> {
    let short = |_| "the stream ends early";
    if rest.take::<4>().map_err(short)? != CONTINUATION {
        return Err("no message");
    }
    let length = i32::from_le_bytes(rest.take().map_err(short)?);
    if length == 0 {
        return Ok(None);
    }
    let length = usize::try_from(length).map_err(|_| "a message of less than no length")?;
    let message = root_as_message(rest.slice(length).map_err(short)?).map_err(|_| "a message that is no table")?;
    if message.version() != MetadataVersion::V5 {
        return Err("a message of another version");
    }
    let body_bytes = usize::try_from(message.bodyLength()).map_err(|_| "a body of less than no length")?;
    Ok(Some((message, rest.slice(body_bytes).map_err(short)?)))
}

fn values<'a>(dictionary: &DictionaryBatch<'a>) -> Result<RecordBatch<'a>, Problem> {
    dictionary.data().filter(|_| !dictionary.isDelta()).ok_or("a dictionary without values, or a part of one")
}

/// The columns of a schema: flat, of the types that a log entry has, and each name once.
fn columns(schema: &Schema<'_>, ipc_bytes: usize) -> Result<Vec<Values>, Problem> {
    let is_plain = schema.endianness() == Endianness::Little && schema.custom_metadata().is_none_or(|it| it.is_empty());
    let fields = schema.fields().filter(|_| is_plain).ok_or("a schema of another kind")?;
    let mut names = BTreeSet::new();
    let mut columns = Vec::new();
    let mut name_bytes = 0;
    for field in fields {
        let name = field.name().unwrap_or_default();
        // Texts may lie within each other: together they are longer than the stream then.
        name_bytes += name.len();
        if !names.insert(name) || name_bytes > ipc_bytes {
            return Err("a column twice");
        }
        let values = column(&field).ok_or("a column of another type")?;
        if (name == TIME_COLUMN) != (values == Values::Time) {
            return Err("a time column that is none");
        }
        columns.push(values);
    }
    if columns.contains(&Values::Time) { Ok(columns) } else { Err("no time column") }
}

fn column(field: &Field<'_>) -> Option<Values> {
    let has_more = field.children().is_some_and(|it| !it.is_empty());
    if has_more || field.custom_metadata().is_some_and(|it| !it.is_empty()) {
        return None;
    }
    if let Some(dictionary) = field.dictionary() {
        let index = dictionary.indexType()?;
        let is_tag = index.bitWidth() == 32 && index.is_signed() && field.type_type() == Type::Utf8;
        return is_tag.then_some(Values::Tag(dictionary.id()));
    }
    match field.type_type() {
        Type::Timestamp => {
            let time = field.type_as_timestamp()?;
            (time.unit() == TimeUnit::NANOSECOND && time.timezone().is_none()).then_some(Values::Time)
        }
        Type::FloatingPoint => {
            (field.type_as_floating_point()?.precision() == Precision::DOUBLE).then_some(Values::Wide)
        }
        Type::Int => (field.type_as_int()?.bitWidth() == 64).then_some(Values::Wide),
        Type::Bool => Some(Values::Bits),
        Type::Utf8 => Some(Values::Text),
        _ => None,
    }
}

/// Checks that a batch has the rows that it announces in each of its columns.
fn check_batch(columns: &[Values], batch: RecordBatch<'_>, body: &[u8], room: &mut u64) -> Result<(), Problem> {
    let is_compressed = batch.compression().is_some();
    let is_known = batch.compression().is_none_or(|it| it.codec() == CompressionType::LZ4_FRAME);
    if !is_known || batch.variadicBufferCounts().is_some_and(|it| !it.is_empty()) {
        return Err("a batch of another kind");
    }
    let rows = u64::try_from(batch.length()).map_err(|_| "less than no rows")?;
    let (nodes, buffers) = batch.nodes().zip(batch.buffers()).ok_or("a batch without columns")?;
    let mut buffers = Buffers { offsets: buffers.iter(), body, is_compressed, end: 0, room };
    if nodes.len() != columns.len() {
        return Err("another number of columns than the schema has");
    }
    for (column, node) in columns.iter().zip(nodes) {
        let nulls = u64::try_from(node.null_count()).map_err(|_| "less than no NULLs")?;
        if u64::try_from(node.length()) != Ok(rows) || nulls > rows {
            return Err("a column with another number of rows");
        }
        let validity_bytes = if nulls > 0 { rows.div_ceil(8) } else { 0 };
        buffers.next(validity_bytes, 1)?;
        match column {
            Values::Time if nulls > 0 => return Err("a time that is NULL"),
            Values::Time | Values::Wide => buffers.next(rows.saturating_mul(8), 8)?,
            Values::Bits => buffers.next(rows.div_ceil(8), 1)?,
            Values::Tag(_) => buffers.next(rows.saturating_mul(4), 4)?,
            Values::Text => {
                // Arrow lets the ends of no texts away.
                buffers.next(if rows == 0 { 0 } else { rows.saturating_add(1).saturating_mul(4) }, 4)?;
                buffers.next(0, 1)?;
            }
        }
    }
    if buffers.offsets.next().is_none() { Ok(()) } else { Err("more buffers than the columns have") }
}

/// The buffers of a batch, in order.
struct Buffers<'a, I> {
    offsets: I,
    body: &'a [u8],
    is_compressed: bool,
    /// Where the last one ended: they do not overlap, so that none is unpacked twice.
    end: u64,
    room: &'a mut u64,
}

impl<'b, I: Iterator<Item = &'b arrow_ipc::Buffer>> Buffers<'_, I> {
    /// Checks the next buffer, which must have at least so many bytes once it is unpacked, in whole values of `width` bytes.
    fn next(&mut self, bytes_min: u64, width: u64) -> Result<(), Problem> {
        let buffer = self.offsets.next().ok_or("fewer buffers than the columns have")?;
        let unpacked = self.unpacked_bytes(buffer.offset(), buffer.length()).ok_or("a buffer that is not there")?;
        *self.room = self.room.checked_sub(unpacked).ok_or("more rows than an entry may have")?;
        match unpacked >= bytes_min && unpacked.is_multiple_of(width) {
            true => Ok(()),
            false => Err("a column with fewer rows than it announces, or half a value"),
        }
    }

    fn unpacked_bytes(&mut self, offset: i64, length: i64) -> Option<u64> {
        let (offset, length) = (u64::try_from(offset).ok()?, u64::try_from(length).ok()?);
        let end = offset.checked_add(length).filter(|end| offset >= self.end && *end <= self.body.len() as u64)?;
        self.end = end;
        if !self.is_compressed || length == 0 {
            return Some(length);
        }
        let packed = length.checked_sub(PREFIX_BYTES)?;
        let prefix = self.body.get(usize::try_from(offset).ok()?..)?.first_chunk()?;
        match i64::from_le_bytes(*prefix) {
            IS_NOT_COMPRESSED => Some(packed),
            announced => u64::try_from(announced).ok().filter(|bytes| *bytes <= packed.saturating_mul(LZ4_RATIO_MAX)),
        }
    }
}

#[cfg(test)]
mod tests;
