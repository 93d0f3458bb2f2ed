//! Tests of segment statistics.
#![allow(clippy::unwrap_used)]

use tidewell_types::{TimeBounds, TimestampNs};

use super::{SegmentStats, TagStats, key_max, key_min};
use crate::sample::{Row, batch, row, schema};

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn stats_of_rows_say_bounds_and_counts() {
    let rows = [
        Row { region: None, integer: Some(1), ..row("", "b", 7, 1.0) },
        row("eu", "a", -5, 1.0),
        Row { float: None, ..row("us", "c", 3, 1.0) },
    ];
    let stats = SegmentStats::of(&schema(), &batch(&rows), 99).unwrap();
    assert_eq!(stats.row_count, 3);
    assert_eq!(stats.time, TimeBounds { min: TimestampNs::from_ns(-5), max: TimestampNs::from_ns(7) });
    assert_eq!(stats.field_value_count, 3);
    assert_eq!(stats.footer_bytes, 99);
    let region = TagStats { tag: "region".to_owned(), min: some("eu"), max: some("us"), null_count: 1 };
    let host = TagStats { tag: "host".to_owned(), min: some("a"), max: some("c"), null_count: 0 };
    assert_eq!(stats.tags, [region, host]);
    assert_eq!(stats.key_min, Some(vec![None, some("b")]));
    assert_eq!(stats.key_max, Some(vec![some("us"), some("c")]));
}

#[test]
fn stats_of_a_tag_without_values_have_no_bounds() {
    let rows = [Row { region: None, ..row("", "b", 7, 1.0) }];
    let stats = SegmentStats::of(&schema(), &batch(&rows), 0).unwrap();
    assert_eq!(stats.tags[0], TagStats { tag: "region".to_owned(), min: None, max: None, null_count: 1 });
}

#[test]
fn stats_ignore_values_that_no_row_uses() {
    let rows = batch(&[row("a", "x", 1, 1.0), row("b", "x", 1, 1.0), row("c", "x", 1, 1.0)]).slice(1, 1);
    let stats = SegmentStats::of(&schema(), &rows, 0).unwrap();
    assert_eq!((&stats.tags[0].min, &stats.tags[0].max), (&some("b"), &some("b")));
}

#[test]
fn key_bounds_of_long_values_enclose_the_key() {
    let long = "x".repeat(100);
    let key = [Some("a"), Some(&long[..]), Some("z")];
    let owned: Vec<Option<String>> = key.iter().map(|value| value.map(str::to_owned)).collect();
    let (low, high) = (key_min(&key), key_max(&key).unwrap());
    assert!(low < owned && owned < high);
    assert_eq!((low.len(), high.len()), (3, 3));
    assert_eq!(low[2], None);
}

#[test]
fn key_max_without_a_short_bound_is_unknown() {
    let last = char::MAX.to_string().repeat(20);
    assert_eq!(key_max(&[Some(&last[..])]), None);
}
