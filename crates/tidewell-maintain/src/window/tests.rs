//! Windows: every row in exactly one, whole days, few of them.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, TimestampNanosecondArray};
use proptest::prelude::*;

use super::*;

const DAY_NS: i64 = 86_400_000_000_000;

/// Rows at these times, numbered from `first`.
fn batch(times: &[i64], first: i64) -> RecordBatch {
    let numbers = Int64Array::from_iter_values((first..).take(times.len()));
    let columns: [(&str, ArrayRef); 2] =
        [("n", Arc::new(numbers)), (TIME_COLUMN, Arc::new(TimestampNanosecondArray::from(times.to_vec())))];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn days(windows: &[Window]) -> Vec<i64> {
    windows.iter().map(|window| window.day).collect()
}

/// The rows of a window as (number, time).
fn rows(window: &Window) -> Vec<(i64, i64)> {
    let numbers = window.batches.iter().flat_map(|batch| batch["n"].as_primitive::<Int64Type>().values().to_vec());
    numbers.zip(window.batches.iter().flat_map(times)).collect()
}

#[test]
fn rows_of_one_day_stay_as_they_are() {
    let windows = split(vec![batch(&[5, DAY_NS - 1], 0), batch(&[0], 2)]).unwrap();
    assert_eq!((days(&windows), rows(&windows[0])), (vec![0], vec![(0, 5), (1, DAY_NS - 1), (2, 0)]));
    assert_eq!(windows[0].batches.len(), 2);
}

#[test]
fn days_before_1970_are_days_of_their_own() {
    let windows = split(vec![batch(&[-1, 0, -DAY_NS, -DAY_NS - 1], 0)]).unwrap();
    assert_eq!(days(&windows), [-2, -1, 0]);
    assert_eq!(rows(&windows[1]), [(0, -1), (2, -DAY_NS)]);
}

#[test]
fn thirty_two_days_are_thirty_two_windows_and_one_more_day_makes_them_wider() {
    let spread = |days: i64| (0..days).map(|day| day * DAY_NS).collect::<Vec<_>>();
    assert_eq!(days(&split(vec![batch(&spread(32), 0)]).unwrap()), (0..32).collect::<Vec<_>>());
    assert_eq!(days(&split(vec![batch(&spread(33), 0)]).unwrap()), (0..17).map(|day| day * 2).collect::<Vec<_>>());
}

#[test]
fn windows_without_rows_are_left_out() {
    assert_eq!(days(&split(vec![batch(&[0, 20 * DAY_NS], 0)]).unwrap()), [0, 20]);
    assert!(split(Vec::new()).unwrap().is_empty());
    assert!(split(vec![batch(&[], 0)]).unwrap().is_empty());
}

#[test]
fn the_whole_range_of_time_fits() {
    let windows = split(vec![batch(&[i64::MIN, 0, i64::MAX], 0)]).unwrap();
    assert_eq!((windows.len(), windows.iter().map(|window| rows(window).len()).sum::<usize>()), (3, 3));
}

fn time() -> impl Strategy<Value = i64> {
    prop_oneof![
        (-3..3i64, 0..DAY_NS).prop_map(|(day, ns)| day * DAY_NS + ns),
        (-40..40i64, 0..3i64).prop_map(|(day, ns)| day * DAY_NS + ns - 1),
        any::<i64>(),
    ]
}

proptest! {
    #[test]
    fn no_row_is_lost_and_every_window_is_its_days(
        batches in proptest::collection::vec(proptest::collection::vec(time(), 0..20), 0..6),
    ) {
        let mut all = Vec::new();
        let mut parts = Vec::new();
        for times in &batches {
            let first = all.len() as i64;
            all.extend((first..).zip(times.iter().copied()));
            parts.push(batch(times, first));
        }
        let windows = split(parts).unwrap();
        prop_assert!(windows.len() <= 32);
        prop_assert!(windows.windows(2).all(|pair| pair[0].day < pair[1].day));
        let mut found = Vec::new();
        for (index, window) in windows.iter().enumerate() {
            let rows = rows(window);
            prop_assert!(!rows.is_empty());
            // In the order of writing, within the window.
            prop_assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0));
            for (_, ns) in &rows {
                let day = TimestampNs::from_ns(*ns).day();
                prop_assert!(day >= window.day && windows.get(index + 1).is_none_or(|next| day < next.day));
            }
            found.extend(rows);
        }
        found.sort_unstable();
        prop_assert_eq!(found, all);
    }
}
