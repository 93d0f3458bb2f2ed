//! A segment's statistics read back from its file, where the manifest that held them is lost.

use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::statistics::Statistics;
use tidewell_types::{ColumnKind, TIME_COLUMN, TimeBounds};

use crate::bound::{lower_bound, upper_bound};
use crate::encode::metadata_start;
use crate::{Footer, SegmentError, SegmentStats, TagStats};

impl SegmentStats {
    /// What [`encode`](crate::encode) said of the segment, as far as the Parquet statistics tell: all but the keys of its
    /// first and last row, which are `None`; a bound of a text over 64 bytes may be wider.
    ///
    /// # Errors
    /// [`SegmentError::Corrupt`] where the file lacks what every segment has: rows, the page index, bounds of the time.
    pub fn read(footer: &Footer) -> Result<Self, SegmentError> {
        let start = metadata_start(footer.parquet());
        let start = start.ok_or_else(|| SegmentError::corrupt("it has no page index"))?;
        let row_count = footer.row_groups().iter().map(|group| group.row_count).sum();
        let tags = footer.metadata().schema.tags().iter().map(|tag| tag_stats(footer, tag, row_count)).collect();
        Ok(Self {
            row_count,
            time: time(footer)?,
            footer_bytes: footer.file_bytes().saturating_sub(start),
            tags,
            key_min: None,
            key_max: None,
            field_value_count: field_value_count(footer),
        })
    }
}

fn time(footer: &Footer) -> Result<TimeBounds, SegmentError> {
    let groups = footer.row_groups().iter().map(|group| group.time);
    let time = groups.reduce(|time, group| time.union(&group));
    let has_bounds = |column: &ColumnChunkMetaData| matches!(column.statistics(), Some(Statistics::Int64(time)) if time.min_opt().is_some() && time.max_opt().is_some());
    match time {
        Some(time) if chunks(footer, TIME_COLUMN).all(has_bounds) => Ok(time),
        _ => Err(SegmentError::corrupt("it does not say which span of time it covers")),
    }
}

fn chunks<'a>(footer: &'a Footer, name: &'a str) -> impl Iterator<Item = &'a ColumnChunkMetaData> {
    let columns = footer.parquet().row_groups().iter().flat_map(|group| group.columns());
    columns.filter(move |column| column.column_descr().name() == name)
}

fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}

/// Values of a chunk that are not NULL.
fn value_count(column: &ColumnChunkMetaData) -> u64 {
    let nulls = column.statistics().and_then(Statistics::null_count_opt).unwrap_or_default();
    count(column.num_values()).saturating_sub(nulls)
}

fn tag_stats(footer: &Footer, tag: &str, row_count: u64) -> TagStats {
    let used = || chunks(footer, tag).filter(|column| value_count(column) > 0);
    // A chunk without a bound that can be read bounds nothing.
    let text = |bytes: Option<&[u8]>| bytes.and_then(|bytes| std::str::from_utf8(bytes).ok().map(str::to_owned));
    let low = |column: &ColumnChunkMetaData| text(column.statistics().and_then(Statistics::min_bytes_opt));
    let high = |column: &ColumnChunkMetaData| text(column.statistics().and_then(Statistics::max_bytes_opt));
    let min = used().map(|column| low(column).unwrap_or_default()).min();
    let highest: Option<Vec<String>> = used().map(high).collect();
    let max = highest.and_then(|highest| highest.into_iter().max());
    TagStats {
        tag: tag.to_owned(),
        min: min.map(|min| lower_bound(&min).to_owned()),
        max: max.and_then(|max| upper_bound(&max)),
        null_count: row_count.saturating_sub(used().map(value_count).sum()),
    }
}

fn field_value_count(footer: &Footer) -> u64 {
    let schema = &footer.metadata().schema;
    let columns = footer.parquet().row_groups().iter().flat_map(|group| group.columns());
    columns
        .filter(|column| matches!(schema.kind(column.column_descr().name()), Some(ColumnKind::Field(_))))
        .map(value_count)
        .sum()
}

#[cfg(test)]
mod tests;
