//! One scanned dataset as bytes: its record, its files and its series.

use std::ops::Range;

use bytes::Bytes;

use crate::chunk::{self, CHUNK_SERIES, Packed, SeriesRows};
use crate::frame::{self, DecodeError};
use crate::record::{DatasetRecord, FileRecord};

const MAGIC: [u8; 4] = *b"TWCP";
/// What the record and the list of files may come to, decompressed.
const RECORD_BYTES_MAX: usize = 16 << 20;
const FILES_BYTES_MAX: usize = 256 << 20;

/// Hashes that tell whether a dataset has to be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Of its store and folder.
    pub(crate) dataset: [u8; 16],
    /// Of all that was read: the files with their stamps, and `context`.
    pub(crate) content: [u8; 16],
    /// Of the options and the YAML file: where it is another, no count can be carried on.
    pub(crate) context: [u8; 16],
}

/// A part, checked as far as reading any piece of it goes. Cheap to clone; the pieces stay compressed until they are asked for.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    bytes: Bytes,
    marks: Marks,
    series_count: u64,
    record: Piece,
    files: Piece,
    chunks: Vec<Piece>,
}

/// Where a compressed piece is, and its length before.
#[derive(Clone, Debug)]
struct Piece {
    at: Range<usize>,
    raw_bytes: usize,
}

/// Encodes a part. `series` ascend strictly by id; `None` where one of the pieces is too long to be read back.
pub(crate) fn encode(
    marks: &Marks,
    record: &DatasetRecord,
    files: &[FileRecord],
    series: &[SeriesRows],
) -> Option<Bytes> {
    let box_of = |raw: Vec<u8>, raw_bytes_max: usize| {
        (raw.len() <= raw_bytes_max).then(|| Packed { bytes: frame::pack(&raw), raw_bytes: raw.len() })
    };
    let record = box_of(serde_json::to_vec(record).ok()?, RECORD_BYTES_MAX)?;
    let files = box_of(serde_json::to_vec(files).ok()?, FILES_BYTES_MAX)?;
    let chunks: Vec<Packed> = series.chunks(CHUNK_SERIES).map(chunk::encode).collect();
    let mut bytes = frame::begin(MAGIC);
    for mark in [&marks.dataset, &marks.content, &marks.context] {
        bytes.extend_from_slice(mark);
    }
    bytes.extend_from_slice(&(series.len() as u64).to_le_bytes());
    let pieces = || [&record, &files].into_iter().chain(&chunks);
    for piece in pieces() {
        bytes.extend_from_slice(&u32::try_from(piece.bytes.len()).ok()?.to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(piece.raw_bytes).ok()?.to_le_bytes());
    }
    pieces().for_each(|piece| bytes.extend_from_slice(&piece.bytes));
    let bytes = frame::end(bytes);
    let raw_bytes: usize = pieces().map(|piece| piece.raw_bytes).sum();
    (raw_bytes <= frame::raw_bytes_max(bytes.len())).then(|| bytes.into())
}

impl Part {
    /// Checks the frame and the lengths; the pieces are checked when they are read.
    pub(crate) fn open(bytes: Bytes) -> Result<Self, DecodeError> {
        let mut reader = frame::open(MAGIC, &bytes)?;
        let marks = Marks { dataset: reader.array()?, content: reader.array()?, context: reader.array()? };
        let series_count = reader.u64()?;
        let chunk_count = usize::try_from(series_count.div_ceil(CHUNK_SERIES as u64)).ok();
        let chunk_count = chunk_count.filter(|count| *count <= reader.rest.len() / 8);
        let piece_count = chunk_count.ok_or(DecodeError::Corrupt("series count"))? + 2;
        let mut lengths = Vec::with_capacity(piece_count);
        for _ in 0..piece_count {
            lengths.push((reader.u32()? as usize, reader.u32()? as usize));
        }
        let mut at = bytes.len() - 4 - reader.rest.len();
        let mut pieces = Vec::with_capacity(piece_count);
        for (packed_bytes, raw_bytes) in lengths {
            reader.bytes(packed_bytes)?;
            pieces.push(Piece { at: at..at + packed_bytes, raw_bytes });
            at += packed_bytes;
        }
        reader.finish()?;
        let raw_bytes = pieces.iter().fold(0usize, |sum, piece| sum.saturating_add(piece.raw_bytes));
        if raw_bytes > frame::raw_bytes_max(bytes.len()) {
            return Err(DecodeError::Corrupt("box length"));
        }
        let chunks = pieces.split_off(2);
        let (Some(files), Some(record)) = (pieces.pop(), pieces.pop()) else {
            return Err(DecodeError::Corrupt("length"));
        };
        if record.raw_bytes > RECORD_BYTES_MAX || files.raw_bytes > FILES_BYTES_MAX {
            return Err(DecodeError::Corrupt("length"));
        }
        Ok(Self { bytes, marks, series_count, record, files, chunks })
    }

    pub(crate) fn bytes(&self) -> &Bytes {
        &self.bytes
    }

    pub(crate) fn marks(&self) -> &Marks {
        &self.marks
    }

    pub(crate) fn series_count(&self) -> u64 {
        self.series_count
    }

    fn unpack(&self, piece: &Piece) -> Result<Vec<u8>, DecodeError> {
        frame::unpack(self.bytes.get(piece.at.clone()).unwrap_or_default(), piece.raw_bytes)
    }

    pub(crate) fn record(&self) -> Result<DatasetRecord, DecodeError> {
        serde_json::from_slice(&self.unpack(&self.record)?).map_err(|_| DecodeError::Corrupt("record"))
    }

    pub(crate) fn files(&self) -> Result<Vec<FileRecord>, DecodeError> {
        serde_json::from_slice(&self.unpack(&self.files)?).map_err(|_| DecodeError::Corrupt("files"))
    }

    pub(crate) fn chunk_count(&self) -> usize {
        self.chunks.len()
    }

    /// The series of one chunk.
    pub(crate) fn chunk(&self, number: usize) -> Result<Vec<SeriesRows>, DecodeError> {
        let piece = self.chunks.get(number).ok_or(DecodeError::Corrupt("chunk"))?;
        let before = number as u64 * CHUNK_SERIES as u64;
        let count = (self.series_count - before).min(CHUNK_SERIES as u64) as usize;
        let packed = self.bytes.get(piece.at.clone()).unwrap_or_default();
        chunk::decode(packed, piece.raw_bytes, count)
    }

    /// One series, by its place.
    pub(crate) fn series(&self, number: u64) -> Result<SeriesRows, DecodeError> {
        let wrong = DecodeError::Corrupt("series");
        let chunk = usize::try_from(number / CHUNK_SERIES as u64).map_err(|_| wrong)?;
        self.chunk(chunk)?.into_iter().nth((number % CHUNK_SERIES as u64) as usize).ok_or(wrong)
    }
}
