//! What texts say before a zone and an order are chosen.

use super::*;

#[test]
fn read_time_tells_dates_from_dates_with_a_clock() {
    for (text, has_clock) in
        [("2024-01-31", false), ("31/01/2024 ", false), ("2024-01-31 0:00", true), ("20240131000000", true)]
    {
        assert_eq!(read_time(text.as_bytes()).unwrap().has_clock, has_clock, "{text}");
    }
}

#[test]
fn date_text_order_is_known_where_the_numbers_tell() {
    for (text, order) in [
        ("31/01/2024", Some(DateOrder::DayFirst)),
        ("01/31/2024", Some(DateOrder::MonthFirst)),
        ("01.02.2024", Some(DateOrder::DayFirst)),
        ("01/02/2024", None),
        ("2024-01-02", None),
    ] {
        assert_eq!(read_time(text.as_bytes()).unwrap().date.order(), order, "{text}");
    }
}

#[test]
fn date_text_against_the_order_is_an_error() {
    let date = read_time(b"31/01/2024").unwrap().date;
    assert!(date.days(Some(DateOrder::DayFirst)).is_ok());
    assert_eq!(date.days(Some(DateOrder::MonthFirst)), Err(TimeError::NoSuch("date")));
}

#[test]
fn read_clock_alone_gives_nanoseconds_of_the_day() {
    for (text, seconds) in
        [("18.00.00", 64_800), ("18:00", 64_800), ("6 PM", 64_800), ("12:00 am", 0), ("235959", 86_399)]
    {
        assert_eq!(read_clock(text.as_bytes()), Ok(seconds * SECOND_NS), "{text}");
    }
    for text in ["", "18:00x", "25:00", "2024-01-01", "1234567"] {
        assert!(read_clock(text.as_bytes()).is_err(), "{text}");
    }
}
