//! Tests of precisions.
#![allow(clippy::unwrap_used)]

use super::Precision;

fn ns(precision: Precision, raw: i64) -> Option<i64> {
    precision.to_ns(raw).map(|instant| instant.as_ns())
}

#[test]
fn precision_every_spelling_is_read() {
    for (spellings, precision, unit_ns) in [
        (&["n", "ns", "nanosecond"][..], Precision::Nanosecond, 1),
        (&["u", "us", "µ", "microsecond"], Precision::Microsecond, 1_000),
        (&["ms", "millisecond"], Precision::Millisecond, 1_000_000),
        (&["s", "second"], Precision::Second, 1_000_000_000),
        (&["m"], Precision::Minute, 60_000_000_000),
        (&["h"], Precision::Hour, 3_600_000_000_000),
        (&["auto"], Precision::Auto, 1_000_000_000),
    ] {
        for spelling in spellings {
            assert_eq!(spelling.parse(), Ok(precision), "{spelling}");
        }
        assert_eq!(ns(precision, -2), Some(-2 * unit_ns));
        assert_eq!(precision.to_string().parse(), Ok(precision));
    }
}

#[test]
fn precision_unknown_spelling_names_the_known_ones() {
    let error = "d".parse::<Precision>().unwrap_err();
    assert_eq!(error.to_string(), "unknown precision \"d\": use one of auto, ns, us, ms, s, m (minutes), h");
    assert!("".parse::<Precision>().is_err() && "S".parse::<Precision>().is_err());
}

#[test]
fn precision_overflow_is_none() {
    assert_eq!(ns(Precision::Second, 9_223_372_037), None);
    assert_eq!(ns(Precision::Second, -9_223_372_036), Some(-9_223_372_036_000_000_000));
    assert_eq!(ns(Precision::Hour, i64::MIN), None);
    assert_eq!(ns(Precision::Nanosecond, i64::MIN), Some(i64::MIN));
}

#[test]
fn auto_goes_by_magnitude() {
    for (raw, unit_ns) in [
        (0, 1_000_000_000),
        (4_999_999_999, 1_000_000_000),
        (5_000_000_000, 1_000_000),
        (4_999_999_999_999, 1_000_000),
        (5_000_000_000_000, 1_000),
        (4_999_999_999_999_999, 1_000),
        (5_000_000_000_000_000, 1),
        (i64::MAX, 1),
    ] {
        assert_eq!(ns(Precision::Auto, raw), Some(raw * unit_ns), "{raw}");
        assert_eq!(ns(Precision::Auto, -raw), Some(-raw * unit_ns), "-{raw}");
    }
    assert_eq!(ns(Precision::Auto, i64::MIN), Some(i64::MIN));
}
