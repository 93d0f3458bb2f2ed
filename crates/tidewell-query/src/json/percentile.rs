//! Exact percentiles, with linear interpolation between the two values around them.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array};
use datafusion::arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::common::ScalarValue;
use datafusion::common::utils::SingleRowListArrayBuilder;
use datafusion::error::Result;
use datafusion::logical_expr::{Accumulator, Expr, Volatility, create_udaf};

use crate::segment_fault::internal;

/// `fraction` (0 to 1) of the way through the sorted values; NULL without a value.
///
/// The planner's own function rounds how far between two values it goes; this one does not.
pub(super) fn percentile(values: Expr, fraction: f64) -> Expr {
    let list = DataType::List(Arc::new(Field::new_list_field(DataType::Float64, true)));
    let function = create_udaf(
        &format!("exact_percentile_{fraction}"),
        vec![DataType::Float64],
        Arc::new(DataType::Float64),
        Volatility::Immutable,
        Arc::new(move |_| Ok(Box::new(Percentile { fraction, values: Vec::new() }))),
        Arc::new(vec![list]),
    );
    function.call(vec![values])
}

#[derive(Debug)]
struct Percentile {
    fraction: f64,
    values: Vec<f64>,
}

impl Percentile {
    fn take(&mut self, array: &ArrayRef) -> Result<()> {
        let values =
            array.as_primitive_opt::<Float64Type>().ok_or_else(|| internal("a percentile of other than floats"))?;
        self.values.extend(values.iter().flatten());
        Ok(())
    }
}

impl Accumulator for Percentile {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        values.first().map_or(Ok(()), |values| self.take(values))
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        self.values.sort_unstable_by(f64::total_cmp);
        Ok(ScalarValue::Float64(interpolate(&self.values, self.fraction)))
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.values.capacity() * size_of::<f64>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let values: ArrayRef = Arc::new(Float64Array::from(std::mem::take(&mut self.values)));
        Ok(vec![SingleRowListArrayBuilder::new(values).build_list_scalar()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let Some(lists) = states.first().and_then(|state| state.as_list_opt::<i32>()) else { return Ok(()) };
        lists.iter().flatten().try_for_each(|values| self.take(&values))
    }
}

/// The value at `fraction` of the way from the first to the last.
#[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Places in memory.
fn interpolate(sorted: &[f64], fraction: f64) -> Option<f64> {
    let place = fraction * (sorted.len().checked_sub(1)?) as f64;
    let below = sorted.get(place.floor() as usize)?;
    let above = sorted.get(place.ceil() as usize).unwrap_or(below);
    let way = place.fract();
    Some(if way == 0.0 { *below } else { below + (above - below) * way })
}
