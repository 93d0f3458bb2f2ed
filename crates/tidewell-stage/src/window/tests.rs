//! Windows: every row in exactly one, aligned and nested, few of them.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, Int64Array, TimestampNanosecondArray};
use proptest::prelude::*;

use super::*;

/// Rows at these times, numbered from `first`.
fn batch(times: &[i64], first: i64) -> RecordBatch {
    let numbers = Int64Array::from_iter_values((first..).take(times.len()));
    let columns: [(&str, ArrayRef); 2] =
        [("n", Arc::new(numbers)), (TIME_COLUMN, Arc::new(TimestampNanosecondArray::from(times.to_vec())))];
    RecordBatch::try_from_iter(columns).unwrap()
}

fn days(windows: &[Window]) -> Vec<i64> {
    windows.iter().map(first_day).collect()
}

fn first_day(window: &Window) -> i64 {
    TimestampNs::from_ns(window.batches.iter().flat_map(times).min().unwrap()).day()
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
    assert_eq!(days(&split(vec![batch(&spread(33), 0)]).unwrap()), (0..9).map(|window| window * 4).collect::<Vec<_>>());
    // Aligned, whichever day comes first.
    let from_three: Vec<i64> = spread(40).into_iter().skip(3).collect();
    assert_eq!(days(&split(vec![batch(&from_three, 0)]).unwrap())[..3], [3, 4, 8]);
}

#[test]
fn rows_of_many_days_that_are_few_are_days_of_their_own() {
    let spread: Vec<i64> = (0..10).map(|day| day * 50 * DAY_NS).collect();
    assert_eq!(split(vec![batch(&spread, 0)]).unwrap().len(), 10);
}

#[test]
fn hours_are_windows_only_where_they_have_many_rows() {
    let times = |count: i64| (0..count).map(|row| row * 3 * HOUR_NS / count).collect::<Vec<_>>();
    let lens = |count: i64| {
        let windows = split(vec![batch(&times(count), 0)]).unwrap();
        windows.iter().map(|window| rows(window).len()).collect::<Vec<_>>()
    };
    assert_eq!(lens(3 * 8 * 1024), [8 * 1024; 3]);
    assert_eq!(lens(3 * 8 * 1024 - 3), [3 * 8 * 1024 - 3], "one window of six hours");
}

#[test]
fn window_holds_a_span_that_reaches_over_no_edge() {
    let span = |min, max| TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) };
    assert_eq!(window_of(&span(0, HOUR_NS - 1), HOUR_NS), Some(0));
    assert_eq!(window_of(&span(-1, -1), HOUR_NS), Some(-1));
    assert_eq!(window_of(&span(-1, 0), HOUR_NS), None);
    assert_eq!(window_time(-1, HOUR_NS), span(-HOUR_NS, -1));
    for ns in [i64::MIN, i64::MIN + HOUR_NS, -1, 0, 1, i64::MAX] {
        for width_ns in WIDTHS_NS {
            let number = window_of(&span(ns, ns), width_ns).unwrap();
            let time = window_time(number, width_ns);
            assert!(time.min.as_ns() <= ns && ns <= time.max.as_ns(), "{ns} {width_ns} {time:?}");
            assert_eq!(window_of(&time, width_ns), Some(number), "{ns} {width_ns} {time:?}");
        }
    }
    assert!(WIDTHS_NS.windows(2).all(|pair| pair[0] < pair[1] && pair[1] % pair[0] == 0));
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
    fn no_row_is_lost_and_windows_share_no_day(
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
        let mut found = Vec::new();
        for (index, window) in windows.iter().enumerate() {
            let rows = rows(window);
            prop_assert!(!rows.is_empty());
            // In the order of writing, within the window.
            prop_assert!(rows.windows(2).all(|pair| pair[0].0 < pair[1].0));
            for (_, ns) in &rows {
                let day = TimestampNs::from_ns(*ns).day();
                prop_assert!(windows.get(index + 1).is_none_or(|next| day < first_day(next)));
            }
            found.extend(rows);
        }
        found.sort_unstable();
        prop_assert_eq!(found, all);
    }
}
