//! Checks on a file's metadata before anything is reserved or sliced by it.

use std::collections::HashSet;
use std::ops::Range;

use parquet::basic::Repetition;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};

use crate::SegmentError;
use crate::thrift_walk::{Value, walk};

/// Most rows a row group: what bounds the memory that one page can ask for.
pub(crate) const ROW_GROUP_ROWS_MAX: usize = 1 << 24;
/// Parquet numbers row groups with 16 bits.
const ROW_GROUPS_MAX: u64 = i16::MAX as u64;
/// The magic number at the file's start.
const HEAD_BYTES: u64 = 4;

const SCHEMA: i16 = 2;
const CHILD_COUNT: i16 = 5;
const ROW_GROUPS: i16 = 4;

/// Checks the Thrift form of a file's metadata: announced lengths are there, and the schema is flat (the library descends
/// into nested ones, and reserves room for as many children as they announce).
pub(crate) fn check_metadata_shape(bytes: &[u8]) -> Result<(), SegmentError> {
    let mut column_count = 0;
    let mut elements_seen = 0_u64;
    let mut see = |path: &[i16], value: Value| match (path, value) {
        ([SCHEMA], Value::List(count)) => {
            column_count = count.saturating_sub(1);
            Ok(())
        }
        ([SCHEMA], Value::Element) => {
            elements_seen += 1;
            Ok(())
        }
        ([SCHEMA, CHILD_COUNT], Value::Integer(children)) => {
            let expected = if elements_seen == 1 { column_count } else { 0 };
            if u64::try_from(children) == Ok(expected) { Ok(()) } else { Err("its schema is nested".to_owned()) }
        }
        ([ROW_GROUPS], Value::List(count)) if count > ROW_GROUPS_MAX => Err(format!("it announces {count} row groups")),
        _ => Ok(()),
    };
    walk(bytes, &mut see).map_err(|problem| SegmentError::corrupt(format!("its metadata is unreadable: {problem}")))?;
    Ok(())
}

/// Checks that everything the metadata points at lies before `data_end`, where the metadata itself starts, and that the
/// numbers of rows agree.
pub(crate) fn check_layout(parquet: &ParquetMetaData, data_end: u64) -> Result<(), SegmentError> {
    check_columns(parquet)?;
    let mut row_count: i64 = 0;
    for (index, group) in parquet.row_groups().iter().enumerate() {
        let problem = |problem: &str| SegmentError::corrupt(format!("row group {index}: {problem}"));
        if !usize::try_from(group.num_rows()).is_ok_and(|rows| rows <= ROW_GROUP_ROWS_MAX) {
            return Err(problem("its row count is out of range"));
        }
        row_count += group.num_rows();
        check_chunks(group, parquet.file_metadata().schema_descr().num_columns(), data_end)
            .map_err(|column| problem(&format!("column {column:?} is not where the file has room for it")))?;
    }
    if row_count != parquet.file_metadata().num_rows() {
        return Err(SegmentError::corrupt("the row groups do not add up to the file's row count"));
    }
    Ok(())
}

fn check_columns(parquet: &ParquetMetaData) -> Result<(), SegmentError> {
    let mut names = HashSet::new();
    for column in parquet.file_metadata().schema_descr().root_schema().get_fields() {
        let info = column.get_basic_info();
        let is_flat = column.is_primitive() && info.has_repetition() && info.repetition() != Repetition::REPEATED;
        if !is_flat || !names.insert(column.name()) {
            return Err(SegmentError::corrupt(format!(
                "column {:?} is nested, repeated or there twice",
                column.name()
            )));
        }
    }
    Ok(())
}

fn check_chunks(group: &RowGroupMetaData, column_count: usize, data_end: u64) -> Result<(), String> {
    if group.columns().len() != column_count {
        return Err("(all)".to_owned());
    }
    for column in group.columns() {
        let is_index_inside = [column_index_range(column), offset_index_range(column), bloom_range(column)]
            .into_iter()
            .all(|range| range.is_none_or(|range| range.end <= data_end));
        let is_data_inside =
            chunk_range(column).is_some_and(|range| range.start >= HEAD_BYTES && range.end <= data_end);
        if !is_index_inside || !is_data_inside || column.num_values() != group.num_rows() {
            return Err(column.column_descr().name().to_owned());
        }
    }
    Ok(())
}

fn range(start: i64, len: i64) -> Option<Range<u64>> {
    let start = u64::try_from(start).ok()?;
    Some(start..start.checked_add(u64::try_from(len).ok()?)?)
}

/// Where a column chunk's pages are; `None` where the numbers make no sense.
pub(crate) fn chunk_range(column: &ColumnChunkMetaData) -> Option<Range<u64>> {
    range(column.dictionary_page_offset().unwrap_or_else(|| column.data_page_offset()), column.compressed_size())
}

pub(crate) fn column_index_range(column: &ColumnChunkMetaData) -> Option<Range<u64>> {
    range(column.column_index_offset()?, column.column_index_length()?.into())
}

pub(crate) fn offset_index_range(column: &ColumnChunkMetaData) -> Option<Range<u64>> {
    range(column.offset_index_offset()?, column.offset_index_length()?.into())
}

pub(crate) fn bloom_range(column: &ColumnChunkMetaData) -> Option<Range<u64>> {
    range(column.bloom_filter_offset()?, column.bloom_filter_length()?.into())
}

#[cfg(test)]
mod tests;
