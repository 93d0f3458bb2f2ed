//! Common spellings beside the reader of all of them.

use proptest::prelude::*;

use super::{LastDate, short_time};
use crate::epoch::EpochUnit;
use crate::time_format::{DateOrder, Reading};
use crate::timezone::{LocalClock, LocalTimes, Timezone};

fn both(reading: &Reading, text: &str, last: &mut LastDate, zone: Timezone) -> Option<i64> {
    let bytes = format!("7,{text},12345678901234567890");
    let clock = || LocalClock::new(zone, LocalTimes::Refuse);
    let short = short_time(reading, bytes.as_bytes(), (2, text.len()), last, &mut clock());
    if let Some(short) = short {
        assert_eq!(reading.read(text.as_bytes(), &mut clock()), Ok(short), "{text}");
    }
    short
}

#[test]
fn common_times_are_read_and_others_left() {
    let mut last = LastDate::default();
    let reading = Reading::Text(None);
    let mut read = |text| both(&reading, text, &mut last, Timezone::UTC);
    assert_eq!(read("2024-01-31T12:00:01Z"), Some(1_706_702_401_000_000_000));
    assert_eq!(read("2024-01-31 12:00:02"), Some(1_706_702_402_000_000_000));
    assert_eq!(read("1969-12-31 23:59:59Z"), Some(-1_000_000_000));
    for text in [
        "2024-02-30T12:00:00Z",
        "2024-02-30T12:00:00Z",
        "2024-01-31T24:00:00Z",
        "2024-01-31T12:60:00Z",
        "2024-01-31T12:00:60Z",
        "2024-01-31T1x:00:00Z",
        "2024-01-31T12:00:00.5Z",
        "2024-01-31T12:00:00+01",
        "2024-01-31",
        "0000-00-00 00:00:00",
        "9999-01-01 00:00:00",
        "\0\0\0\0\0\0\0\0\0\0T00:00:00",
        "",
    ] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn common_times_are_in_the_zone() {
    let zone: Timezone = "Europe/Berlin".parse().unwrap();
    let reading = Reading::Text(Some(DateOrder::DayFirst));
    let mut last = LastDate::default();
    assert_eq!(both(&reading, "2024-07-01 00:00:00", &mut last, zone), Some(1_719_784_800_000_000_000));
    assert_eq!(both(&reading, "2024-07-01 00:00:00Z", &mut last, zone), Some(1_719_792_000_000_000_000));
    assert_eq!(both(&reading, "2024-03-31 02:30:00", &mut last, zone), None, "skipped by the clocks");
}

proptest! {
    #[test]
    fn common_times_are_read_like_any(
        texts in proptest::collection::vec("(19|20|16|00)[0-9]{2}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9]Z?", 4),
    ) {
        let mut last = LastDate::default();
        for text in texts {
            both(&Reading::Text(None), &text, &mut last, Timezone::UTC);
        }
    }

    #[test]
    fn numbers_since_1970_are_read_like_any(value in any::<i64>(), digits in 1_u32..19) {
        let value = value % 10_i64.pow(digits);
        for unit in [None, Some(EpochUnit::Seconds), Some(EpochUnit::Milliseconds), Some(EpochUnit::Nanoseconds)] {
            both(&Reading::Epoch(unit), &value.to_string(), &mut LastDate::default(), Timezone::UTC);
        }
    }
}
