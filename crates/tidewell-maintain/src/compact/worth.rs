//! When a rewrite is worth the bytes.

use tidewell_manifest::SegmentEntry;

use crate::compact::CompactOptions;
use crate::rewrite::{Limits, Tally, VALUES_MAX, View};

/// A segment of this part of the target's size, in bytes, rows or values, is left alone.
const SETTLED_PART: u64 = 4;
/// From this mean number of versions on, in percent, overlapping segments are merged whatever their size.
const DEPTH_PERCENT_MIN: u64 = 150;

/// Whether a segment is large enough to be left alone.
pub(crate) fn is_large(entry: &SegmentEntry, options: &CompactOptions) -> bool {
    entry.file_bytes >= options.segment_bytes_target / SETTLED_PART
        || entry.row_count >= options.segment_rows_max / SETTLED_PART
        || entry.value_count >= VALUES_MAX / SETTLED_PART
}

/// Twice what a file holds, so that two that overlap can be merged and cut anew.
pub(crate) fn limits(options: &CompactOptions) -> Limits {
    Limits {
        inputs_max: options.inputs_max.max(2),
        bytes_max: options.shape().job_bytes_max(),
        rows_max: options.segment_rows_max.saturating_mul(2),
        values_max: VALUES_MAX * 2,
    }
}

/// Whether a run becomes one file that is large enough for what it costs, or fewer versions.
pub(crate) fn is_worth(tally: &Tally, is_quiet: bool, options: &CompactOptions) -> bool {
    let (count_min, growth_min) = if is_quiet { (2, 150) } else { (4, 200) };
    let is_one_file = tally.bytes <= options.segment_bytes_target
        && tally.rows <= options.segment_rows_max
        && tally.values <= VALUES_MAX;
    let is_much = tally.count >= count_min && tally.growth_percent() >= growth_min;
    (is_one_file && is_much && !tally.has_settled) || is_overlapping(tally, is_quiet)
}

/// Whether queries have to merge, each time, what a rewrite would merge for good.
pub(crate) fn is_overlapping(tally: &Tally, is_quiet: bool) -> bool {
    let growth_min = if is_quiet { 150 } else { 200 };
    tally.count > 1 && tally.depth_percent() >= DEPTH_PERCENT_MIN && tally.growth_percent() >= growth_min
}

/// Whether more than half of a segment's span is before what its table keeps.
pub(crate) fn is_mostly_expired(entry: &SegmentEntry, view: &View<'_>) -> bool {
    let Some(floor) = view.table.time_floor.filter(|floor| *floor > entry.time.min) else { return false };
    let expired_ns = floor.as_ns().abs_diff(entry.time.min.as_ns());
    expired_ns > entry.time.max.as_ns().abs_diff(entry.time.min.as_ns()) / 2
}
