//! Rows as an aligned table, as people know it from SQL shells.

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use crate::Format;
use crate::cell::Column;
use crate::encoder::{EncodeError, EncodeRows};
use crate::json::columns;

/// The rows that a table shows unless it is told otherwise; the others are counted in its last line.
pub const PRETTY_ROWS_MAX: usize = 1_000;
/// The characters of a value that a table shows.
pub const PRETTY_CELL_CHARS_MAX: usize = 512;
/// The characters of a whole table, padding included; rows beyond are counted only.
const TABLE_CHARS_MAX: usize = 16 << 20;

/// Gathers the rows to be shown, since a column is as wide as its widest value.
pub(crate) struct PrettyTable {
    header: Vec<String>,
    /// The width of each column so far.
    widths: Vec<usize>,
    rows: Vec<Vec<String>>,
    rows_max: usize,
    rows_seen: usize,
}

impl PrettyTable {
    pub(crate) fn new(schema: &Schema, rows_max: usize) -> Self {
        let header: Vec<String> = schema.fields().iter().map(|field| shown(field.name().as_bytes())).collect();
        let widths = header.iter().map(|name| name.chars().count()).collect();
        Self { header, widths, rows: Vec::new(), rows_max, rows_seen: 0 }
    }

    /// Keeps a row, or from now on none where the table would grow too large.
    fn keep(&mut self, row: Vec<String>) {
        let widths = self.widths.iter().zip(&row).map(|(width, cell)| cell.chars().count().max(*width));
        let widths: Vec<usize> = widths.collect();
        let row_chars: usize = widths.iter().map(|width| width + 3).sum();
        if (self.rows.len() + 1).saturating_mul(row_chars) > TABLE_CHARS_MAX {
            self.rows_max = self.rows.len();
            return;
        }
        self.widths = widths;
        self.rows.push(row);
    }
}

impl EncodeRows for PrettyTable {
    fn push_batch(&mut self, batch: &RecordBatch, _out: &mut Vec<u8>) -> Result<(), EncodeError> {
        self.rows_seen += batch.num_rows();
        let rows_wanted = batch.num_rows().min(self.rows_max.saturating_sub(self.rows.len()));
        let columns = columns(&batch.slice(0, rows_wanted), Format::Pretty)?;
        let mut text = Vec::new();
        for row in 0..rows_wanted {
            if self.rows.len() >= self.rows_max {
                break;
            }
            let cell = |column: &Column| {
                text.clear();
                column.push_text(row, &mut text);
                shown(&text)
            };
            let cells = columns.iter().map(cell).collect();
            self.keep(cells);
        }
        Ok(())
    }

    fn push_end(self: Box<Self>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        push_rule(&self.widths, out);
        push_line(&self.header, &self.widths, out);
        push_rule(&self.widths, out);
        for row in &self.rows {
            push_line(row, &self.widths, out);
        }
        if !self.rows.is_empty() {
            push_rule(&self.widths, out);
        }
        if self.rows_seen > self.rows.len() {
            let footer = format!("first {} of {} rows; csv and json give all\n", self.rows.len(), self.rows_seen);
            out.extend_from_slice(footer.as_bytes());
        }
        Ok(())
    }
}

/// A value on one line: control characters escaped, so that data never drives a terminal, and long text cut.
fn shown(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let mut shown = String::with_capacity(text.len().min(PRETTY_CELL_CHARS_MAX));
    for (at, character) in text.chars().enumerate() {
        if at == PRETTY_CELL_CHARS_MAX {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn push_rule(widths: &[usize], out: &mut Vec<u8>) {
    out.push(b'+');
    for width in widths {
        out.extend(std::iter::repeat_n(b'-', width + 2));
        out.push(b'+');
    }
    out.push(b'\n');
}

fn push_line(cells: &[String], widths: &[usize], out: &mut Vec<u8>) {
    out.push(b'|');
    for (cell, width) in cells.iter().zip(widths) {
        out.push(b' ');
        out.extend_from_slice(cell.as_bytes());
        out.extend(std::iter::repeat_n(b' ', width.saturating_sub(cell.chars().count()) + 1));
        out.push(b'|');
    }
    out.push(b'\n');
}
