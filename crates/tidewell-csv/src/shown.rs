//! Rows as texts, for tests.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;

use crate::{CsvError, CsvOptions, CsvReader, Rejections, infer};

/// What a file came to.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) rows: Vec<String>,
    pub(crate) rejections: Rejections,
}

/// Reads a file by the plan of its first bytes, in chunks whose lengths repeat.
pub(crate) fn try_read(
    bytes: &[u8],
    options: &CsvOptions,
    sample_bytes: usize,
    cuts: &[usize],
) -> Result<Read, CsvError> {
    let sample = &bytes[..bytes.len().min(sample_bytes)];
    let mut reader = CsvReader::new(infer(sample, sample.len() == bytes.len(), options)?);
    let mut batches = Vec::new();
    let mut rest = bytes;
    for cut in cuts.iter().cycle() {
        let (chunk, later) = rest.split_at(rest.len().min(*cut));
        batches.extend(reader.push(chunk)?);
        rest = later;
        if rest.is_empty() {
            break;
        }
    }
    let end = reader.finish()?;
    batches.extend(end.batches);
    let rows: Vec<String> = batches.into_iter().flat_map(|batch| rows_of(&end.plan.fit(batch).unwrap())).collect();
    assert_eq!(rows.len() as u64, end.row_count);
    Ok(Read { rows, rejections: end.rejections })
}

pub(crate) fn read(bytes: &[u8], options: &CsvOptions, sample_bytes: usize, cuts: &[usize]) -> Read {
    try_read(bytes, options, sample_bytes, cuts).unwrap()
}

/// Reads a file in one piece, and sees that it does not matter how it is cut.
pub(crate) fn read_with(bytes: &[u8], options: &CsvOptions, sample_bytes: usize) -> Read {
    let found = read(bytes, options, sample_bytes, &[usize::MAX]);
    for cuts in [&[1][..], &[7], &[64, 3]] {
        assert_eq!(read(bytes, options, sample_bytes, cuts), found, "cut at {cuts:?}");
    }
    found
}

/// The values of each row that it has, in order of the columns; times in seconds.
pub(crate) fn rows_of(batch: &RecordBatch) -> Vec<String> {
    let mut rows = vec![String::new(); batch.num_rows()];
    for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
        for (row, text) in rows.iter_mut().enumerate().filter(|(row, _)| !column.is_null(*row)) {
            let space = if text.is_empty() { "" } else { " " };
            text.push_str(&format!("{space}{}={}", field.name(), value(column, row)));
        }
    }
    rows
}

fn value(column: &dyn Array, row: usize) -> String {
    match column.data_type() {
        DataType::Float64 => format!("{:?}", column.as_primitive::<Float64Type>().value(row)),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::UInt64 => column.as_primitive::<UInt64Type>().value(row).to_string(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Utf8 => format!("{:?}", column.as_string::<i32>().value(row)),
        DataType::Timestamp(_, _) => {
            let ns = column.as_primitive::<TimestampNanosecondType>().value(row);
            if ns % 1_000_000_000 == 0 { (ns / 1_000_000_000).to_string() } else { format!("{ns}ns") }
        }
        DataType::Dictionary(_, _) => {
            let column = column.as_dictionary::<Int32Type>();
            format!(
                "'{}'",
                column.values().as_string::<i32>().value(usize::try_from(column.keys().value(row)).unwrap())
            )
        }
        other => panic!("{other} is no column's type"),
    }
}
