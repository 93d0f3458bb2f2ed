//! Escapes and floats.
#![allow(clippy::unwrap_used)]

use super::*;

fn f64_text(value: f64) -> String {
    let mut out = Vec::new();
    push_f64(value, &mut out);
    String::from_utf8(out).unwrap()
}

#[test]
fn json_string_escapes_what_json_forbids_and_nothing_else() {
    assert_eq!(json_string("a\"b\\c\nd\re\tf\u{1}g\u{7f}é😀/"), "\"a\\\"b\\\\c\\nd\\re\\tf\\u0001g\u{7f}é😀/\"");
    assert_eq!(json_string(""), "\"\"");
}

#[test]
fn push_f64_prints_the_shortest_text_that_reads_back() {
    for value in [0.0, -0.0, 0.1, 1.0, 1e300, 5e-324, f64::MAX, 1.0 / 3.0, 9_007_199_254_740_993.0] {
        let text = f64_text(value);
        assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{text}");
    }
    assert_eq!(f64_text(0.1), "0.1");
    assert_eq!(f64_text(1.0), "1.0");
}

#[test]
fn push_f64_without_a_json_word_is_null() {
    for value in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        assert_eq!(f64_text(value), "null");
    }
}

#[test]
fn push_f32_keeps_single_precision_digits() {
    let mut out = Vec::new();
    push_f32(0.1, &mut out);
    push_f32(f32::NAN, &mut out);
    assert_eq!(out, b"0.1null");
}
