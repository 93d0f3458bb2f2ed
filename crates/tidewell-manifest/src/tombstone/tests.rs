//! A delete concerns what was there before it and has not carried it out.
#![allow(clippy::unwrap_used)]

use tidewell_types::TimestampNs;

use super::*;
use crate::sample::second;

fn tombstone(version: u64, from: u64, to: u64) -> Tombstone {
    let time = TimeBounds { min: second(from).time.min, max: second(to).time.min };
    Tombstone { id: WriteId::from_bytes([1; 16]), time, tags: Vec::new(), version: Version::new(version) }
}

fn segment(rank: u64, deletes_to: u64) -> SegmentEntry {
    SegmentEntry { rank: Version::new(rank), deletes_to: Version::new(deletes_to), ..second(5) }
}

#[test]
fn delete_concerns_segments_of_a_lower_rank_that_have_not_carried_it_out() {
    let delete = tombstone(10, 4, 6);
    for (rank, deletes_to, is_concerned) in
        [(9, 0, true), (9, 9, true), (9, 10, false), (9, 11, false), (10, 0, false), (11, 0, false), (1, 0, true)]
    {
        assert_eq!(delete.concerns(&segment(rank, deletes_to)), is_concerned, "rank {rank}, deletes to {deletes_to}");
    }
}

#[test]
fn delete_concerns_segments_that_its_span_meets_both_ends_included() {
    for (from, to, is_concerned) in [(1, 4, false), (1, 5, true), (5, 5, true), (6, 9, false), (1, 9, true)] {
        assert_eq!(tombstone(10, from, to).concerns(&segment(1, 0)), is_concerned, "{from}..={to}");
    }
    let mut last = tombstone(10, 5, 5);
    last.time = TimeBounds { min: second(5).time.max, max: TimestampNs::MAX };
    assert!(last.concerns(&segment(1, 0)));
}
