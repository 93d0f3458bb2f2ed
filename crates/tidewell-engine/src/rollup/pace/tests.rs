//! Windows over empty years, over rows, and over too many rows.

use super::{DAY_MS, Pace, WINDOW_MS_MAX};

const MINUTE_MS: u64 = 60_000;

fn over_empty_years(windows: usize) -> Pace {
    let mut pace = Pace::new();
    for _ in 0..windows {
        pace.computed(false);
    }
    pace
}

#[test]
fn windows_without_rows_grow_and_the_first_rows_bring_them_back_to_a_day() {
    let mut pace = over_empty_years(3);
    assert_eq!(pace.window_ms(), 8 * DAY_MS);
    pace.computed(true);
    assert_eq!(pace.window_ms(), DAY_MS);
    assert_eq!(over_empty_years(100).window_ms(), WINDOW_MS_MAX);
}

#[test]
fn windows_that_were_too_large_stay_below_what_was() {
    let mut pace = Pace::new();
    pace.too_large(MINUTE_MS);
    assert_eq!(pace.window_ms(), DAY_MS / 8);
    for _ in 0..10 {
        pace.computed(true);
    }
    assert_eq!(pace.window_ms(), DAY_MS / 2);
    for _ in 0..4 {
        pace.computed(false);
    }
    pace.computed(true);
    assert_eq!(pace.window_ms(), DAY_MS / 2, "an empty span in between says nothing about rows");
}

#[test]
fn windows_are_never_shorter_than_a_bucket_however_long_it_is() {
    let week_ms = 7 * DAY_MS;
    let mut pace = over_empty_years(4);
    pace.too_large(week_ms);
    assert_eq!(pace.window_ms(), week_ms);
    pace.computed(true);
    assert_eq!(pace.window_ms(), week_ms);
    let mut pace = Pace::new();
    for _ in 0..20 {
        pace.too_large(MINUTE_MS);
    }
    assert_eq!(pace.window_ms(), MINUTE_MS);
}
