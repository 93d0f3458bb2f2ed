//! Rows of a column chunk as keys in its dictionary, and their way to Parquet pages.

use std::sync::Arc;

use bytes::Bytes;
use parquet::basic::{Compression, Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::Statistics;
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::pack::Packer;
use super::run_lengths::{bits_of, encode, repeat};

/// Rows of a page.
const PAGE_ROWS: usize = 65_536;

/// A column chunk in the making: the keys of its rows, in the dictionary of the chunk.
pub(crate) struct KeyedChunk {
    column: ColumnDescPtr,
    /// The values in the order of their keys, as the dictionary page has them.
    page: Vec<u8>,
    value_count: u32,
    /// Keys of the rows that are not NULL.
    pub(crate) keys: Vec<u32>,
    /// 1 for each row that is not NULL; empty while none is NULL.
    levels: Vec<u32>,
    row_count: usize,
}

impl KeyedChunk {
    pub(crate) fn new(column: ColumnDescPtr) -> Self {
        Self { column, page: Vec::new(), value_count: 0, keys: Vec::new(), levels: Vec::new(), row_count: 0 }
    }

    /// What the chunk comes to before it is compressed, in bytes, or less.
    pub(crate) fn encoded_bytes(&self) -> usize {
        self.page.len() + self.keys.len() * usize::from(self.key_bits()) / 8
    }

    fn key_bits(&self) -> u8 {
        bits_of(self.value_count.saturating_sub(1))
    }

    pub(crate) fn null_count(&self) -> u64 {
        (self.row_count - self.keys.len()) as u64
    }

    /// Adds rows, whose keys are pushed by the caller. Without levels none of them is NULL.
    pub(crate) fn add_rows(&mut self, count: usize, levels: Option<impl Iterator<Item = bool>>) {
        if let Some(levels) = levels {
            self.levels.resize(self.row_count, 1);
            self.levels.extend(levels.map(u32::from));
        } else if !self.levels.is_empty() {
            self.levels.resize(self.row_count + count, 1);
        }
        self.row_count += count;
    }

    /// Gives a value that is not in the dictionary yet its key.
    pub(crate) fn add_value(&mut self, put: impl FnOnce(&mut Vec<u8>)) -> Result<u32> {
        // Readers count with 31 bits.
        if i32::try_from(self.value_count).is_err() {
            return Err(ParquetError::General("too many values in a dictionary".to_owned()));
        }
        put(&mut self.page);
        self.value_count += 1;
        Ok(self.value_count - 1)
    }

    /// The values of `N` bytes each, in the order of their keys.
    pub(crate) fn values<const N: usize>(&self) -> &[[u8; N]] {
        self.page.as_chunks::<N>().0
    }

    /// The chunk's bytes, with what the footer says of it.
    ///
    /// `width` is the bytes of a value where all have so many: values that hardly repeat are then written as they are.
    pub(crate) fn close(
        mut self,
        codec: Compression,
        statistics: Statistics,
        width: Option<usize>,
    ) -> Result<(Bytes, ColumnCloseResult)> {
        let plain_width = width.filter(|_| 2 * self.value_count as usize > self.keys.len());
        let mut sink = TrackedWrite::new(Vec::new());
        let mut pages =
            Pages { writer: SerializedPageWriter::new(&mut sink), packer: Packer::new(codec)?, unpacked: 0 };
        let dictionary_bytes = match plain_width {
            Some(_) => None,
            None => Some(pages.write(self.take_dictionary())?),
        };
        let page_count = self.write_data(&mut pages, plain_width)?;
        let unpacked_bytes = pages.unpacked;
        let bytes = Bytes::from(sink.into_inner()?);
        let stats = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let (encodings, page_stats) = match plain_width {
            Some(_) => {
                (vec![Encoding::PLAIN, Encoding::RLE], vec![stats(PageType::DATA_PAGE, Encoding::PLAIN, page_count)])
            }
            None => (
                vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY],
                vec![
                    stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1),
                    stats(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY, page_count),
                ],
            ),
        };
        let metadata = ColumnChunkMetaData::builder(Arc::clone(&self.column))
            .set_compression(codec)
            .set_encodings(encodings)
            .set_page_encoding_stats(page_stats)
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(unpacked_bytes as i64)
            .set_num_values(self.row_count as i64)
            .set_dictionary_page_offset(dictionary_bytes.map(|_| 0))
            .set_data_page_offset(dictionary_bytes.unwrap_or_default() as i64)
            .set_statistics(statistics)
            .build()?;
        let close = ColumnCloseResult {
            bytes_written: bytes.len() as u64,
            rows_written: self.row_count as u64,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((bytes, close))
    }

    fn take_dictionary(&mut self) -> Page {
        let buf = std::mem::take(&mut self.page).into();
        Page::DictionaryPage { buf, num_values: self.value_count, encoding: Encoding::PLAIN, is_sorted: false }
    }

    /// Writes the data pages and says how many.
    fn write_data(&self, pages: &mut Pages<'_>, plain_width: Option<usize>) -> Result<i32> {
        let is_nullable = self.column.max_def_level() > 0;
        if !is_nullable && self.keys.len() < self.row_count {
            let name = self.column.name();
            return Err(ParquetError::General(format!(
                "column {name:?} has NULLs and its schema says that it has none"
            )));
        }
        let bits = self.key_bits();
        let mut keys = self.keys.as_slice();
        let mut count = 0;
        for start in (0..self.row_count).step_by(PAGE_ROWS) {
            let rows = PAGE_ROWS.min(self.row_count - start);
            let levels = self.levels.get(start..start + rows);
            let present = levels.map_or(rows, |levels| levels.iter().filter(|level| **level > 0).count());
            let (of_page, rest) = keys.split_at_checked(present).unwrap_or_default();
            keys = rest;
            let value_bytes = plain_width.map_or(rows * usize::from(bits) / 8, |width| rows * width);
            let mut page = Vec::with_capacity(value_bytes + 64);
            if is_nullable {
                page.extend_from_slice(&[0; 4]);
                match levels {
                    Some(levels) => encode(levels, 1, &mut page),
                    None => repeat(1, rows, 1, &mut page),
                }
                let level_bytes = (page.len() as u32 - 4).to_le_bytes();
                page.iter_mut().zip(level_bytes).for_each(|(byte, by)| *byte = by);
            }
            if let Some(width) = plain_width {
                let value = |key: &u32| self.page.get(*key as usize * width..)?.get(..width);
                of_page.iter().filter_map(value).for_each(|value| page.extend_from_slice(value));
            } else {
                page.push(bits);
                encode(of_page, bits, &mut page);
            }
            pages.write(Page::DataPage {
                buf: page.into(),
                num_values: rows as u32,
                encoding: if plain_width.is_some() { Encoding::PLAIN } else { Encoding::RLE_DICTIONARY },
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            })?;
            count += 1;
        }
        Ok(count)
    }
}

/// Pages on their way to the chunk.
struct Pages<'a> {
    writer: SerializedPageWriter<'a, Vec<u8>>,
    packer: Packer,
    /// Bytes before compression, with the headers.
    unpacked: usize,
}

impl Pages<'_> {
    /// Returns how many bytes it took.
    fn write(&mut self, page: Page) -> Result<u64> {
        let unpacked_bytes = page.buffer().len();
        let packed = self.packer.pack(page.buffer())?;
        let page = match page {
            Page::DictionaryPage { num_values, encoding, is_sorted, .. } => {
                Page::DictionaryPage { buf: packed, num_values, encoding, is_sorted }
            }
            Page::DataPage { num_values, encoding, def_level_encoding, rep_level_encoding, statistics, .. } => {
                Page::DataPage { buf: packed, num_values, encoding, def_level_encoding, rep_level_encoding, statistics }
            }
            v2 => v2,
        };
        let spec = self.writer.write_page(CompressedPage::new(page, unpacked_bytes))?;
        self.unpacked += spec.uncompressed_size;
        Ok(spec.bytes_written)
    }
}
