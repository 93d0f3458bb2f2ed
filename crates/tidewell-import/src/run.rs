//! Rows to staged segments: sorted together, encoded by windows of time, put into the store.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use tidewell_env::Env;
use tidewell_segment::{EncodeOptions, EncodedSegment, SegmentError, encode, sort_rows, visible};
use tidewell_stage::{Place, Staged, Stager, split};
use tidewell_types::{TIME_COLUMN, TableName, TableSchema, TimestampNs};

use crate::error::FileError;

/// What rows are sorted and encoded by.
#[derive(Clone, Debug)]
pub(crate) struct RunTarget {
    pub(crate) table: TableName,
    pub(crate) schema: Arc<TableSchema>,
    pub(crate) time_floor: Option<TimestampNs>,
    pub(crate) options: EncodeOptions,
    pub(crate) stager: Stager,
}

/// The tags of a row in the table's order, and its time: the order of segments.
pub(crate) type RowKey = (Vec<Option<String>>, i64);

/// A staged segment, and its first and last row.
#[derive(Clone, Debug)]
pub(crate) struct RunSegment {
    pub(crate) staged: Staged,
    pub(crate) first: RowKey,
    pub(crate) last: RowKey,
}

/// Rows that were sorted together.
#[derive(Clone, Debug, Default)]
pub(crate) struct Run {
    pub(crate) segments: Vec<RunSegment>,
    /// Rows that have outlived the table's retention.
    pub(crate) rows_expired: u64,
}

struct Encoded {
    segments: Vec<EncodedSegment>,
    keys: Vec<(RowKey, RowKey)>,
    rows_expired: u64,
}

/// Sorts rows in write order, encodes them and puts the segments; one PUT each.
pub(crate) async fn stage_run(env: Env, target: RunTarget, batches: Vec<RecordBatch>) -> Result<Run, FileError> {
    let (stager, table) = (target.stager.clone(), target.table.clone());
    let Encoded { segments, keys, rows_expired } = env.blocking(move || encode_run(&target, batches)).await?;
    let staged = stager.put_all(&table, Place::NEWEST, segments).await?;
    let segments = staged.into_iter().zip(keys);
    Ok(Run {
        segments: segments.map(|(staged, (first, last))| RunSegment { staged, first, last }).collect(),
        rows_expired,
    })
}

fn encode_run(target: &RunTarget, batches: Vec<RecordBatch>) -> Result<Encoded, SegmentError> {
    let row_count = |batches: &[RecordBatch]| batches.iter().map(RecordBatch::num_rows).sum::<usize>() as u64;
    let before = row_count(&batches);
    let kept = batches.iter().map(|batch| visible(batch, &[], target.time_floor));
    let kept = kept.collect::<Result<Vec<_>, _>>()?;
    drop(batches);
    let rows_expired = before - row_count(&kept);
    let mut encoded = Encoded { segments: Vec::new(), keys: Vec::new(), rows_expired };
    if before == rows_expired {
        return Ok(encoded);
    }
    for window in split(kept)? {
        let sorted = sort_rows(&target.schema, &window.batches)?;
        drop(window);
        encoded
            .keys
            .push((key_at(&target.schema, &sorted, 0)?, key_at(&target.schema, &sorted, sorted.num_rows() - 1)?));
        encoded.segments.push(encode(&target.table, &target.schema, &sorted, &target.options)?);
    }
    Ok(encoded)
}

/// The key of a row under the table's schema.
pub(crate) fn key_at(schema: &TableSchema, rows: &RecordBatch, row: usize) -> Result<RowKey, SegmentError> {
    let wrong = |what: &str| SegmentError::Internal { problem: format!("sorted rows have no {what}") };
    let mut tags = Vec::with_capacity(schema.tags().len());
    for tag in schema.tags() {
        let column = rows.column_by_name(tag).ok_or_else(|| wrong(tag))?;
        let column = column.as_dictionary_opt::<Int32Type>().ok_or_else(|| wrong(tag))?;
        let values = column.values().as_string_opt::<i32>().ok_or_else(|| wrong(tag))?;
        tags.push(column.key(row).filter(|key| *key < values.len()).map(|key| values.value(key).to_owned()));
    }
    let times = rows.column_by_name(TIME_COLUMN).and_then(|times| times.as_primitive_opt::<TimestampNanosecondType>());
    let time = times.and_then(|times| times.values().get(row).copied()).ok_or_else(|| wrong(TIME_COLUMN))?;
    Ok((tags, time))
}

/// The times of some rows.
pub(crate) fn times(rows: &RecordBatch) -> &[i64] {
    let column = rows.column_by_name(TIME_COLUMN);
    let column = column.and_then(|column| column.as_primitive_opt::<TimestampNanosecondType>());
    column.map(|column| column.values().as_ref()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
