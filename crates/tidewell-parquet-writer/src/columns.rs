//! The columns of a file, and JSON values on their way into them.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder, StringDictionaryBuilder,
    TimestampNanosecondBuilder, UInt64Builder,
};
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use serde_json::Value;
use tidewell_csv::{Timezone, parse_instant};
use tidewell_types::{FieldType, tag_data_type, time_data_type};

use crate::records::Record;

/// The most characters of a value that an error shows.
const SHOWN_CHARS_MAX: usize = 64;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// Text with few values.
    Tag,
    /// Any value, as its JSON text.
    Json,
    Integer,
    Unsigned,
    Float,
    Boolean,
    /// An instant in nanoseconds, UTC.
    Time,
    /// The UTC day of an instant.
    Date,
}

impl Kind {
    /// The words that [`Self::of_name`] knows, one for each kind.
    pub(crate) const NAMES: [&'static str; 9] =
        ["string", "tag", "json", "integer", "unsigned", "float", "boolean", "timestamp", "date"];

    pub(crate) fn of_name(name: &str) -> Option<Self> {
        Some(match name {
            "string" | "text" => Self::Text,
            "tag" => Self::Tag,
            "json" | "object" | "array" => Self::Json,
            "integer" | "int" | "long" | "bigint" => Self::Integer,
            "unsigned" => Self::Unsigned,
            "float" | "number" | "double" => Self::Float,
            "boolean" | "bool" => Self::Boolean,
            "timestamp" | "datetime" | "time" => Self::Time,
            "date" => Self::Date,
            _ => return None,
        })
    }

    fn data_type(self) -> DataType {
        match self {
            Self::Text | Self::Json => DataType::Utf8,
            Self::Tag => tag_data_type(),
            Self::Integer => FieldType::Integer.data_type(),
            Self::Unsigned => FieldType::Unsigned.data_type(),
            Self::Float => FieldType::Float.data_type(),
            Self::Boolean => FieldType::Boolean.data_type(),
            Self::Time => time_data_type(),
            Self::Date => DataType::Date32,
        }
    }
}

/// A column of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ColumnSpec {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    /// Whether every row has a value.
    pub(crate) required: bool,
}

/// The Arrow schema of some columns.
pub(crate) fn schema_of(specs: &[ColumnSpec]) -> SchemaRef {
    let field = |spec: &ColumnSpec| Field::new(&spec.name, spec.kind.data_type(), !spec.required);
    Arc::new(Schema::new(specs.iter().map(field).collect::<Vec<_>>()))
}

/// The columns that some records have, in the order in which they first appear; a kind that `kinds` names is that one.
/// Whole numbers and fractions make floats, anything else that is mixed makes text.
pub(crate) fn infer(records: &[Record], kinds: &BTreeMap<String, Kind>) -> Result<Vec<ColumnSpec>, String> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut found: Vec<(&str, Option<Kind>)> = Vec::new();
    for (name, value) in records.iter().flat_map(|record| &record.0) {
        let place = *places.entry(name).or_insert_with(|| {
            found.push((name, None));
            found.len() - 1
        });
        if let (Some((_, kind)), Some(seen)) = (found.get_mut(place), kind_of(value)) {
            *kind = Some(kind.map_or(seen, |kind| widen(kind, seen)));
        }
    }
    if let Some((name, _)) = found.iter().find(|(name, _)| name.contains('\0')) {
        return Err(format!("the name {name:?} holds a NUL: rename the column"));
    }
    let spec = |(name, kind): (&str, Option<Kind>)| ColumnSpec {
        name: name.to_owned(),
        kind: kinds.get(name).copied().or(kind).unwrap_or(Kind::Text),
        required: false,
    };
    Ok(found.into_iter().map(spec).collect())
}

fn kind_of(value: &Value) -> Option<Kind> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(Kind::Boolean),
        Value::Number(number) if number.is_i64() => Some(Kind::Integer),
        Value::Number(number) if number.is_u64() => Some(Kind::Unsigned),
        Value::Number(_) => Some(Kind::Float),
        Value::String(_) => Some(Kind::Text),
        Value::Array(_) | Value::Object(_) => Some(Kind::Json),
    }
}

fn widen(here: Kind, there: Kind) -> Kind {
    let is_number = |kind| matches!(kind, Kind::Integer | Kind::Unsigned | Kind::Float);
    match (here, there) {
        _ if here == there => here,
        (Kind::Integer, Kind::Unsigned) | (Kind::Unsigned, Kind::Integer) => Kind::Unsigned,
        _ if is_number(here) && is_number(there) => Kind::Float,
        _ => Kind::Text,
    }
}

/// Makes the rows of some records. A member that no column has is left out, or an error where `is_strict`.
pub(crate) fn batch_of(
    specs: &[ColumnSpec],
    schema: &SchemaRef,
    records: &[Record],
    is_strict: bool,
) -> Result<RecordBatch, String> {
    let places: HashMap<&str, usize> =
        specs.iter().enumerate().map(|(place, spec)| (spec.name.as_str(), place)).collect();
    let mut cells: Vec<Vec<Option<&Value>>> = vec![vec![None; records.len()]; specs.len()];
    for (row, record) in records.iter().enumerate() {
        for (name, value) in &record.0 {
            match places.get(name.as_str()).and_then(|place| cells.get_mut(*place)?.get_mut(row)) {
                Some(cell) => *cell = Some(value).filter(|value| !value.is_null()),
                None if is_strict => {
                    return Err(format!(
                        "record {row}: no record of the first batch has a member {name:?}: give a schema that has it"
                    ));
                }
                None => {}
            }
        }
    }
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(specs.len());
    for (spec, cells) in specs.iter().zip(&cells) {
        if spec.required
            && let Some(row) = cells.iter().position(Option::is_none)
        {
            return Err(format!("record {row}: column {:?} is required and has no value", spec.name));
        }
        arrays.push(array_of(spec, cells)?);
    }
    RecordBatch::try_new(Arc::clone(schema), arrays).map_err(|error| error.to_string())
}

fn array_of(spec: &ColumnSpec, cells: &[Option<&Value>]) -> Result<ArrayRef, String> {
    macro_rules! build {
        ($builder:expr, $read:expr) => {{
            let mut builder = $builder;
            for (row, cell) in cells.iter().enumerate() {
                builder.append_option(value_of(spec, row, *cell, $read)?);
            }
            Ok(Arc::new(builder.finish()))
        }};
    }
    match spec.kind {
        Kind::Text => build!(StringBuilder::new(), |value| Ok(Some(text_of(value)))),
        Kind::Json => build!(StringBuilder::new(), |value| Ok(Some(value.to_string()))),
        Kind::Tag => build!(StringDictionaryBuilder::<Int32Type>::new(), |value| Ok(Some(text_of(value)))),
        Kind::Integer => build!(Int64Builder::new(), integer_of),
        Kind::Unsigned => build!(UInt64Builder::new(), unsigned_of),
        Kind::Float => build!(Float64Builder::new(), float_of),
        Kind::Boolean => build!(BooleanBuilder::new(), boolean_of),
        Kind::Time => build!(TimestampNanosecondBuilder::new(), time_of),
        Kind::Date => build!(Date32Builder::new(), |value| match time_of(value)? {
            Some(ns) => i32::try_from(tidewell_types::TimestampNs::from_ns(ns).day()).map(Some).map_err(no("date")),
            None => Ok(None),
        }),
    }
}

fn value_of<T>(
    spec: &ColumnSpec,
    row: usize,
    cell: Option<&Value>,
    read: impl Fn(&Value) -> Result<Option<T>, String>,
) -> Result<Option<T>, String> {
    let Some(value) = cell else { return Ok(None) };
    let read = read(value).map_err(|wrong| {
        let mut shown = value.to_string();
        if let Some((end, _)) = shown.char_indices().nth(SHOWN_CHARS_MAX) {
            shown.truncate(end);
            shown.push('…');
        }
        format!("record {row}, column {:?}: {shown} {wrong}", spec.name)
    })?;
    match read {
        None if spec.required => Err(format!("record {row}: column {:?} is required and has no value", spec.name)),
        read => Ok(read),
    }
}

fn no<E: Display>(what: &'static str) -> impl Fn(E) -> String {
    move |_| format!("is no {what}")
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A text's number, or nothing where the text is empty.
fn parsed<T: std::str::FromStr<Err: Display>>(text: &str, what: &'static str) -> Result<Option<T>, String> {
    let text = text.trim();
    if text.is_empty() { Ok(None) } else { text.parse().map(Some).map_err(no(what)) }
}

/// A number without a fraction, as far as a float is exact.
fn whole_of(number: &serde_json::Number) -> Option<i64> {
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() <= 9_007_199_254_740_992.0).then_some(float as i64)
}

fn integer_of(value: &Value) -> Result<Option<i64>, String> {
    match value {
        Value::Number(number) => {
            number.as_i64().or_else(|| whole_of(number)).map(Some).ok_or_else(|| "is no integer".to_owned())
        }
        Value::String(text) => parsed(text, "integer"),
        _ => Err("is no integer".to_owned()),
    }
}

fn unsigned_of(value: &Value) -> Result<Option<u64>, String> {
    let wrong = || "is no unsigned integer".to_owned();
    match value {
        Value::Number(number) => {
            let whole = || whole_of(number).and_then(|whole| u64::try_from(whole).ok());
            number.as_u64().or_else(whole).map(Some).ok_or_else(wrong)
        }
        Value::String(text) => parsed(text, "unsigned integer"),
        _ => Err(wrong()),
    }
}

fn float_of(value: &Value) -> Result<Option<f64>, String> {
    match value {
        Value::Number(number) => Ok(number.as_f64()),
        Value::String(text) => parsed(text, "number"),
        _ => Err("is no number".to_owned()),
    }
}

fn boolean_of(value: &Value) -> Result<Option<bool>, String> {
    match value {
        Value::Bool(value) => Ok(Some(*value)),
        Value::String(text) => parsed(&text.to_ascii_lowercase(), "boolean"),
        _ => Err("is no boolean".to_owned()),
    }
}

/// A text in any spelling of an instant, UTC where it names no zone; a number since 1970 whose size tells the unit.
fn time_of(value: &Value) -> Result<Option<i64>, String> {
    let text = match value {
        Value::String(text) if text.trim().is_empty() => return Ok(None),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err("is no time".to_owned()),
    };
    parse_instant(&text, Timezone::UTC).map(|instant| Some(instant.as_ns())).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;
