//! Cutting a table's history by time, so that only some of its lists of segments are in memory at once.

use tidewell_manifest::Segments;
use tidewell_types::{TimeBounds, TimestampNs};

/// Lists of one span; segments that reach over its ends come with more.
const LEAVES_MAX: usize = 8;

/// Spans that cover all of time, ascending and without overlap: one for a table of few segments.
pub(crate) fn spans(segments: &Segments) -> Vec<TimeBounds> {
    let mut spans = Vec::new();
    let mut start = TimestampNs::MIN;
    for leaf in segments.leaves().iter().step_by(LEAVES_MAX).skip(1) {
        // Lists are in the order of their first segments, which begin where the lists do.
        if let Some(last_ns) = leaf.time.min.as_ns().checked_sub(1).filter(|last_ns| *last_ns >= start.as_ns()) {
            spans.push(TimeBounds { min: start, max: TimestampNs::from_ns(last_ns) });
            start = leaf.time.min;
        }
    }
    spans.push(TimeBounds { min: start, max: TimestampNs::MAX });
    spans
}
