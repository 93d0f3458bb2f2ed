//! Zones and changes of clocks.

use super::*;
use crate::civil::days_of;

fn at(zone: &str, choice: LocalTimes, date: (i64, i64, i64), minutes: i64) -> Result<i64, TimeError> {
    let mut clock = LocalClock::new(zone.parse().unwrap(), choice);
    let days = days_of(date.0, date.1, date.2).unwrap();
    let fresh = clock.instant_ns(days, minutes * 60 * SECOND_NS, None);
    clock.instant_ns(days, (minutes + 1) * 60 * SECOND_NS, None).ok();
    assert_eq!(clock.instant_ns(days, minutes * 60 * SECOND_NS, None), fresh, "the cache changes nothing");
    fresh.map(|ns| ns / SECOND_NS)
}

#[test]
fn timezone_spellings_are_read_and_shown() {
    for (text, shown) in [
        ("UTC", "UTC"),
        ("Z", "UTC"),
        ("+00:00", "UTC"),
        ("+2", "+02:00"),
        ("-0530", "-05:30"),
        ("+05:45", "+05:45"),
        ("Europe/Berlin", "Europe/Berlin"),
    ] {
        assert_eq!(text.parse::<Timezone>().unwrap().to_string(), shown);
    }
    for text in ["", "Berlin", "+", "+99:00", "+02:00x", "+02:60", "Mars/Base"] {
        let error = text.parse::<Timezone>().unwrap_err().to_string();
        assert!(error.contains(&format!("{text:?}")), "{error}");
    }
}

#[test]
fn local_time_summer_and_winter_have_their_offsets() {
    assert_eq!(at("Europe/Berlin", LocalTimes::Refuse, (2024, 1, 1), 0), Ok(1_704_063_600));
    assert_eq!(at("Europe/Berlin", LocalTimes::Refuse, (2024, 7, 1), 0), Ok(1_719_784_800));
    assert_eq!(at("-05:00", LocalTimes::Refuse, (1970, 1, 1), 0), Ok(5 * 3600));
}

#[test]
fn local_time_shown_twice_is_an_error_or_the_chosen_one() {
    let twice = (2024, 10, 27);
    let zone = "Europe/Berlin".parse().unwrap();
    assert_eq!(at("Europe/Berlin", LocalTimes::Refuse, twice, 150), Err(TimeError::Ambiguous(zone)));
    let earlier = at("Europe/Berlin", LocalTimes::Earlier, twice, 150).unwrap();
    assert_eq!(earlier, 1_729_989_000);
    assert_eq!(at("Europe/Berlin", LocalTimes::Later, twice, 150), Ok(earlier + 3600));
    assert_eq!(at("Europe/Berlin", LocalTimes::Refuse, twice, 119), Ok(1_729_987_140));
    assert_eq!(at("Europe/Berlin", LocalTimes::Refuse, twice, 180), Ok(1_729_994_400));
}

#[test]
fn local_time_skipped_is_an_error_whatever_is_chosen() {
    let zone = "Europe/Berlin".parse().unwrap();
    for choice in [LocalTimes::Refuse, LocalTimes::Earlier, LocalTimes::Later] {
        assert_eq!(at("Europe/Berlin", choice, (2024, 3, 31), 150), Err(TimeError::Skipped(zone)));
    }
    assert_eq!(at("Europe/Berlin", LocalTimes::Refuse, (2024, 3, 31), 119), Ok(1_711_846_740));
    assert_eq!(at("Europe/Berlin", LocalTimes::Refuse, (2024, 3, 31), 180), Ok(1_711_846_800));
}

#[test]
fn instant_outside_of_the_range_is_an_error() {
    let mut clock = LocalClock::new(Timezone::UTC, LocalTimes::Refuse);
    assert_eq!(clock.instant_ns(days_of(2263, 1, 1).unwrap(), 0, None), Err(TimeError::OutOfRange));
    assert_eq!(clock.instant_ns(days_of(1677, 1, 1).unwrap(), 0, Some(0)), Err(TimeError::OutOfRange));
    assert!(clock.instant_ns(days_of(2262, 4, 11).unwrap(), 0, None).is_ok());
}
