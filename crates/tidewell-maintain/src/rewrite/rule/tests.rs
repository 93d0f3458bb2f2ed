//! Rewrites that hold to the rule never change an answer, however stale the state that they were planned from.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use tidewell_manifest::{TagBounds, TagMatch};
use tidewell_types::{Version, WriteId};

use super::*;
use crate::rewrite::sample::{entry, time};

fn is_allowed(inputs: &[usize], live: &[SegmentEntry]) -> bool {
    let inputs: Vec<&SegmentEntry> = inputs.iter().map(|place| &live[*place]).collect();
    may_rewrite(&inputs, live)
}

#[test]
fn inputs_around_the_rank_of_a_segment_that_meets_their_span_are_refused() {
    let live = [entry(1, 1, (0, 9), 1), entry(2, 2, (20, 30), 1), entry(3, 3, (25, 40), 1), entry(4, 4, (12, 14), 1)];
    assert!(!is_allowed(&[0, 2], &live), "the second lies between them in rank and meets their span");
    assert!(is_allowed(&[0, 3], &live), "the others do not meet their span");
    assert!(is_allowed(&[1, 2], &live) && is_allowed(&[0, 1], &live) && is_allowed(&[0, 1, 2, 3], &live));
    assert!(!is_allowed(&[1, 3], &[live[0].clone(), live[1].clone(), entry(5, 3, (14, 14), 1), live[3].clone()]));
}

#[test]
fn segment_of_the_first_or_last_rank_must_come_along_or_lie_elsewhere() {
    let live = [entry(1, 5, (0, 9), 1), entry(2, 5, (10, 19), 1), entry(3, 6, (0, 9), 1), entry(4, 6, (0, 19), 1)];
    assert!(!is_allowed(&[0, 2], &live), "the last has its rank and meets it");
    assert!(!is_allowed(&[0, 3], &live), "so do the second and the third");
    assert!(is_allowed(&[0, 2], &live[..3]));
    assert!(is_allowed(&[0, 1, 2, 3], &live));
}

#[test]
fn inputs_of_one_rank_are_always_allowed() {
    let live = [entry(1, 5, (0, 9), 1), entry(2, 5, (10, 19), 1), entry(3, 5, (0, 19), 1), entry(4, 4, (0, 30), 1)];
    assert!(is_allowed(&[0], &live) && is_allowed(&[0, 1], &live));
    assert!(!is_allowed(&[], &live));
}

fn tombstone(span: (i64, i64), values: &[&str]) -> Tombstone {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    Tombstone {
        id: WriteId::from_bytes([1; 16]),
        time: time(span),
        tags: vec![TagMatch { tag: "host".to_owned(), values }],
        version: Version::new(9),
    }
}

#[test]
fn files_of_others_of_one_rank_are_in_the_way_where_segments_of_ours_are_not() {
    let file = tidewell_manifest::ForeignFile {
        url: "s3://a/b".to_owned(),
        tag: "1".to_owned(),
        mapping: tidewell_segment::foreign::ForeignOptions::default(),
        is_owned: true,
        checked: None,
    };
    let (a, b, c) = (entry(1, 5, (0, 9), 1), entry(2, 5, (0, 9), 1), entry(3, 5, (5, 20), 1));
    let foreign =
        |entry: &SegmentEntry| SegmentEntry { foreign: Some(std::sync::Arc::new(file.clone())), ..entry.clone() };
    assert!(may_rewrite(&[&a, &b], [&a, &b, &c]));
    assert!(!may_rewrite(&[&a, &b], [&a, &b, &foreign(&c)]));
    assert!(!may_rewrite(&[&foreign(&a), &b], [&foreign(&a), &b, &c]));
    assert!(may_rewrite(&[&foreign(&a), &b], [&foreign(&a), &b]));
}

#[test]
fn delete_hides_nothing_where_rank_span_or_tags_rule_it_out() {
    let segment = SegmentEntry {
        tags: vec![TagBounds {
            tag: "host".to_owned(),
            min: Some("b".to_owned()),
            max: Some("d".to_owned()),
            null_count: 0,
        }],
        ..entry(1, 8, (0, 9), 1)
    };
    assert!(may_hide(&tombstone((9, 20), &["c"]), &segment) && may_hide(&tombstone((9, 20), &["a", "b"]), &segment));
    assert!(!may_hide(&tombstone((10, 20), &["c"]), &segment));
    for missing in [["a"], ["e"], [""]] {
        assert!(!may_hide(&tombstone((0, 9), &missing), &segment), "{missing:?}");
    }
    assert!(!may_hide(&tombstone((0, 9), &["c"]), &SegmentEntry { rank: Version::new(9), ..segment.clone() }));
    assert!(!may_hide(&tombstone((0, 9), &["c"]), &SegmentEntry { deletes_to: Version::new(9), ..segment.clone() }));
    let without = SegmentEntry { tags: Vec::new(), ..segment.clone() };
    assert!(!may_hide(&tombstone((0, 9), &["c"]), &without) && may_hide(&tombstone((0, 9), &[""]), &without));
    let bounds = |min: Option<&str>, max: Option<&str>, null_count| TagBounds {
        tag: "host".to_owned(),
        min: min.map(str::to_owned),
        max: max.map(str::to_owned),
        null_count,
    };
    let open = SegmentEntry { tags: vec![bounds(Some("b"), None, 1)], ..segment.clone() };
    assert!(may_hide(&tombstone((0, 9), &["zzz"]), &open) && may_hide(&tombstone((0, 9), &[""]), &open));
    let null = SegmentEntry { tags: vec![bounds(None, None, 7)], ..segment };
    assert!(!may_hide(&tombstone((0, 9), &["b"]), &null));
}

/// A row's identity: series and time. Its fields: what was written last to each.
type Rows = BTreeMap<(u8, i64), BTreeMap<u8, u32>>;

#[derive(Clone, Debug)]
struct Segment {
    entry: SegmentEntry,
    rows: Rows,
}

fn segment(number: u64, rank: u64, rows: Rows) -> Segment {
    let times = || rows.keys().map(|(_, time)| *time);
    Segment { entry: entry(number, rank, (times().min().unwrap(), times().max().unwrap()), 1), rows }
}

fn write(into: &mut Rows, rows: &Rows) {
    for (identity, fields) in rows {
        into.entry(*identity).or_default().extend(fields);
    }
}

/// What a reader makes of live segments; of two with one rank no row may be in both.
fn answer(live: &[Segment]) -> Rows {
    let mut by_rank: Vec<&Segment> = live.iter().collect();
    by_rank.sort_by_key(|segment| segment.entry.rank);
    for pair in by_rank.windows(2).filter(|pair| pair[0].entry.rank == pair[1].entry.rank) {
        assert!(pair[0].rows.keys().all(|identity| !pair[1].rows.contains_key(identity)));
    }
    let mut answer = Rows::new();
    by_rank.iter().for_each(|segment| write(&mut answer, &segment.rows));
    answer
}

#[derive(Clone, Debug)]
enum Op {
    /// A fold of rows: series, time and field of each.
    Fold(Vec<(u8, i64, u8)>),
    /// A rewrite that is planned from a state so many versions ago, of so many segments from a place in rank on, leaving out
    /// those of a mask; what comes out is cut at a time, or by series.
    Rewrite { age: usize, from: usize, count: usize, mask: u8, cut: Option<i64> },
}

fn op() -> impl Strategy<Value = Op> {
    let row = (0..2u8, 0..12i64, 0..2u8);
    prop_oneof![
        3 => proptest::collection::vec(row, 1..4).prop_map(Op::Fold),
        4 => (0..6usize, 0..12usize, 1..5usize, any::<u8>(), proptest::option::of(0..12i64))
            .prop_map(|(age, from, count, mask, cut)| Op::Rewrite { age, from, count, mask, cut }),
    ]
}

/// What a rewrite makes of its inputs: by rank, and cut in two.
fn rewritten(inputs: &[Segment], cut: Option<i64>, number: &mut u64) -> Vec<Segment> {
    let mut by_rank = inputs.to_vec();
    by_rank.sort_by_key(|segment| segment.entry.rank);
    let rank = by_rank.last().unwrap().entry.rank.get();
    let mut rows = Rows::new();
    by_rank.iter().for_each(|segment| write(&mut rows, &segment.rows));
    let is_first = |(series, time): &(u8, i64)| cut.map_or(*series == 0, |cut| *time < cut);
    let (first, second): (Rows, Rows) = rows.into_iter().partition(|(identity, _)| is_first(identity));
    let parts = [first, second].into_iter().filter(|rows| !rows.is_empty());
    parts
        .map(|rows| {
            *number += 1;
            segment(*number, rank, rows)
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    /// influxdb #27548: the value of an overwritten point depended on the plan: buffer or Parquet first.
    #[test]
    fn answer_is_the_same_whatever_is_rewritten_at_once(ops in proptest::collection::vec(op(), 1..40)) {
        let (mut history, mut expected, mut number) = (vec![Vec::<Segment>::new()], Rows::new(), 0u64);
        for op in ops {
            let newest = history.last().unwrap().clone();
            let version = history.len() as u64;
            let next: Vec<Segment> = match op {
                Op::Fold(rows) => {
                    let mut folded = Rows::new();
                    for (series, time, field) in rows {
                        number += 1;
                        folded.entry((series, time)).or_default().insert(field, number as u32);
                    }
                    write(&mut expected, &folded);
                    number += 1;
                    newest.into_iter().chain([segment(number, version, folded)]).collect()
                }
                Op::Rewrite { age, from, count, mask, cut } => {
                    let mut planned = history[history.len().saturating_sub(1 + age)].clone();
                    planned.sort_by_key(|segment| segment.entry.rank);
                    let chosen = planned.iter().skip(from).take(count).enumerate();
                    let chosen: Vec<Segment> =
                        chosen.filter(|(place, _)| mask >> place & 1 == 0).map(|(_, one)| one.clone()).collect();
                    let inputs: Vec<&SegmentEntry> = chosen.iter().map(|one| &one.entry).collect();
                    let live: BTreeSet<_> = newest.iter().map(|one| one.entry.id).collect();
                    let is_allowed = may_rewrite(&inputs, planned.iter().map(|one| &one.entry));
                    // What a commit checks: every input is still live.
                    if !is_allowed || !inputs.iter().all(|input| live.contains(&input.id)) {
                        continue;
                    }
                    let gone: BTreeSet<_> = inputs.iter().map(|input| input.id).collect();
                    let kept = newest.into_iter().filter(|one| !gone.contains(&one.entry.id));
                    kept.chain(rewritten(&chosen, cut, &mut number)).collect()
                }
            };
            prop_assert_eq!(answer(&next), expected.clone());
            history.push(next);
        }
    }
}
