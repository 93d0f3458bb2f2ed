//! The index: all parts and what searches them, as one object.

use bytes::Bytes;
use tidewell_types::WriteId;

use crate::CatalogError;
use crate::build::Searchable;
use crate::frame::{self, DecodeError, Reader};
use crate::part::Part;

const MAGIC: [u8; 4] = *b"TWCI";

/// An index that was read: what searches is decompressed, the parts are as they are.
pub(crate) struct Index {
    pub(crate) sequence: u64,
    pub(crate) parts: Vec<Part>,
    /// The number of each dataset's first series, and at the end that of all.
    pub(crate) starts: Vec<u32>,
    pub(crate) fst: fst::Map<Vec<u8>>,
    pub(crate) postings: Vec<u8>,
    pub(crate) lengths: Vec<u8>,
    /// Of each 64 series, the fewest words that an id has.
    pub(crate) block_lengths: Vec<u8>,
}

impl std::fmt::Debug for Index {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Index")
            .field("sequence", &self.sequence)
            .field("parts", &self.parts.len())
            .finish_non_exhaustive()
    }
}

/// Encodes an index of `parts`, which ascend by their records' source and root.
///
/// # Errors
/// [`CatalogError::TooLarge`] when its words would take more than 1024 times the memory that they take in the store: ids of
/// thousands of equal words each.
pub(crate) fn encode(
    sequence: u64,
    write_id: WriteId,
    parts: &[Part],
    searchable: &Searchable,
) -> Result<Bytes, CatalogError> {
    let mut bytes = frame::begin(MAGIC);
    bytes.extend_from_slice(&sequence.to_le_bytes());
    bytes.extend_from_slice(write_id.as_bytes());
    bytes.extend_from_slice(&(parts.len() as u64).to_le_bytes());
    for part in parts {
        bytes.extend_from_slice(&(part.bytes().len() as u64).to_le_bytes());
    }
    let raw = [&searchable.fst, &searchable.postings, &searchable.lengths];
    let boxes = raw.map(|raw| (frame::pack(raw), raw.len()));
    for (packed, raw_bytes) in &boxes {
        bytes.extend_from_slice(&(packed.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&(*raw_bytes as u64).to_le_bytes());
    }
    parts.iter().for_each(|part| bytes.extend_from_slice(part.bytes()));
    boxes.iter().for_each(|(packed, _)| bytes.extend_from_slice(packed));
    let bytes = frame::end(bytes);
    let raw_bytes: usize = raw.iter().map(|raw| raw.len()).sum();
    let raw_bytes_max = frame::raw_bytes_max(bytes.len());
    if raw_bytes > raw_bytes_max {
        let (count, count_max) = (raw_bytes as u64, raw_bytes_max as u64);
        return Err(CatalogError::TooLarge { what: "the words' bytes", count, count_max });
    }
    Ok(bytes.into())
}

/// Reads an index.
pub(crate) fn decode(bytes: &Bytes) -> Result<(WriteId, Index), DecodeError> {
    let mut reader = frame::open(MAGIC, bytes)?;
    let sequence = reader.u64()?;
    let write_id = WriteId::from_bytes(reader.array()?);
    let part_count = usize::try_from(reader.u64()?).ok().filter(|count| *count <= reader.rest.len() / 8);
    let part_count = part_count.ok_or(DecodeError::Corrupt("part count"))?;
    let mut part_bytes = Vec::with_capacity(part_count);
    for _ in 0..part_count {
        part_bytes.push(usize::try_from(reader.u64()?).map_err(|_| DecodeError::Corrupt("length"))?);
    }
    let mut boxes = [(0, 0); 3];
    for lengths in &mut boxes {
        *lengths = (reader.u64()?, reader.u64()?);
    }
    let parts = parts(bytes, &mut reader, &part_bytes)?;
    let mut unpacked = [const { Vec::new() }; 3];
    let mut raw_bytes_left = frame::raw_bytes_max(bytes.len());
    for ((packed_bytes, raw_bytes), to) in boxes.into_iter().zip(&mut unpacked) {
        let wrong = DecodeError::Corrupt("length");
        let packed = reader.bytes(usize::try_from(packed_bytes).map_err(|_| wrong)?)?;
        let raw_bytes = usize::try_from(raw_bytes).map_err(|_| wrong)?;
        raw_bytes_left = raw_bytes_left.checked_sub(raw_bytes).ok_or(wrong)?;
        *to = frame::unpack(packed, raw_bytes)?;
    }
    reader.finish()?;
    let index = assemble(sequence, parts, unpacked)?;
    Ok((write_id, index))
}

fn parts(bytes: &Bytes, reader: &mut Reader<'_>, part_bytes: &[usize]) -> Result<Vec<Part>, DecodeError> {
    let mut parts = Vec::with_capacity(part_bytes.len());
    for length in part_bytes {
        let at = bytes.len() - 4 - reader.rest.len();
        reader.bytes(*length)?;
        parts.push(Part::open(bytes.slice(at..at + length))?);
    }
    Ok(parts)
}

fn assemble(sequence: u64, parts: Vec<Part>, boxes: [Vec<u8>; 3]) -> Result<Index, DecodeError> {
    let [fst, postings, lengths] = boxes;
    let mut starts = vec![0u32];
    let mut total = 0u64;
    for part in &parts {
        total = total.saturating_add(part.series_count());
        starts.push(u32::try_from(total).map_err(|_| DecodeError::Corrupt("series count"))?);
    }
    if total != lengths.len() as u64 {
        return Err(DecodeError::Corrupt("series count"));
    }
    let fst = fst::Map::new(fst).map_err(|_| DecodeError::Corrupt("words"))?;
    // Its nodes are followed without further checks.
    fst.as_fst().verify().map_err(|_| DecodeError::Corrupt("words"))?;
    let block_lengths = lengths.chunks(64).map(|block| block.iter().copied().min().unwrap_or(1)).collect();
    Ok(Index { sequence, parts, starts, fst, postings, lengths, block_lengths })
}

impl Index {
    /// An index of nothing: what a catalog is before its first scan.
    pub(crate) fn empty() -> Self {
        let fst = fst::Map::default();
        let none = Vec::new;
        Self {
            sequence: 0,
            parts: Vec::new(),
            starts: vec![0],
            fst,
            postings: none(),
            lengths: none(),
            block_lengths: none(),
        }
    }
}

/// Encodes what [`decode`] gave.
#[cfg(any(test, feature = "test-util"))]
pub(crate) fn encode_again(write_id: WriteId, index: &Index) -> Result<Bytes, CatalogError> {
    let searchable = Searchable {
        fst: index.fst.as_fst().as_bytes().to_vec(),
        postings: index.postings.clone(),
        lengths: index.lengths.clone(),
    };
    encode(index.sequence, write_id, &index.parts, &searchable)
}
