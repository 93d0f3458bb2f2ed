//! Numbers since 1970.

use super::*;

fn ns(text: &str, unit: Option<EpochUnit>) -> Result<i64, TimeError> {
    read_epoch(text.as_bytes()).ok_or(TimeError::Unknown)?.ns(unit)
}

#[test]
fn epoch_unit_goes_by_size_at_each_bound() {
    use EpochUnit::*;
    for (value, unit) in [
        (0, Seconds),
        (99_999_999_999, Seconds),
        (100_000_000_000, Milliseconds),
        (99_999_999_999_999, Milliseconds),
        (100_000_000_000_000, Microseconds),
        (99_999_999_999_999_999, Microseconds),
        (100_000_000_000_000_000, Nanoseconds),
        (u64::MAX, Nanoseconds),
    ] {
        assert_eq!(EpochUnit::of_magnitude(value), unit, "{value}");
    }
}

#[test]
fn epoch_text_is_exact_in_every_unit() {
    use EpochUnit::*;
    assert_eq!(ns("1.5", Some(Seconds)), Ok(1_500_000_000));
    assert_eq!(ns("1,5", Some(Milliseconds)), Ok(1_500_000));
    assert_eq!(ns("+1.0005", Some(Microseconds)), Ok(1_000));
    assert_eq!(ns("-7.9", Some(Nanoseconds)), Ok(-7));
    assert_eq!(ns("1700000000.123456789", None), Ok(1_700_000_000_123_456_789));
    assert_eq!(ns("9223372036854775807", Some(Nanoseconds)), Ok(i64::MAX));
    assert_eq!(ns("-9223372036854775808", Some(Nanoseconds)), Ok(i64::MIN));
    assert_eq!(ns("9223372036854775808", Some(Nanoseconds)), Err(TimeError::OutOfRange));
    assert_eq!(ns("9223372037", Some(Seconds)), Err(TimeError::OutOfRange));
}

#[test]
fn epoch_text_that_is_no_number_is_none() {
    for text in ["", "-", "1e9", "1.", ".5", "1.2.3", "12345678901234567890", "0x10", "1 2"] {
        assert_eq!(read_epoch(text.as_bytes()), None, "{text:?}");
    }
}
