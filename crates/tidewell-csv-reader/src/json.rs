//! Rows as a JSON array of objects.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
    UInt64Array,
};
use arrow_schema::DataType;
use chrono::{DateTime, SecondsFormat};

/// The cells of a column, typed.
enum Cells<'a> {
    Absent,
    Float(&'a Float64Array),
    Integer(&'a Int64Array),
    Unsigned(&'a UInt64Array),
    Boolean(&'a BooleanArray),
    Text(&'a StringArray),
    Tag(&'a [i32], &'a StringArray),
    Time(&'a TimestampNanosecondArray),
}

/// Writes the rows of a batch, each with the columns in the given order; NULL for one that the batch does not have.
///
/// # Errors
/// When the batch has a type that no CSV gives.
pub(crate) fn records_json(batch: &RecordBatch, columns: &[String]) -> Result<Vec<u8>, String> {
    let mut named = Vec::with_capacity(columns.len());
    for (place, name) in columns.iter().enumerate() {
        let comma = if place == 0 { "" } else { "," };
        let array = batch.column_by_name(name);
        let key = serde_json::to_string(name).map_err(|error| error.to_string())?;
        named.push((format!("{comma}{key}:"), array, cells_of(array)?));
    }
    let mut json = Vec::with_capacity(batch.num_rows() * columns.len() * 16 + 2);
    json.push(b'[');
    for row in 0..batch.num_rows() {
        json.extend_from_slice(if row == 0 { b"{" } else { b",{" });
        for (key, array, cells) in &named {
            json.extend_from_slice(key.as_bytes());
            if array.is_none_or(|array| array.is_null(row)) {
                json.extend_from_slice(b"null");
            } else {
                write_cell(&mut json, cells, row).map_err(|error| error.to_string())?;
            }
        }
        json.push(b'}');
    }
    json.push(b']');
    Ok(json)
}

fn cells_of(array: Option<&ArrayRef>) -> Result<Cells<'_>, String> {
    let Some(array) = array else { return Ok(Cells::Absent) };
    Ok(match array.data_type() {
        DataType::Float64 => Cells::Float(array.as_primitive::<Float64Type>()),
        DataType::Int64 => Cells::Integer(array.as_primitive::<Int64Type>()),
        DataType::UInt64 => Cells::Unsigned(array.as_primitive::<UInt64Type>()),
        DataType::Boolean => Cells::Boolean(array.as_boolean()),
        DataType::Utf8 => Cells::Text(array.as_string::<i32>()),
        DataType::Timestamp(_, None) => Cells::Time(array.as_primitive::<TimestampNanosecondType>()),
        DataType::Dictionary(_, _) => {
            let tags = array.as_dictionary::<Int32Type>();
            Cells::Tag(tags.keys().values(), tags.values().as_string::<i32>())
        }
        other => return Err(format!("internal error: a column of {other}: please report it")),
    })
}

fn write_cell(json: &mut Vec<u8>, cells: &Cells<'_>, row: usize) -> std::io::Result<()> {
    match cells {
        Cells::Absent => json.write_all(b"null")?,
        Cells::Float(values) => serde_json::to_writer(json, &values.value(row))?,
        Cells::Integer(values) => serde_json::to_writer(json, &values.value(row))?,
        Cells::Unsigned(values) => serde_json::to_writer(json, &values.value(row))?,
        Cells::Boolean(values) => serde_json::to_writer(json, &values.value(row))?,
        Cells::Text(values) => serde_json::to_writer(json, values.value(row))?,
        Cells::Tag(keys, texts) => {
            let key = keys.get(row).and_then(|key| usize::try_from(*key).ok());
            serde_json::to_writer(json, key.map_or("", |key| texts.value(key)))?;
        }
        Cells::Time(values) => {
            let time = DateTime::from_timestamp_nanos(values.value(row));
            write!(json, "\"{}\"", time.to_rfc3339_opts(SecondsFormat::AutoSi, true))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
