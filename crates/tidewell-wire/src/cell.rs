//! One column of a batch, read value by value as JSON or as plain text.

use std::io::Write as _;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Float32Type, Float64Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt64Type,
};
use arrow_array::{
    Array, BooleanArray, Float32Array, Float64Array, Int64Array, LargeStringArray, StringArray, StringViewArray,
    UInt64Array,
};
use arrow_buffer::{NullBuffer, ScalarBuffer};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{ArrowError, DataType, TimeUnit};

use crate::{json_text, time_text};

/// How an instant appears in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeStyle {
    /// A string, RFC 3339.
    Rfc3339,
    /// A number, nanoseconds since the Unix epoch.
    Nanoseconds,
}

/// The values of one column, whatever Arrow type they came in.
#[derive(Debug)]
pub(crate) struct Column {
    nulls: Option<NullBuffer>,
    values: Values,
}

#[derive(Debug)]
enum Values {
    Null,
    Boolean(BooleanArray),
    Integer(Int64Array),
    Unsigned(UInt64Array),
    Float(Float64Array),
    Single(Float32Array),
    Text(StringArray),
    TextLarge(LargeStringArray),
    TextView(StringViewArray),
    Instant {
        ticks: ScalarBuffer<i64>,
        ticks_per_second: i64,
    },
    Day(ScalarBuffer<i32>),
    Dictionary {
        keys: Vec<usize>,
        values: Box<Column>,
    },
    List {
        bounds: Vec<(usize, usize)>,
        items: Box<Column>,
    },
    Struct(Vec<(String, Column)>),
    /// Whatever else Arrow has, as the text that Arrow gives it; a decimal's text is a number in JSON too.
    Rendered {
        texts: Vec<String>,
        is_number: bool,
    },
}

impl Column {
    /// Reads an array.
    ///
    /// # Errors
    /// [`ArrowError`] for a type that Arrow itself has no text for.
    pub(crate) fn new(array: &dyn Array) -> Result<Self, ArrowError> {
        Ok(Self { nulls: array.logical_nulls(), values: Values::new(array)? })
    }

    /// Whether the value at `row` is NULL.
    pub(crate) fn is_null(&self, row: usize) -> bool {
        match &self.values {
            Values::Null => true,
            _ => self.nulls.as_ref().is_some_and(|nulls| nulls.is_null(row)),
        }
    }

    /// Appends the value at `row` as JSON; NULL, NaN and the infinities are `null`.
    pub(crate) fn push_json(&self, row: usize, style: TimeStyle, out: &mut Vec<u8>) {
        if self.is_null(row) {
            out.extend_from_slice(b"null");
            return;
        }
        match &self.values {
            Values::Float(array) => json_text::push_f64(array.value(row), out),
            Values::Single(array) => json_text::push_f32(array.value(row), out),
            Values::Text(array) => json_text::push_string(array.value(row), out),
            Values::TextLarge(array) => json_text::push_string(array.value(row), out),
            Values::TextView(array) => json_text::push_string(array.value(row), out),
            Values::Instant { ticks, ticks_per_second } if style == TimeStyle::Nanoseconds => {
                let _ = write!(out, "{}", i128::from(ticks[row]) * i128::from(1_000_000_000 / ticks_per_second));
            }
            Values::Instant { .. } | Values::Day(_) => quoted(out, |out| self.push_text(row, out)),
            Values::Dictionary { keys, values } => values.push_json(keys[row], style, out),
            Values::List { bounds, items } => {
                let (start, end) = bounds[row];
                out.push(b'[');
                for item in start..end {
                    separate(item > start, out);
                    items.push_json(item, style, out);
                }
                out.push(b']');
            }
            Values::Struct(fields) => {
                out.push(b'{');
                for (at, (name, field)) in fields.iter().enumerate() {
                    separate(at > 0, out);
                    json_text::push_string(name, out);
                    out.push(b':');
                    field.push_json(row, style, out);
                }
                out.push(b'}');
            }
            Values::Rendered { texts, is_number: false } => json_text::push_string(&texts[row], out),
            Values::Null | Values::Boolean(_) | Values::Integer(_) | Values::Unsigned(_) | Values::Rendered { .. } => {
                self.push_text(row, out);
            }
        }
    }

    /// Appends the value at `row` as plain text; NULL is empty, lists and structs are JSON.
    pub(crate) fn push_text(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return;
        }
        // Writing to a Vec cannot fail.
        let _ = match &self.values {
            Values::Null => Ok(()),
            Values::Boolean(array) => write!(out, "{}", array.value(row)),
            Values::Integer(array) => write!(out, "{}", array.value(row)),
            Values::Unsigned(array) => write!(out, "{}", array.value(row)),
            Values::Float(array) => write!(out, "{}", ryu::Buffer::new().format(array.value(row))),
            Values::Single(array) => write!(out, "{}", ryu::Buffer::new().format(array.value(row))),
            Values::Text(array) => out.write_all(array.value(row).as_bytes()),
            Values::TextLarge(array) => out.write_all(array.value(row).as_bytes()),
            Values::TextView(array) => out.write_all(array.value(row).as_bytes()),
            Values::Rendered { texts, .. } => out.write_all(texts[row].as_bytes()),
            Values::Instant { ticks, ticks_per_second } => {
                time_text::push_instant(ticks[row], *ticks_per_second, out);
                Ok(())
            }
            Values::Day(days) => {
                time_text::push_day(i64::from(days[row]), out);
                Ok(())
            }
            Values::Dictionary { keys, values } => {
                values.push_text(keys[row], out);
                Ok(())
            }
            Values::List { .. } | Values::Struct(_) => {
                self.push_json(row, TimeStyle::Rfc3339, out);
                Ok(())
            }
        };
    }
}

impl Values {
    fn new(array: &dyn Array) -> Result<Self, ArrowError> {
        Ok(match array.data_type() {
            DataType::Null => Self::Null,
            DataType::Boolean => Self::Boolean(array.as_boolean().clone()),
            DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => {
                Self::Integer(arrow_cast::cast(array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
            }
            DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => {
                Self::Unsigned(arrow_cast::cast(array, &DataType::UInt64)?.as_primitive::<UInt64Type>().clone())
            }
            DataType::Float16 | DataType::Float32 => {
                Self::Single(arrow_cast::cast(array, &DataType::Float32)?.as_primitive::<Float32Type>().clone())
            }
            DataType::Float64 => Self::Float(array.as_primitive::<Float64Type>().clone()),
            DataType::Utf8 => Self::Text(array.as_string::<i32>().clone()),
            DataType::LargeUtf8 => Self::TextLarge(array.as_string::<i64>().clone()),
            DataType::Utf8View => Self::TextView(array.as_string_view().clone()),
            DataType::Timestamp(unit, _) => instants(array, *unit),
            DataType::Date32 => Self::Day(array.as_primitive::<Date32Type>().values().clone()),
            DataType::Dictionary(_, _) => {
                let dictionary = array.as_any_dictionary();
                // Keys of NULL rows may point anywhere, which normalising an empty dictionary does not survive.
                let keys =
                    if dictionary.values().is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
                Self::Dictionary { keys, values: Box::new(Column::new(dictionary.values())?) }
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                let bounds = bounds(list.offsets().iter().map(|&offset| usize::try_from(offset).unwrap_or(0)));
                Self::List { bounds, items: Box::new(Column::new(list.values())?) }
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                let bounds = bounds(list.offsets().iter().map(|&offset| usize::try_from(offset).unwrap_or(0)));
                Self::List { bounds, items: Box::new(Column::new(list.values())?) }
            }
            DataType::FixedSizeList(_, _) => {
                let list = array.as_fixed_size_list();
                let length = usize::try_from(list.value_length()).unwrap_or(0);
                let bounds = bounds((0..=array.len()).map(|row| row * length));
                Self::List { bounds, items: Box::new(Column::new(list.values())?) }
            }
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns().iter();
                let named =
                    fields.iter().zip(columns).map(|(field, column)| Ok((field.name().clone(), Column::new(column)?)));
                Self::Struct(named.collect::<Result<_, ArrowError>>()?)
            }
            other => rendered(array, other.is_decimal())?,
        })
    }
}

fn instants(array: &dyn Array, unit: TimeUnit) -> Values {
    let (ticks, ticks_per_second) = match unit {
        TimeUnit::Second => (array.as_primitive::<TimestampSecondType>().values(), 1),
        TimeUnit::Millisecond => (array.as_primitive::<TimestampMillisecondType>().values(), 1_000),
        TimeUnit::Microsecond => (array.as_primitive::<TimestampMicrosecondType>().values(), 1_000_000),
        TimeUnit::Nanosecond => (array.as_primitive::<TimestampNanosecondType>().values(), 1_000_000_000),
    };
    Values::Instant { ticks: ticks.clone(), ticks_per_second }
}

fn rendered(array: &dyn Array, is_number: bool) -> Result<Values, ArrowError> {
    let options = FormatOptions::default();
    let formatter = ArrayFormatter::try_new(array, &options)?;
    let texts = (0..array.len()).map(|row| formatter.value(row).try_to_string());
    Ok(Values::Rendered { texts: texts.collect::<Result<_, _>>()?, is_number })
}

fn bounds(offsets: impl Iterator<Item = usize>) -> Vec<(usize, usize)> {
    let mut start = None;
    offsets.filter_map(|end| start.replace(end).map(|start| (start, end))).collect()
}

fn quoted(out: &mut Vec<u8>, content: impl FnOnce(&mut Vec<u8>)) {
    out.push(b'"');
    content(out);
    out.push(b'"');
}

pub(crate) fn separate(is_needed: bool, out: &mut Vec<u8>) {
    if is_needed {
        out.push(b',');
    }
}

#[cfg(test)]
mod tests;
