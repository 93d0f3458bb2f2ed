//! Which type of a foreign file becomes what.

use arrow_schema::{DataType, TimeUnit};
use tidewell_types::FieldType;

/// What a column of this type is as a field, or why it cannot be one.
pub(crate) fn field_type(data_type: &DataType) -> Result<FieldType, &'static str> {
    Ok(match data_type {
        DataType::Boolean => FieldType::Boolean,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => FieldType::Integer,
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 | DataType::UInt64 => FieldType::Unsigned,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => FieldType::Float,
        DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => FieldType::Integer,
        DataType::Time32(_) | DataType::Time64(_) | DataType::Duration(_) => FieldType::Integer,
        decimal if decimal_scale(decimal).is_some() => match decimal_scale(decimal) {
            Some(scale) if scale <= 0 => FieldType::Integer,
            _ => FieldType::Float,
        },
        text if is_text(text) => FieldType::String,
        DataType::FixedSizeBinary(_) => FieldType::String,
        DataType::Dictionary(_, values) => return field_type(values),
        DataType::Interval(_) => return Err("months and days have no fixed length, so an interval is no number"),
        DataType::Null => return Err("it has no type, as all its values are NULL: leave it out"),
        nested if is_nested(nested) => return Err("it is nested: flatten it, or leave it out"),
        _ => return Err("Tidewell has no place for this type: leave it out"),
    })
}

/// Why a column of this type cannot be the rows' time; `Ok` where it can.
pub(crate) fn check_time(data_type: &DataType) -> Result<(), &'static str> {
    match data_type {
        DataType::Dictionary(_, values) => check_time(values),
        DataType::Timestamp(_, _) | DataType::Date32 | DataType::Date64 => Ok(()),
        text if text.is_integer() || is_text(text) => Ok(()),
        _ => Err("a time is a timestamp, a date, an integer with a unit, or text"),
    }
}

/// Why a column of this type cannot be a tag; `Ok` where it can.
pub(crate) fn check_tag(data_type: &DataType) -> Result<(), &'static str> {
    match data_type {
        DataType::Dictionary(_, values) => check_tag(values),
        DataType::Boolean | DataType::FixedSizeBinary(_) => Ok(()),
        text if text.is_integer() || is_text(text) => Ok(()),
        _ => Err("a tag is text, an integer or a boolean: take it as a field"),
    }
}

/// Text, or bytes that must be text.
pub(crate) fn is_text(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::Utf8
            | DataType::LargeUtf8
            | DataType::Utf8View
            | DataType::Binary
            | DataType::LargeBinary
            | DataType::BinaryView
    )
}

pub(crate) fn is_nested(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Struct(_)) || is_repeated(data_type)
}

/// Lists of every kind, and maps.
pub(crate) fn is_repeated(data_type: &DataType) -> bool {
    matches!(
        data_type,
        DataType::List(_)
            | DataType::LargeList(_)
            | DataType::ListView(_)
            | DataType::LargeListView(_)
            | DataType::FixedSizeList(_, _)
            | DataType::Map(_, _)
    )
}

pub(crate) fn decimal_scale(data_type: &DataType) -> Option<i8> {
    match data_type {
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale)
        | DataType::Decimal256(_, scale) => Some(*scale),
        _ => None,
    }
}

/// Whether every type within can be written as JSON.
pub(crate) fn check_json(data_type: &DataType) -> Result<(), &'static str> {
    match data_type {
        DataType::List(member)
        | DataType::LargeList(member)
        | DataType::ListView(member)
        | DataType::LargeListView(member)
        | DataType::FixedSizeList(member, _)
        | DataType::Map(member, _) => check_json(member.data_type()),
        DataType::Struct(members) => members.iter().try_for_each(|member| check_json(member.data_type())),
        other => field_type(other).map(|_| ()),
    }
}

/// The type as users know it: `timestamp(ms, UTC)`, `list`, `decimal(9, 2)`.
pub(crate) fn type_name(data_type: &DataType) -> String {
    let unit = |unit: &TimeUnit| match unit {
        TimeUnit::Second => "s",
        TimeUnit::Millisecond => "ms",
        TimeUnit::Microsecond => "us",
        TimeUnit::Nanosecond => "ns",
    };
    match data_type {
        DataType::Timestamp(of, Some(zone)) => format!("timestamp({}, {zone})", unit(of)),
        DataType::Timestamp(of, None) => format!("timestamp({})", unit(of)),
        DataType::Time32(of) | DataType::Time64(of) => format!("time({})", unit(of)),
        DataType::Duration(of) => format!("duration({})", unit(of)),
        DataType::Decimal32(digits, scale)
        | DataType::Decimal64(digits, scale)
        | DataType::Decimal128(digits, scale)
        | DataType::Decimal256(digits, scale) => format!("decimal({digits}, {scale})"),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => "string".to_owned(),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => "binary".to_owned(),
        DataType::FixedSizeBinary(bytes) => format!("binary({bytes})"),
        DataType::Dictionary(_, values) => format!("dictionary of {}", type_name(values)),
        DataType::Struct(_) => "structure".to_owned(),
        DataType::Map(_, _) => "map".to_owned(),
        DataType::Interval(_) => "interval".to_owned(),
        list if is_repeated(list) => "list".to_owned(),
        other => other.to_string().to_lowercase(),
    }
}
