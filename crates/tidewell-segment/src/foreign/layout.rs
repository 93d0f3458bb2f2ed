//! Checks on what foreign metadata points at, before anything is fetched or sliced by it.

use std::collections::HashSet;
use std::ops::Range;

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::schema::types::Type;

use super::ForeignError;

/// The magic number at the file's start.
const HEAD_BYTES: u64 = 4;

/// Checks that every column chunk lies before `data_end`, where the metadata starts, that no two share bytes, that the
/// numbers of rows agree, and that no name is there twice.
pub(crate) fn check_layout(parquet: &ParquetMetaData, data_end: u64) -> Result<(), ForeignError> {
    check_names(parquet.file_metadata().schema_descr().root_schema(), "")?;
    let mut row_count: i64 = 0;
    let mut ranges = Vec::new();
    for (index, group) in parquet.row_groups().iter().enumerate() {
        let problem = |problem: String| ForeignError::corrupt(format!("row group {index}: {problem}"));
        if group.num_rows() < 0 {
            return Err(problem(format!("it has {} rows", group.num_rows())));
        }
        row_count = row_count
            .checked_add(group.num_rows())
            .ok_or_else(|| problem("its row count is out of range".to_owned()))?;
        if group.columns().len() != parquet.file_metadata().schema_descr().num_columns() {
            return Err(problem("it has not as many columns as the schema".to_owned()));
        }
        check_chunks(group, data_end, &mut ranges).map_err(problem)?;
    }
    let declared = parquet.file_metadata().num_rows();
    if row_count != declared {
        return Err(ForeignError::corrupt(format!(
            "its row groups have {row_count} rows together, the file says {declared}"
        )));
    }
    ranges.sort_unstable_by_key(|range| range.start);
    if ranges.windows(2).any(|pair| matches!(pair, [a, b] if b.start < a.end)) {
        return Err(ForeignError::corrupt("two of its column chunks are at the same place"));
    }
    Ok(())
}

fn check_names(group: &Type, path: &str) -> Result<(), ForeignError> {
    if group.is_primitive() {
        return Ok(());
    }
    let mut names = HashSet::new();
    for member in group.get_fields() {
        let name = if path.is_empty() { member.name().to_owned() } else { format!("{path}.{}", member.name()) };
        if !names.insert(member.name()) {
            return Err(ForeignError::corrupt(format!("column {name:?} is there twice")));
        }
        check_names(member, &name)?;
    }
    Ok(())
}

fn check_chunks(group: &RowGroupMetaData, data_end: u64, ranges: &mut Vec<Range<u64>>) -> Result<(), String> {
    for column in group.columns() {
        let name = column.column_descr().path().string();
        if column.file_path().is_some() {
            return Err(format!("column {name:?} is in another file"));
        }
        if column.uncompressed_size() < 0 || column.num_values() < 0 {
            return Err(format!("column {name:?} has a size or a count below 0"));
        }
        let is_flat = column.column_descr().max_rep_level() == 0;
        if is_flat && column.num_values() != group.num_rows() {
            let (values, rows) = (column.num_values(), group.num_rows());
            return Err(format!("column {name:?} has {values} values for {rows} rows"));
        }
        if column.num_values() == 0 && column.compressed_size() == 0 {
            continue;
        }
        let range = chunk_range(column).filter(|range| range.start >= HEAD_BYTES && range.end <= data_end);
        ranges.push(range.ok_or_else(|| format!("column {name:?} is not where the file has room for it"))?);
    }
    Ok(())
}

/// Where a column chunk's pages are; `None` where the numbers make no sense. Some writers say 0 for "no dictionary".
pub(crate) fn chunk_range(column: &ColumnChunkMetaData) -> Option<Range<u64>> {
    let data = column.data_page_offset();
    let start = column.dictionary_page_offset().filter(|offset| (1..data).contains(offset)).unwrap_or(data);
    let start = u64::try_from(start).ok()?;
    Some(start..start.checked_add(u64::try_from(column.compressed_size()).ok()?)?)
}
