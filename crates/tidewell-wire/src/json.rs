//! Rows as JSON objects: one array of them, or one a line.

use arrow_array::RecordBatch;
use arrow_schema::{ArrowError, Schema};

use crate::cell::{Column, TimeStyle, separate};
use crate::encoder::{EncodeError, EncodeRows};
use crate::{Format, json_text};

/// Writes one row as an object without its NULLs.
struct Objects {
    /// `"name":` for each column, ready to copy.
    keys: Vec<Vec<u8>>,
}

impl Objects {
    fn new(schema: &Schema) -> Self {
        let key = |name: &str| {
            let mut key = Vec::with_capacity(name.len() + 3);
            json_text::push_string(name, &mut key);
            key.push(b':');
            key
        };
        Self { keys: schema.fields().iter().map(|field| key(field.name())).collect() }
    }

    fn push_row(&self, columns: &[Column], row: usize, out: &mut Vec<u8>) {
        let mut is_first = true;
        out.push(b'{');
        for (key, column) in self.keys.iter().zip(columns) {
            if column.is_null(row) {
                continue;
            }
            separate(!is_first, out);
            is_first = false;
            out.extend_from_slice(key);
            column.push_json(row, TimeStyle::Rfc3339, out);
        }
        out.push(b'}');
    }
}

/// The batch's columns, ready to read.
pub(crate) fn columns(batch: &RecordBatch, format: Format) -> Result<Vec<Column>, EncodeError> {
    let columns = batch.columns().iter().map(|array| Column::new(array));
    columns.collect::<Result<_, ArrowError>>().map_err(|source| EncodeError::Value { format, source })
}

/// `[{…},{…}]`; nothing is `[]`.
pub(crate) struct JsonRows {
    objects: Objects,
    has_rows: bool,
}

impl JsonRows {
    pub(crate) fn new(schema: &Schema) -> Self {
        Self { objects: Objects::new(schema), has_rows: false }
    }
}

impl EncodeRows for JsonRows {
    fn push_batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let columns = columns(batch, Format::Json)?;
        for row in 0..batch.num_rows() {
            out.push(if self.has_rows { b',' } else { b'[' });
            self.has_rows = true;
            self.objects.push_row(&columns, row, out);
        }
        Ok(())
    }

    fn push_end(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(if self.has_rows { b"]" } else { b"[]" });
        Ok(())
    }
}

/// `{…}` and a newline for each row.
pub(crate) struct JsonLines {
    objects: Objects,
}

impl JsonLines {
    pub(crate) fn new(schema: &Schema) -> Self {
        Self { objects: Objects::new(schema) }
    }
}

impl EncodeRows for JsonLines {
    fn push_batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let columns = columns(batch, Format::JsonLines)?;
        for row in 0..batch.num_rows() {
            self.objects.push_row(&columns, row, out);
            out.push(b'\n');
        }
        Ok(())
    }

    fn push_end(self: Box<Self>, _out: &mut Vec<u8>) -> Result<(), EncodeError> {
        Ok(())
    }
}
