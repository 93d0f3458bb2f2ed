//! Windows: aligned spans of time, so that segments of one window never reach into the next.

use std::collections::BTreeSet;

use arrow_array::cast::AsArray as _;
use arrow_array::types::TimestampNanosecondType;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::ArrowError;
use arrow_select::filter::filter_record_batch;
use tidewell_types::{TIME_COLUMN, TimeBounds, TimestampNs};

const HOUR_NS: i64 = 3_600_000_000_000;
const DAY_NS: i64 = 24 * HOUR_NS;

/// How wide windows are, narrow to wide; each is a multiple of the one before, so that windows nest.
pub const WIDTHS_NS: [i64; 7] = [HOUR_NS, 6 * HOUR_NS, DAY_NS, 4 * DAY_NS, 16 * DAY_NS, 64 * DAY_NS, 256 * DAY_NS];

/// The most windows that rows are split into; rows over more windows share wider ones.
const WINDOWS_MAX: usize = 32;
/// Windows narrower than a day must have so many rows in the mean.
const NARROW_ROWS_MIN: usize = 8 * 1024;

/// Rows of one window of time, in write order.
#[derive(Debug)]
pub struct Window {
    /// The rows.
    pub batches: Vec<RecordBatch>,
}

/// The window of a width that holds all of a span, by its number; `None` where the span reaches over an edge.
#[must_use]
pub fn window_of(time: &TimeBounds, width_ns: i64) -> Option<i64> {
    let number = |instant: TimestampNs| instant.as_ns().div_euclid(width_ns);
    (number(time.min) == number(time.max)).then(|| number(time.min))
}

/// The span of a window.
#[must_use]
pub fn window_time(number: i64, width_ns: i64) -> TimeBounds {
    let start = number.saturating_mul(width_ns);
    // Only the first window of all reaches below what can be stored.
    let last = (i128::from(number) + 1) * i128::from(width_ns) - 1;
    let max = i64::try_from(last).unwrap_or(i64::MAX);
    TimeBounds { min: TimestampNs::from_ns(start), max: TimestampNs::from_ns(max) }
}

/// Splits rows by the narrowest windows that are few enough: days or wider ones, at most 32; hours only where each gets
/// some 8 Ki rows. Windows without rows are left out.
///
/// # Errors
/// Arrow's, when rows cannot be copied; it is a bug, or an array outgrows what it can index.
pub fn split(batches: Vec<RecordBatch>) -> Result<Vec<Window>, ArrowError> {
    let (width_ns, numbers) = choose_width(&batches);
    if numbers.len() == 1 {
        return Ok(vec![Window { batches }]);
    }
    let mut windows: Vec<Window> = Vec::new();
    // Rows mostly come in order of time, so most batches lie in one window and need no copy.
    let spans: Vec<_> = batches.iter().map(|batch| span(batch, width_ns)).collect();
    for number in numbers {
        let mut inside = Vec::new();
        for (batch, span) in batches.iter().zip(&spans) {
            match span {
                Some((first, last)) if *first == number && *last == number => {
                    inside.push(batch.clone());
                    continue;
                }
                Some((first, last)) if (*first..=*last).contains(&number) => {}
                _ => continue,
            }
            let mask: BooleanArray = times(batch).map(|ns| Some(ns.div_euclid(width_ns) == number)).collect();
            let rows = filter_record_batch(batch, &mask)?;
            if rows.num_rows() > 0 {
                inside.push(rows);
            }
        }
        windows.push(Window { batches: inside });
    }
    Ok(windows)
}

/// A width and the numbers of its windows that have rows.
fn choose_width(batches: &[RecordBatch]) -> (i64, BTreeSet<i64>) {
    let row_count: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let narrow_max = (row_count / NARROW_ROWS_MIN).clamp(1, WINDOWS_MAX);
    let mut widths = WIDTHS_NS.into_iter();
    let mut width_ns = HOUR_NS;
    loop {
        width_ns = widths.next().unwrap_or(width_ns.saturating_mul(4));
        let windows_max = if width_ns < DAY_NS { narrow_max } else { WINDOWS_MAX };
        if let Some(numbers) = few_numbers(batches, width_ns, windows_max) {
            return (width_ns, numbers);
        }
    }
}

/// The numbers of the windows that have rows; `None` where there are more than `windows_max`.
fn few_numbers(batches: &[RecordBatch], width_ns: i64, windows_max: usize) -> Option<BTreeSet<i64>> {
    let mut numbers = BTreeSet::new();
    let mut last = None;
    for ns in batches.iter().flat_map(times) {
        let number = ns.div_euclid(width_ns);
        if last == Some(number) {
            continue;
        }
        last = Some(number);
        numbers.insert(number);
        if numbers.len() > windows_max {
            return None;
        }
    }
    Some(numbers)
}

/// The first and the last window that a batch has rows of.
fn span(batch: &RecordBatch, width_ns: i64) -> Option<(i64, i64)> {
    let first = times(batch).min()?.div_euclid(width_ns);
    Some((first, times(batch).max()?.div_euclid(width_ns)))
}

fn times(batch: &RecordBatch) -> impl Iterator<Item = i64> {
    let column =
        batch.column_by_name(TIME_COLUMN).and_then(|column| column.as_primitive_opt::<TimestampNanosecondType>());
    column.map(|column| column.values().as_ref()).unwrap_or_default().iter().copied()
}

#[cfg(test)]
mod tests;
