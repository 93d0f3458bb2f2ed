//! The rows that no segment holds yet, as one more sorted run.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, RecordBatch, RecordBatchOptions, UInt64Array};
use datafusion::arrow::compute::{filter_record_batch, take_record_batch};
use datafusion::arrow::datatypes::{Int32Type, Schema, TimestampNanosecondType};
use tidewell_segment::sort_rows;
use tidewell_types::{TIME_COLUMN, TableSchema, TimeBounds, TimestampNs};

use crate::QueryError;
use crate::key_span::{KeySpan, TagSpan};
use crate::segment_fault::internal;

/// The rows within `span`, under `schema`'s columns: sorted, one row an identity.
pub(crate) fn sorted_tail(
    schema: &TableSchema,
    tail: &[RecordBatch],
    span: &KeySpan,
) -> Result<RecordBatch, QueryError> {
    let mut kept = Vec::with_capacity(tail.len());
    for batch in tail {
        let batch = project(schema, batch)?;
        let batch = within(batch, span)?;
        if batch.num_rows() > 0 {
            kept.push(batch);
        }
    }
    sort_rows(schema, &kept).map_err(internal)
}

fn project(schema: &TableSchema, batch: &RecordBatch) -> Result<RecordBatch, QueryError> {
    let fields = batch.schema_ref().fields().iter().enumerate();
    let wanted: Vec<usize> =
        fields.filter(|(_, field)| schema.kind(field.name()).is_some()).map(|(index, _)| index).collect();
    batch.project(&wanted).map_err(internal)
}

/// The rows of a batch within `span`.
pub(crate) fn within(batch: RecordBatch, span: &KeySpan) -> Result<RecordBatch, QueryError> {
    let Some(bounds) = span.time else { return Ok(batch.slice(0, 0)) };
    let mut mask = vec![true; batch.num_rows()];
    if bounds != TimeBounds::ALL {
        for (keep, time) in mask.iter_mut().zip(times(&batch)?) {
            *keep = bounds.min.as_ns() <= *time && *time <= bounds.max.as_ns();
        }
    }
    for (tag, tag_span) in &span.tags {
        keep_tags(&mut mask, batch.column_by_name(tag), tag_span);
    }
    if mask.iter().all(|keep| *keep) {
        return Ok(batch);
    }
    filter_record_batch(&batch, &BooleanArray::from(mask)).map_err(internal)
}

fn keep_tags(mask: &mut [bool], column: Option<&ArrayRef>, span: &TagSpan) {
    let Some(column) = column.and_then(|column| column.as_dictionary_opt::<Int32Type>()) else {
        return if !span.is_null_in {
            mask.fill(false)
        };
    };
    let Some(values) = column.values().as_string_opt::<i32>() else { return };
    let fits: Vec<bool> = values.iter().map(|value| value.map_or(span.is_null_in, |value| span.holds(value))).collect();
    for (keep, key) in mask.iter_mut().zip(column.keys()) {
        let index = key.and_then(|key| usize::try_from(key).ok());
        *keep &= index.map_or(span.is_null_in, |index| fits.get(index).copied().unwrap_or(true));
    }
}

/// The instants of a batch, row by row.
pub(crate) fn times(batch: &RecordBatch) -> Result<&[i64], QueryError> {
    let column =
        batch.column_by_name(TIME_COLUMN).and_then(|column| column.as_primitive_opt::<TimestampNanosecondType>());
    column.map(|column| &**column.values()).ok_or_else(|| internal("rows without a time column"))
}

/// The earliest and the latest instant of a batch; `None` without rows.
pub(crate) fn time_bounds(batch: &RecordBatch) -> Result<Option<TimeBounds>, QueryError> {
    let times = times(batch)?;
    let bounds = times.iter().min().zip(times.iter().max());
    Ok(bounds.map(|(min, max)| TimeBounds { min: TimestampNs::from_ns(*min), max: TimestampNs::from_ns(*max) }))
}

/// These rows of a batch.
pub(crate) fn pick(batch: &RecordBatch, rows: Vec<u64>) -> Result<RecordBatch, QueryError> {
    take_record_batch(batch, &UInt64Array::from(rows)).map_err(internal)
}

/// The same rows with only these columns of theirs, which may be none.
pub(crate) fn columns(batch: &RecordBatch, schema: &Arc<Schema>) -> Result<RecordBatch, QueryError> {
    let column =
        |name: &String| batch.column_by_name(name).cloned().ok_or_else(|| internal(format!("no column {name:?}")));
    let columns: Result<Vec<ArrayRef>, QueryError> = schema.fields().iter().map(|field| column(field.name())).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(schema), columns?, &options).map_err(internal)
}

#[cfg(test)]
mod tests;
