//! Which segments may be rewritten together without changing the order of writes.

use tidewell_manifest::{SegmentEntry, Tombstone};
use tidewell_types::TimeBounds;

/// Whether `inputs` may be rewritten together: what they become takes the highest of their ranks, so no other live segment
/// that meets their span may have a rank between them. Inputs of one rank keep it, and their place with it; unless files of
/// others are among those of that rank, since they may share identities.
///
/// Rewrites that each hold to this keep the order of writes, also where they run at once and each knows only the state that
/// it was planned from: a commit takes out exactly the inputs, or it is refused.
pub(crate) fn may_rewrite<'a>(inputs: &[&SegmentEntry], live: impl IntoIterator<Item = &'a SegmentEntry>) -> bool {
    let ranks = inputs.iter().map(|entry| entry.rank);
    let (Some(min), Some(max), Some(hull)) = (ranks.clone().min(), ranks.max(), hull(inputs)) else { return false };
    let is_between = |other: &SegmentEntry| {
        let is_met = other.time.overlaps(&hull) && min <= other.rank && other.rank <= max;
        is_met && inputs.iter().all(|input| input.id != other.id)
    };
    let has_foreign = inputs.iter().any(|input| input.foreign.is_some());
    let is_in_the_way =
        |other: &SegmentEntry| is_between(other) && (min < max || has_foreign || other.foreign.is_some());
    !live.into_iter().any(is_in_the_way)
}

/// The span of all of them.
pub(crate) fn hull(entries: &[&SegmentEntry]) -> Option<TimeBounds> {
    entries.iter().map(|entry| entry.time).reduce(|hull, time| hull.union(&time))
}

/// Whether a segment can hold rows that a delete hides, by its ranks, its span and the bounds of its tags.
pub(crate) fn may_hide(tombstone: &Tombstone, segment: &SegmentEntry) -> bool {
    let may_have = |tag: &str, value: &str| {
        let Some(bounds) = segment.tags.iter().find(|bounds| bounds.tag == tag) else { return value.is_empty() };
        if value.is_empty() {
            return bounds.null_count > 0;
        }
        let min = bounds.min.as_deref().is_some_and(|min| min <= value);
        min && bounds.max.as_deref().is_none_or(|max| value <= max)
    };
    tombstone.concerns(segment)
        && tombstone.tags.iter().all(|one| one.values.iter().any(|value| may_have(&one.tag, value)))
}

#[cfg(test)]
mod tests;
