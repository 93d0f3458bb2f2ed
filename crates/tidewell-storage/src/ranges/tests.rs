//! Tests of joined ranges.
#![allow(clippy::unwrap_used, clippy::single_range_in_vec_init)]

use std::ops::Range;

use bytes::Bytes;
use proptest::prelude::*;

use super::{GAP_BYTES_MAX, JOINED_BYTES_MAX, join, split};

#[test]
fn join_near_ranges_gives_one() {
    assert_eq!(join(&[50..60, 0..10, 5..8]).unwrap(), [0..60]);
    assert_eq!(join(&[0..1, GAP_BYTES_MAX + 1..GAP_BYTES_MAX + 2]).unwrap(), [0..GAP_BYTES_MAX + 2]);
}

#[test]
fn join_far_ranges_keeps_both() {
    let wanted = [0..1, GAP_BYTES_MAX + 2..GAP_BYTES_MAX + 3];
    assert_eq!(join(&wanted).unwrap(), wanted);
}

#[test]
fn join_large_ranges_keeps_requests_bounded() {
    let half = JOINED_BYTES_MAX / 2;
    let wanted = [0..half, half..2 * half, 2 * half..3 * half];
    assert_eq!(join(&wanted).unwrap(), [0..2 * half, 2 * half..3 * half]);
}

#[test]
fn join_range_that_ends_before_it_starts_is_refused() {
    let backwards = Range { start: 2, end: 1 };
    join(&[backwards]).unwrap_err();
}

#[test]
fn split_of_a_body_that_is_too_short_is_refused() {
    let joined = join(&[0..4, 6..10]).unwrap();
    split(&[0..4, 6..10], &joined, &[Bytes::from_static(b"012345678")]).unwrap_err();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn split_of_joined_ranges_gives_each_range(
        wanted in prop::collection::vec((0..20_000_000_u64, 0..30_000_u64), 0..8)
    ) {
        let wanted: Vec<Range<u64>> = wanted.into_iter().map(|(start, length)| start..start + length).collect();
        let byte = |position: u64| (position % 251) as u8;
        let joined = join(&wanted).unwrap();
        prop_assert!(joined.is_sorted_by(|a, b| a.start <= b.start));
        let bodies: Vec<Bytes> = joined.iter().map(|range| range.clone().map(byte).collect()).collect();
        let found = split(&wanted, &joined, &bodies).unwrap();
        for (range, body) in wanted.iter().zip(&found) {
            prop_assert_eq!(body.len() as u64, range.end - range.start);
            prop_assert_eq!(body.first().copied(), range.clone().next().map(byte));
            prop_assert_eq!(body.last().copied(), range.clone().next_back().map(byte));
        }
    }
}
