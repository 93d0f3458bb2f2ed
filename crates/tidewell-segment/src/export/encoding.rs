//! How the columns of an exported row group are encoded: by what its first rows look like.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, TimeUnit};
use hashbrown::HashSet;
use parquet::basic::{Compression, Encoding};
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesPtr};
use parquet::schema::types::ColumnPath;

/// Values of a column that are looked at.
const SAMPLE_VALUES: usize = 1024;
/// A page is held several times while it is compressed, on each thread; beyond some hundred KiB files hardly get smaller.
const PAGE_BYTES: usize = 256 << 10;

/// The properties for a row group that begins with `rows`. Without rows, those of the file.
pub(crate) fn properties(codec: Compression, rows: Option<&RecordBatch>) -> WriterPropertiesPtr {
    let mut builder = WriterProperties::builder()
        .set_created_by(concat!("tidewell ", env!("CARGO_PKG_VERSION")).to_owned())
        .set_compression(codec)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_data_page_row_count_limit(usize::MAX)
        .set_data_page_size_limit(PAGE_BYTES);
    let columns = rows.into_iter().flat_map(|rows| rows.schema_ref().fields().iter().zip(rows.columns()));
    for (field, column) in columns {
        // Where values hardly repeat a dictionary costs a look-up for each, and is thrown away in the end.
        if repeats(column) != Some(false) {
            continue;
        }
        builder = builder.set_column_dictionary_enabled(path(field), false);
        if is_integer(field.data_type()) {
            builder = builder.set_column_encoding(path(field), Encoding::DELTA_BINARY_PACKED);
        }
    }
    Arc::new(builder.build())
}

// Names may hold dots, so a path is never parsed from text.
fn path(field: &Field) -> ColumnPath {
    ColumnPath::new(vec![field.name().clone()])
}

/// Whether it is a 64-bit integer in the file.
fn is_integer(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Int64
            | DataType::UInt64
            | DataType::Timestamp(_, _)
            | DataType::Duration(_)
            | DataType::Time64(TimeUnit::Microsecond | TimeUnit::Nanosecond)
    )
}

/// Whether the column holds 64-bit numbers of which most are there twice, by a sample.
pub(crate) fn is_repeated_number(column: &ArrayRef) -> bool {
    is_number(column.data_type()) && repeats(column) == Some(true)
}

/// Whether it is a 64-bit number in the file.
fn is_number(data_type: &DataType) -> bool {
    is_integer(data_type) || *data_type == DataType::Float64
}

/// Whether most values are there twice, by a sample; `None` where the library decides.
fn repeats(column: &ArrayRef) -> Option<bool> {
    let stride = column.len().div_ceil(SAMPLE_VALUES).max(1);
    let rows = (0..column.len()).step_by(stride).filter(|row| column.is_valid(*row));
    let (count, distinct) = if is_number(column.data_type()) {
        let data = column.to_data();
        let bytes = data.buffers().first()?.as_slice();
        let value = |row: usize| bytes.get(8 * (data.offset() + row)..)?.first_chunk::<8>();
        distinct(rows.filter_map(value))
    } else if let Some(texts) = column.as_string_opt::<i32>() {
        distinct(rows.map(|row| texts.value(row)))
    } else if let Some(texts) = column.as_string_view_opt() {
        distinct(rows.map(|row| texts.value(row)))
    } else {
        return None;
    };
    (count > 0).then_some(2 * distinct <= count)
}

fn distinct<T: Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> (usize, usize) {
    let mut known = HashSet::with_capacity(SAMPLE_VALUES);
    let count = values.map(|value| known.insert(value)).count();
    (count, known.len())
}
