//! The table's columns: what a file brings is committed before any row that has it.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::DataType;
use tidewell_manifest::{Author, CommitError, Intent, Manifest, Refusal, State};
use tidewell_types::{FieldType, TableName, TableSchema, WriterId};

use crate::error::{FileError, ImportError};

/// The columns of a table as of a state; none where there is no such table.
pub(crate) fn table_schema(state: &State, table: &TableName) -> Arc<TableSchema> {
    state.tables.get(table).map(|table| Arc::clone(&table.schema)).unwrap_or_default()
}

/// The table's columns with those of a file.
pub(crate) fn merged(known: &TableSchema, more: &TableSchema, columns_max: usize) -> Result<TableSchema, FileError> {
    let mut merged = known.clone();
    merged.merge(more).map_err(|error| FileError::Conflict(error.to_string()))?;
    if merged.column_count() > columns_max {
        return Err(FileError::TooManyColumns { found: merged.column_count(), max: columns_max });
    }
    Ok(merged)
}

/// The tags of a schema alone.
pub(crate) fn tags_of(schema: &TableSchema) -> Result<TableSchema, FileError> {
    let mut tags = TableSchema::new();
    for tag in schema.tags() {
        tags.add_tag(tag).map_err(|error| FileError::Conflict(error.to_string()))?;
    }
    Ok(tags)
}

/// A schema with the fields that some rows have and it has not.
pub(crate) fn with_fields_of(schema: &TableSchema, batches: &[RecordBatch]) -> Result<TableSchema, FileError> {
    let mut merged = schema.clone();
    for field in batches.iter().flat_map(|batch| batch.schema_ref().fields()) {
        let field_type = match field.data_type() {
            DataType::Float64 => FieldType::Float,
            DataType::Int64 => FieldType::Integer,
            DataType::UInt64 => FieldType::Unsigned,
            DataType::Boolean => FieldType::Boolean,
            DataType::Utf8 => FieldType::String,
            _ => continue,
        };
        merged.add_field(field.name(), field_type).map_err(|error| FileError::Conflict(error.to_string()))?;
    }
    Ok(merged)
}

/// Commits what the table lacks of `columns`, and gives all that it then has; no request where it lacks nothing. The inner
/// error is a file's: another process has given a column another type.
pub(crate) async fn grow(
    manifest: &Manifest,
    writer: WriterId,
    table: &TableName,
    columns: &TableSchema,
) -> Result<Result<Arc<TableSchema>, FileError>, ImportError> {
    let known = table_schema(&manifest.state(), table);
    if !is_missing(&known, columns) && manifest.state().tables.contains_key(table) {
        return Ok(Ok(known));
    }
    let (name, columns) = (table.clone(), columns.clone());
    let intend = move |state: &State| {
        let known = table_schema(state, &name);
        if !is_missing(&known, &columns) && state.tables.contains_key(&name) {
            return Ok(None);
        }
        let author = Author { generation: state.open_generation(), writer };
        Ok(Some(Intent { tables: vec![(name.clone(), columns.clone())], ..Intent::new(author) }))
    };
    match manifest.commit(intend).await {
        Ok(state) => Ok(Ok(table_schema(&state, table))),
        Err(CommitError::Refused(Refusal::Schema { conflict, .. })) => {
            Ok(Err(FileError::Conflict(conflict.to_string())))
        }
        Err(error) => Err(error.into()),
    }
}

fn is_missing(known: &TableSchema, columns: &TableSchema) -> bool {
    let mut grown = known.clone();
    !matches!(grown.merge(columns), Ok(false))
}
