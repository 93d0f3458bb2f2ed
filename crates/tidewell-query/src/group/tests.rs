//! Which rows are merged with which.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use datafusion::arrow::array::RecordBatch;

use super::{Group, groups};
use crate::key_span::KeySpan;
use crate::sample::Database;
use crate::tail::sorted_tail;

/// For each group the numbers of its segments, oldest 0, and the count of its tail's rows.
async fn grouped(segments: &[&str], tail: &str) -> BTreeSet<(Vec<u64>, usize)> {
    let mut database = Database::new();
    for segment in segments {
        database.write_segment(segment).await;
    }
    if !tail.is_empty() {
        database.write(tail);
    }
    let view = database.view();
    let table = view.tables.values().next().unwrap();
    let tail = sorted_tail(&table.schema, &table.tail, &KeySpan::all()).unwrap();
    let of = |group: &Group| {
        let numbers = group.segments.iter().map(|segment| segment.added.get() - 1).collect();
        (numbers, group.tail.as_ref().map_or(0, RecordBatch::num_rows))
    };
    groups(table.segments.fresh(), &tail).unwrap().iter().map(of).collect()
}

fn expected(groups: &[(&[u64], usize)]) -> BTreeSet<(Vec<u64>, usize)> {
    groups.iter().map(|(segments, tail)| (segments.to_vec(), *tail)).collect()
}

#[tokio::test]
async fn segments_apart_in_time_stand_alone_and_touching_ones_do_not() {
    let got = grouped(&["t,a=1 v=1 0\nt,a=1 v=1 9", "t,a=1 v=1 10\nt,a=1 v=1 20", "t,a=1 v=1 20"], "").await;
    assert_eq!(got, expected(&[(&[0], 0), (&[1, 2], 0)]));
}

#[tokio::test]
async fn segments_apart_in_a_tag_stand_alone() {
    let got = grouped(&["t,a=a v=1 0\nt,a=b v=1 9", "t,a=c v=1 0\nt,a=d v=1 9", "t,a=b v=1 1"], "").await;
    assert_eq!(got, expected(&[(&[0, 2], 0), (&[1], 0)]));
}

#[tokio::test]
async fn rows_without_a_tag_are_an_identity_of_their_own() {
    let got = grouped(&["t,a=a v=1 0", "t v=1 0", "t,a=a,b=x v=1 0", "t,b=x v=1 0"], "").await;
    assert_eq!(got, expected(&[(&[0], 0), (&[1], 0), (&[2], 0), (&[3], 0)]));
    let got = grouped(&["t,a=a v=1 0\nt v=1 0", "t v=1 0"], "").await;
    assert_eq!(got, expected(&[(&[0, 1], 0)]));
}

#[tokio::test]
async fn tail_joins_the_segments_that_its_rows_fall_into() {
    let segments = ["t,a=a v=1 0\nt,a=a v=1 9", "t,a=b v=1 20\nt,a=b v=1 29", "t,a=c v=1 40\nt,a=c v=1 49"];
    let got = grouped(&segments, "t,a=z v=1 5\nt,a=z v=1 15\nt,a=z v=1 48\nt,a=y v=1 48").await;
    assert_eq!(got, expected(&[(&[0], 1), (&[1], 0), (&[2], 2), (&[], 1)]));
}

#[tokio::test]
async fn groups_keep_their_segments_oldest_first() {
    let got = grouped(&["t,a=a v=1 50\nt,a=a v=1 60", "t,a=a v=1 0\nt,a=a v=1 55", "t,a=a v=1 10"], "").await;
    assert_eq!(got, expected(&[(&[0, 1, 2], 0)]));
}
