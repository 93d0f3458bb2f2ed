//! Tables of spellings.

use super::*;
use crate::timezone::Timezone;

fn utc(text: &str) -> Result<i64, TimeError> {
    parse_instant(text, Timezone::UTC).map(TimestampNs::as_ns)
}

const NOON: i64 = 1_706_702_400_000_000_000;
const MIDNIGHT: i64 = 1_706_659_200_000_000_000;
const SIX_PM: i64 = 1_706_724_000_000_000_000;

#[test]
fn parse_instant_every_spelling_gives_its_instant() {
    let table = [
        ("2024-01-31T12:00:00Z", NOON),
        (" 2024-01-31 12:00:00 ", NOON),
        ("2024-01-31t12:00:00z", NOON),
        ("2024-01-31T12:00:00.5Z", NOON + 500_000_000),
        ("2024-01-31T12:00:00,5Z", NOON + 500_000_000),
        ("2024-01-31 12:00:00.000000001", NOON + 1),
        ("2024-01-31 12:00:00.0000000019", NOON + 1),
        ("2024-01-31T14:00:00+02:00", NOON),
        ("2024-01-31 14:00:00 +02:00", NOON),
        ("2024-01-31 14:00:00+0200", NOON),
        ("2024-01-31 06:30:00 -05:30", NOON),
        ("2024-01-31 06:00-06", NOON),
        ("2024-01-31 12:00 UTC", NOON),
        ("2024-01-31 12", NOON),
        ("2024/01/31 12:00", NOON),
        ("2024.1.31 12:00", NOON),
        ("2024 1 31 12", NOON),
        ("20240131T120000Z", NOON),
        ("20240131 1200", NOON),
        ("20240131120000", NOON),
        ("20240131", MIDNIGHT),
        ("2024-01-31", MIDNIGHT),
        ("2024-01-31Z", MIDNIGHT),
        ("2024-01-30T24:00:00Z", MIDNIGHT),
        ("2024-Jan-31", MIDNIGHT),
        ("31/01/2024", MIDNIGHT),
        ("31-01-2024 18:00", SIX_PM),
        ("31.1.2024 18.00.00", SIX_PM),
        ("31. 1.2024", MIDNIGHT),
        ("31/01/2024 6:00 PM", SIX_PM),
        ("01/31/2024 6:00 PM", SIX_PM),
        ("01/31/2024 06:00:00 pm", SIX_PM),
        ("1/31/2024 6pm", SIX_PM),
        ("31 Jan 2024 6 p.m.", SIX_PM),
        ("01/31/2024 12:00 AM", MIDNIGHT),
        ("01/31/2024 12:00 PM", NOON),
        ("31 January 2024", MIDNIGHT),
        ("31-jan-2024", MIDNIGHT),
        ("Jan 31 2024", MIDNIGHT),
        ("January 31, 2024", MIDNIGHT),
        ("Jan 31, 2024, 12:00:00", NOON),
        ("Wed, 31 Jan 2024 12:00:00 GMT", NOON),
        ("Wed, 31 Jan 2024 12:00:00 +0000", NOON),
        ("Wed Jan 31 12:00:00 2024", NOON),
        ("Wed Jan 31 12:00:00 UTC 2024", NOON),
        ("31/Jan/2024:12:00:00 +0000", NOON),
        ("1706702400", NOON),
        ("1706702400.5", NOON + 500_000_000),
        ("1706702400000", NOON),
        ("1706702400000000", NOON),
        ("1706702400000000000", NOON),
        ("01.02.2024", 1_706_745_600_000_000_000),
        ("02/02/2024", 1_706_832_000_000_000_000),
        ("0", 0),
        ("-1", -1_000_000_000),
        ("-1.5", -1_500_000_000),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("2262-04-11T23:47:16.854775807Z", i64::MAX),
        ("1677-09-21T00:12:43.145224192Z", i64::MIN),
    ];
    for (text, ns) in table {
        assert_eq!(utc(text), Ok(ns), "{text:?}");
    }
}

#[test]
fn parse_instant_what_is_no_time_says_why() {
    use TimeError::*;
    let table = [
        ("", Missing),
        ("  ", Missing),
        ("noon", Unknown),
        ("12:00:00", Unknown),
        ("2024-01-31T", UnknownZone),
        ("2024-01", Unknown),
        ("2024-01/31", Unknown),
        ("2024-01-31T12:00:00Zx", UnknownZone),
        ("2024-01-31T12:00:00 EST", UnknownZone),
        ("2024-01-31 12:00:", Unknown),
        ("1.5e9", Unknown),
        ("1,234,567", Unknown),
        ("2023-02-29", NoSuch("date")),
        ("31/02/2024", NoSuch("date")),
        ("2024-01-31 25:00", NoSuch("hour")),
        ("2024-01-31 24:01", NoSuch("hour")),
        ("2024-01-31 12:60", NoSuch("minute")),
        ("2024-01-31 12:00:60", NoSuch("second")),
        ("31/01/2024 13:00 PM", NoSuch("hour of the 12-hour clock")),
        ("2024-01-31 12:00 +25", NoSuch("offset")),
        ("01/02/2024", DayOrMonth),
        ("31/01/24", ShortYear),
        ("2262-04-12", OutOfRange),
        ("1677-09-21", OutOfRange),
        ("9999-12-31T23:59:59Z", OutOfRange),
        ("99999999999", OutOfRange),
        ("9999999999999999999", OutOfRange),
    ];
    for (text, error) in table {
        assert_eq!(utc(text), Err(error), "{text:?}");
    }
}

#[test]
fn parse_instant_zone_counts_only_where_the_text_has_none() {
    let berlin: Timezone = "Europe/Berlin".parse().unwrap();
    let hour = 3_600_000_000_000;
    assert_eq!(parse_instant("2024-01-31 13:00", berlin).unwrap().as_ns(), NOON);
    assert_eq!(parse_instant("2024-01-31 12:00Z", berlin).unwrap().as_ns(), NOON);
    assert_eq!(parse_instant("1706702400", berlin).unwrap().as_ns(), NOON);
    assert_eq!(parse_instant("2024-01-31", berlin).unwrap().as_ns(), MIDNIGHT - hour);
    assert_eq!(parse_instant("2024-10-27 02:30", berlin), Err(TimeError::Ambiguous(berlin)));
    assert_eq!(parse_instant("2024-03-31 02:30", berlin), Err(TimeError::Skipped(berlin)));
    assert!(parse_instant("2024-10-27 02:30 +01:00", berlin).is_ok());
}

#[test]
fn parse_instant_any_text_gives_a_result() {
    let alphabet: Vec<char> = "0129 -/.:TZ+,aJnPMé\0".chars().collect();
    let mut state = 7_u64;
    for _ in 0..200_000 {
        let mut text = String::new();
        for _ in 0..state % 24 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push(alphabet[(state >> 33) as usize % alphabet.len()]);
        }
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407) >> 1;
        utc(&text).ok();
    }
    utc(&"9".repeat(1 << 20)).unwrap_err();
}
