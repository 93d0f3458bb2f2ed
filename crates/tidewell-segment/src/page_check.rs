//! Checks on a column chunk's page headers before the Parquet library reserves memory by them.

use bytes::Bytes;
use parquet::file::page_index::offset_index::PageLocation;

use crate::thrift_walk::{Value, walk};

/// Most bytes a page may have unpacked.
const PAGE_BYTES_MAX: i64 = 256 << 20;
/// Most bytes a value of fixed width, with its level, may add to a page.
const FIXED_VALUE_BYTES_MAX: i64 = 16;
const PAGE_SLACK_BYTES: i64 = 64 * 1024;

const DATA_PAGE: i64 = 0;
const DICTIONARY_PAGE: i64 = 2;
/// PLAIN, PLAIN_DICTIONARY, RLE, DELTA_BINARY_PACKED, RLE_DICTIONARY, BYTE_STREAM_SPLIT: what segments use. The others
/// reserve memory by numbers within the page.
const ENCODINGS: [i64; 6] = [0, 2, 3, 5, 8, 9];

/// A column chunk as the footer describes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chunk<'a> {
    /// The chunk's first byte in the file.
    pub(crate) start: u64,
    /// Rows in its row group.
    pub(crate) row_count: i64,
    /// Whether its values all have the same width.
    pub(crate) is_fixed_width: bool,
    /// Where the page index says that its data pages are.
    pub(crate) locations: Option<&'a [PageLocation]>,
}

#[derive(Debug, Default)]
struct PageHeader {
    kind: Option<i64>,
    unpacked_bytes: Option<i64>,
    packed_bytes: Option<i64>,
    value_count: Option<i64>,
    encoding: Option<i64>,
}

/// Checks the headers of all pages in `bytes`, which is the whole chunk.
pub(crate) fn check_pages(chunk: &Chunk<'_>, bytes: &Bytes) -> Result<(), String> {
    let mut at = 0;
    let mut rows_seen = 0;
    let mut pages_seen = 0;
    while at < bytes.len() {
        let mut header = PageHeader::default();
        let header_bytes = walk(&bytes[at..], &mut |path, value| {
            header.see(path, value);
            Ok(())
        })?;
        let packed_bytes =
            header.packed_bytes.and_then(|len| usize::try_from(len).ok()).ok_or("a page has no length")?;
        let page_bytes = header_bytes.checked_add(packed_bytes).filter(|len| *len <= bytes.len() - at);
        let page_bytes = page_bytes.ok_or("a page reaches beyond its chunk")?;
        header.check(chunk, at == 0)?;
        if header.kind == Some(DATA_PAGE) {
            check_location(chunk, pages_seen, at, page_bytes)?;
            pages_seen += 1;
            rows_seen += header.value_count.unwrap_or_default();
        }
        at += page_bytes;
    }
    let locations_agree = chunk.locations.is_none_or(|locations| locations.len() == pages_seen);
    if rows_seen != chunk.row_count || !locations_agree {
        return Err("its pages do not add up to its rows".to_owned());
    }
    Ok(())
}

fn check_location(chunk: &Chunk<'_>, page: usize, at: usize, page_bytes: usize) -> Result<(), String> {
    let Some(locations) = chunk.locations else {
        return Ok(());
    };
    let agrees = locations.get(page).is_some_and(|location| {
        u64::try_from(location.offset) == Ok(chunk.start + at as u64)
            && usize::try_from(location.compressed_page_size) == Ok(page_bytes)
    });
    if agrees { Ok(()) } else { Err("the page index does not agree with its pages".to_owned()) }
}

impl PageHeader {
    fn see(&mut self, path: &[i16], value: Value) {
        let Value::Integer(value) = value else {
            return;
        };
        match path {
            [1] => self.kind = Some(value),
            [2] => self.unpacked_bytes = Some(value),
            [3] => self.packed_bytes = Some(value),
            [5 | 7, 1] => self.value_count = Some(value),
            [5 | 7, 2] => self.encoding = Some(value),
            _ => {}
        }
    }

    fn check(&self, chunk: &Chunk<'_>, is_first: bool) -> Result<(), String> {
        let fixed_bytes_max = chunk.row_count * FIXED_VALUE_BYTES_MAX + PAGE_SLACK_BYTES;
        let bytes_max = if chunk.is_fixed_width { PAGE_BYTES_MAX.min(fixed_bytes_max) } else { PAGE_BYTES_MAX };
        let unpacked_bytes = self.unpacked_bytes.filter(|len| (0..=bytes_max).contains(len));
        let unpacked_bytes = unpacked_bytes.ok_or("a page's size is out of range")?;
        let value_count_max = match self.kind {
            Some(DATA_PAGE) => chunk.row_count,
            Some(DICTIONARY_PAGE) if is_first => unpacked_bytes,
            _ => return Err("a page has a kind that segments do not use".to_owned()),
        };
        if !self.value_count.is_some_and(|count| (0..=value_count_max).contains(&count)) {
            return Err("a page's number of values is out of range".to_owned());
        }
        if !self.encoding.is_some_and(|encoding| ENCODINGS.contains(&encoding)) {
            return Err("a page has an encoding that segments do not use".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
