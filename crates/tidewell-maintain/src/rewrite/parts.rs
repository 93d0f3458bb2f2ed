//! Cutting one rewrite's rows by time, where they are too many for one file.

use tidewell_manifest::SegmentEntry;
use tidewell_types::{TimeBounds, TimestampNs};

use crate::rewrite::rule::hull;
use crate::rewrite::{Shape, VALUES_MAX};

/// The inputs are decoded once for each part, so there are few; beyond them files are cut by key.
const PARTS_MAX: u64 = 4;
/// Cuts are on round instants of the widest of these that is narrow enough, in nanoseconds: a day to a microsecond.
const ROUND_NS: [i64; 6] = [86_400_000_000_000, 3_600_000_000_000, 60_000_000_000, 1_000_000_000, 1_000_000, 1_000];

/// The spans that the files of a rewrite cover, ascending and without overlap; one of everything where it fits one file.
pub(crate) fn parts(inputs: &[&SegmentEntry], shape: &Shape) -> Vec<TimeBounds> {
    let sum = |of: fn(&SegmentEntry) -> u64| inputs.iter().map(|entry| of(entry)).fold(0, u64::saturating_add);
    let needed = sum(|entry| entry.file_bytes)
        .div_ceil(shape.segment_bytes_target.max(1))
        .max(sum(|entry| entry.row_count).div_ceil(shape.segment_rows_max.max(1)))
        .max(sum(|entry| entry.value_count).div_ceil(VALUES_MAX));
    let Some(hull) = hull(inputs).filter(|_| (2..=PARTS_MAX).contains(&needed)) else { return vec![TimeBounds::ALL] };
    let width_ns = i128::from(hull.max.as_ns()) - i128::from(hull.min.as_ns());
    let rounds = |ns: &&i64| i128::from(**ns) * 4 * i128::from(needed) <= width_ns;
    let round_ns = ROUND_NS.iter().find(rounds).copied().unwrap_or(1);
    let mut parts = Vec::new();
    let mut start = TimestampNs::MIN;
    for part in 1..needed {
        let exact_ns = quantile(inputs, &hull, part, needed);
        let cut_ns = exact_ns.div_euclid(round_ns).saturating_mul(round_ns);
        if cut_ns > start.as_ns().max(hull.min.as_ns()) {
            parts.push(TimeBounds { min: start, max: TimestampNs::from_ns(cut_ns - 1) });
            start = TimestampNs::from_ns(cut_ns);
        }
    }
    parts.push(TimeBounds { min: start, max: TimestampNs::MAX });
    parts
}

/// The instant before which `part` of `of` equal parts of the bytes lie, where each input's are spread evenly over its span.
fn quantile(inputs: &[&SegmentEntry], hull: &TimeBounds, part: u64, of: u64) -> i64 {
    let total: u128 = inputs.iter().map(|entry| u128::from(entry.file_bytes)).sum();
    let wanted = total * u128::from(part) / u128::from(of.max(1));
    let (mut low, mut high) = (hull.min.as_ns(), hull.max.as_ns());
    while low < high {
        let middle = low.saturating_add_unsigned(high.abs_diff(low) / 2);
        let before: u128 = inputs.iter().map(|entry| bytes_before(entry, middle)).sum();
        if before < wanted {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    low
}

fn bytes_before(entry: &SegmentEntry, ns: i64) -> u128 {
    let (min, max) = (entry.time.min.as_ns(), entry.time.max.as_ns());
    // Both fit: a span is shorter than 2^64 ns.
    let span = u128::from(max.abs_diff(min)) + 1;
    let before = if ns <= min { 0 } else { u128::from(ns.abs_diff(min)).min(span) };
    u128::from(entry.file_bytes) * before / span
}

#[cfg(test)]
mod tests;
