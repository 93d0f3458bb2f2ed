//! Numbers at their bounds.

use super::*;

#[test]
fn read_scalar_table_gives_the_narrowest_reading() {
    use Scalar::*;
    for (text, scalar) in [
        ("0", Integer(0)),
        ("-0", Integer(0)),
        ("+7", Integer(7)),
        (" 42 ", Integer(42)),
        ("007", Integer(7)),
        ("9223372036854775807", Integer(i64::MAX)),
        ("-9223372036854775808", Integer(i64::MIN)),
        ("9223372036854775808", Unsigned(1 << 63)),
        ("18446744073709551615", Unsigned(u64::MAX)),
        ("18446744073709551616", Huge),
        ("-9223372036854775809", Huge),
        ("00000000000000000000000001", Integer(1)),
        ("1.5", Float(1.5)),
        ("-.5", Float(-0.5)),
        ("1.", Float(1.0)),
        ("1e3", Float(1000.0)),
        ("1.5E-3", Float(0.0015)),
        ("0.1", Float(0.1)),
        ("12345678901234567890.5", Float(12_345_678_901_234_567_890.5)),
        ("1e999", FloatOutOfRange),
        ("-1e999", FloatOutOfRange),
        ("true", Boolean(true)),
        ("FALSE", Boolean(false)),
        ("", Text),
        ("-", Text),
        (".", Text),
        ("--1", Text),
        ("1,5", Text),
        ("1.5.2", Text),
        ("1 2", Text),
        ("inf", Text),
        ("nan", Text),
        ("-infinity", Text),
        ("0x10", Text),
        ("1e", Text),
        ("tRUE", Text),
    ] {
        assert_eq!(read_scalar(text.as_bytes(), b'.'), scalar, "{text:?}");
    }
}

#[test]
fn read_scalar_decimal_comma_takes_no_point() {
    for (text, scalar) in [
        ("2,6", Scalar::Float(2.6)),
        ("-200,0", Scalar::Float(-200.0)),
        ("1,5e3", Scalar::Float(1500.0)),
        ("12", Scalar::Integer(12)),
        ("2.6", Scalar::Text),
        ("1.234,5", Scalar::Text),
        ("1,2,3", Scalar::Text),
    ] {
        assert_eq!(read_scalar(text.as_bytes(), b','), scalar, "{text:?}");
    }
    assert_eq!(read_scalar("1".repeat(500).as_bytes(), b','), Scalar::Huge);
    assert_eq!(read_scalar(("0,".to_owned() + &"1".repeat(500)).as_bytes(), b','), Scalar::Text);
}

#[test]
fn read_scalar_floats_agree_with_the_standard_library() {
    let mut state = 1_u64;
    for _ in 0..20_000 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let float = f64::from_bits(state);
        if float.is_finite() {
            for text in [format!("{float:e}"), format!("{:.3}", float.clamp(-1e6, 1e6))] {
                let Scalar::Float(read) = read_scalar(text.as_bytes(), b'.') else {
                    assert!(!text.contains('.') || text.len() < 2, "{text}");
                    continue;
                };
                assert_eq!(read.to_bits(), text.parse::<f64>().unwrap().to_bits(), "{text}");
            }
        }
    }
}
