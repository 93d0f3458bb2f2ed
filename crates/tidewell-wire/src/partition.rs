//! The rows of an answer by folder: one a span of time, or one a value of a column.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::str::FromStr;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{Array, ArrayRef, RecordBatch, UInt32Array};
use arrow_cast::cast;
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType, Schema, SchemaRef, TimeUnit};
use arrow_select::take::take_record_batch;

/// The column that spans of time go by.
const TIME: &str = "time";
/// The folder of rows without a value, as Hive names it.
const NULL_FOLDER: &str = "__HIVE_DEFAULT_PARTITION__";

/// How rows are divided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PartitionBy {
    /// `year=2024`
    Year,
    /// `month=2024-01`
    Month,
    /// `day=2024-01-31`
    Day,
    /// `hour=2024-01-31T05`
    Hour,
    /// `host=a`, by the values of a column, which the files then lack.
    Column(String),
}

impl FromStr for PartitionBy {
    type Err = std::convert::Infallible;

    /// Reads `year`, `month`, `day`, `hour`; anything else is a column.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "year" => Self::Year,
            "month" => Self::Month,
            "day" => Self::Day,
            "hour" => Self::Hour,
            column => Self::Column(column.to_owned()),
        })
    }
}

impl PartitionBy {
    fn column(&self) -> &str {
        match self {
            Self::Column(name) => name,
            _ => TIME,
        }
    }

    /// The folder's name and how many characters of a time as RFC 3339 name it.
    fn span(&self) -> Option<(&'static str, usize)> {
        match self {
            Self::Year => Some(("year", 4)),
            Self::Month => Some(("month", 7)),
            Self::Day => Some(("day", 10)),
            Self::Hour => Some(("hour", 13)),
            Self::Column(_) => None,
        }
    }
}

/// An answer that cannot be divided.
#[derive(Debug, thiserror::Error)]
pub enum PartitionError {
    /// No such column.
    #[error("the answer has no column {0:?} to divide it by: select it, or name another")]
    NoColumn(String),
    /// Spans of time want a time.
    #[error("column \"time\" is {0}, not a timestamp: select the time as it is, or divide by a column")]
    NoTime(DataType),
    /// Arrow's reason.
    #[error("the answer cannot be divided: {0}")]
    Arrow(#[from] ArrowError),
}

/// Divides batches into folders. Holds nothing between them.
#[derive(Clone, Debug)]
pub struct Partitioner {
    by: PartitionBy,
    index: usize,
    /// The columns that go into the files.
    kept: Vec<usize>,
    schema: SchemaRef,
}

impl Partitioner {
    /// For an answer of `schema`.
    ///
    /// # Errors
    /// [`PartitionError`] when the answer lacks the column, or its time is none.
    pub fn new(by: PartitionBy, schema: &Schema) -> Result<Self, PartitionError> {
        let missing = |_| PartitionError::NoColumn(by.column().to_owned());
        let index = schema.index_of(by.column()).map_err(missing)?;
        let data_type = schema.field(index).data_type();
        if by.span().is_some() && !matches!(data_type, DataType::Timestamp(..)) {
            return Err(PartitionError::NoTime(data_type.clone()));
        }
        let is_kept = |column: &usize| by.span().is_some() || *column != index;
        let kept: Vec<usize> = (0..schema.fields().len()).filter(is_kept).collect();
        let schema = SchemaRef::new(schema.project(&kept)?);
        Ok(Self { by, index, kept, schema })
    }

    /// The columns of the files.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The rows of a batch by folder (`day=2024-01-31`), in the order of the folders' names; within one in the batch's.
    ///
    /// # Errors
    /// [`PartitionError::Arrow`] when a value has no text.
    pub fn split(&self, batch: &RecordBatch) -> Result<Vec<(String, RecordBatch)>, PartitionError> {
        let column = batch.column(self.index);
        let mut rows: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        let mut last: Option<(String, Vec<u32>)> = None;
        let folders = self.folders(column)?;
        for (row, folder) in folders.into_iter().enumerate() {
            let row =
                u32::try_from(row).map_err(|_| ArrowError::ComputeError("a batch has too many rows".to_owned()))?;
            match &mut last {
                Some((name, found)) if *name == folder => found.push(row),
                _ => {
                    if let Some((name, mut found)) = last.replace((folder, vec![row])) {
                        rows.entry(name).or_default().append(&mut found);
                    }
                }
            }
        }
        if let Some((name, mut found)) = last {
            rows.entry(name).or_default().append(&mut found);
        }
        let columns = batch.project(&self.kept)?;
        let part = |(folder, rows): (String, Vec<u32>)| {
            let part = match rows.len() == columns.num_rows() {
                true => columns.clone(),
                false => take_record_batch(&columns, &UInt32Array::from(rows))?,
            };
            Ok((folder, part))
        };
        rows.into_iter().map(part).collect()
    }

    /// The folder of each row.
    fn folders(&self, column: &ArrayRef) -> Result<Vec<String>, PartitionError> {
        match self.by.span() {
            Some((name, chars)) => {
                let times = cast(column, &DataType::Timestamp(TimeUnit::Nanosecond, None))?;
                let times = times.as_primitive::<TimestampNanosecondType>();
                let text = |ns: i64| crate::rfc3339_ns(ns).get(..chars).map(str::to_owned).unwrap_or_default();
                Ok(times.iter().map(|ns| format!("{name}={}", ns.map_or(NULL_FOLDER.to_owned(), text))).collect())
            }
            None => {
                let options = FormatOptions::default();
                let texts = ArrayFormatter::try_new(column, &options)?;
                let folder = |row: usize| {
                    let value = match column.is_null(row) {
                        true => NULL_FOLDER.to_owned(),
                        false => escaped(&texts.value(row).to_string()),
                    };
                    format!("{}={value}", escaped(self.by.column()))
                };
                Ok((0..column.len()).map(folder).collect())
            }
        }
    }
}

/// A value as part of a path, as Hive escapes it: everything but letters, digits and `-_.` in UTF-8 as `%XX`.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (place, byte) in text.bytes().enumerate() {
        let is_plain = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_') || (byte == b'.' && place > 0);
        match is_plain {
            true => out.push(char::from(byte)),
            // Writing to a string does not fail.
            false => drop(write!(out, "%{byte:02X}")),
        }
    }
    out
}

#[cfg(test)]
mod tests;
