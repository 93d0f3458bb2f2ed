//! Sorted rows to the bytes of a segment.

use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::Schema;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::properties::WriterProperties;
use tidewell_types::{TIME_COLUMN, TableName, TableSchema, Version};

use crate::conform::conform;
use crate::footer_check::ROW_GROUP_ROWS_MAX;
use crate::properties::writer_properties;
use crate::{SegmentError, SegmentMetadata, SegmentStats};

/// How a segment is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tier {
    /// LZ4_RAW: fast to write and to scan.
    Hot,
    /// ZSTD: small.
    Cold,
}

/// How a segment is laid out, and where it says that it stands. [`Default`] is [`EncodeOptions::hot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncodeOptions {
    /// The codec.
    pub tier: Tier,
    /// Rows a row group, 1 to 2^24: the grain of pruning and of reading.
    pub row_group_rows_max: usize,
    /// Rows a page, from 1: the grain of the page index.
    pub page_rows_max: usize,
    /// Its place in the order of writes, which the file keeps so that a bucket can be rebuilt from its segments. A rewrite
    /// gives exactly the rank that its entry in the manifest gets. A fold, whose rank is the version of a commit that has no
    /// number yet, gives the lowest it can be: one above the version that it was staged on. `None`: the file does not say.
    pub rank: Option<Version>,
}

impl EncodeOptions {
    /// LZ4_RAW in row groups of 64 Ki rows.
    #[must_use]
    pub const fn hot() -> Self {
        Self { tier: Tier::Hot, row_group_rows_max: 64 * 1024, page_rows_max: 16 * 1024, rank: None }
    }

    /// ZSTD in row groups of 1 Mi rows.
    #[must_use]
    pub const fn cold() -> Self {
        Self { tier: Tier::Cold, row_group_rows_max: 1024 * 1024, page_rows_max: 32 * 1024, rank: None }
    }

    /// The same for a segment of this rank; 0 is none.
    #[must_use]
    pub fn ranked(self, rank: Version) -> Self {
        Self { rank: Some(rank).filter(|rank| *rank > Version::ZERO), ..self }
    }

    pub(crate) fn row_group_rows(&self) -> usize {
        self.row_group_rows_max.clamp(1, ROW_GROUP_ROWS_MAX)
    }

    pub(crate) fn page_rows(&self) -> usize {
        self.page_rows_max.clamp(1, self.row_group_rows())
    }
}

impl Default for EncodeOptions {
    fn default() -> Self {
        Self::hot()
    }
}

/// A segment, ready to be stored.
#[derive(Clone, Debug)]
pub struct EncodedSegment {
    /// The whole file.
    pub bytes: Bytes,
    /// What to keep about it.
    pub stats: SegmentStats,
}

/// Encodes rows that [`sort_rows`](crate::sort_rows) or a [`Merger`](crate::Merger) put in order: at least one, and sorted,
/// which is not checked again. Columns that are NULL in every row stay out of the file.
///
/// Holds the whole file and one row group in memory.
///
/// # Errors
/// [`SegmentError::SchemaMismatch`] when a column is not what `schema` says. [`SegmentError::Internal`] when there is no
/// row, or the Parquet writer fails.
pub fn encode(
    table: &TableName,
    schema: &TableSchema,
    sorted: &RecordBatch,
    options: &EncodeOptions,
) -> Result<EncodedSegment, SegmentError> {
    if sorted.num_rows() == 0 {
        return Err(SegmentError::internal("a segment needs at least one row"));
    }
    let rows = conform(&schema.arrow(), sorted)?;
    let rank = options.rank.filter(|rank| *rank > Version::ZERO);
    let metadata = SegmentMetadata { table: table.clone(), schema: schema.clone(), rank };
    let written = without_null_columns(&rows)?;
    let properties = writer_properties(&metadata, &written, options)?;
    let (bytes, parquet) = write(&written, properties).map_err(|error| SegmentError::while_writing(&error))?;
    let start = metadata_start(&parquet);
    let start = start.ok_or_else(|| SegmentError::internal("the Parquet writer left out the page index"))?;
    let footer_bytes = (bytes.len() as u64).saturating_sub(start);
    let stats = SegmentStats::of(schema, &rows, footer_bytes)?;
    Ok(EncodedSegment { bytes, stats })
}

fn without_null_columns(rows: &RecordBatch) -> Result<RecordBatch, SegmentError> {
    let columns = rows.schema_ref().fields().iter().zip(rows.columns());
    let (fields, columns): (Vec<_>, Vec<_>) = columns
        .filter(|(field, column)| field.name() == TIME_COLUMN || column.null_count() < column.len())
        .map(|(field, column)| (Arc::clone(field), Arc::clone(column)))
        .unzip();
    Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?)
}

fn write(rows: &RecordBatch, properties: WriterProperties) -> Result<(Bytes, ParquetMetaData), ParquetError> {
    // The types follow from the key/value metadata, so Arrow's own copy of the schema would only take space.
    let options = ArrowWriterOptions::new().with_properties(properties).with_skip_arrow_metadata(true);
    let mut bytes = Vec::with_capacity(rows.get_array_memory_size() / 4);
    let mut writer = ArrowWriter::try_new_with_options(&mut bytes, rows.schema(), options)?;
    writer.write(rows)?;
    let parquet = writer.close()?;
    Ok((Bytes::from(bytes), parquet))
}

/// Where the first Bloom filter or page index is: from there on everything is metadata.
pub(crate) fn metadata_start(parquet: &ParquetMetaData) -> Option<u64> {
    let columns = parquet.row_groups().iter().flat_map(|group| group.columns());
    let starts = columns
        .flat_map(|column| [column.bloom_filter_offset(), column.column_index_offset(), column.offset_index_offset()]);
    starts.flatten().filter_map(|start| u64::try_from(start).ok()).min()
}

#[cfg(test)]
mod tests;
