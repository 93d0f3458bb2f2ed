//! A segment's metadata, from the end of the file.

use std::ops::Range;
use std::sync::Arc;

use arrow_schema::{DataType, Field, Schema};
use bytes::Bytes;
use parquet::DecodeResult;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::basic::ConvertedType;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FooterTail, KeyValue, ParquetMetaData, ParquetMetaDataPushDecoder, ParquetMetaDataReader,
};

use crate::checksums::{Checksums, bloom_start, index_start};
use crate::footer_check::{bloom_range, check_layout, check_metadata_shape, column_index_range, offset_index_range};
use crate::metadata::{FIRST_WITH_CHECKSUMS, format_of};
use crate::panic_guard::guarded;
use crate::prune::{RowGroup, summaries};
use crate::thrift_walk::walk;
use crate::{SegmentError, SegmentMetadata};

/// The last bytes of every Parquet file: the metadata's length and the magic number.
const TRAILER_BYTES: usize = 8;
/// Parquet's magic number at both ends.
const MAGIC_BYTES: u64 = 4;

/// A segment's parsed metadata: everything that a query needs to know before it fetches data. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Footer(Arc<Parts>);

#[derive(Debug)]
struct Parts {
    arrow: ArrowReaderMetadata,
    metadata: SegmentMetadata,
    row_groups: Vec<RowGroup>,
    file_bytes: u64,
    /// `None` in files of format 1.
    checksums: Option<Checksums>,
    /// The bytes that hold the Bloom filters, as far as the tail had them, and where they are in the file.
    bloom: Bytes,
    bloom_start: u64,
}

impl Footer {
    /// Parses the last bytes of a file that has `file_bytes` bytes. A tail of
    /// [`SegmentStats::footer_bytes`](crate::SegmentStats::footer_bytes) holds everything; a longer one is fine, and in a
    /// shorter one the Bloom filters may be missing.
    ///
    /// # Errors
    /// [`SegmentError::TailTooShort`] when the metadata or the page index starts before the tail: fetch what it says and
    /// parse again (at most two times). [`SegmentError::Corrupt`] when it is no segment or damaged;
    /// [`SegmentError::UnknownFormat`] when a newer Tidewell wrote it.
    pub fn parse(tail: Bytes, file_bytes: u64) -> Result<Self, SegmentError> {
        let window = Window::new(tail, file_bytes)?;
        let parquet = window.metadata()?;
        check_layout(&parquet, window.metadata_start)?;
        let pairs = parquet.file_metadata().key_value_metadata().map_or(&[][..], Vec::as_slice);
        let metadata = SegmentMetadata::from_pairs(pairs)?;
        let checksums = window.checksums(pairs, &parquet)?;
        let parquet = Arc::new(window.page_index(parquet)?);
        let options = ArrowReaderOptions::new().with_schema(Arc::new(file_schema(&parquet, &metadata)?));
        let arrow = guarded("its columns are not what its metadata says", || {
            ArrowReaderMetadata::try_new(Arc::clone(&parquet), options)
        })?;
        let (bloom_start, bloom) = window.bloom(&parquet, checksums.as_ref())?;
        let row_groups = summaries(&parquet);
        Ok(Self(Arc::new(Parts { arrow, metadata, row_groups, file_bytes, checksums, bloom, bloom_start })))
    }

    /// What the segment says about itself.
    #[must_use]
    pub fn metadata(&self) -> &SegmentMetadata {
        &self.0.metadata
    }

    /// The columns that the file has, under the types that they decode to.
    #[must_use]
    pub fn columns(&self) -> &Schema {
        self.0.arrow.schema()
    }

    /// The row groups, in the file's order and so in the order of the key.
    #[must_use]
    pub fn row_groups(&self) -> &[RowGroup] {
        &self.0.row_groups
    }

    /// The length of the whole file.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        self.0.file_bytes
    }

    /// What the footer holds in memory, in bytes, to weigh it in a cache.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let fields = self.columns().fields();
        self.parquet().memory_size()
            + self.0.bloom.len()
            + self.0.checksums.as_ref().map_or(0, Checksums::memory_bytes)
            + fields.size()
            + size_of_val(self.row_groups())
            + size_of::<Parts>()
    }

    pub(crate) fn arrow(&self) -> &ArrowReaderMetadata {
        &self.0.arrow
    }

    pub(crate) fn parquet(&self) -> &ParquetMetaData {
        self.0.arrow.metadata()
    }

    /// Whether the bytes of a column chunk are those that were written, as far as the file says.
    pub(crate) fn is_chunk(&self, row_group: usize, column: usize, bytes: &[u8]) -> bool {
        let chunk = row_group * self.parquet().file_metadata().schema_descr().num_columns() + column;
        self.0.checksums.as_ref().is_none_or(|checksums| checksums.is_chunk(chunk, bytes))
    }

    /// The bytes of a column chunk's Bloom filter; `None` where it has none or the tail did not reach it.
    pub(crate) fn bloom_bytes(&self, column: &ColumnChunkMetaData) -> Option<&[u8]> {
        let range = bloom_range(column)?;
        let start = usize::try_from(range.start.checked_sub(self.0.bloom_start)?).ok()?;
        let len = usize::try_from(range.end - range.start).ok()?;
        self.0.bloom.get(start..start.checked_add(len)?)
    }
}

/// The end of a file.
struct Window {
    tail: Bytes,
    start: u64,
    end: u64,
    metadata_start: u64,
}

impl Window {
    fn new(tail: Bytes, file_bytes: u64) -> Result<Self, SegmentError> {
        let start = file_bytes.checked_sub(tail.len() as u64);
        let start = start.ok_or_else(|| SegmentError::internal("a tail is longer than its file"))?;
        let too_small = || SegmentError::corrupt(format!("{file_bytes} bytes are too few for a Parquet file"));
        let metadata_end = file_bytes.checked_sub(TRAILER_BYTES as u64).filter(|end| *end >= MAGIC_BYTES);
        let metadata_end = metadata_end.ok_or_else(too_small)?;
        let Some(trailer) = tail.last_chunk::<TRAILER_BYTES>() else {
            return Err(SegmentError::TailTooShort { needed_bytes: TRAILER_BYTES as u64 });
        };
        let trailer = FooterTail::try_new(trailer).map_err(|error| SegmentError::corrupt(error.to_string()))?;
        let metadata_start = metadata_end.checked_sub(trailer.metadata_length() as u64);
        let metadata_start = metadata_start
            .filter(|start| *start >= MAGIC_BYTES && !trailer.is_encrypted_footer())
            .ok_or_else(|| SegmentError::corrupt("its metadata is longer than the file, or encrypted"))?;
        let window = Self { tail, start, end: file_bytes, metadata_start };
        window.require(metadata_start)?;
        Ok(window)
    }

    /// Fails where the tail does not reach back to `start`.
    fn require(&self, start: u64) -> Result<(), SegmentError> {
        if start >= self.start { Ok(()) } else { Err(SegmentError::TailTooShort { needed_bytes: self.end - start }) }
    }

    /// Bytes of the file, where the tail has them.
    fn slice(&self, range: &Range<u64>) -> Option<&[u8]> {
        let start = usize::try_from(range.start.checked_sub(self.start)?).ok()?;
        let end = usize::try_from(range.end.checked_sub(self.start)?).ok()?;
        self.tail.get(start..end)
    }

    fn metadata(&self) -> Result<ParquetMetaData, SegmentError> {
        let bytes = self.slice(&(self.metadata_start..self.end - TRAILER_BYTES as u64)).unwrap_or_default();
        check_metadata_shape(bytes)?;
        guarded("its metadata is unreadable", || ParquetMetaDataReader::decode_metadata(bytes))
    }

    /// The file's checksums, that of the footer checked; `None` in files of format 1.
    fn checksums(&self, pairs: &[KeyValue], parquet: &ParquetMetaData) -> Result<Option<Checksums>, SegmentError> {
        if format_of(pairs)? < FIRST_WITH_CHECKSUMS {
            return Ok(None);
        }
        let checksums = Checksums::from_pairs(pairs, parquet)?;
        let start = index_start(parquet).unwrap_or(self.metadata_start);
        self.require(start)?;
        checksums.check_footer(self.slice(&(start..self.end)).unwrap_or_default())?;
        Ok(Some(checksums))
    }

    fn page_index(&self, parquet: ParquetMetaData) -> Result<ParquetMetaData, SegmentError> {
        let columns = parquet.row_groups().iter().flat_map(|group| group.columns());
        let ranges: Vec<Range<u64>> =
            columns.flat_map(|column| [column_index_range(column), offset_index_range(column)]).flatten().collect();
        let Some(start) = ranges.iter().map(|range| range.start).min() else {
            return Ok(parquet);
        };
        self.require(start)?;
        for range in &ranges {
            walk(self.slice(range).unwrap_or_default(), &mut |_, _| Ok(()))
                .map_err(|problem| SegmentError::corrupt(format!("its page index is unreadable: {problem}")))?;
        }
        guarded("its page index is unreadable", || {
            let mut decoder = ParquetMetaDataPushDecoder::try_new_with_metadata(self.end, parquet)?;
            decoder.push_range(self.start..self.end, self.tail.clone())?;
            match decoder.try_decode()? {
                DecodeResult::Data(parquet) => Ok(parquet),
                _ => Err(ParquetError::General("it reaches beyond the file".to_owned())),
            }
        })
    }

    /// A copy of the Bloom filters, so that they do not keep the whole tail alive, and where they start in the file. They
    /// are only believed as far as a checksum goes.
    fn bloom(&self, parquet: &ParquetMetaData, checksums: Option<&Checksums>) -> Result<(u64, Bytes), SegmentError> {
        let range = match (checksums, bloom_start(parquet), index_start(parquet)) {
            (Some(checksums), start, end) => {
                let end = end.unwrap_or(self.metadata_start);
                let range = start.unwrap_or(end)..end;
                self.slice(&range).map(|bloom| checksums.check_bloom(bloom)).transpose()?;
                range
            }
            (None, ..) => self.bloom_in_tail(parquet),
        };
        Ok((range.start, Bytes::copy_from_slice(self.slice(&range).unwrap_or_default())))
    }

    /// Where those Bloom filters are that the tail has.
    fn bloom_in_tail(&self, parquet: &ParquetMetaData) -> Range<u64> {
        let columns = parquet.row_groups().iter().flat_map(|group| group.columns());
        let ranges: Vec<Range<u64>> =
            columns.filter_map(bloom_range).filter(|range| self.slice(range).is_some()).collect();
        let start = ranges.iter().map(|range| range.start).min().unwrap_or_default();
        start..ranges.iter().map(|range| range.end).max().unwrap_or_default()
    }
}

/// What Parquet says of a whole file, without its page index.
#[cfg(any(test, feature = "test-util"))]
pub(crate) fn read_metadata(file: Bytes) -> Result<ParquetMetaData, SegmentError> {
    let file_bytes = file.len() as u64;
    let window = Window::new(file, file_bytes)?;
    let parquet = window.metadata()?;
    check_layout(&parquet, window.metadata_start)?;
    Ok(parquet)
}

/// The types to decode the file's columns to: those that the table has for them.
fn file_schema(parquet: &ParquetMetaData, metadata: &SegmentMetadata) -> Result<Schema, SegmentError> {
    let table = metadata.schema.arrow();
    let columns = parquet.file_metadata().schema_descr().root_schema().get_fields();
    let fields: Result<Vec<Field>, SegmentError> = columns
        .iter()
        .map(|column| {
            let field = table.field_with_name(column.name()).map_err(|_| {
                SegmentError::corrupt(format!("column {:?} is neither tag nor field by its metadata", column.name()))
            })?;
            if column.is_optional() && !field.is_nullable() {
                return Err(SegmentError::corrupt(format!("column {:?} may be NULL", column.name())));
            }
            // Without this mark the library would take the bytes for text unchecked.
            let is_text = matches!(field.data_type(), DataType::Utf8 | DataType::Dictionary(_, _));
            if is_text != (column.get_basic_info().converted_type() == ConvertedType::UTF8) {
                return Err(SegmentError::corrupt(format!(
                    "column {:?} is text in only one of the Parquet schema and the metadata",
                    column.name()
                )));
            }
            Ok(field.clone().with_nullable(column.is_optional()))
        })
        .collect();
    Ok(Schema::new(fields?))
}

#[cfg(test)]
mod tests;
