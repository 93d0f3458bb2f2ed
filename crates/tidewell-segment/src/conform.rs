//! Bringing a batch to a schema: missing columns, order of columns.

use std::sync::Arc;

use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow_schema::{DataType, Field, SchemaRef};

use crate::SegmentError;
use crate::dictionary::without_null_values;

/// The same rows under `schema`: its columns in its order, NULL for those that `batch` does not have. Columns of `batch`
/// that `schema` does not name are left out.
///
/// No value is copied; a missing column costs one array of NULLs.
///
/// # Errors
/// [`SegmentError::SchemaMismatch`] when a column has another type than the schema says, or a column that cannot be NULL
/// is missing or has NULLs; the error names it, and the rows cannot be used under this schema.
pub fn conform(schema: &SchemaRef, batch: &RecordBatch) -> Result<RecordBatch, SegmentError> {
    let row_count = batch.num_rows();
    let columns: Result<Vec<ArrayRef>, SegmentError> =
        schema.fields().iter().map(|field| conform_column(field, batch)).collect();
    let options = RecordBatchOptions::new().with_row_count(Some(row_count));
    Ok(RecordBatch::try_new_with_options(Arc::clone(schema), columns?, &options)?)
}

fn conform_column(field: &Field, batch: &RecordBatch) -> Result<ArrayRef, SegmentError> {
    let Some(column) = batch.column_by_name(field.name()) else {
        if field.is_nullable() {
            return Ok(new_null_array(field.data_type(), batch.num_rows()));
        }
        return Err(SegmentError::mismatch(field.name(), field.data_type(), "missing"));
    };
    if column.data_type() != field.data_type() {
        return Err(SegmentError::mismatch(field.name(), field.data_type(), column.data_type()));
    }
    if !field.is_nullable() && column.null_count() > 0 {
        return Err(SegmentError::mismatch(field.name(), "never NULL", "NULL in some rows"));
    }
    match field.data_type() {
        DataType::Dictionary(_, _) => without_null_values(column),
        _ => Ok(Arc::clone(column)),
    }
}

#[cfg(test)]
mod tests;
