//! Checksums over all bytes of a segment that are read, which Parquet itself leaves out.

use std::ops::Range;

use memchr::memmem;
use parquet::file::metadata::{KeyValue, ParquetMetaData};

use crate::SegmentError;
use crate::footer_check::{bloom_range, chunk_range, column_index_range, offset_index_range};

/// The key of the pair, which is a file's last: no text of a user's follows it.
const KEY: &str = "tidewell.checksums";
/// A checksum as hex digits.
const DIGITS: usize = 8;
const BLANK: &str = "00000000";
/// Those of the footer and of the Bloom filters, before those of the column chunks.
const FIXED_COUNT: usize = 2;

/// What a file says that its bytes' CRC-32 are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Checksums {
    text: String,
    footer: u32,
    bloom: u32,
    chunks: Vec<u32>,
}

/// The pair for a file with so many column chunks, before they are known.
pub(crate) fn blank_pair(chunk_count: usize) -> KeyValue {
    KeyValue::new(KEY.to_owned(), "0".repeat((FIXED_COUNT + chunk_count) * DIGITS))
}

/// Writes the checksums of a whole file over those that it has, which may be blank.
pub(crate) fn stamp(file: &mut [u8], parquet: &ParquetMetaData) -> Result<(), SegmentError> {
    let misplaced = || SegmentError::internal("the Parquet writer put its parts elsewhere than expected");
    let pairs = parquet.file_metadata().key_value_metadata().map_or(&[][..], Vec::as_slice);
    let old = text_of(pairs).ok_or_else(misplaced)?;
    let footer_start = index_start(parquet).and_then(|start| usize::try_from(start).ok()).ok_or_else(misplaced)?;
    let text_at = footer_start + find(file.get(footer_start..).unwrap_or_default(), old).ok_or_else(misplaced)?;
    let hash = |range: Range<u64>| {
        let range = usize::try_from(range.start).ok()?..usize::try_from(range.end).ok()?;
        file.get(range).map(crc32fast::hash)
    };
    let bloom = bloom_start(parquet).map_or(Some(crc32fast::hash(&[])), |start| hash(start..footer_start as u64));
    let chunks = chunks(parquet).map(|range| hash(range?));
    let known: Option<Vec<u32>> = std::iter::once(bloom).chain(chunks).collect();
    let text: String = known.ok_or_else(misplaced)?.iter().map(|crc| format!("{crc:08x}")).collect();
    if DIGITS + text.len() != old.len() {
        return Err(misplaced());
    }
    write(file, text_at, BLANK);
    write(file, text_at + DIGITS, &text);
    let footer = crc32fast::hash(file.get(footer_start..).unwrap_or_default());
    write(file, text_at, &format!("{footer:08x}"));
    Ok(())
}

/// Gives a file that was tampered with the checksums of what it is, so that a test reaches what lies behind them. Whether it
/// could: the metadata must be readable.
#[cfg(any(test, feature = "test-util"))]
pub fn restamp(file: &mut [u8]) -> bool {
    let bytes = bytes::Bytes::copy_from_slice(file);
    crate::footer::read_metadata(bytes).is_ok_and(|parquet| stamp(file, &parquet).is_ok())
}

fn write(file: &mut [u8], at: usize, text: &str) {
    if let Some(place) = file.get_mut(at..at + text.len()) {
        place.copy_from_slice(text.as_bytes());
    }
}

impl Checksums {
    /// Reads the pair of a file.
    pub(crate) fn from_pairs(pairs: &[KeyValue], parquet: &ParquetMetaData) -> Result<Self, SegmentError> {
        let bad = || SegmentError::corrupt(format!("its {KEY:?} is missing or unreadable"));
        let text = text_of(pairs).ok_or_else(bad)?;
        let parse = |digits: &[u8]| {
            let digits = std::str::from_utf8(digits).ok()?;
            u32::from_str_radix(digits, 16).ok().filter(|crc| format!("{crc:08x}") == digits)
        };
        let (digits, rest) = text.as_bytes().as_chunks::<DIGITS>();
        let numbers: Option<Vec<u32>> = digits.iter().map(|digits| parse(digits)).collect();
        match numbers.as_deref() {
            Some([footer, bloom, chunk_crcs @ ..])
                if rest.is_empty() && chunk_crcs.len() == chunks(parquet).count() =>
            {
                Ok(Self { text: text.to_owned(), footer: *footer, bloom: *bloom, chunks: chunk_crcs.to_vec() })
            }
            _ => Err(bad()),
        }
    }

    /// Checks the bytes from the first page index to the file's end.
    pub(crate) fn check_footer(&self, footer: &[u8]) -> Result<(), SegmentError> {
        let hash = || {
            let text_at = find(footer, &self.text)?;
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(footer.get(..text_at)?);
            hasher.update(BLANK.as_bytes());
            hasher.update(footer.get(text_at + DIGITS..)?);
            Some(hasher.finalize())
        };
        if hash() == Some(self.footer) { Ok(()) } else { Err(mismatch("its metadata")) }
    }

    /// Checks the bytes of all Bloom filters.
    pub(crate) fn check_bloom(&self, bloom: &[u8]) -> Result<(), SegmentError> {
        if crc32fast::hash(bloom) == self.bloom { Ok(()) } else { Err(mismatch("its Bloom filters")) }
    }

    /// Whether the bytes of a column chunk, counted through all row groups, are the right ones.
    pub(crate) fn is_chunk(&self, chunk: usize, bytes: &[u8]) -> bool {
        self.chunks.get(chunk) == Some(&crc32fast::hash(bytes))
    }

    /// What it holds in memory, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.text.len() + size_of_val(self.chunks.as_slice())
    }
}

fn mismatch(part: &str) -> SegmentError {
    SegmentError::corrupt(format!("{part} and their checksum do not agree"))
}

fn text_of(pairs: &[KeyValue]) -> Option<&str> {
    pairs.iter().rfind(|pair| pair.key == KEY)?.value.as_deref()
}

/// Where the text of the pair is: its last occurrence, since nothing that a user may have named follows it.
fn find(footer: &[u8], text: &str) -> Option<usize> {
    memmem::rfind(footer, text.as_bytes())
}

/// Where the first page index is.
pub(crate) fn index_start(parquet: &ParquetMetaData) -> Option<u64> {
    let columns = parquet.row_groups().iter().flat_map(|group| group.columns());
    columns.flat_map(|column| [column_index_range(column), offset_index_range(column)]).flatten().map(start_of).min()
}

/// Where the first Bloom filter is.
pub(crate) fn bloom_start(parquet: &ParquetMetaData) -> Option<u64> {
    let columns = parquet.row_groups().iter().flat_map(|group| group.columns());
    columns.filter_map(bloom_range).map(start_of).min()
}

fn start_of(range: Range<u64>) -> u64 {
    range.start
}

fn chunks(parquet: &ParquetMetaData) -> impl Iterator<Item = Option<Range<u64>>> {
    parquet.row_groups().iter().flat_map(|group| group.columns()).map(chunk_range)
}

#[cfg(test)]
mod tests;
