//! Tests of short bounds.
#![allow(clippy::unwrap_used)]

use super::{BOUND_BYTES_MAX, lower_bound, upper_bound};

#[test]
fn bounds_of_a_short_value_are_the_value() {
    assert_eq!(lower_bound("host"), "host");
    assert_eq!(upper_bound("host").as_deref(), Some("host"));
    let longest = "x".repeat(BOUND_BYTES_MAX);
    assert_eq!(upper_bound(&longest).as_deref(), Some(&*longest));
}

#[test]
fn bounds_of_a_long_value_enclose_it() {
    for value in [
        "x".repeat(65),
        "ü".repeat(40),
        format!("{}{}", "a".repeat(62), "😀😀"),
        format!("{}\u{d7ff}y", "b".repeat(61)),
    ] {
        let low = lower_bound(&value);
        let high = upper_bound(&value).unwrap();
        assert!(low < &value[..], "{low:?}");
        assert!(high > value, "{high:?}");
        assert!(low.len() <= BOUND_BYTES_MAX && high.len() <= BOUND_BYTES_MAX);
    }
}

#[test]
fn upper_bound_skips_characters_that_have_no_successor() {
    let value = format!("a{}", char::MAX.to_string().repeat(30));
    assert_eq!(upper_bound(&value).as_deref(), Some("b"));
}

#[test]
fn upper_bound_of_nothing_but_last_characters_is_unknown() {
    assert_eq!(upper_bound(&char::MAX.to_string().repeat(17)), None);
}
