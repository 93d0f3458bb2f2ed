//! Splitting rows by time, so that a segment covers a day where it can.

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::ArrowError;
use arrow_select::filter::filter_record_batch;
use tidewell_types::{TIME_COLUMN, TimestampNs};

/// The most segments that one fold makes of one table; rows over more days share wider windows.
const WINDOWS_MAX: i64 = 32;

/// Rows of one window of time, in write order.
#[derive(Debug)]
pub(crate) struct Window {
    /// The first UTC day of the window, since 1970-01-01.
    pub(crate) day: i64,
    pub(crate) batches: Vec<RecordBatch>,
}

/// Splits rows by day, or by the fewest days that keep the windows at 32; windows without rows are left out.
pub(crate) fn split(batches: Vec<RecordBatch>) -> Result<Vec<Window>, ArrowError> {
    let days = batches.iter().flat_map(times).map(|ns| TimestampNs::from_ns(ns).day());
    let Some((first, last)) = days.fold(None, |bounds: Option<(i64, i64)>, day| match bounds {
        None => Some((day, day)),
        Some((first, last)) => Some((first.min(day), last.max(day))),
    }) else {
        return Ok(Vec::new());
    };
    if first == last {
        return Ok(vec![Window { day: first, batches }]);
    }
    let window_days = (last - first).div_euclid(WINDOWS_MAX) + 1;
    let mut windows: Vec<Window> = Vec::new();
    for index in 0..=(last - first) / window_days {
        let day = first + index * window_days;
        let is_inside = |ns| (day..day + window_days).contains(&TimestampNs::from_ns(ns).day());
        let mut inside = Vec::new();
        for batch in &batches {
            let mask: BooleanArray = times(batch).map(|ns| Some(is_inside(ns))).collect();
            let rows = filter_record_batch(batch, &mask)?;
            if rows.num_rows() > 0 {
                inside.push(rows);
            }
        }
        if !inside.is_empty() {
            windows.push(Window { day, batches: inside });
        }
    }
    Ok(windows)
}

fn times(batch: &RecordBatch) -> impl Iterator<Item = i64> {
    let column =
        batch.column_by_name(TIME_COLUMN).and_then(|column| column.as_primitive_opt::<TimestampNanosecondType>());
    column.map(|column| column.values().as_ref()).unwrap_or_default().iter().copied()
}

#[cfg(test)]
mod tests;
