//! Batches of one file under the types that the plan has in the end.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema};
use tidewell_types::{ColumnKind, FieldType};

use crate::column::INEXACT_FROM;
use crate::error::CsvError;
use crate::plan::{ColumnRole, CsvPlan, conflict_of};

impl From<ArrowError> for CsvError {
    fn from(error: ArrowError) -> Self {
        Self::Internal(error.to_string())
    }
}

pub(crate) fn fit_batch(plan: &CsvPlan, batch: RecordBatch) -> Result<RecordBatch, CsvError> {
    let mut fields: Vec<Arc<Field>> = Vec::with_capacity(batch.num_columns());
    let mut columns = Vec::with_capacity(batch.num_columns());
    let mut is_same = true;
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        match wanted_type(plan, field.name()) {
            Some(wanted) if wanted.data_type() != *field.data_type() => {
                columns.push(widen(field.name(), column, wanted)?);
                fields.push(Arc::new(Field::new(field.name(), wanted.data_type(), true)));
                is_same = false;
            }
            _ => {
                columns.push(Arc::clone(column));
                fields.push(Arc::clone(field));
            }
        }
    }
    if is_same { Ok(batch) } else { Ok(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?) }
}

fn wanted_type(plan: &CsvPlan, name: &str) -> Option<FieldType> {
    plan.columns.iter().find(|column| column.name == name).and_then(|column| match column.role {
        ColumnRole::Field(field_type) => field_type,
        _ => None,
    })
}

fn widen(name: &str, column: &ArrayRef, wanted: FieldType) -> Result<ArrayRef, CsvError> {
    match (column.data_type(), wanted) {
        (DataType::Int64, FieldType::Float) => {
            let integers = column.as_primitive::<Int64Type>();
            if integers.iter().flatten().any(|value| value.unsigned_abs() >= INEXACT_FROM) {
                return Err(CsvError::Inexact { column: name.to_owned() });
            }
            Ok(Arc::new(integers.unary::<_, Float64Type>(|value| value as f64)))
        }
        _ => Err(conflict_of(name, ColumnRole::Field(None), ColumnKind::Field(wanted))),
    }
}
