//! Which row groups of a segment a query can leave out.

use std::collections::BTreeSet;

use parquet::bloom_filter::Sbbf;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use tidewell_types::{TIME_COLUMN, TimeBounds, TimestampNs};

use crate::Footer;
use crate::panic_guard::guarded;
use crate::thrift_walk::walk;

/// What is known of a row group without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RowGroup {
    /// Its rows.
    pub row_count: u64,
    /// No row is outside of this; everything where the file does not say.
    pub time: TimeBounds,
    /// Its compressed size in the file, all columns.
    pub data_bytes: u64,
}

pub(crate) fn summaries(parquet: &ParquetMetaData) -> Vec<RowGroup> {
    let summary = |group: &RowGroupMetaData| RowGroup {
        row_count: u64::try_from(group.num_rows()).unwrap_or_default(),
        time: column(group, TIME_COLUMN).and_then(time_bounds).unwrap_or(TimeBounds::ALL),
        data_bytes: group.columns().iter().filter_map(|column| u64::try_from(column.compressed_size()).ok()).sum(),
    };
    parquet.row_groups().iter().map(summary).collect()
}

fn column<'a>(group: &'a RowGroupMetaData, name: &str) -> Option<&'a ColumnChunkMetaData> {
    group.columns().iter().find(|column| column.column_descr().name() == name)
}

fn time_bounds(column: &ColumnChunkMetaData) -> Option<TimeBounds> {
    let Some(Statistics::Int64(statistics)) = column.statistics() else {
        return None;
    };
    let (min, max) = (*statistics.min_opt()?, *statistics.max_opt()?);
    (min <= max).then(|| TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) })
}

impl Footer {
    /// Whether a row group may have a row whose `tag` is one of `values`: by the tag's smallest and largest value, and by
    /// its Bloom filter. `true` also means "not known". A tag that the file lacks is NULL in every row, and so is none of
    /// any values.
    #[must_use]
    pub fn may_contain(&self, row_group: usize, tag: &str, values: &[&str]) -> bool {
        let Some(group) = self.parquet().row_groups().get(row_group) else {
            return false;
        };
        let Some(column) = column(group, tag) else {
            return false;
        };
        let in_range: Vec<&str> = values.iter().copied().filter(|value| may_be_in_range(column, value)).collect();
        if in_range.is_empty() {
            return false;
        }
        match self.bloom(column) {
            Some(bloom) => in_range.iter().any(|value| bloom.check(*value)),
            None => true,
        }
    }

    /// The row groups that may have a row within `time` (both ends inclusive) whose tags each have one of the values given
    /// for it, in the file's order. Of a tag not named any value will do; a tag with no values matches nothing.
    #[must_use]
    pub fn prune(&self, time: TimeBounds, tags: &[(String, BTreeSet<String>)]) -> Vec<usize> {
        let tags: Vec<(&str, Vec<&str>)> =
            tags.iter().map(|(tag, values)| (tag.as_str(), values.iter().map(String::as_str).collect())).collect();
        let may_match = |(index, group): &(usize, &RowGroup)| {
            group.time.overlaps(&time) && tags.iter().all(|(tag, values)| self.may_contain(*index, tag, values))
        };
        self.row_groups().iter().enumerate().filter(may_match).map(|(index, _)| index).collect()
    }

    fn bloom(&self, column: &ColumnChunkMetaData) -> Option<Sbbf> {
        let bytes = self.bloom_bytes(column)?;
        walk(bytes, &mut |_, _| Ok(())).ok()?;
        // A filter that cannot be read rules nothing out; one without blocks would be indexed out of bounds.
        let bloom = guarded("its Bloom filter is unreadable", || {
            let bloom = Sbbf::from_bytes(bytes)?;
            if bloom.num_blocks() > 0 { Ok(bloom) } else { Err(ParquetError::General("it is empty".to_owned())) }
        });
        bloom.ok()
    }
}

fn may_be_in_range(column: &ColumnChunkMetaData, value: &str) -> bool {
    let Some(statistics) = column.statistics() else {
        return true;
    };
    if statistics.null_count_opt() == u64::try_from(column.num_values()).ok() {
        return false;
    }
    let is_above_min = statistics.min_bytes_opt().is_none_or(|min| min <= value.as_bytes());
    let is_below_max = statistics.max_bytes_opt().is_none_or(|max| value.as_bytes() <= max);
    is_above_min && is_below_max
}

#[cfg(test)]
mod tests;
