//! A digest over rows, to tell whether what was written holds what was read.

use std::fmt;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, ArrowPrimitiveType, PrimitiveArray, RecordBatch};
use arrow_schema::{DataType, SchemaRef, TimeUnit};
use tidewell_segment::{SegmentError, conform};
use xxhash_rust::xxh3::Xxh3;

/// XXH3 (128 bits) of each column's values in the order of the rows, whatever batches they come in.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct RowDigest {
    row_count: u64,
    /// For each column its name and the digests of which rows have a value, and of the values.
    columns: Vec<(String, u128, u128)>,
}

impl fmt::Debug for RowDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RowDigest").field("row_count", &self.row_count).finish_non_exhaustive()
    }
}

impl RowDigest {
    /// The digest of batches' rows under `schema`.
    pub(crate) fn of(schema: &SchemaRef, batches: &[RecordBatch]) -> Result<Self, SegmentError> {
        let mut digester = RowDigester::new(schema);
        batches.iter().try_for_each(|batch| digester.add(batch))?;
        Ok(digester.finish())
    }

    /// In what it differs from `other`; `None` where the rows are the same.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        if self.row_count != other.row_count {
            return Some(format!("{} rows instead of {}", other.row_count, self.row_count));
        }
        let differing = self.columns.iter().zip(&other.columns).find(|(own, others)| own != others);
        differing.map(|((column, _, _), _)| format!("column {column:?} has other values"))
    }
}

/// Takes rows for a [`RowDigest`], batch after batch.
pub(crate) struct RowDigester {
    schema: SchemaRef,
    row_count: u64,
    columns: Vec<ColumnDigester>,
}

#[derive(Clone, Default)]
struct ColumnDigester {
    validity: Xxh3,
    values: Xxh3,
}

impl RowDigester {
    /// A digest of no rows yet.
    pub(crate) fn new(schema: &SchemaRef) -> Self {
        let columns = vec![ColumnDigester::default(); schema.fields().len()];
        Self { schema: SchemaRef::clone(schema), row_count: 0, columns }
    }

    /// Adds the rows of a batch; columns that it lacks are NULL.
    pub(crate) fn add(&mut self, batch: &RecordBatch) -> Result<(), SegmentError> {
        let batch = conform(&self.schema, batch)?;
        self.row_count += batch.num_rows() as u64;
        self.columns.iter_mut().zip(batch.columns()).for_each(|(digester, column)| digester.add(column));
        Ok(())
    }

    /// The digest of all rows.
    pub(crate) fn finish(self) -> RowDigest {
        let named = self.schema.fields().iter().zip(self.columns);
        let column = |(field, digester): (&std::sync::Arc<arrow_schema::Field>, ColumnDigester)| {
            (field.name().clone(), digester.validity.digest128(), digester.values.digest128())
        };
        RowDigest { row_count: self.row_count, columns: named.map(column).collect() }
    }
}

impl ColumnDigester {
    fn add(&mut self, column: &ArrayRef) {
        let has_value: Vec<u8> = (0..column.len()).map(|row| u8::from(column.is_valid(row))).collect();
        self.validity.update(&has_value);
        match column.data_type() {
            DataType::Timestamp(TimeUnit::Nanosecond, None) => {
                self.numbers(column.as_primitive::<TimestampNanosecondType>(), i64::to_le_bytes);
            }
            DataType::Int64 => self.numbers(column.as_primitive::<Int64Type>(), i64::to_le_bytes),
            DataType::UInt64 => self.numbers(column.as_primitive::<UInt64Type>(), u64::to_le_bytes),
            // By their bits: a NaN stays the NaN that it was.
            DataType::Float64 => self.numbers(column.as_primitive::<Float64Type>(), f64::to_le_bytes),
            DataType::Boolean => column.as_boolean().iter().flatten().for_each(|value| self.text(&[u8::from(value)])),
            DataType::Utf8 => column.as_string::<i32>().iter().flatten().for_each(|text| self.text(text.as_bytes())),
            _ => self.tags(column),
        }
    }

    fn numbers<T: ArrowPrimitiveType>(&mut self, column: &PrimitiveArray<T>, bytes: fn(T::Native) -> [u8; 8]) {
        let values: Vec<u8> = column.iter().flatten().flat_map(bytes).collect();
        self.values.update(&values);
    }

    fn text(&mut self, text: &[u8]) {
        self.values.update(&(text.len() as u64).to_le_bytes());
        self.values.update(text);
    }

    fn tags(&mut self, column: &ArrayRef) {
        let tags = column.as_dictionary_opt::<Int32Type>();
        let tags = tags.and_then(|tags| tags.downcast_dict::<arrow_array::StringArray>());
        tags.into_iter().flatten().flatten().for_each(|text| self.text(text.as_bytes()));
    }
}

#[cfg(test)]
mod tests;
