//! Tests of reading foreign files, from bytes to rows.
#![allow(clippy::unwrap_used)]

mod claims;
mod hostile;
mod plans;
mod types;

use std::io::Cursor;
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch, TimestampNanosecondArray};
use arrow_schema::{Field, Schema};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;

use super::{Footer, ForeignError, ForeignOptions, Plan, RowLimits, Rows};

/// A file of one row group, or more where `properties` says so.
fn file_with(columns: Vec<(&str, ArrayRef)>, properties: WriterProperties) -> Bytes {
    let fields: Vec<Field> =
        columns.iter().map(|(name, column)| Field::new(*name, column.data_type().clone(), true)).collect();
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let rows = RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, rows.schema(), Some(properties)).unwrap();
    writer.write(&rows).unwrap();
    writer.close().unwrap();
    bytes.into()
}

fn properties(codec: Compression) -> WriterProperties {
    WriterProperties::builder().set_compression(codec).build()
}

/// A file with the column `timestamp` (1, 2, 3, ... ns) beside `column`, which is called `v`.
fn file_of(column: ArrayRef) -> Bytes {
    let times = TimestampNanosecondArray::from_iter_values(1..=column.len() as i64);
    file_with(vec![("timestamp", Arc::new(times)), ("v", column)], properties(Compression::SNAPPY))
}

fn plan(file: &Bytes, options: &ForeignOptions) -> Result<(Footer, Plan), ForeignError> {
    let footer = Footer::parse(file, file.len() as u64)?;
    let plan = Plan::new(&footer, options)?;
    Ok((footer, plan))
}

/// All rows, or the first error; asserts that errors end the reading.
fn read(file: &Bytes, options: &ForeignOptions, limits: RowLimits) -> Result<Vec<RecordBatch>, ForeignError> {
    let (footer, plan) = plan(file, options)?;
    let mut rows = Rows::new(&footer, &plan, limits)?;
    let mut batches = Vec::new();
    let mut source = Cursor::new(file);
    loop {
        match rows.next_from(&mut source).unwrap() {
            Ok(Some(batch)) => batches.push(batch),
            Ok(None) => return Ok(batches),
            Err(error) => {
                assert!(rows.step().is_err(), "rows after {error}");
                return Err(error);
            }
        }
    }
}

/// The only batch of a small file.
fn rows(file: &Bytes, options: &ForeignOptions) -> Result<RecordBatch, ForeignError> {
    let batches = read(file, options, RowLimits::default())?;
    assert_eq!(batches.len(), 1);
    Ok(batches.into_iter().next().unwrap())
}
