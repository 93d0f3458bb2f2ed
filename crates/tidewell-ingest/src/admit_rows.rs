//! Rows that come as columns: they fit their table, or none of them is taken.

use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int32Type;
use arrow_array::{Array as _, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema};
use tidewell_types::{
    Batch, ColumnKind, FieldType, TIME_COLUMN, TableRows, TableSchema, tag_data_type, time_data_type,
};

use crate::admit::{AdmitLimits, Admitted};
use crate::columns::Misfit;
use crate::reject::Rejections;

/// Checks the rows against the table's columns.
///
/// Columns without any value are left out, so that they make no column of the table.
///
/// # Errors
/// [`Misfit`] naming the column, or the limit.
pub(crate) fn admit_rows(
    rows: &TableRows,
    known: Option<Arc<TableSchema>>,
    limits: &AdmitLimits,
) -> Result<Admitted, Misfit> {
    let known = known.unwrap_or_default();
    let mut columns: Vec<(&Field, &ArrayRef, ColumnKind)> = Vec::with_capacity(rows.rows.num_columns());
    for (field, column) in rows.rows.schema_ref().fields().iter().zip(rows.rows.columns()) {
        let kind = kind_of(field, column)?;
        if kind == ColumnKind::Time || column.null_count() < column.len() {
            columns.push((field, column, kind));
        }
    }
    columns.sort_by(|(a, ..), (b, ..)| a.name().cmp(b.name()));
    if let Some(pair) = columns.windows(2).find(|pair| matches!(pair, [(a, ..), (b, ..)] if a.name() == b.name())) {
        return Err(Misfit::Twice(pair.first().map(|(field, ..)| field.name().clone()).unwrap_or_default()));
    }
    if !columns.iter().any(|(.., kind)| *kind == ColumnKind::Time) {
        return Err(Misfit::NoTime);
    }
    let growth = growth(&columns, &known)?;
    let mut whole = (*known).clone();
    whole.merge(&growth)?;
    Misfit::of_counts(whole.column_count(), whole.tags().len(), limits)?;
    let batch = match rows.rows.num_rows() {
        0 => Batch::default(),
        _ => Batch { tables: vec![TableRows { table: rows.table.clone(), rows: conform(&columns)? }] },
    };
    let is_new = growth.column_count() > 1 || known.column_count() == 1;
    let growth = if is_new && !batch.tables.is_empty() { vec![(rows.table.clone(), growth)] } else { Vec::new() };
    Ok(Admitted { batch, growth, rejected: Rejections::default() })
}

fn kind_of(field: &Field, column: &ArrayRef) -> Result<ColumnKind, Misfit> {
    if field.name() == TIME_COLUMN {
        let is_time = *column.data_type() == time_data_type() && column.null_count() == 0;
        return if is_time { Ok(ColumnKind::Time) } else { Err(Misfit::NoTime) };
    }
    let field_type = match column.data_type() {
        tag if *tag == tag_data_type() => return Ok(ColumnKind::Tag),
        DataType::Float64 => FieldType::Float,
        DataType::Int64 => FieldType::Integer,
        DataType::UInt64 => FieldType::Unsigned,
        DataType::Boolean => FieldType::Boolean,
        DataType::Utf8 => FieldType::String,
        other => return Err(Misfit::Type(field.name().clone(), other.clone())),
    };
    Ok(ColumnKind::Field(field_type))
}

/// What the table does not have yet: new tags with the fewest values first, as for lines.
fn growth(columns: &[(&Field, &ArrayRef, ColumnKind)], known: &TableSchema) -> Result<TableSchema, Misfit> {
    let mut growth = TableSchema::new();
    let mut tags: Vec<(usize, &str)> = Vec::new();
    for (field, column, kind) in columns {
        if known.kind(field.name()) == Some(*kind) {
            continue;
        }
        match kind {
            ColumnKind::Field(field_type) => drop(growth.add_field(field.name(), *field_type)?),
            ColumnKind::Tag => {
                let values = column.as_dictionary_opt::<Int32Type>().map_or(0, |tags| tags.values().len());
                tags.push((values, field.name()));
            }
            ColumnKind::Time => {}
        }
    }
    tags.sort_unstable();
    for (_, tag) in tags {
        growth.add_tag(tag)?;
    }
    Ok(growth)
}

/// The columns under the names and types that entries of the log have.
fn conform(columns: &[(&Field, &ArrayRef, ColumnKind)]) -> Result<RecordBatch, Misfit> {
    let fields = columns
        .iter()
        .map(|(field, column, kind)| Field::new(field.name(), column.data_type().clone(), *kind != ColumnKind::Time));
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let arrays = columns.iter().map(|(_, column, _)| Arc::clone(column)).collect();
    RecordBatch::try_new(schema, arrays).map_err(|_| Misfit::NoTime)
}

#[cfg(test)]
mod tests;
