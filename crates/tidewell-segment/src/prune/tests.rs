//! Tests of pruning.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use tidewell_types::{TimeBounds, TimestampNs};

use crate::sample::{Row, footer, row, segment};
use crate::{EncodeOptions, Footer};

/// Four row groups: region a times 0..9, region b 0..9, region c 10..19 with hosts x and z by turns, no region is first.
fn pruned() -> Footer {
    let mut rows: Vec<Row> = (0..10).map(|time| Row { region: None, ..row("", "n", time, 1.0) }).collect();
    rows.extend((0..10).map(|time| row("a", "x", time, 1.0)));
    rows.extend((0..10).map(|time| row("b", "x", time, 1.0)));
    rows.extend((0..5).map(|time| row("c", "x", 10 + time, 1.0)));
    rows.extend((0..5).map(|time| row("c", "z", 15 + time, 1.0)));
    let options = EncodeOptions { row_group_rows_max: 10, ..EncodeOptions::hot() };
    footer(&segment(&rows, &options).bytes)
}

fn wanted(tag: &str, values: &[&str]) -> (String, BTreeSet<String>) {
    (tag.to_owned(), values.iter().map(|value| (*value).to_owned()).collect())
}

fn times(min: i64, max: i64) -> TimeBounds {
    TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) }
}

#[test]
fn prune_without_conditions_keeps_all() {
    assert_eq!(pruned().prune(TimeBounds::ALL, &[]), [0, 1, 2, 3]);
}

#[test]
fn prune_by_time_is_inclusive() {
    let footer = pruned();
    assert_eq!(footer.prune(times(10, 10), &[]), [3]);
    assert_eq!(footer.prune(times(9, 10), &[]), [0, 1, 2, 3]);
    assert!(footer.prune(times(20, 30), &[]).is_empty());
}

#[test]
fn prune_by_a_tag_uses_its_bounds() {
    let footer = pruned();
    assert_eq!(footer.prune(TimeBounds::ALL, &[wanted("region", &["b"])]), [2]);
    assert_eq!(footer.prune(TimeBounds::ALL, &[wanted("region", &["a", "c", "q"])]), [1, 3]);
    assert!(footer.prune(TimeBounds::ALL, &[wanted("region", &[])]).is_empty());
}

#[test]
fn prune_within_the_bounds_uses_the_bloom_filter() {
    let footer = pruned();
    assert!(footer.may_contain(3, "host", &["x"]) && footer.may_contain(3, "host", &["z"]));
    // Of 100 absent values within the bounds most must be known to be absent.
    let absent = (0..100).filter(|number| footer.may_contain(3, "host", &[&format!("y{number}")])).count();
    assert!(absent < 20, "{absent}");
}

#[test]
fn prune_by_several_tags_needs_all_of_them() {
    let footer = pruned();
    let conditions = [wanted("host", &["x"]), wanted("region", &["a", "c"])];
    assert_eq!(footer.prune(times(0, 9), &conditions), [1]);
}

#[test]
fn prune_by_a_tag_that_the_file_lacks_leaves_nothing() {
    assert!(pruned().prune(TimeBounds::ALL, &[wanted("rack", &["1"])]).is_empty());
}

#[test]
fn may_contain_of_a_row_group_that_is_not_there_is_false() {
    assert!(!pruned().may_contain(9, "host", &["x"]));
}

#[test]
fn row_groups_add_up_to_the_segment() {
    let footer = pruned();
    assert_eq!(footer.row_groups().iter().map(|group| group.row_count).sum::<u64>(), 40);
    assert_eq!(footer.row_groups()[3].time, times(10, 19));
    assert!(footer.row_groups().iter().all(|group| group.data_bytes > 0));
}
