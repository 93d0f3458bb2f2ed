//! Rows as CSV: a header line, RFC 4180 quoting, `\n` at the end of each record.

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use crate::Format;
use crate::cell::separate;
use crate::encoder::{EncodeError, EncodeRows};
use crate::json::columns;

/// Header and records; NULL is an empty field and the empty string is `""`, so the two stay apart.
pub(crate) struct CsvRows {
    /// The header line until it is written.
    header: Vec<u8>,
    field: Vec<u8>,
}

impl CsvRows {
    pub(crate) fn new(schema: &Schema) -> Self {
        let mut header = Vec::new();
        for (at, column) in schema.fields().iter().enumerate() {
            separate(at > 0, &mut header);
            push_field(column.name().as_bytes(), &mut header);
        }
        header.push(b'\n');
        Self { header, field: Vec::new() }
    }
}

impl EncodeRows for CsvRows {
    fn push_batch(&mut self, batch: &RecordBatch, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.append(&mut self.header);
        let columns = columns(batch, Format::Csv)?;
        for row in 0..batch.num_rows() {
            for (at, column) in columns.iter().enumerate() {
                separate(at > 0, out);
                if !column.is_null(row) {
                    self.field.clear();
                    column.push_text(row, &mut self.field);
                    push_field(&self.field, out);
                }
            }
            out.push(b'\n');
        }
        Ok(())
    }

    fn push_end(mut self: Box<Self>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.append(&mut self.header);
        Ok(())
    }
}

fn push_field(text: &[u8], out: &mut Vec<u8>) {
    let needs_quotes = text.is_empty() || text.iter().any(|byte| matches!(byte, b',' | b'"' | b'\n' | b'\r'));
    if !needs_quotes {
        out.extend_from_slice(text);
        return;
    }
    out.push(b'"');
    for &byte in text {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}
