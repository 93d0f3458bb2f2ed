//! Runs: as long as they may be, and never one that the rule forbids.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::rewrite::may_rewrite;
use crate::rewrite::sample::entry;

const LIMITS: Limits = Limits { inputs_max: 8, bytes_max: 1000, rows_max: 1000, values_max: 1000 };

/// Members by rank: rank, span, size and whether it is free.
fn found(all: &[(u64, (i64, i64), u64, bool)], limits: &Limits, count_min: usize) -> Vec<Vec<usize>> {
    let entries: Vec<SegmentEntry> =
        (0u64..).zip(all).map(|(number, (rank, span, bytes, _))| entry(number, *rank, *span, *bytes)).collect();
    let member = |(entry, one): (_, &(u64, (i64, i64), u64, bool))| Member { entry, is_free: one.3, is_settled: false };
    let members: Vec<Member<'_>> = entries.iter().zip(all).map(member).collect();
    let runs = runs(&members, limits, |tally| tally.count >= count_min);
    for (_, run) in &runs {
        let inputs: Vec<&SegmentEntry> = run.iter().map(|place| &entries[*place]).collect();
        assert!(may_rewrite(&inputs, &entries), "{run:?} of {all:?}");
    }
    runs.into_iter().map(|(_, run)| run).collect()
}

#[test]
fn run_ends_at_what_stands_in_its_way_and_steps_over_what_does_not() {
    let all = |between: (i64, i64)| {
        [(1, (0, 5), 10, true), (2, between, 10, false), (3, (3, 9), 10, true), (4, (0, 9), 10, true)]
    };
    assert_eq!(found(&all((20, 30)), &LIMITS, 2), [[0, 2, 3]]);
    assert_eq!(found(&all((9, 30)), &LIMITS, 2), [[2, 3]]);
}

#[test]
fn run_ends_at_a_limit_and_the_next_goes_on_from_there() {
    let all: Vec<_> = (0..10).map(|rank| (rank, (0, 9), 100, true)).collect();
    let three = Limits { inputs_max: 3, ..LIMITS };
    assert_eq!(found(&all, &three, 2), [[0, 1, 2], [3, 4, 5], [6, 7, 8]]);
    for limits in
        [Limits { bytes_max: 399, ..LIMITS }, Limits { rows_max: 19, ..LIMITS }, Limits { values_max: 39, ..LIMITS }]
    {
        assert_eq!(found(&all, &limits, 2), [[0, 1, 2], [3, 4, 5], [6, 7, 8]]);
    }
    assert_eq!(found(&all[..2], &Limits { bytes_max: 99, ..LIMITS }, 1), [[0], [1]], "one alone may be too large");
}

#[test]
fn run_takes_all_of_a_rank_that_meets_it_or_none() {
    let all = |free: bool| [(1, (0, 9), 10, true), (2, (0, 4), 10, true), (2, (5, 9), 10, free)];
    assert_eq!(found(&all(true), &LIMITS, 2), [[0, 1, 2]]);
    // The last stays, so the second may not be ranked with the first.
    assert!(found(&all(false), &LIMITS, 2).is_empty());
}

#[test]
fn depth_counts_ranks_and_growth_the_largest() {
    let of = |spans: &[(u64, (i64, i64), u64)]| {
        let entries: Vec<_> =
            (0u64..).zip(spans).map(|(n, (rank, span, bytes))| entry(n, *rank, *span, *bytes)).collect();
        let members = entries.iter().map(|entry| Member { entry, is_free: true, is_settled: false });
        let members: Vec<_> = members.collect();
        let all = runs(&members, &LIMITS, |tally| tally.count == spans.len());
        (all[0].0.depth_percent(), all[0].0.growth_percent())
    };
    assert_eq!(of(&[(1, (0, 9), 10), (2, (0, 9), 10)]), (200, 200));
    assert_eq!(of(&[(1, (0, 9), 30), (2, (10, 19), 10), (3, (0, 19), 20)]), (200, 200));
    assert_eq!(of(&[(1, (0, 9), 10), (2, (90, 99), 30)]), (20, 133));
    // Of one rank there is one version, however they lie.
    assert_eq!(of(&[(2, (0, 9), 10), (2, (0, 9), 10)]), (100, 200));
    assert_eq!(of(&[(1, (i64::MIN, i64::MAX), 10), (2, (0, 0), 10)]), (100, 200));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn runs_hold_to_the_rule_and_share_nothing(
        all in proptest::collection::vec((0..6u64, 0..20i64, 0..6i64, any::<bool>()), 0..20),
        count_min in 1..4usize,
    ) {
        let mut all: Vec<_> = all.into_iter().map(|(rank, start, len, free)| (rank, (start, start + len), 9, free)).collect();
        all.sort_by_key(|(rank, ..)| *rank);
        let runs = found(&all, &LIMITS, count_min);
        let taken: Vec<usize> = runs.iter().flatten().copied().collect();
        prop_assert!(taken.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(taken.iter().all(|place| all[*place].3));
        prop_assert!(runs.iter().all(|run| (count_min..=8).contains(&run.len())));
        if count_min == 1 {
            // A run of one is no change of the order, so nothing free is left out.
            prop_assert_eq!(taken.len(), all.iter().filter(|one| one.3).count());
        }
    }
}
