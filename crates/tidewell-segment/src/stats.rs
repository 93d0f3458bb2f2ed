//! What the manifest keeps of a segment: enough to leave it out of a query without a request.

use arrow_array::{Array, RecordBatch};
use tidewell_types::{ColumnKind, TIME_COLUMN, TableSchema, TimeBounds, TimestampNs};

use crate::SegmentError;
use crate::bound::{lower_bound, upper_bound};
use crate::dictionary::{tag_array, tag_at, tag_values};
use crate::sort::time_column;

/// A segment's statistics. Texts are kept up to 64 bytes; longer ones become bounds that still hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentStats {
    /// Rows; at least 1.
    pub row_count: u64,
    /// The earliest and the latest row.
    pub time: TimeBounds,
    /// How many bytes at the file's end hold the Bloom filters, the page indexes and the footer: one exact GET of them is
    /// what [`Footer::parse`](crate::Footer::parse) takes.
    pub footer_bytes: u64,
    /// One entry a tag, in the schema's order.
    pub tags: Vec<TagStats>,
    /// A lower bound of the first row's tag values, in the schema's order; `None` in it is NULL, which sorts first, and
    /// tags beyond its end read as NULL.
    pub key_min: Option<Vec<Option<String>>>,
    /// An upper bound of the last row's tag values, likewise; `None` where no short bound exists.
    pub key_max: Option<Vec<Option<String>>>,
    /// Field values that are not NULL, over all fields: the divisor of "bytes per field value".
    pub field_value_count: u64,
}

/// One tag's values in a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagStats {
    /// The tag.
    pub tag: String,
    /// No value is below this; `None` where all are NULL.
    pub min: Option<String>,
    /// No value is above this; `None` where all are NULL, or where no short bound exists.
    pub max: Option<String>,
    /// Rows without the tag. Where this is the row count the tag has no value at all.
    pub null_count: u64,
}

impl SegmentStats {
    /// The statistics of sorted rows (at least one) under the table's schema.
    pub(crate) fn of(schema: &TableSchema, rows: &RecordBatch, footer_bytes: u64) -> Result<Self, SegmentError> {
        let tags: Result<Vec<TagStats>, SegmentError> = schema.tags().iter().map(|tag| tag_stats(tag, rows)).collect();
        let last_row = rows.num_rows().saturating_sub(1);
        Ok(Self {
            row_count: rows.num_rows() as u64,
            time: time_bounds(rows)?,
            footer_bytes,
            tags: tags?,
            key_min: Some(key_min(&key_at(schema, rows, 0)?)),
            key_max: key_max(&key_at(schema, rows, last_row)?),
            field_value_count: field_value_count(schema, rows),
        })
    }
}

pub(crate) fn time_bounds(rows: &RecordBatch) -> Result<TimeBounds, SegmentError> {
    let times = time_column(rows)?.values();
    let min = times.iter().copied().min().unwrap_or_default();
    let max = times.iter().copied().max().unwrap_or_default();
    Ok(TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) })
}

pub(crate) fn tag_stats(tag: &str, rows: &RecordBatch) -> Result<TagStats, SegmentError> {
    let column = rows.column_by_name(tag).ok_or_else(|| SegmentError::internal("a tag column is missing"))?;
    let tags = tag_array(column)?;
    let values = tag_values(tags)?;
    let used = tags.occupancy();
    let used = || used.set_indices().map(|key| values.value(key));
    Ok(TagStats {
        tag: tag.to_owned(),
        min: used().min().map(|min| lower_bound(min).to_owned()),
        max: used().max().and_then(upper_bound),
        null_count: tags.null_count() as u64,
    })
}

fn key_at<'a>(schema: &TableSchema, rows: &'a RecordBatch, row: usize) -> Result<Vec<Option<&'a str>>, SegmentError> {
    let columns = schema.tags().iter().filter_map(|tag| rows.column_by_name(tag));
    columns.map(|column| tag_at(tag_array(column)?, row)).collect()
}

/// Below a cut value everything may follow, and NULL is the least of it.
fn key_min(key: &[Option<&str>]) -> Vec<Option<String>> {
    let mut bound = Vec::with_capacity(key.len());
    for value in key {
        let low = value.map(lower_bound);
        let is_cut = low != *value;
        bound.push(low.map(str::to_owned));
        if is_cut {
            break;
        }
    }
    bound.resize(key.len(), None);
    bound
}

/// Above a raised value nothing follows, so the rest may be NULL.
fn key_max(key: &[Option<&str>]) -> Option<Vec<Option<String>>> {
    let mut bound = Vec::with_capacity(key.len());
    for value in key {
        let high = match value {
            None => None,
            Some(value) => Some(upper_bound(value)?),
        };
        let is_raised = high.as_deref() != *value;
        bound.push(high);
        if is_raised {
            break;
        }
    }
    bound.resize(key.len(), None);
    Some(bound)
}

fn field_value_count(schema: &TableSchema, rows: &RecordBatch) -> u64 {
    let columns = rows.schema_ref().fields().iter().zip(rows.columns());
    columns
        .filter(|(field, _)| field.name() != TIME_COLUMN)
        .filter(|(field, _)| matches!(schema.kind(field.name()), Some(ColumnKind::Field(_))))
        .map(|(_, column)| (column.len() - column.null_count()) as u64)
        .sum()
}

#[cfg(test)]
mod tests;
