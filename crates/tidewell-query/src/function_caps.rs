//! Functions that could make much out of little, with a limit: what they make is not yet in the memory pool's books.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, FieldRef, Int64Type, IntervalMonthDayNanoType, IntervalUnit, TimeUnit};
use datafusion::error::Result;
use datafusion::logical_expr::{
    ColumnarValue, Documentation, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use crate::QueryError;

/// What one call may make for one batch of rows, in bytes, about.
const MADE_BYTES_MAX: i128 = 64 << 20;
const ITEM_BYTES: i128 = 8;
const DAY_NS: i128 = 86_400_000_000_000;

/// How much a function makes of its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shape {
    /// `(text, times)`
    Repeat,
    /// `(text, length, …)`
    Pad,
    /// `(item, times)`
    RepeatItem,
    /// `([start,] stop [, step])`
    Series,
}

/// The functions, those that could fill the memory from one number limited.
pub(crate) fn capped(functions: Vec<Arc<ScalarUDF>>) -> Vec<Arc<ScalarUDF>> {
    let cap = |function: Arc<ScalarUDF>| match shape(function.name()) {
        Some(shape) => Arc::new(ScalarUDF::new_from_impl(Capped { inner: function, shape })),
        None => function,
    };
    functions.into_iter().map(cap).collect()
}

fn shape(name: &str) -> Option<Shape> {
    match name {
        "repeat" => Some(Shape::Repeat),
        "lpad" | "rpad" => Some(Shape::Pad),
        "array_repeat" => Some(Shape::RepeatItem),
        "range" | "generate_series" => Some(Shape::Series),
        _ => None,
    }
}

/// A function that refuses to make too much.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Capped {
    inner: Arc<ScalarUDF>,
    shape: Shape,
}

impl ScalarUDFImpl for Capped {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn coerce_types(&self, types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(types)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let made = made_bytes(self.shape, &ColumnarValue::values_to_arrays(&args.args)?)?;
        if made > MADE_BYTES_MAX {
            let name = self.name();
            return Err(QueryError::Invalid(format!(
                "{name} would make {made} bytes at once: {MADE_BYTES_MAX} are allowed; ask for less, or for fewer rows"
            ))
            .into());
        }
        self.inner.invoke_with_args(args)
    }
}

fn made_bytes(shape: Shape, args: &[ArrayRef]) -> Result<i128> {
    Ok(match (shape, args) {
        (Shape::Repeat, [text, times, ..]) => {
            let bytes = integers(&datafusion::arrow::compute::kernels::length::length(text)?)?;
            let times = integers(times)?;
            bytes.iter().zip(&times).map(|(bytes, times)| bytes * times.max(&0)).sum()
        }
        (Shape::Pad, [_, length, ..]) => integers(length)?.iter().sum(),
        (Shape::RepeatItem, [_, times, ..]) => integers(times)?.iter().map(|times| times * ITEM_BYTES).sum(),
        (Shape::Series, [stop]) => integers(stop)?.iter().map(|stop| stop * ITEM_BYTES).sum(),
        (Shape::Series, [start, stop, rest @ ..]) => {
            let (start, stop) = (integers(start)?, integers(stop)?);
            let steps = rest.first().map_or_else(|| Ok(vec![1; start.len()]), integers)?;
            let items =
                start.iter().zip(&stop).zip(&steps).map(|((start, stop), step)| (stop - start) / step.abs().max(1));
            items.map(|items| items.abs() * ITEM_BYTES).sum()
        }
        _ => 0,
    })
}

/// Numbers, or nanoseconds of instants and intervals; 0 for NULL and what is neither.
fn integers(array: &ArrayRef) -> Result<Vec<i128>> {
    if let DataType::Interval(_) = array.data_type() {
        let intervals = cast(array, &DataType::Interval(IntervalUnit::MonthDayNano))?;
        let intervals = intervals.as_primitive::<IntervalMonthDayNanoType>();
        let ns = |interval: datafusion::arrow::datatypes::IntervalMonthDayNano| {
            let days = i128::from(interval.months) * 30 + i128::from(interval.days);
            (days * DAY_NS + i128::from(interval.nanoseconds)).abs()
        };
        return Ok(intervals.iter().map(|interval| interval.map_or(0, ns)).collect());
    }
    let array = match array.data_type() {
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(..) => {
            cast(array, &DataType::Timestamp(TimeUnit::Nanosecond, None))?
        }
        _ => Arc::clone(array),
    };
    let Ok(numbers) = cast(&array, &DataType::Int64) else { return Ok(vec![0; array.len()]) };
    Ok(numbers.as_primitive::<Int64Type>().iter().map(|number| i128::from(number.unwrap_or(0))).collect())
}
