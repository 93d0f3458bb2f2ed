//! Series ids with their rows, in sorted chunks that are compressed on their own.

use crate::frame::{self, DecodeError, Reader};

/// Series of a chunk; only the last of a dataset has fewer. A page of search results opens a few chunks.
pub(crate) const CHUNK_SERIES: usize = 256;
/// The longest id, in bytes.
pub(crate) const ID_BYTES_MAX: usize = 8 << 10;
/// What a chunk may come to, decompressed: each id at its longest, with its numbers.
const CHUNK_BYTES_MAX: usize = CHUNK_SERIES * (ID_BYTES_MAX + 24);

/// A series and its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeriesRows {
    pub(crate) id: String,
    pub(crate) row_count: u64,
}

/// A compressed chunk, and its length before.
pub(crate) struct Packed {
    pub(crate) bytes: Vec<u8>,
    pub(crate) raw_bytes: usize,
}

/// Encodes at most [`CHUNK_SERIES`] series in ascending order of ids: each as what it shares with the one before.
pub(crate) fn encode(series: &[SeriesRows]) -> Packed {
    let mut raw = Vec::new();
    let mut before: &[u8] = &[];
    for SeriesRows { id, row_count } in series {
        let id = id.as_bytes();
        let shared = before.iter().zip(id).take_while(|(a, b)| a == b).count();
        let suffix = id.get(shared..).unwrap_or_default();
        frame::push_varint(&mut raw, shared as u64);
        frame::push_varint(&mut raw, suffix.len() as u64);
        raw.extend_from_slice(suffix);
        frame::push_varint(&mut raw, *row_count);
        before = id;
    }
    Packed { bytes: frame::pack(&raw), raw_bytes: raw.len() }
}

/// The series of a chunk that has `count` of them; ids ascend strictly.
pub(crate) fn decode(packed: &[u8], raw_bytes: usize, count: usize) -> Result<Vec<SeriesRows>, DecodeError> {
    if raw_bytes > CHUNK_BYTES_MAX || count > CHUNK_SERIES {
        return Err(DecodeError::Corrupt("chunk length"));
    }
    let raw = frame::unpack(packed, raw_bytes)?;
    let mut reader = Reader { rest: &raw };
    let mut series: Vec<SeriesRows> = Vec::with_capacity(count.min(raw.len() / 3));
    let mut id = Vec::new();
    for at in 0..count {
        let shared = usize::try_from(reader.varint()?).ok().filter(|shared| *shared <= id.len());
        let shared = shared.ok_or(DecodeError::Corrupt("series id"))?;
        let suffix_bytes = reader.length()?;
        let suffix = reader.bytes(suffix_bytes)?;
        let ascends = at == 0 || id.get(shared..).unwrap_or_default() < suffix;
        id.truncate(shared);
        id.extend_from_slice(suffix);
        if !ascends || id.len() > ID_BYTES_MAX {
            return Err(DecodeError::Corrupt("series id"));
        }
        let text = String::from_utf8(id.clone()).map_err(|_| DecodeError::Corrupt("series id"))?;
        series.push(SeriesRows { id: text, row_count: reader.varint()? });
    }
    reader.finish()?;
    Ok(series)
}
