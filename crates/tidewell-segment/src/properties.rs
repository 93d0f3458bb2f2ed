//! How the columns of a segment are encoded.

use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, Field};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::{
    BloomFilterPosition, EnabledStatistics, WriterProperties, WriterPropertiesBuilder, WriterVersion,
};
use parquet::schema::types::ColumnPath;
use tidewell_types::{ColumnKind, TIME_COLUMN};

use crate::checksums::blank_pair;
use crate::dictionary::tag_array;
use crate::float_encoding::FloatEncoding;
use crate::{EncodeOptions, SegmentError, SegmentMetadata, Tier};

/// A Bloom filter answers wrongly "may be there" this often.
const BLOOM_FALSE_POSITIVES: f64 = 0.01;
/// A Bloom filter is sized for at most this many values (some 80 KiB); it is folded down to what it holds.
const BLOOM_VALUES_MAX: u64 = 64 * 1024;
/// Cold segments are written once and read for years.
const COLD_ZSTD_LEVEL: i32 = 6;

/// The codec of a tier.
pub(crate) fn compression(tier: Tier) -> Result<Compression, SegmentError> {
    match tier {
        Tier::Hot => Ok(Compression::LZ4_RAW),
        Tier::Cold => {
            let level = ZstdLevel::try_new(COLD_ZSTD_LEVEL).map_err(|error| SegmentError::while_writing(&error))?;
            Ok(Compression::ZSTD(level))
        }
    }
}

/// The writer's properties for `rows`, which has the columns that go into the file.
pub(crate) fn writer_properties(
    metadata: &SegmentMetadata,
    rows: &RecordBatch,
    options: &EncodeOptions,
) -> Result<WriterProperties, SegmentError> {
    let compression = compression(options.tier)?;
    let mut pairs = metadata.to_pairs();
    let row_group_count = rows.num_rows().div_ceil(options.row_group_rows());
    pairs.push(blank_pair(row_group_count * rows.num_columns()));
    let mut builder = WriterProperties::builder()
        .set_writer_version(WriterVersion::PARQUET_1_0)
        .set_created_by(concat!("tidewell ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(compression)
        .set_max_row_group_row_count(Some(options.row_group_rows()))
        .set_data_page_row_count_limit(options.page_rows())
        .set_bloom_filter_position(BloomFilterPosition::End)
        .set_key_value_metadata(Some(pairs))
        .set_sorting_columns(Some(sorting_columns(metadata, rows)));
    for (field, column) in rows.schema_ref().fields().iter().zip(rows.columns()) {
        builder = match metadata.schema.kind(field.name()) {
            Some(ColumnKind::Tag) => tag_properties(builder, field, column.as_ref())?,
            Some(ColumnKind::Time) => delta_properties(builder, field, EnabledStatistics::Page),
            _ => match field.data_type() {
                DataType::Int64 | DataType::UInt64 => delta_properties(builder, field, EnabledStatistics::Chunk),
                DataType::Float64 => {
                    let encoding = FloatEncoding::smallest(column, compression)?;
                    value_properties(builder, field, encoding.value_encoding(), encoding.has_dictionary())
                }
                DataType::Boolean => value_properties(builder, field, Encoding::RLE, false),
                _ => value_properties(builder, field, Encoding::PLAIN, true),
            },
        };
    }
    Ok(builder.build())
}

// Names may hold dots, so a path is never parsed from text.
fn path(field: &Field) -> ColumnPath {
    ColumnPath::new(vec![field.name().clone()])
}

fn tag_properties(
    builder: WriterPropertiesBuilder,
    field: &Field,
    column: &dyn Array,
) -> Result<WriterPropertiesBuilder, SegmentError> {
    let value_count = tag_array(column)?.values().len() as u64;
    Ok(builder
        .set_column_dictionary_enabled(path(field), true)
        .set_column_statistics_enabled(path(field), EnabledStatistics::Page)
        .set_column_bloom_filter_enabled(path(field), true)
        .set_column_bloom_filter_fpp(path(field), BLOOM_FALSE_POSITIVES)
        .set_column_bloom_filter_max_ndv(path(field), value_count.clamp(1, BLOOM_VALUES_MAX)))
}

fn delta_properties(
    builder: WriterPropertiesBuilder,
    field: &Field,
    statistics: EnabledStatistics,
) -> WriterPropertiesBuilder {
    value_properties(builder, field, Encoding::DELTA_BINARY_PACKED, false)
        .set_column_statistics_enabled(path(field), statistics)
}

fn value_properties(
    builder: WriterPropertiesBuilder,
    field: &Field,
    encoding: Encoding,
    has_dictionary: bool,
) -> WriterPropertiesBuilder {
    builder
        .set_column_encoding(path(field), encoding)
        .set_column_dictionary_enabled(path(field), has_dictionary)
        .set_column_statistics_enabled(path(field), EnabledStatistics::Chunk)
}

/// Tags that the file leaves out are NULL in every row, so the order of the others stands.
fn sorting_columns(metadata: &SegmentMetadata, rows: &RecordBatch) -> Vec<SortingColumn> {
    let key = metadata.schema.tags().iter().map(|tag| &**tag).chain([TIME_COLUMN]);
    let indices = key.filter_map(|column| rows.schema_ref().index_of(column).ok());
    indices
        .filter_map(|index| i32::try_from(index).ok())
        .map(|column_idx| SortingColumn { column_idx, descending: false, nulls_first: true })
        .collect()
}
