//! A column of dictionaries of text as Parquet pages: its keys are written as they are, where the library would look
//! at the text of every row.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, DictionaryArray, StringArray};
use arrow_buffer::ArrowNativeType;
use arrow_schema::DataType;
use bytes::Bytes;
use hashbrown::HashMap;
use parquet::basic::{Compression, Encoding, PageType};
use parquet::column::page::{CompressedPage, Page, PageWriter};
use parquet::column::writer::ColumnCloseResult;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{ColumnChunkMetaData, PageEncodingStats};
use parquet::file::statistics::{Statistics, ValueStatistics};
use parquet::file::writer::{SerializedPageWriter, TrackedWrite};
use parquet::schema::types::ColumnDescPtr;

use super::pack::Packer;
use super::run_lengths::{bits_of, encode, repeat};

/// Rows of a page.
const PAGE_ROWS: usize = 65_536;
/// Bytes of a bound in the footer; a longer one is left out.
const BOUND_BYTES_MAX: usize = 256;

/// Whether a column of this type can be written here.
pub(crate) fn is_tag_like(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Dictionary(_, values) if **values == DataType::Utf8)
}

/// A column chunk in the making: the keys of its rows, in the dictionary of the chunk.
pub(crate) struct TagChunk {
    column: ColumnDescPtr,
    ids: HashMap<Box<str>, u32>,
    /// The values in the order of their keys, as the dictionary page has them.
    page: Vec<u8>,
    /// Keys of the rows that are not NULL.
    keys: Vec<u32>,
    /// 1 for each row that is not NULL; empty while none is NULL.
    levels: Vec<u32>,
    row_count: usize,
    /// The last dictionary, with the key in the chunk that each value has, or `NONE`.
    known: Option<(ArrayRef, Vec<u32>)>,
}

const NONE: u32 = u32::MAX;

impl TagChunk {
    pub(crate) fn new(column: ColumnDescPtr) -> Self {
        Self {
            column,
            ids: HashMap::new(),
            page: Vec::new(),
            keys: Vec::new(),
            levels: Vec::new(),
            row_count: 0,
            known: None,
        }
    }

    /// What the chunk comes to before it is compressed, in bytes, or less.
    pub(crate) fn encoded_bytes(&self) -> usize {
        self.page.len() + self.keys.len() * usize::from(self.key_bits()) / 8
    }

    fn key_bits(&self) -> u8 {
        bits_of(u32::try_from(self.ids.len().saturating_sub(1)).unwrap_or(u32::MAX))
    }

    pub(crate) fn write(&mut self, column: &ArrayRef) -> Result<()> {
        match column.data_type() {
            DataType::Dictionary(key, _) => match **key {
                DataType::Int8 => self.write_keys(column.as_dictionary::<Int8Type>()),
                DataType::Int16 => self.write_keys(column.as_dictionary::<Int16Type>()),
                DataType::Int32 => self.write_keys(column.as_dictionary::<Int32Type>()),
                DataType::Int64 => self.write_keys(column.as_dictionary::<Int64Type>()),
                DataType::UInt8 => self.write_keys(column.as_dictionary::<UInt8Type>()),
                DataType::UInt16 => self.write_keys(column.as_dictionary::<UInt16Type>()),
                DataType::UInt32 => self.write_keys(column.as_dictionary::<UInt32Type>()),
                _ => self.write_keys(column.as_dictionary::<UInt64Type>()),
            },
            other => Err(ParquetError::General(format!("{other} is no dictionary"))),
        }
    }

    fn write_keys<K: ArrowDictionaryKeyType>(&mut self, column: &DictionaryArray<K>) -> Result<()> {
        let texts = column.values().as_string_opt::<i32>();
        let texts = texts.ok_or_else(|| ParquetError::General("the dictionary does not hold text".to_owned()))?;
        let known = self.known.take().filter(|(values, _)| Arc::ptr_eq(values, column.values()));
        let (values, mut places) =
            known.unwrap_or_else(|| (Arc::clone(column.values()), vec![NONE; column.values().len()]));
        self.row_count += column.len();
        let is_whole = column.null_count() == 0 && texts.null_count() == 0;
        if !is_whole && self.levels.is_empty() {
            self.levels.resize(self.row_count - column.len(), 1);
        }
        let keys = column.keys();
        for (row, key) in keys.values().iter().enumerate() {
            let key = key.as_usize();
            if !is_whole && (keys.is_null(row) || texts.is_null(key)) {
                self.levels.push(0);
                continue;
            }
            let place = places.get_mut(key).ok_or_else(|| ParquetError::General("a key without value".to_owned()))?;
            if *place == NONE {
                *place = self.id(texts, key)?;
            }
            self.keys.push(*place);
            if !is_whole || !self.levels.is_empty() {
                self.levels.push(1);
            }
        }
        self.known = Some((values, places));
        Ok(())
    }

    fn id(&mut self, texts: &StringArray, key: usize) -> Result<u32> {
        let text = texts.value(key);
        if let Some(id) = self.ids.get(text) {
            return Ok(*id);
        }
        // Readers count with 31 bits.
        let id = i32::try_from(self.ids.len()).ok().and_then(|id| u32::try_from(id).ok());
        let id = id.ok_or_else(|| ParquetError::General("too many values in a dictionary".to_owned()))?;
        self.ids.insert(text.into(), id);
        self.page.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.page.extend_from_slice(text.as_bytes());
        Ok(id)
    }

    /// The chunk's bytes, with what the footer says of it.
    pub(crate) fn close(mut self, codec: Compression) -> Result<(Bytes, ColumnCloseResult)> {
        let mut sink = TrackedWrite::new(Vec::new());
        let mut pages =
            Pages { writer: SerializedPageWriter::new(&mut sink), packer: Packer::new(codec)?, unpacked: 0 };
        let statistics = self.statistics();
        let num_values = self.ids.len() as u32;
        let dictionary = Page::DictionaryPage {
            buf: std::mem::take(&mut self.page).into(),
            num_values,
            encoding: Encoding::PLAIN,
            is_sorted: false,
        };
        let dictionary_bytes = pages.write(dictionary)?;
        let page_count = self.write_data(&mut pages)?;
        let unpacked_bytes = pages.unpacked;
        let bytes = Bytes::from(sink.into_inner()?);
        let stats = |page_type, encoding, count| PageEncodingStats { page_type, encoding, count };
        let metadata = ColumnChunkMetaData::builder(Arc::clone(&self.column))
            .set_compression(codec)
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE, Encoding::RLE_DICTIONARY])
            .set_page_encoding_stats(vec![
                stats(PageType::DICTIONARY_PAGE, Encoding::PLAIN, 1),
                stats(PageType::DATA_PAGE, Encoding::RLE_DICTIONARY, page_count),
            ])
            .set_total_compressed_size(bytes.len() as i64)
            .set_total_uncompressed_size(unpacked_bytes as i64)
            .set_num_values(self.row_count as i64)
            .set_dictionary_page_offset(Some(0))
            .set_data_page_offset(dictionary_bytes as i64)
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

    /// Writes the data pages and says how many.
    fn write_data(&self, pages: &mut Pages<'_>) -> Result<i32> {
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
            let mut page = Vec::with_capacity(rows * usize::from(bits) / 8 + 64);
            if is_nullable {
                page.extend_from_slice(&[0; 4]);
                match levels {
                    Some(levels) => encode(levels, 1, &mut page),
                    None => repeat(1, rows, 1, &mut page),
                }
                let level_bytes = (page.len() as u32 - 4).to_le_bytes();
                page.iter_mut().zip(level_bytes).for_each(|(byte, by)| *byte = by);
            }
            page.push(bits);
            encode(of_page, bits, &mut page);
            pages.write(Page::DataPage {
                buf: page.into(),
                num_values: rows as u32,
                encoding: Encoding::RLE_DICTIONARY,
                def_level_encoding: Encoding::RLE,
                rep_level_encoding: Encoding::RLE,
                statistics: None,
            })?;
            count += 1;
        }
        Ok(count)
    }

    fn statistics(&self) -> Statistics {
        let bound = |text: Option<&Box<str>>| {
            text.filter(|text| text.len() <= BOUND_BYTES_MAX).map(|text| ByteArray::from(text.as_bytes().to_vec()))
        };
        let (min, max) = (bound(self.ids.keys().min()), bound(self.ids.keys().max()));
        let null_count = (self.row_count - self.keys.len()) as u64;
        Statistics::from(ValueStatistics::new(min, max, None, Some(null_count), false))
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

#[cfg(test)]
mod tests;
