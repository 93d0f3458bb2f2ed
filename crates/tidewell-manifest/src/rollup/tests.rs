//! Buckets of a rollup, and definitions that cannot be.
#![allow(clippy::unwrap_used)]

use super::*;
use crate::sample::rolled::definition;

const HOUR_NS: i64 = 3_600_000_000_000;

fn span(min: i64, max: i64) -> TimeBounds {
    TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) }
}

#[test]
fn span_touches_whole_buckets_on_both_sides_of_the_epoch() {
    let hours = definition();
    assert_eq!(hours.buckets(span(0, 0)), span(0, HOUR_NS - 1));
    assert_eq!(hours.buckets(span(-1, HOUR_NS)), span(-HOUR_NS, 2 * HOUR_NS - 1));
    assert_eq!(hours.bucket_count(span(-1, HOUR_NS)), 3);
    assert_eq!(hours.buckets(TimeBounds::ALL), TimeBounds::ALL);
    assert_eq!(hours.bucket_count(TimeBounds::ALL), 5_124_096);
}

#[test]
fn bucket_settles_so_long_after_its_end() {
    let hours = definition();
    let minute = 60_000_000_000;
    assert_eq!(hours.settled_to(TimestampNs::from_ns(HOUR_NS + minute - 1)).as_ns(), -1);
    assert_eq!(hours.settled_to(TimestampNs::from_ns(HOUR_NS + minute)).as_ns(), HOUR_NS - 1);
    assert_eq!(hours.settled_to(TimestampNs::MIN), TimestampNs::MIN);
}

#[test]
fn bucket_with_an_instant_before_the_floor_is_not_whole() {
    let hours = definition();
    for (floor, first) in [(0, 0), (1, HOUR_NS), (-1, 0), (-HOUR_NS, -HOUR_NS)] {
        assert_eq!(hours.first_whole(TimestampNs::from_ns(floor)).as_ns(), first, "{floor}");
    }
    assert_eq!(hours.first_whole(TimestampNs::MAX), TimestampNs::MAX);
}

#[test]
fn definition_that_cannot_be_says_what_is_wrong() {
    let wrong = |change: fn(&mut RollupDefinition), word: &str| {
        let mut definition = definition();
        change(&mut definition);
        let problem = definition.check().unwrap_err();
        assert!(problem.contains(word), "{problem}");
    };
    definition().check().unwrap();
    wrong(|definition| definition.interval_ms = 999, "1 second to 366 days");
    wrong(|definition| definition.interval_ms = ROLLUP_INTERVAL_MS_MAX + 1, "1 second to 366 days");
    wrong(|definition| definition.settle_ms = u64::MAX, "366 days at most");
    wrong(|definition| definition.target = definition.source.clone(), "of itself");
    wrong(|definition| definition.aggregates.clear(), "at least one");
    wrong(|definition| definition.aggregates.push(Aggregate::Min), "aggregate min is there twice");
    wrong(|definition| definition.fields = Some(Vec::new()), "empty");
    wrong(|definition| definition.tags = Some((0..1001).map(|tag| tag.to_string()).collect()), "too many tags");
    wrong(|definition| definition.tags = Some(vec!["a".into(), "b".into(), "a".into()]), "\"a\" is there twice");
}

#[test]
fn names_are_plain_and_not_long() {
    for name in ["a", "cpu_1h", "a.b-c"] {
        check_rollup_name(name).unwrap();
    }
    for name in ["", ".", "..", ".a", "a b", "a/b", "ä", &"a".repeat(129)] {
        assert!(check_rollup_name(name).is_err(), "{name:?}");
    }
}

#[test]
fn aggregate_is_read_by_its_name_alone() {
    for aggregate in Aggregate::ALL {
        assert_eq!(aggregate.to_string().parse::<Aggregate>().unwrap(), aggregate);
    }
    let error = "median".parse::<Aggregate>().unwrap_err().to_string();
    assert!(error.contains("\"median\"") && error.contains("mean, min"), "{error}");
}
