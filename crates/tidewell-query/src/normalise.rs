//! Answers in few types: text is Utf8, instants are nanoseconds without a zone (UTC).

use std::collections::HashMap;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use datafusion::arrow::compute::{CastOptions, cast_with_options};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, Schema, SchemaRef, TimeUnit};
use datafusion::error::Result;

/// The schema that an answer has after [`normalise`].
pub(crate) fn normalised_schema(schema: &Schema) -> SchemaRef {
    Arc::new(Schema::new(schema.fields().iter().map(normalised_field).collect::<Fields>()))
}

/// Marks a column that came from a tag, by the key and value that InfluxDB 3 clients look for.
const TAG_MARK: (&str, &str) = ("iox::column::type", "iox::column_type::tag");

fn normalised_field(field: &FieldRef) -> FieldRef {
    let normalised = Field::new(field.name(), normalised_type(field.data_type()), field.is_nullable());
    // Only tags are dictionaries here, and what is computed from one still tells series apart.
    match field.data_type() {
        DataType::Dictionary(_, _) => {
            let (key, value) = TAG_MARK;
            Arc::new(normalised.with_metadata(HashMap::from([(key.to_owned(), value.to_owned())])))
        }
        _ => Arc::new(normalised),
    }
}

fn normalised_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Dictionary(_, values) => normalised_type(values),
        DataType::LargeUtf8 | DataType::Utf8View => DataType::Utf8,
        DataType::Timestamp(_, _) => DataType::Timestamp(TimeUnit::Nanosecond, None),
        DataType::List(item) => DataType::List(normalised_field(item)),
        DataType::LargeList(item) => DataType::LargeList(normalised_field(item)),
        DataType::FixedSizeList(item, len) => DataType::FixedSizeList(normalised_field(item), *len),
        DataType::Struct(fields) => DataType::Struct(fields.iter().map(normalised_field).collect()),
        DataType::Map(entries, is_sorted) => DataType::Map(normalised_field(entries), *is_sorted),
        other => other.clone(),
    }
}

/// A batch under the schema that [`normalised_schema`] gave.
///
/// # Errors
/// An instant beyond the range of nanoseconds: nothing is rounded or dropped in silence.
pub(crate) fn normalise(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let options = CastOptions { safe: false, ..CastOptions::default() };
    let cast = |(column, field): (&ArrayRef, &FieldRef)| {
        if column.data_type() == field.data_type() {
            return Ok(Arc::clone(column));
        }
        cast_with_options(column, field.data_type(), &options)
    };
    let columns: std::result::Result<Vec<ArrayRef>, _> =
        batch.columns().iter().zip(schema.fields()).map(cast).collect();
    let row_count = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(SchemaRef::clone(schema), columns?, &row_count)?)
}

#[cfg(test)]
mod tests;
