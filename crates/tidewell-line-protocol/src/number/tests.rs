//! Tests of numbers.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::{Number, read_number, read_timestamp};
use crate::Reason;

fn number(text: &str) -> Result<Number, Reason> {
    // With text behind it, so that the eight-byte steps run too.
    for rest in [" ", ",field=123456789 987654321"] {
        let longer = format!("{text}{rest}");
        match read_number(longer.as_bytes(), 0) {
            Ok((_, end)) => assert_eq!(end, text.len(), "{longer}"),
            Err(reason) => return Err(reason),
        }
    }
    read_number(text.as_bytes(), 0).map(|(value, _)| value)
}

#[test]
fn float_accepted_spellings_have_their_value() {
    for (text, value) in [
        ("1", 1.0),
        ("-1", -1.0),
        ("1.", 1.0),
        (".5", 0.5),
        ("-.5", -0.5),
        ("04.", 4.0),
        ("1.5", 1.5),
        ("1e-300", 1e-300),
        ("1E+3", 1e3),
        ("1.e2", 1e2),
        ("123456.789012", 123_456.789_012),
        ("1e-400", 0.0),
        ("9007199254740993", 9_007_199_254_740_992.0),
        ("18446744073709551616", 18_446_744_073_709_551_616.0),
        ("0.1", 0.1),
        ("12345678901234567890.5", 12_345_678_901_234_567_890.5),
        ("0.00000000000000000000000000000000000000001", 1e-41),
    ] {
        assert_eq!(number(text), Ok(Number::Float(value)), "{text}");
    }
}

#[test]
fn float_negative_zero_keeps_its_sign() {
    for text in ["-0", "-0.0", "-0e5"] {
        let Ok(Number::Float(value)) = number(text) else { panic!("{text} is not a float") };
        assert!(value == 0.0 && value.is_sign_negative(), "{text}");
    }
}

#[test]
fn float_too_large_is_out_of_range() {
    let digits = "9".repeat(400);
    for text in ["1e309", "-1e309", "1e999999999999", &digits, &format!("{digits}.5")] {
        assert_eq!(number(text), Err(Reason::FloatOutOfRange), "{text}");
    }
}

#[test]
fn number_without_digits_is_invalid() {
    for text in ["-", ".", "-.", "-i", "--1", "-nan", "-inf", ".e5", "-u"] {
        assert_eq!(read_number(text.as_bytes(), 0).unwrap_err(), Reason::InvalidValue, "{text}");
    }
}

#[test]
fn integer_bounds_are_exact() {
    assert_eq!(number("9223372036854775807i"), Ok(Number::Integer(i64::MAX)));
    assert_eq!(number("-9223372036854775808i"), Ok(Number::Integer(i64::MIN)));
    assert_eq!(number("9223372036854775808i"), Err(Reason::IntegerOutOfRange));
    assert_eq!(number("-9223372036854775809i"), Err(Reason::IntegerOutOfRange));
    assert_eq!(number("000000000000000000000000000007i"), Ok(Number::Integer(7)));
    assert_eq!(number("99999999999999999999999i"), Err(Reason::IntegerOutOfRange));
    assert_eq!(number("-0i"), Ok(Number::Integer(0)));
}

#[test]
fn unsigned_bounds_are_exact() {
    assert_eq!(number("18446744073709551615u"), Ok(Number::Unsigned(u64::MAX)));
    assert_eq!(number("18446744073709551616u"), Err(Reason::UnsignedOutOfRange));
    assert_eq!(number("0000u"), Ok(Number::Unsigned(0)));
    assert_eq!(number("-1u"), Err(Reason::UnsignedOutOfRange));
}

#[test]
fn timestamp_bounds_are_exact() {
    assert_eq!(read_timestamp(b"9223372036854775807", 0), Ok((i64::MAX, 19)));
    assert_eq!(read_timestamp(b"-9223372036854775808", 0), Ok((i64::MIN, 20)));
    assert_eq!(read_timestamp(b"9223372036854775808", 0), Err(Reason::TimestampOutOfRange));
    assert_eq!(read_timestamp(b"000000", 0), Ok((0, 6)));
    assert_eq!(read_timestamp(b"-", 0), Err(Reason::InvalidTimestamp));
    assert_eq!(read_timestamp(b"", 0), Err(Reason::InvalidTimestamp));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn integer_any_reads_back(value: i64, zeros in 0_usize..30) {
        let sign = if value < 0 { "-" } else { "" };
        let text = format!("{sign}{}{}i", "0".repeat(zeros), value.unsigned_abs());
        prop_assert_eq!(number(&text), Ok(Number::Integer(value)));
    }

    #[test]
    fn unsigned_any_reads_back(value: u64) {
        prop_assert_eq!(number(&format!("{value}u")), Ok(Number::Unsigned(value)));
    }

    #[test]
    fn float_any_digits_read_as_the_standard_library_does(text in r"-?[0-9]{0,22}\.?[0-9]{0,25}([eE][-+]?[0-9]{1,3})?") {
        let expected = text.parse::<f64>();
        match number(&text) {
            Ok(Number::Float(value)) => prop_assert_eq!(value.to_bits(), expected.unwrap().to_bits()),
            Ok(other) => prop_assert!(false, "{:?}", other),
            Err(Reason::FloatOutOfRange) => prop_assert!(expected.unwrap().is_infinite()),
            Err(_) => prop_assert!(expected.is_err()),
        }
    }
}
