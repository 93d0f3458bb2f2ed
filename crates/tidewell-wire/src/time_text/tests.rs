//! Instants over the whole range, against dates known from elsewhere.

use super::*;

fn instant(ticks: i64, ticks_per_second: i64) -> String {
    let mut out = Vec::new();
    push_instant(ticks, ticks_per_second, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

#[test]
fn rfc3339_ns_of_known_instants_is_their_text() {
    let cases = [
        (0, "1970-01-01T00:00:00.000000000Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
        (951_782_400_000_000_000, "2000-02-29T00:00:00.000000000Z"),
        (i64::MAX, "2262-04-11T23:47:16.854775807Z"),
        (i64::MIN, "1677-09-21T00:12:43.145224192Z"),
    ];
    for (ns, wanted) in cases {
        assert_eq!(rfc3339_ns(ns), wanted, "{ns}");
    }
}

#[test]
fn instant_in_coarser_units_has_nine_digits_too() {
    assert_eq!(instant(1_700_000_000, 1), "2023-11-14T22:13:20.000000000Z");
    assert_eq!(instant(1_700_000_000_007, 1_000), "2023-11-14T22:13:20.007000000Z");
    assert_eq!(instant(-1, 1_000_000), "1969-12-31T23:59:59.999999000Z");
}

#[test]
fn instant_of_a_year_beyond_four_digits_carries_a_sign() {
    assert_eq!(instant(253_402_300_800, 1), "+10000-01-01T00:00:00.000000000Z");
    assert_eq!(instant(-62_167_219_201, 1), "-0001-12-31T23:59:59.000000000Z");
    assert!(instant(i64::MAX, 1).starts_with("+2922"));
    assert!(instant(i64::MIN, 1).starts_with("-2922"));
}
