//! What is read from a file, and as what.

use std::ops::Range;

use arrow_array::RecordBatch;
use tidewell_types::{ColumnKind, FieldType, SchemaError, TableSchema};

use crate::error::CsvError;
use crate::fit::fit_batch;
use crate::missing::Missing;
use crate::scan::Dialect;
use crate::time_column::TimeReading;
use crate::time_format::TimeFormat;
use crate::timezone::{LocalTimes, Timezone};

/// What a column of the file becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColumnRole {
    /// The time, or a part of it.
    Time,
    /// A tag.
    Tag,
    /// A field of a type, or of one that its first value decides, where the sample has none.
    Field(Option<FieldType>),
    /// Nothing.
    Skipped,
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanColumn {
    /// Its name.
    pub name: String,
    /// What it becomes.
    pub role: ColumnRole,
    /// Whether whole numbers may turn out to be floats: the type was inferred from a part of the file.
    pub may_widen: bool,
}

/// The limits that a reader keeps to; see [`CsvOptions`](crate::CsvOptions).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) record_bytes_max: usize,
    pub(crate) rejected_listed_max: usize,
    pub(crate) batch_rows_max: usize,
    pub(crate) batch_bytes_max: usize,
}

/// How a file is read: found by [`infer`](crate::infer), taken by [`CsvReader`](crate::CsvReader).
#[derive(Clone, Debug)]
pub struct CsvPlan {
    pub(crate) dialect: Dialect,
    /// The first row's byte in the file, and its line.
    pub(crate) data: (usize, u64),
    pub(crate) columns: Vec<PlanColumn>,
    /// The tags' places, in the table's order.
    pub(crate) tags: Vec<usize>,
    pub(crate) decimal_mark: u8,
    pub(crate) missing: Missing,
    /// The columns of the time, in the order in which they are read.
    pub(crate) time_columns: Vec<usize>,
    pub(crate) time: TimeReading,
    pub(crate) timezone: Timezone,
    pub(crate) local_times: LocalTimes,
    pub(crate) limits: Limits,
    pub(crate) repeated_keys: u64,
}

impl CsvPlan {
    /// The file's columns, in their order there.
    #[must_use]
    pub fn columns(&self) -> &[PlanColumn] {
        &self.columns
    }

    /// The columns that make the time.
    pub fn time_columns(&self) -> impl Iterator<Item = &str> {
        self.time_columns.iter().filter_map(|place| self.columns.get(*place)).map(|column| column.name.as_str())
    }

    /// How the time is read.
    #[must_use]
    pub fn time_format(&self) -> TimeFormat {
        self.time.format()
    }

    /// The byte between two cells.
    #[must_use]
    pub const fn delimiter(&self) -> u8 {
        self.dialect.delimiter
    }

    /// Where the rows begin in the file: the byte, and the line from 1.
    #[must_use]
    pub const fn rows_from(&self) -> (usize, u64) {
        self.data
    }

    /// How many rejected rows are listed.
    #[must_use]
    pub const fn rejected_listed_max(&self) -> usize {
        self.limits.rejected_listed_max
    }

    /// How many rows of the sample have the tags and time of a row before them: stored, they would be one. Where this
    /// is most of the sample, a column that should be a tag is likely a field.
    #[must_use]
    pub const fn repeated_keys_in_sample(&self) -> u64 {
        self.repeated_keys
    }

    /// The table's columns as far as they are decided.
    ///
    /// # Errors
    /// [`CsvError::Conflict`] when two columns have one name, which a plan of [`infer`](crate::infer) never has.
    pub fn table_schema(&self) -> Result<TableSchema, CsvError> {
        let mut schema = TableSchema::new();
        for tag in self.tags.iter().filter_map(|place| self.columns.get(*place)) {
            schema.add_tag(&tag.name).map_err(conflict)?;
        }
        for column in &self.columns {
            if let ColumnRole::Field(Some(field_type)) = column.role {
                schema.add_field(&column.name, field_type).map_err(conflict)?;
            }
        }
        Ok(schema)
    }

    /// Takes over the types of a table that the rows are to go to: a column of whole numbers becomes the float or
    /// unsigned that it is there, anything becomes the string or tag that it is there, an undecided one becomes what it
    /// is there.
    ///
    /// # Errors
    /// [`CsvError::Conflict`] at the first column that cannot be what the table has; rename it, or give its type.
    pub fn adopt(&mut self, table: &TableSchema) -> Result<(), CsvError> {
        for (place, column) in self.columns.iter_mut().enumerate() {
            let Some(there) = table.kind(&column.name) else { continue };
            let role = match (column.role, there) {
                (ColumnRole::Time | ColumnRole::Skipped, _) | (ColumnRole::Tag, ColumnKind::Tag) => continue,
                (ColumnRole::Field(Some(here)), ColumnKind::Field(there)) if here == there => column.role,
                (ColumnRole::Field(_), ColumnKind::Tag) => {
                    self.tags.push(place);
                    ColumnRole::Tag
                }
                (ColumnRole::Field(here), ColumnKind::Field(there)) if can_become(here, there) => {
                    ColumnRole::Field(Some(there))
                }
                (here, there) => return Err(conflict_of(&column.name, here, there)),
            };
            column.role = role;
            column.may_widen = false;
        }
        Ok(())
    }

    /// Decides every type, so that all batches are alike: a column of whole numbers stays one, so that a fraction beyond
    /// the sample rejects its row, and one without values in the sample becomes string.
    pub fn settle(&mut self) {
        for column in &mut self.columns {
            column.may_widen = false;
            if column.role == ColumnRole::Field(None) && !column.name.is_empty() {
                column.role = ColumnRole::Field(Some(FieldType::String));
            }
        }
    }

    /// Brings together what readers of several parts of one file found out: a column is undecided only where it is in
    /// both, and of whole numbers and floats it is float.
    ///
    /// # Errors
    /// [`CsvError::Conflict`] when a column that the sample left undecided is of different types in both; give its
    /// type.
    pub fn merge(&mut self, other: &Self) -> Result<(), CsvError> {
        for (column, other) in self.columns.iter_mut().zip(&other.columns) {
            let (ColumnRole::Field(here), ColumnRole::Field(there)) = (column.role, other.role) else { continue };
            let merged = match (here, there) {
                (here, there) if here == there => here,
                (decided, None) | (None, decided) => decided,
                (Some(here), Some(there)) if is_numbers(here, there) => Some(FieldType::Float),
                (Some(_), Some(there)) => return Err(conflict_of(&column.name, column.role, ColumnKind::Field(there))),
            };
            column.role = ColumnRole::Field(merged);
        }
        Ok(())
    }

    /// The same rows under the types that the plan has by the end of the file: whole numbers of a column that was
    /// widened become floats, which loses nothing (see [`CsvReader`](crate::CsvReader)). Other batches are given back
    /// as they are.
    ///
    /// # Errors
    /// [`CsvError::Inexact`] when a part of the file that was read apart has whole numbers which a float would change:
    /// give the column's type. [`CsvError::Conflict`] when the batch is not of this file.
    pub fn fit(&self, batch: RecordBatch) -> Result<RecordBatch, CsvError> {
        fit_batch(self, batch)
    }

    pub(crate) fn time_name(&self) -> String {
        self.time_columns().collect::<Vec<_>>().join(" ")
    }

    /// The bytes of one record of a slice.
    pub(crate) fn clip(bytes: &[u8], range: Range<usize>) -> &[u8] {
        bytes.get(range).unwrap_or_default()
    }
}

const fn is_numbers(here: FieldType, there: FieldType) -> bool {
    matches!((here, there), (FieldType::Integer, FieldType::Float) | (FieldType::Float, FieldType::Integer))
}

const fn can_become(here: Option<FieldType>, there: FieldType) -> bool {
    matches!(
        (here, there),
        (None, _)
            | (_, FieldType::String)
            | (Some(FieldType::Integer), FieldType::Float | FieldType::Unsigned)
            | (Some(FieldType::Unsigned), FieldType::Float)
    )
}

fn conflict(error: SchemaError) -> CsvError {
    match error {
        SchemaError::Conflict { column, wanted, existing } => {
            CsvError::Conflict { column, here: wanted.to_string(), there: existing.to_string() }
        }
        SchemaError::Reserved => {
            CsvError::Conflict { column: "time".to_owned(), here: "a field".to_owned(), there: "time".to_owned() }
        }
    }
}

pub(crate) fn conflict_of(column: &str, here: ColumnRole, there: ColumnKind) -> CsvError {
    let here = match here {
        ColumnRole::Time => "time".to_owned(),
        ColumnRole::Tag => "tag".to_owned(),
        ColumnRole::Field(Some(field_type)) => format!("{field_type} field"),
        ColumnRole::Field(None) | ColumnRole::Skipped => "nothing".to_owned(),
    };
    CsvError::Conflict { column: column.to_owned(), here, there: there.to_string() }
}
