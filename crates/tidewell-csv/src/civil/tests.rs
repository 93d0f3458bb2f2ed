//! Days against another calendar.

use chrono::{Datelike, NaiveDate};

use super::*;

#[test]
fn days_of_every_date_agree_with_another_calendar() {
    let epoch = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap();
    let mut date = NaiveDate::from_ymd_opt(1600, 1, 1).unwrap();
    while date.year() < 2410 {
        let days = days_of(i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
        assert_eq!(days, Some((date - epoch).num_days()), "{date}");
        date = date.succ_opt().unwrap();
    }
}

#[test]
fn days_of_no_such_date_is_none() {
    for (year, month, day) in [(2023, 2, 29), (1900, 2, 29), (2024, 4, 31), (2024, 13, 1), (2024, 0, 1), (2024, 1, 0)] {
        assert_eq!(days_of(year, month, day), None, "{year}-{month}-{day}");
    }
    assert!(days_of(2000, 2, 29).is_some());
    assert_eq!(days_of(10_000, 1, 1), None);
    assert_eq!(days_of(-1, 1, 1), None);
}
