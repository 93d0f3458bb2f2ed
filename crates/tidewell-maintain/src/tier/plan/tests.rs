//! Plans: every old hot segment in one job, neighbours together, and never against the rule.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use proptest::prelude::*;
use tidewell_manifest::TableState;
use tidewell_types::TimeBounds;

use super::*;
use crate::rewrite::sample::{DAY_NS, HOUR_NS, entry, fresh};

const MIB: u64 = 1024 * 1024;

/// The ranks of the inputs of each job, where what is older than day 0 is cold.
fn ranks(live: &[SegmentEntry]) -> Vec<Vec<u64>> {
    let mut live: Vec<LiveSegment> = live.iter().cloned().map(fresh).collect();
    live.sort_by_key(|segment| (segment.entry.rank, segment.entry.time.min));
    let (table, now) = (TableState::default(), TimestampNs::from_ns(10 * DAY_NS));
    let is_free = |entry: &SegmentEntry| !entry.object.starts_with("foreign");
    let view = View { span: TimeBounds::ALL, now, table: &table, retention_ms: None, is_free: &is_free };
    let options = TierOptions { segment_rows_max: u64::MAX, ..TierOptions::new(Duration::from_secs(10 * 24 * 3600)) };
    let jobs = plan(&live, &view, &options);
    for job in &jobs {
        assert_eq!(job.tier, Tier::Cold);
        assert!(may_rewrite(&job.entries(), live.iter().map(|segment| &*segment.entry)));
    }
    let ranks = jobs.iter().map(|job| job.inputs.iter().map(|input| input.entry.rank.get()).collect());
    let mut ranks: Vec<Vec<u64>> = ranks.collect();
    ranks.sort();
    ranks
}

fn day(rank: u64, day: i64, file_bytes: u64) -> SegmentEntry {
    entry(rank, rank, (day * DAY_NS, (day + 1) * DAY_NS - 1), file_bytes)
}

#[test]
fn only_what_is_old_hot_and_ours_moves() {
    let young = entry(2, 2, (-DAY_NS, 0), MIB);
    let cold = SegmentEntry { tier: Tier::Cold, ..day(3, -3, MIB) };
    let foreign = SegmentEntry { object: "foreign/x.parquet".to_owned(), ..day(4, -4, MIB) };
    assert_eq!(ranks(&[day(1, -1, MIB), young, cold, foreign]), [[1]]);
}

#[test]
fn small_neighbours_become_one_and_large_ones_move_alone() {
    let small: Vec<SegmentEntry> = (1..=4).map(|n| day(n, -(n as i64), MIB)).collect();
    assert_eq!(ranks(&small), [[1, 2, 3, 4]]);
    let large: Vec<SegmentEntry> = (1..=4).map(|n| day(n, -(n as i64), 60 * MIB)).collect();
    assert_eq!(ranks(&large), [[1], [2], [3], [4]]);
    assert_eq!(ranks(&[day(1, -1, 300 * MIB)]), [[1]], "a giant moves as well");
}

#[test]
fn what_does_not_fit_one_file_goes_by_narrower_windows() {
    let hours = (0..24).map(|hour| {
        entry(hour as u64, hour as u64 + 1, (-DAY_NS + hour * HOUR_NS, -DAY_NS + (hour + 1) * HOUR_NS - 1), 4 * MIB)
    });
    let jobs = ranks(&hours.collect::<Vec<_>>());
    assert_eq!(jobs.iter().map(Vec::len).collect::<Vec<_>>(), [6, 6, 6, 6]);
}

#[test]
fn what_a_young_segment_ranks_between_moves_apart() {
    // The young one reaches from the old days into today.
    let young = entry(2, 2, (-3 * DAY_NS, DAY_NS), MIB);
    assert_eq!(ranks(&[day(1, -2, MIB), young, day(3, -2, MIB)]), [[1], [3]]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn every_old_segment_is_in_one_job(
        all in proptest::collection::vec((0..30u64, -300..30i64, 0..60i64, 0..10u32, any::<bool>()), 0..50),
    ) {
        let live: Vec<SegmentEntry> = (0u64..)
            .zip(all)
            .map(|(number, (rank, start, len, size, is_cold))| {
                let tier = if is_cold { Tier::Cold } else { Tier::Hot };
                let span = (start * HOUR_NS, (start + len) * HOUR_NS);
                SegmentEntry { tier, ..entry(number, rank + 1, span, MIB << size) }
            })
            .collect();
        let mut moved: Vec<u64> = ranks(&live).into_iter().flatten().collect();
        let old = live.iter().filter(|entry| entry.tier == Tier::Hot && entry.time.max.as_ns() < 0);
        let mut old: Vec<u64> = old.map(|entry| entry.rank.get()).collect();
        moved.sort_unstable();
        old.sort_unstable();
        prop_assert_eq!(moved, old);
    }
}
