//! A sweep finds what a look at everything finds.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::rewrite::sample::{entry, fresh, time};

proptest! {
    #[test]
    fn sweep_finds_all_that_meet(
        all in proptest::collection::vec((0..50i64, 0..20i64), 0..20),
        mut spans in proptest::collection::vec((0..60i64, 0..20i64), 0..10),
    ) {
        let live: Vec<LiveSegment> =
            (0u64..).zip(all).map(|(n, (start, len))| fresh(entry(n, n, (start, start + len), 1))).collect();
        let mut by_start: Vec<usize> = (0..live.len()).collect();
        by_start.sort_by_key(|place| live[*place].entry.time.min);
        spans.sort_unstable();
        let mut sweep = Sweep::new(&live, by_start);
        for (start, len) in spans {
            let span = time((start, start + len));
            let expected = (0..live.len()).filter(|place| live[*place].entry.time.overlaps(&span));
            prop_assert_eq!(sweep.meeting(&span), expected.collect::<Vec<_>>());
        }
    }
}
