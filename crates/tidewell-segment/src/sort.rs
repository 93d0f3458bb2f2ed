//! Rows in write order to rows in segment order.

use arrow_array::cast::AsArray;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{RecordBatch, TimestampNanosecondArray};
use tidewell_types::{TIME_COLUMN, TableSchema};

use crate::SegmentError;
use crate::assemble::Plan;
use crate::conform::conform;
use crate::merge_key::MergeKey;
use crate::series_code::series_codes;

/// A row's place in the output (series, then time) and where it is; what is written later is greater.
type SortKey = (u64, i64, u32, u32);

/// Sorts rows into what a segment holds: one batch under `schema.arrow()`, by tags and then time, one row an identity.
///
/// `batches` are in write order, oldest first, and may each have only some of the columns. Of several rows with one
/// identity every field takes its last non-NULL value. Works on indices; each value is copied once.
///
/// # Errors
/// [`SegmentError::SchemaMismatch`] when a batch has a column that the schema does not have, or has with another type; the
/// rows were admitted under another schema. [`SegmentError::Internal`] at over 2^32 batches or rows a batch.
pub fn sort_rows(schema: &TableSchema, batches: &[RecordBatch]) -> Result<RecordBatch, SegmentError> {
    let arrow = schema.arrow();
    let mut conformed = Vec::with_capacity(batches.len());
    for batch in batches.iter().filter(|batch| batch.num_rows() > 0) {
        for field in batch.schema_ref().fields() {
            if schema.kind(field.name()).is_none() {
                return Err(SegmentError::mismatch(field.name(), "no such column", field.data_type()));
            }
        }
        conformed.push(conform(&arrow, batch)?);
    }
    let keys = sort_keys(schema, &conformed)?;
    let mut plan = Plan::default();
    for batch in conformed {
        plan.add_slot(batch);
    }
    for same in keys.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
        let place = |key: &SortKey| (key.2 as usize, key.3 as usize);
        match same {
            [only] => plan.copy(only.2 as usize, only.3 as usize, 1),
            [older @ .., newest] => plan.copy_merged(place(newest), older.iter().rev().map(place)),
            [] => {}
        }
    }
    plan.assemble(&arrow, &MergeKey::new(schema).marks(&arrow))
}

fn sort_keys(schema: &TableSchema, batches: &[RecordBatch]) -> Result<Vec<SortKey>, SegmentError> {
    let codes = series_codes(schema, batches)?;
    let mut keys = Vec::with_capacity(batches.iter().map(RecordBatch::num_rows).sum());
    for (slot, (batch, codes)) in batches.iter().zip(codes).enumerate() {
        let slot = u32::try_from(slot).map_err(|_| SegmentError::internal("over 2^32 batches to sort at once"))?;
        u32::try_from(batch.num_rows()).map_err(|_| SegmentError::internal("over 2^32 rows in a batch"))?;
        let times = time_column(batch)?.values();
        keys.extend((0..).zip(codes.iter().zip(times)).map(|(row, (code, time))| (*code, *time, slot, row)));
    }
    keys.sort_unstable();
    Ok(keys)
}

/// The time column of a batch under a table's schema.
pub(crate) fn time_column(batch: &RecordBatch) -> Result<&TimestampNanosecondArray, SegmentError> {
    batch
        .column_by_name(TIME_COLUMN)
        .and_then(|column| column.as_primitive_opt::<TimestampNanosecondType>())
        .ok_or_else(|| SegmentError::internal("the time column is missing"))
}

#[cfg(test)]
mod tests;
