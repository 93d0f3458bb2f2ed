//! Row groups of a segment to batches; says which bytes it needs and does no IO.

use std::fmt;
use std::ops::Range;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use parquet::DecodeResult;
use parquet::arrow::ProjectionMask;
use parquet::arrow::push_decoder::{ParquetPushDecoder, ParquetPushDecoderBuilder};
use parquet::basic::Type;
use parquet::file::metadata::ColumnChunkMetaData;

use crate::conform::conform;
use crate::footer_check::chunk_range;
use crate::page_check::{Chunk, check_pages};
use crate::panic_guard::guarded;
use crate::{Footer, SegmentError};

/// What a [`SegmentDecoder`] wants or gives.
#[derive(Debug)]
pub enum DecodeStep {
    /// These bytes of the file (one range a column, of one row group) are needed to go on; fetch and push them.
    Need(Vec<Range<u64>>),
    /// The next rows, in the file's order; never empty.
    Batch(RecordBatch),
    /// All rows were given out.
    Done,
}

/// Decodes chosen row groups and columns of a segment.
///
/// It asks for one row group at a time, so memory is one row group's columns, compressed, plus one batch. Batches of one row
/// group share the dictionaries of its tags.
pub struct SegmentDecoder {
    footer: Footer,
    schema: SchemaRef,
    /// The chunks that are read.
    chunks: Vec<ChunkId>,
    /// `None` after an error: the library's state is then unknown.
    decoder: Option<ParquetPushDecoder>,
}

#[derive(Debug)]
struct ChunkId {
    row_group: usize,
    column: usize,
    range: Range<u64>,
}

impl fmt::Debug for SegmentDecoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SegmentDecoder").field("schema", &self.schema).field("chunks", &self.chunks).finish()
    }
}

impl SegmentDecoder {
    /// A decoder of the columns of `schema`, in its order; those that the file lacks come out as NULL. `selection` lists the
    /// row groups to read, ascending; `None` is all. Batches have at most `batch_rows` rows (at least 1).
    ///
    /// # Errors
    /// [`SegmentError::SchemaMismatch`] when the file has a column with another type than `schema`.
    /// [`SegmentError::Internal`] when `selection` names a row group that is not there.
    pub fn new(
        footer: &Footer,
        schema: &SchemaRef,
        selection: Option<Vec<usize>>,
        batch_rows: usize,
    ) -> Result<Self, SegmentError> {
        let columns = wanted_columns(footer, schema)?;
        let selection = selection.unwrap_or_else(|| (0..footer.row_groups().len()).collect());
        let chunks = chunks(footer, &selection, &columns)?;
        let decoder = guarded("it cannot be decoded", || {
            let mask = ProjectionMask::leaves(footer.arrow().parquet_schema(), columns);
            ParquetPushDecoderBuilder::new_with_metadata(footer.arrow().clone())
                .with_batch_size(batch_rows.max(1))
                .with_projection(mask)
                .with_row_groups(selection)
                .build()
        })?;
        Ok(Self { footer: footer.clone(), schema: schema.clone(), chunks, decoder: Some(decoder) })
    }

    /// Every range of the file that decoding to the end needs, in the order it is asked for, to fetch them all at once.
    #[must_use]
    pub fn ranges(&self) -> Vec<Range<u64>> {
        self.chunks.iter().map(|chunk| chunk.range.clone()).collect()
    }

    /// Goes on until bytes are needed or a batch is ready.
    ///
    /// # Errors
    /// [`SegmentError::Corrupt`] when the file is damaged; the decoder gives no more rows.
    pub fn step(&mut self) -> Result<DecodeStep, SegmentError> {
        let mut decoder = self.decoder.take().ok_or_else(|| SegmentError::corrupt("it failed to decode before"))?;
        let (decoder, step) = guarded("its data is unreadable", || {
            let step = decoder.try_decode()?;
            Ok((decoder, step))
        })?;
        self.decoder = Some(decoder);
        Ok(match step {
            DecodeResult::NeedsData(ranges) => DecodeStep::Need(ranges),
            DecodeResult::Data(batch) => DecodeStep::Batch(conform(&self.schema, &batch)?),
            DecodeResult::Finished => DecodeStep::Done,
        })
    }

    /// Gives bytes of the file: the ranges that were asked for, in any order, or longer ones that hold them.
    ///
    /// # Errors
    /// [`SegmentError::Corrupt`] when a page cannot be what the footer says; the decoder gives no more rows.
    /// [`SegmentError::Internal`] when the ranges and the bytes do not go together.
    pub fn push(&mut self, ranges: &[Range<u64>], data: Vec<Bytes>) -> Result<(), SegmentError> {
        if ranges.len() != data.len() {
            return Err(SegmentError::internal("as many ranges as pieces of data are needed"));
        }
        for (range, bytes) in ranges.iter().zip(data) {
            if range.end.checked_sub(range.start) != Some(bytes.len() as u64) {
                return Err(SegmentError::internal("a piece of data is not as long as its range"));
            }
            self.push_chunks(range, &bytes)?;
        }
        Ok(())
    }

    /// Hands over chunk by chunk, so that each is let go once its row group is decoded.
    fn push_chunks(&mut self, range: &Range<u64>, bytes: &Bytes) -> Result<(), SegmentError> {
        let mut decoder = self.decoder.take().ok_or_else(|| SegmentError::corrupt("it failed to decode before"))?;
        for chunk in &self.chunks {
            if chunk.range.start < range.start || chunk.range.end > range.end {
                continue;
            }
            let from = (chunk.range.start - range.start) as usize;
            let bytes = bytes.slice(from..from + (chunk.range.end - chunk.range.start) as usize);
            self.check(chunk, &bytes)?;
            decoder = guarded("its data is unreadable", || {
                decoder.push_range(chunk.range.clone(), bytes)?;
                Ok(decoder)
            })?;
        }
        self.decoder = Some(decoder);
        Ok(())
    }

    fn check(&self, id: &ChunkId, bytes: &Bytes) -> Result<(), SegmentError> {
        let parquet = self.footer.parquet();
        let group = parquet.row_group(id.row_group);
        let column = group.column(id.column);
        let index = parquet.offset_index().and_then(|groups| groups.get(id.row_group)?.get(id.column));
        let chunk = Chunk {
            start: id.range.start,
            row_count: group.num_rows(),
            is_fixed_width: is_fixed_width(column),
            locations: index.map(|index| index.page_locations().as_slice()),
        };
        let corrupt = |problem: String| {
            let name = column.column_descr().name();
            SegmentError::corrupt(format!("column {name:?} in row group {}: {problem}", id.row_group))
        };
        if !self.footer.is_chunk(id.row_group, id.column, bytes) {
            return Err(corrupt("its bytes and their checksum do not agree".to_owned()));
        }
        check_pages(&chunk, bytes).map_err(corrupt)
    }
}

fn is_fixed_width(column: &ColumnChunkMetaData) -> bool {
    !matches!(column.column_type(), Type::BYTE_ARRAY | Type::FIXED_LEN_BYTE_ARRAY)
}

/// Where the columns of `schema` are in the file, ascending.
fn wanted_columns(footer: &Footer, schema: &SchemaRef) -> Result<Vec<usize>, SegmentError> {
    let mut columns = Vec::with_capacity(schema.fields().len());
    for field in schema.fields() {
        if let Some((column, found)) = footer.columns().column_with_name(field.name()) {
            if found.data_type() != field.data_type() {
                return Err(SegmentError::mismatch(field.name(), field.data_type(), found.data_type()));
            }
            columns.push(column);
        }
    }
    columns.sort_unstable();
    Ok(columns)
}

fn chunks(footer: &Footer, selection: &[usize], columns: &[usize]) -> Result<Vec<ChunkId>, SegmentError> {
    let mut chunks = Vec::with_capacity(selection.len() * columns.len());
    for row_group in selection {
        let group = footer.parquet().row_groups().get(*row_group);
        let group = group.ok_or_else(|| SegmentError::internal(format!("there is no row group {row_group}")))?;
        for column in columns {
            let range = group.columns().get(*column).and_then(chunk_range);
            let range = range.ok_or_else(|| SegmentError::corrupt("a column chunk is out of range"))?;
            chunks.push(ChunkId { row_group: *row_group, column: *column, range });
        }
    }
    Ok(chunks)
}

#[cfg(test)]
mod tests;
