//! The order of writes among segments, from what their files say of it.

use tidewell_types::Version;

use crate::rebuild::found::FoundSegment;

/// Gives every segment of a table its rank: the one that its file says. Those that do not say come before all that do, by
/// name. Ranks stay what the files say, so that a rewrite after the rebuild, which says its own, still falls into place.
///
/// Sorts the segments by rank; the number of those whose files do not say.
pub(super) fn rank(segments: &mut [FoundSegment]) -> u64 {
    segments.sort_by(|a, b| (a.rank, &a.entry.object).cmp(&(b.rank, &b.entry.object)));
    let unranked_count = segments.partition_point(|segment| segment.rank.is_none()) as u64;
    let first = segments.iter().find_map(|segment| segment.rank).map(Version::get);
    // As many places as there are below the first rank; where they are too few, neighbours share one.
    let places = first.map_or(unranked_count, |first| first.saturating_sub(1)).max(1);
    for (index, segment) in (0u64..).zip(segments.iter_mut()) {
        let place = 1 + mul_div(index, places, unranked_count.max(1));
        segment.entry.rank = segment.rank.unwrap_or(Version::new(place));
    }
    unranked_count
}

/// `index * places / count`, where `index` is below `count`, or below `places` without a product beyond `u64`.
fn mul_div(index: u64, places: u64, count: u64) -> u64 {
    if places >= count { index } else { index.saturating_mul(places) / count }
}

#[cfg(test)]
mod tests;
