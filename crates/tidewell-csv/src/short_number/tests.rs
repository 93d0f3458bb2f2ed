//! Short numbers beside those that are read digit by digit.

use proptest::prelude::*;

use super::{short_decimal, short_integer};
use crate::number::{Scalar, read_scalar};

/// Reads a text that stands between other cells.
fn both(text: &str, mark: u8) -> (Option<i64>, Option<f64>) {
    let bytes = format!("7,{text},12345678901234567890");
    (short_integer(bytes.as_bytes(), 2, text.len()), short_decimal(bytes.as_bytes(), 2, text.len(), mark))
}

fn check(text: &str, mark: u8) {
    let (integer, decimal) = both(text, mark);
    let scalar = read_scalar(text.as_bytes(), mark);
    if let Some(integer) = integer {
        assert_eq!(scalar, Scalar::Integer(integer), "{text}");
    }
    match (decimal, scalar) {
        (Some(decimal), Scalar::Integer(value)) => assert_eq!(decimal.to_bits(), (value as f64).to_bits(), "{text}"),
        (Some(decimal), Scalar::Float(value)) => assert_eq!(decimal.to_bits(), value.to_bits(), "{text}"),
        (Some(decimal), other) => panic!("{text}: {decimal} is {other:?}"),
        (None, _) => {}
    }
}

#[test]
fn short_numbers_are_read() {
    assert_eq!(both("0", b'.'), (Some(0), Some(0.0)));
    assert_eq!(both("-12345678", b'.'), (Some(-12_345_678), Some(-12_345_678.0)));
    assert_eq!(both("123456789", b'.'), (Some(123_456_789), Some(123_456_789.0)));
    assert_eq!(both("1704067200000", b'.').0, Some(1_704_067_200_000));
    assert_eq!(both("9999999999999999", b'.').0, Some(9_999_999_999_999_999));
    assert_eq!(both("12.345", b'.'), (None, Some(12.345)));
    assert_eq!(both("-0,5", b','), (None, Some(-0.5)));
    assert_eq!(both(".5", b'.').1, Some(0.5));
    assert_eq!(both("123456789.123456", b'.').1, Some(123_456_789.123_456));
    assert_eq!(both("1.23456789012345", b'.').1, Some(1.234_567_890_123_45));
}

#[test]
fn short_numbers_that_are_none_are_left() {
    for text in [
        "",
        "-",
        ".",
        "-.",
        "1x",
        "x1",
        "1.2.3",
        "1e5",
        " 1",
        "1 ",
        "+1",
        "--1",
        "12345678x",
        "1234567890.1.2",
        "1/2",
        "1:2",
    ] {
        assert_eq!(both(text, b'.'), (None, None), "{text}");
    }
    assert_eq!(both("12345678901234567", b'.'), (None, None), "17 digits");
    assert_eq!(short_integer(b"1234567", 0, 7), None, "no bytes behind it");
}

proptest! {
    #[test]
    fn short_numbers_are_those_that_are_read_digit_by_digit(
        text in "-?[0-9]{0,17}[.,]?[0-9]{0,17}", any in "[-+0-9.,e :/é]{0,18}"
    ) {
        for mark in [b'.', b','] {
            check(&text, mark);
            check(&any, mark);
        }
    }
}
