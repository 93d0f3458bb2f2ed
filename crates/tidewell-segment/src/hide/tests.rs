//! Tests of leaving rows out.
#![allow(clippy::unwrap_used)]

use tidewell_types::{TimeBounds, TimestampNs};

use super::{Hidden, visible};
use crate::sample::{row, rows, sparse_batch};

fn hidden(min: i64, max: i64, tags: &[(&str, &[&str])]) -> Hidden {
    let time = TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) };
    let tags = tags.iter().map(|(tag, values)| ((*tag).to_owned(), values.iter().map(ToString::to_string).collect()));
    Hidden { time, tags: tags.collect() }
}

fn left(hidden: &[Hidden], floor: Option<i64>) -> Vec<(String, i64)> {
    let batch =
        sparse_batch(&[row("eu", "a", 1, 0.1), row("eu", "b", 2, 0.2), row("us", "a", 3, 0.3), row("us", "c", 4, 0.4)]);
    let left = visible(&batch, hidden, floor.map(TimestampNs::from_ns)).unwrap();
    rows(&left).into_iter().map(|row| (row.host.unwrap(), row.time)).collect()
}

fn all() -> Vec<(String, i64)> {
    [("a", 1), ("b", 2), ("a", 3), ("c", 4)].map(|(host, time)| (host.to_owned(), time)).to_vec()
}

#[test]
fn visible_nothing_hidden_keeps_every_row() {
    assert_eq!(left(&[], None), all());
    assert_eq!(left(&[hidden(5, 9, &[])], Some(1)), all());
}

#[test]
fn visible_span_is_inclusive_at_both_ends() {
    assert_eq!(left(&[hidden(2, 3, &[])], None), [("a".to_owned(), 1), ("c".to_owned(), 4)]);
}

#[test]
fn visible_all_tags_must_match() {
    let kept = left(&[hidden(0, 9, &[("region", &["us"]), ("host", &["a", "b"])])], None);
    assert_eq!(kept, [all()[0].clone(), all()[1].clone(), all()[3].clone()]);
}

#[test]
fn visible_tag_that_rows_lack_matches_the_empty_string_only() {
    assert_eq!(left(&[hidden(0, 9, &[("rack", &["r1"])])], None), all());
    assert_eq!(left(&[hidden(0, 9, &[("rack", &[""])])], None), []);
}

#[test]
fn visible_rows_before_the_floor_are_left_out() {
    assert_eq!(left(&[hidden(3, 3, &[])], Some(2)), [("b".to_owned(), 2), ("c".to_owned(), 4)]);
}
