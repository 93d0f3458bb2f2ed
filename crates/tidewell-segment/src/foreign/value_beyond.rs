//! Looking for a value that lies outside the bounds that a footer claims.

use arrow_array::cast::AsArray;
use arrow_array::types::{ArrowPrimitiveType, Float64Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, PrimitiveArray, StringArray};
use arrow_schema::DataType;

use super::claimed::{ClaimedColumn, StatValue};
use crate::dictionary::{TagArray, tag_array, tag_at, tag_values};

/// The first row whose value is outside; bounds of another type bound nothing.
pub(crate) fn row_beyond(column: &ArrayRef, claimed: &ClaimedColumn) -> Option<usize> {
    let (min, max) = (claimed.min.as_ref(), claimed.max.as_ref());
    match column.data_type() {
        DataType::Int64 => numbers(column.as_primitive_opt::<Int64Type>()?, integer(min), integer(max)),
        DataType::Timestamp(..) => {
            numbers(column.as_primitive_opt::<TimestampNanosecondType>()?, integer(min), integer(max))
        }
        DataType::UInt64 => {
            let bound = |of: Option<&StatValue>| if let Some(StatValue::Unsigned(of)) = of { Some(*of) } else { None };
            numbers(column.as_primitive_opt::<UInt64Type>()?, bound(min), bound(max))
        }
        DataType::Float64 => {
            let bound = |of: Option<&StatValue>| if let Some(StatValue::Float(of)) = of { Some(*of) } else { None };
            numbers(column.as_primitive_opt::<Float64Type>()?, bound(min), bound(max))
        }
        DataType::Boolean => {
            let bound = |of: Option<&StatValue>| if let Some(StatValue::Boolean(of)) = of { Some(*of) } else { None };
            let (min, max) = (bound(min), bound(max));
            let is_beyond = |value: bool| min.is_some_and(|min| !value & min) || max.is_some_and(|max| value & !max);
            column.as_boolean_opt()?.iter().position(|value| value.is_some_and(is_beyond))
        }
        DataType::Utf8 => texts(column.as_string_opt::<i32>()?, text(min), text(max)),
        _ => tags(tag_array(column).ok()?, text(min), text(max)),
    }
}

fn integer(bound: Option<&StatValue>) -> Option<i64> {
    if let Some(StatValue::Integer(bound)) = bound { Some(*bound) } else { None }
}

fn text(bound: Option<&StatValue>) -> Option<&str> {
    if let Some(StatValue::Text(bound)) = bound { Some(bound) } else { None }
}

fn numbers<T: ArrowPrimitiveType>(
    column: &PrimitiveArray<T>,
    min: Option<T::Native>,
    max: Option<T::Native>,
) -> Option<usize>
where
    T::Native: PartialOrd,
{
    // NaN is beyond nothing.
    let is_beyond = |value: T::Native| min.is_some_and(|min| value < min) | max.is_some_and(|max| value > max);
    // Without a way out of the loop it takes several values at once; what is under a NULL is looked at again.
    if !column.values().iter().fold(false, |beyond, value| beyond | is_beyond(*value)) {
        return None;
    }
    column.iter().position(|value| value.is_some_and(is_beyond))
}

fn is_outside(text: &str, min: Option<&str>, max: Option<&str>) -> bool {
    min.is_some_and(|min| text < min) || max.is_some_and(|max| text > max)
}

fn texts(column: &StringArray, min: Option<&str>, max: Option<&str>) -> Option<usize> {
    column.iter().position(|text| text.is_some_and(|text| is_outside(text, min, max)))
}

fn tags(column: &TagArray, min: Option<&str>, max: Option<&str>) -> Option<usize> {
    let values = tag_values(column).ok()?;
    // A dictionary may hold values that no row of the batch has.
    if values.len() <= column.len() && texts(values, min, max).is_none() {
        return None;
    }
    let tag = |row: &usize| tag_at(column, *row).ok().flatten().is_some_and(|text| is_outside(text, min, max));
    (0..column.len()).find(tag)
}

#[cfg(test)]
mod tests;
