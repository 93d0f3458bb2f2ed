//! The time that is left, on a clock of the test.

use super::*;
use crate::sample::invocation;

#[test]
fn time_left_before_and_after_the_deadline_is_the_rest_and_zero() {
    let env = Env::system();
    let now_ms = u64::try_from(env.now().as_ns() / 1_000_000).unwrap();
    let soon = Invocation { deadline_ms: now_ms + 60_000, ..invocation() };
    let left = soon.left(&env);
    assert!(left > Duration::from_secs(50) && left <= Duration::from_secs(60), "{left:?}");
    assert_eq!(Invocation { deadline_ms: now_ms - 1, ..invocation() }.left(&env), Duration::ZERO);
    assert_eq!(Invocation { deadline_ms: 0, ..invocation() }.left(&env), Duration::ZERO);
}

#[test]
fn a_deadline_beyond_every_clock_is_no_overflow() {
    let never = Invocation { deadline_ms: u64::MAX, ..invocation() };
    assert!(never.left(&Env::system()) > Duration::from_secs(1_000_000_000));
}
