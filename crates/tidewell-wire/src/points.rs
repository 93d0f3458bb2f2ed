//! Rows as the JSON query API shows them: an array of arrays, and points with their tags and fields apart.

use arrow_array::RecordBatch;
use arrow_schema::{DataType, Field, Schema};

use crate::cell::{Column, TimeStyle, separate};
use crate::json::columns;
use crate::{EncodeError, Format, json_text};

/// The field metadata that tells clients what a column is to its table, and what it says of a tag.
const COLUMN_TYPE: &str = "iox::column::type";
const COLUMN_TYPE_TAG: &str = "iox::column_type::tag";

/// A reply that outgrew its bound; the whole of it is held in memory, so it must have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the reply is larger than {bytes_max} bytes: add a limit, aggregate, or stream it from /api/v3/query_sql")]
pub struct PointsTooLarge {
    /// The bound, in bytes.
    pub bytes_max: usize,
}

/// The three arrays of a reply, each as JSON text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointsParts {
    /// `["time","host",…]`
    pub columns: String,
    /// `[[1700000000000000000,"a",…],…]`; times are integer nanoseconds.
    pub rows: String,
    /// `[{"time":…,"tags":{…},"fields":{…}},…]`; NULLs are left out, a row without a time has `"time":null`.
    pub results: String,
    /// How many rows there are.
    pub row_count: usize,
}

/// What a column is to a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Time,
    Tag,
    Field,
}

/// Gathers an answer as points.
#[derive(Debug)]
pub struct PointsEncoder {
    names: Vec<String>,
    roles: Vec<Role>,
    rows: Vec<u8>,
    results: Vec<u8>,
    row_count: usize,
    bytes_max: usize,
}

impl PointsEncoder {
    /// For an answer of `schema`. Of the timestamp columns, `time` (or else the first) is the points' time; the columns
    /// that the schema marks as tags and the text columns among `tags` are tags; everything else is a field. The reply holds
    /// at most `bytes_max` bytes.
    #[must_use]
    pub fn new(schema: &Schema, tags: &[String], bytes_max: usize) -> Self {
        let instants =
            || schema.fields().iter().filter(|column| matches!(column.data_type(), DataType::Timestamp(_, _)));
        let time = instants().find(|column| column.name() == "time").or_else(|| instants().next());
        let role = |column: &Field| match column {
            _ if time.is_some_and(|time| time.name() == column.name()) => Role::Time,
            _ if is_tag(column, tags) => Role::Tag,
            _ => Role::Field,
        };
        Self {
            names: schema.fields().iter().map(|column| column.name().clone()).collect(),
            roles: schema.fields().iter().map(|column| role(column)).collect(),
            rows: vec![b'['],
            results: vec![b'['],
            row_count: 0,
            bytes_max,
        }
    }

    /// Takes the rows of `batch`; `Ok(Err(_))` once the reply is larger than its bound.
    ///
    /// # Errors
    /// [`EncodeError::Value`] when a column's type has no text; answer 400.
    pub fn push(&mut self, batch: &RecordBatch) -> Result<Result<(), PointsTooLarge>, EncodeError> {
        let columns = columns(batch, Format::Json)?;
        for row in 0..batch.num_rows() {
            separate(self.row_count > 0, &mut self.rows);
            separate(self.row_count > 0, &mut self.results);
            self.push_row(&columns, row);
            self.push_point(&columns, row);
            self.row_count += 1;
            if self.rows.len() + self.results.len() > self.bytes_max {
                return Ok(Err(PointsTooLarge { bytes_max: self.bytes_max }));
            }
        }
        Ok(Ok(()))
    }

    fn push_row(&mut self, columns: &[Column], row: usize) {
        self.rows.push(b'[');
        for (at, column) in columns.iter().enumerate() {
            separate(at > 0, &mut self.rows);
            column.push_json(row, TimeStyle::Nanoseconds, &mut self.rows);
        }
        self.rows.push(b']');
    }

    fn push_point(&mut self, columns: &[Column], row: usize) {
        self.results.extend_from_slice(b"{\"time\":");
        match columns.iter().zip(&self.roles).find(|(_, role)| **role == Role::Time) {
            Some((column, _)) => column.push_json(row, TimeStyle::Nanoseconds, &mut self.results),
            None => self.results.extend_from_slice(b"null"),
        }
        self.results.extend_from_slice(b",\"tags\":");
        self.push_columns(columns, row, Role::Tag);
        self.results.extend_from_slice(b",\"fields\":");
        self.push_columns(columns, row, Role::Field);
        self.results.push(b'}');
    }

    fn push_columns(&mut self, columns: &[Column], row: usize, wanted: Role) {
        let mut is_first = true;
        self.results.push(b'{');
        for ((name, role), column) in self.names.iter().zip(&self.roles).zip(columns) {
            if *role != wanted || column.is_null(row) {
                continue;
            }
            separate(!is_first, &mut self.results);
            is_first = false;
            json_text::push_string(name, &mut self.results);
            self.results.push(b':');
            column.push_json(row, TimeStyle::Nanoseconds, &mut self.results);
        }
        self.results.push(b'}');
    }

    /// The arrays of the reply.
    #[must_use]
    pub fn finish(self) -> PointsParts {
        let names: Vec<String> = self.names.iter().map(|name| json_text::json_string(name)).collect();
        let array = |mut items: Vec<u8>| {
            items.push(b']');
            String::from_utf8(items).unwrap_or_default()
        };
        PointsParts {
            columns: format!("[{}]", names.join(",")),
            rows: array(self.rows),
            results: array(self.results),
            row_count: self.row_count,
        }
    }
}

fn is_tag(column: &Field, tags: &[String]) -> bool {
    let is_marked = column.metadata().get(COLUMN_TYPE).is_some_and(|kind| kind == COLUMN_TYPE_TAG);
    match column.data_type() {
        DataType::Dictionary(_, _) => true,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => is_marked || tags.contains(column.name()),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
