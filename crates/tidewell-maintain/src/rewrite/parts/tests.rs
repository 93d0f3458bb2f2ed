//! Parts: all of time once, cut where the bytes are, on round instants.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::rewrite::sample::{DAY_NS, HOUR_NS, entry};

const MIB: u64 = 1024 * 1024;

fn shape() -> Shape {
    Shape { segment_bytes_target: 64 * MIB, segment_rows_max: 1 << 40, inputs_max: 64 }
}

/// Few values, so that only bytes count.
fn sized(number: u64, span: (i64, i64), file_bytes: u64) -> SegmentEntry {
    SegmentEntry { value_count: 1, ..entry(number, number, span, file_bytes) }
}

fn starts(inputs: &[SegmentEntry], shape: &Shape) -> Vec<i64> {
    let parts = parts(&inputs.iter().collect::<Vec<_>>(), shape);
    assert_eq!((parts[0].min, parts.last().unwrap().max), (TimestampNs::MIN, TimestampNs::MAX));
    assert!(parts.windows(2).all(|pair| pair[0].max.as_ns() + 1 == pair[1].min.as_ns()));
    parts[1..].iter().map(|part| part.min.as_ns()).collect()
}

#[test]
fn what_fits_one_file_is_one_part() {
    assert!(starts(&[sized(1, (0, DAY_NS), 32 * MIB), sized(2, (0, DAY_NS), 32 * MIB)], &shape()).is_empty());
}

#[test]
fn two_files_of_a_day_are_cut_at_noon_and_uneven_ones_where_their_bytes_are() {
    let even = [sized(1, (0, DAY_NS - 1), 64 * MIB), sized(2, (0, DAY_NS - 1), 64 * MIB)];
    assert_eq!(starts(&even, &shape()), [12 * HOUR_NS]);
    let uneven = [sized(1, (0, DAY_NS - 1), 24 * MIB), sized(2, (0, 2 * HOUR_NS - 1), 96 * MIB)];
    assert_eq!(starts(&uneven, &shape()), [HOUR_NS]);
}

#[test]
fn rows_and_values_are_cut_like_bytes() {
    let inputs = [entry(1, 1, (0, DAY_NS - 1), MIB)];
    let rows = inputs[0].row_count;
    assert_eq!(starts(&inputs, &Shape { segment_rows_max: rows, ..shape() }).len(), 0);
    assert_eq!(starts(&inputs, &Shape { segment_rows_max: rows - 1, ..shape() }).len(), 1);
    let values = [SegmentEntry { value_count: 3 * VALUES_MAX, ..inputs[0].clone() }];
    assert_eq!(starts(&values, &shape()).len(), 2);
}

#[test]
fn instant_and_giant_are_not_cut_by_time() {
    assert!(starts(&[sized(1, (5, 5), 128 * MIB)], &shape()).is_empty());
    assert!(starts(&[sized(1, (0, DAY_NS), 64 * 5 * MIB)], &shape()).is_empty());
}

proptest! {
    #[test]
    fn parts_cover_all_of_time_once(
        inputs in proptest::collection::vec((any::<i64>(), any::<i64>(), 0..80 * MIB), 1..6),
    ) {
        let inputs: Vec<SegmentEntry> =
            (0u64..).zip(&inputs).map(|(number, (a, b, bytes))| sized(number, (*a.min(b), *a.max(b)), *bytes)).collect();
        let cuts = starts(&inputs, &shape());
        let total: u64 = inputs.iter().map(|input| input.file_bytes).sum();
        prop_assert!(cuts.len() as u64 <= total.div_ceil(64 * MIB).saturating_sub(1));
    }
}
