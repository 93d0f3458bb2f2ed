//! Tests of times that are written as text.
#![allow(clippy::unwrap_used)]

use super::{check_format, parse_instant};

const NOON_NS: i64 = 1_709_294_400_000_000_000;

#[test]
fn instant_iso_forms_are_read_as_utc_without_offset() {
    for text in [
        "2024-03-01T12:00:00Z",
        "2024-03-01T12:00:00",
        "2024-03-01 12:00:00.000",
        "2024-03-01 12:00",
        "2024-03-01T13:00:00+01:00",
    ] {
        assert_eq!(parse_instant(text, None), Ok(NOON_NS), "{text}");
    }
    assert_eq!(parse_instant("2024-03-01", None), Ok(NOON_NS - 43_200_000_000_000));
    assert_eq!(parse_instant("1969-12-31T23:59:59.999999999Z", None), Ok(-1));
}

#[test]
fn instant_by_format_takes_offsets_dates_and_epochs() {
    assert_eq!(parse_instant("01/03/2024 12.00", Some("%d/%m/%Y %H.%M")), Ok(NOON_NS));
    assert_eq!(parse_instant("01/03/2024 14.00 +0200", Some("%d/%m/%Y %H.%M %z")), Ok(NOON_NS));
    assert_eq!(parse_instant("20240301", Some("%Y%m%d")), Ok(NOON_NS - 43_200_000_000_000));
    assert_eq!(parse_instant("1709294400", Some("%s")), Ok(NOON_NS));
}

#[test]
fn instant_beyond_nanoseconds_or_senseless_is_refused() {
    assert!(parse_instant("2263-01-01T00:00:00Z", None).unwrap_err().contains("2262"));
    assert!(parse_instant("yesterday", None).unwrap_err().contains("ISO 8601"));
    assert!(parse_instant("2024-03-01", Some("%d/%m/%Y")).unwrap_err().contains("in the form"));
}

#[test]
fn instant_format_with_unknown_signs_is_refused() {
    check_format("%Y-%m-%d %H:%M:%S%.f").unwrap();
    assert!(check_format("%Y-%m-%Q").is_err());
    assert!(check_format("").is_err());
}
