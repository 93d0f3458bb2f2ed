//! Lists and maps as JSON text.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use serde_json::{Map, Number, Value};
use tidewell_types::{ColumnKind, FieldType};

use super::ForeignOptions;
use super::cast::{Bad, cast, integers, unsigned};
use super::known_dictionary::KnownDictionary;
use super::mapping::field_type;
use super::text::Texts;

/// Each list as an array, each map as an array of `[key, value]` (its keys need not be text, and may be there twice),
/// each structure as an object. Instants are nanoseconds; floats that JSON cannot write are text (`"NaN"`).
pub(crate) fn json_column(column: &ArrayRef) -> Result<ArrayRef, Bad> {
    let mut texts = StringBuilder::new();
    for row in 0..column.len() {
        let value = json(column, row).map_err(|problem| Bad { row, problem })?;
        texts.append_option(column.is_valid(row).then(|| value.to_string()));
    }
    Ok(Arc::new(texts.finish()))
}

fn json(column: &dyn Array, row: usize) -> Result<Value, String> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    if let Some(list) = column.as_list_opt::<i32>() {
        return elements(&list.value(row));
    }
    if let Some(map) = column.as_map_opt() {
        let entries = map.value(row);
        let pair = |entry| entries.columns().iter().map(|side| json(side, entry)).collect::<Result<Vec<Value>, _>>();
        let pairs: Result<Vec<Value>, String> = (0..entries.len()).map(|entry| pair(entry).map(Value::Array)).collect();
        return pairs.map(Value::Array);
    }
    if let Some(structure) = column.as_struct_opt() {
        let members = structure.column_names().into_iter().zip(structure.columns());
        let members: Result<Map<String, Value>, String> =
            members.map(|(name, member)| Ok((name.to_owned(), json(member, row)?))).collect();
        return members.map(Value::Object);
    }
    scalar(&column.slice(row, 1))
}

fn elements(list: &ArrayRef) -> Result<Value, String> {
    let elements: Result<Vec<Value>, String> = (0..list.len()).map(|element| json(list, element)).collect();
    elements.map(Value::Array)
}

fn scalar(one: &ArrayRef) -> Result<Value, String> {
    let problem = |bad: Bad| bad.problem;
    if let Some(texts) = Texts::of(one) {
        let text = texts.text(0).map_err(problem)?.unwrap_or_default();
        return Ok(Value::String(text.into_owned()));
    }
    Ok(match field_type(one.data_type()) {
        Ok(FieldType::Boolean) => Value::Bool(one.as_boolean_opt().is_some_and(|one| one.value(0))),
        Ok(FieldType::Integer) => Value::Number(integers(one).map_err(problem)?.value(0).into()),
        Ok(FieldType::Unsigned) => Value::Number(unsigned(one).map_err(problem)?.value(0).into()),
        Ok(FieldType::Float) => {
            let kind = ColumnKind::Field(FieldType::Float);
            let float =
                cast(one, kind, &ForeignOptions::default(), &mut KnownDictionary::default()).map_err(problem)?;
            let float = float.as_primitive_opt::<Float64Type>().map(|float| float.value(0)).unwrap_or_default();
            Number::from_f64(float).map_or_else(|| Value::String(float.to_string()), Value::Number)
        }
        _ if *one.data_type() == DataType::Null => Value::Null,
        _ => return Err(format!("{} cannot be written as JSON", one.data_type())),
    })
}
