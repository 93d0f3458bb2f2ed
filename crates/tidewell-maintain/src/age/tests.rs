//! Ages, with clocks that disagree.

use super::*;

#[test]
fn span_is_past_from_its_end_on() {
    let at = |ms: i64| TimestampNs::from_ns(ms * 1_000_000);
    assert!(!is_past(at(9), at(0), 10));
    assert!(is_past(at(10), at(0), 10));
    assert!(is_past(at(0), at(0), 0));
    // The other clock is ahead.
    assert!(!is_past(at(0), at(5), 0));
    assert!(is_past(TimestampNs::MAX, TimestampNs::MIN, u64::MAX / 1_000_000));
    assert!(!is_past(TimestampNs::MAX, TimestampNs::MIN, u64::MAX));
}
