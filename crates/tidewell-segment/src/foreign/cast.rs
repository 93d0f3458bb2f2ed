//! Decoded columns to columns of ours, every value checked.

use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type,
    DecimalType, DurationMicrosecondType, DurationMillisecondType, DurationNanosecondType, DurationSecondType,
    Float16Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType,
    Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use tidewell_types::{ColumnKind, FieldType};

use super::ForeignOptions;
use super::instant::{OUT_OF_RANGE, parse_instant};
use super::json::json_column;
use super::known_dictionary::KnownDictionary;
use super::mapping::is_repeated;
use super::tags::tags;
use super::text::Texts;

/// A value that does not fit, and its row within the batch.
#[derive(Debug)]
pub(crate) struct Bad {
    pub(crate) row: usize,
    pub(crate) problem: String,
}

const DAY_NS: i64 = 86_400_000_000_000;
const NO_INTEGER: &str = "does not fit a 64-bit integer";

/// A column as `kind` has it. `dictionary` is that of the batches before it of the same column.
pub(crate) fn cast(
    column: &ArrayRef,
    kind: ColumnKind,
    options: &ForeignOptions,
    dictionary: &mut KnownDictionary,
) -> Result<ArrayRef, Bad> {
    match kind {
        ColumnKind::Time => times(column, options),
        ColumnKind::Tag => tags(column, dictionary),
        ColumnKind::Field(FieldType::Boolean) if column.as_boolean_opt().is_some() => Ok(Arc::clone(column)),
        ColumnKind::Field(FieldType::Integer) => Ok(Arc::new(integers(column)?)),
        ColumnKind::Field(FieldType::Unsigned) => Ok(Arc::new(unsigned(column)?)),
        ColumnKind::Field(FieldType::Float) => floats(column),
        ColumnKind::Field(FieldType::String) if is_repeated(column.data_type()) => json_column(column),
        ColumnKind::Field(FieldType::String) => {
            Texts::of(column).ok_or_else(|| unexpected(column))?.strings(dictionary)
        }
        ColumnKind::Field(FieldType::Boolean) => Err(unexpected(column)),
    }
}

pub(crate) fn unexpected(column: &dyn Array) -> Bad {
    Bad { row: 0, problem: format!("it decoded to {}, which its schema does not say", column.data_type()) }
}

/// Maps every value that is not NULL.
fn map<T: ArrowPrimitiveType, O: ArrowPrimitiveType>(
    column: &dyn Array,
    problem: &str,
    to: impl Fn(T::Native) -> Option<O::Native>,
) -> Result<PrimitiveArray<O>, Bad>
where
    T::Native: Debug,
{
    let column = column.as_primitive_opt::<T>().ok_or_else(|| unexpected(column))?;
    let mut values = Vec::with_capacity(column.len());
    for (row, value) in column.values().iter().enumerate() {
        if column.is_null(row) {
            values.push(O::Native::default());
            continue;
        }
        let bad = || Bad { row, problem: format!("{value:?} {problem}") };
        values.push(to(*value).ok_or_else(bad)?);
    }
    Ok(PrimitiveArray::new(values.into(), column.nulls().cloned()))
}

/// Maps every value to one that can hold it.
fn widened<T: ArrowPrimitiveType, O: ArrowPrimitiveType>(column: &dyn Array) -> Result<PrimitiveArray<O>, Bad>
where
    T::Native: Into<O::Native>,
{
    let column = column.as_primitive_opt::<T>().ok_or_else(|| unexpected(column))?;
    Ok(column.unary(Into::into))
}

/// 64-bit numbers as they are; the memory stays where it is.
fn reread<T, O>(column: &dyn Array) -> Result<PrimitiveArray<O>, Bad>
where
    T: ArrowPrimitiveType,
    O: ArrowPrimitiveType<Native = T::Native>,
{
    let column = column.as_primitive_opt::<T>().ok_or_else(|| unexpected(column))?;
    Ok(column.reinterpret_cast())
}

fn scaled<T: ArrowPrimitiveType>(column: &dyn Array, ns: i64) -> Result<PrimitiveArray<Int64Type>, Bad>
where
    T::Native: Into<i64>,
{
    let numbers = widened::<T, Int64Type>(column)?;
    times_ns(
        &numbers,
        ns,
        match ns {
            1_000 => "us",
            1_000_000 => "ms",
            DAY_NS => "days since 1970",
            _ => "s",
        },
    )
}

/// Numbers of a unit in nanoseconds; one that does not fit is an error.
fn times_ns(numbers: &PrimitiveArray<Int64Type>, ns: i64, unit: &str) -> Result<PrimitiveArray<Int64Type>, Bad> {
    let most = i64::MAX / ns;
    // Without a way out of the loop it takes several values at once.
    let all_fit = numbers.values().iter().fold(true, |fit, value| fit & (-most..=most).contains(value));
    if all_fit {
        return Ok(numbers.unary(|value| value.wrapping_mul(ns)));
    }
    map::<Int64Type, Int64Type>(numbers, &format!("{unit} {OUT_OF_RANGE}"), |value| value.checked_mul(ns))
}

/// Signed integers as they are; instants and spans in nanoseconds; decimals without a fraction.
pub(crate) fn integers(column: &dyn Array) -> Result<PrimitiveArray<Int64Type>, Bad> {
    use TimeUnit::{Microsecond, Millisecond, Nanosecond, Second};
    match column.data_type() {
        DataType::Int8 => widened::<Int8Type, Int64Type>(column),
        DataType::Int16 => widened::<Int16Type, Int64Type>(column),
        DataType::Int32 => widened::<Int32Type, Int64Type>(column),
        DataType::Int64 => reread::<Int64Type, Int64Type>(column),
        DataType::Date32 => scaled::<Date32Type>(column, DAY_NS),
        DataType::Date64 => scaled::<Date64Type>(column, 1_000_000),
        DataType::Timestamp(Second, _) => scaled::<TimestampSecondType>(column, 1_000_000_000),
        DataType::Timestamp(Millisecond, _) => scaled::<TimestampMillisecondType>(column, 1_000_000),
        DataType::Timestamp(Microsecond, _) => scaled::<TimestampMicrosecondType>(column, 1_000),
        DataType::Timestamp(Nanosecond, _) => reread::<TimestampNanosecondType, Int64Type>(column),
        DataType::Duration(Second) => scaled::<DurationSecondType>(column, 1_000_000_000),
        DataType::Duration(Millisecond) => scaled::<DurationMillisecondType>(column, 1_000_000),
        DataType::Duration(Microsecond) => scaled::<DurationMicrosecondType>(column, 1_000),
        DataType::Duration(Nanosecond) => reread::<DurationNanosecondType, Int64Type>(column),
        DataType::Time32(Second) => scaled::<Time32SecondType>(column, 1_000_000_000),
        DataType::Time32(_) => scaled::<Time32MillisecondType>(column, 1_000_000),
        DataType::Time64(Microsecond) => scaled::<Time64MicrosecondType>(column, 1_000),
        DataType::Time64(_) => reread::<Time64NanosecondType, Int64Type>(column),
        DataType::Decimal32(_, scale) => whole::<Decimal32Type>(column, *scale, |value| Some(value.into())),
        DataType::Decimal64(_, scale) => whole::<Decimal64Type>(column, *scale, |value| Some(value.into())),
        DataType::Decimal128(_, scale) => whole::<Decimal128Type>(column, *scale, Some),
        DataType::Decimal256(_, scale) => whole::<Decimal256Type>(column, *scale, |value| value.to_i128()),
        _ => Err(unexpected(column)),
    }
}

fn whole<T: ArrowPrimitiveType>(
    column: &dyn Array,
    scale: i8,
    wide: impl Fn(T::Native) -> Option<i128>,
) -> Result<PrimitiveArray<Int64Type>, Bad> {
    let factor = 10_i128.checked_pow(u32::from(scale.unsigned_abs()));
    map::<T, Int64Type>(column, NO_INTEGER, |value| i64::try_from(wide(value)?.checked_mul(factor?)?).ok())
}

/// Unsigned integers.
pub(crate) fn unsigned(column: &dyn Array) -> Result<PrimitiveArray<UInt64Type>, Bad> {
    match column.data_type() {
        DataType::UInt8 => widened::<UInt8Type, UInt64Type>(column),
        DataType::UInt16 => widened::<UInt16Type, UInt64Type>(column),
        DataType::UInt32 => widened::<UInt32Type, UInt64Type>(column),
        DataType::UInt64 => reread::<UInt64Type, UInt64Type>(column),
        _ => Err(unexpected(column)),
    }
}

fn floats(column: &ArrayRef) -> Result<ArrayRef, Bad> {
    let floats = match column.data_type() {
        DataType::Float64 => return Ok(Arc::clone(column)),
        DataType::Float16 => widened::<Float16Type, Float64Type>(column),
        DataType::Float32 => widened::<Float32Type, Float64Type>(column),
        DataType::Decimal32(digits, scale) => fraction::<Decimal32Type>(column, *digits, *scale),
        DataType::Decimal64(digits, scale) => fraction::<Decimal64Type>(column, *digits, *scale),
        DataType::Decimal128(digits, scale) => fraction::<Decimal128Type>(column, *digits, *scale),
        DataType::Decimal256(digits, scale) => fraction::<Decimal256Type>(column, *digits, *scale),
        _ => Err(unexpected(column)),
    };
    Ok(Arc::new(floats?))
}

/// The float next to a decimal; through its digits, as a division would round twice.
fn fraction<T: DecimalType>(column: &dyn Array, digits: u8, scale: i8) -> Result<PrimitiveArray<Float64Type>, Bad> {
    map::<T, Float64Type>(column, "is no decimal", |value| T::format_decimal(value, digits, scale).parse().ok())
}

fn times(column: &ArrayRef, options: &ForeignOptions) -> Result<ArrayRef, Bad> {
    if column.null_count() > 0
        && let Some(row) = (0..column.len()).find(|row| column.is_null(*row))
    {
        return Err(Bad { row, problem: "the time is NULL".to_owned() });
    }
    let unit = options.time_unit;
    let data_type = column.data_type();
    let times = if let Some(texts) = Texts::of(column) {
        let format = options.time_format.as_deref();
        let time = |row: usize| match texts.text(row)? {
            Some(text) => parse_instant(&text, format).map_err(|problem| Bad { row, problem }),
            None => Err(Bad { row, problem: "the time is NULL".to_owned() }),
        };
        (0..column.len()).map(time).collect::<Result<Vec<i64>, Bad>>()?.into()
    } else if data_type.is_unsigned_integer() {
        let problem = format!("{unit} {OUT_OF_RANGE}");
        let to = |value: u64| i64::try_from(value).ok()?.checked_mul(unit.ns());
        map::<UInt64Type, Int64Type>(&unsigned(column)?, &problem, to)?.values().clone()
    } else if data_type.is_integer() {
        times_ns(&integers(column)?, unit.ns(), &unit.to_string())?.values().clone()
    } else {
        integers(column)?.values().clone()
    };
    Ok(Arc::new(PrimitiveArray::<TimestampNanosecondType>::new(times, None)))
}
