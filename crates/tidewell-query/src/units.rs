//! How a scan's groups become parallel streams.

use std::cmp::Reverse;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use tidewell_manifest::SegmentEntry;

use crate::group::Group;
use crate::reader::Share;

/// A segment is not shared out among streams below this many rows a share: opening it has a price too.
const SHARE_ROWS_MIN: u64 = 128 * 1024;
/// A row that is merged costs about this many times one that is only decoded.
const MERGE_COST: u64 = 4;

/// One sorted piece of a scan.
#[derive(Clone, Debug)]
pub(crate) enum Unit {
    /// A share of a segment that shares no identity with anything.
    Segment(Arc<SegmentEntry>, Share),
    /// Recent rows that share no identity with any segment.
    Tail(RecordBatch),
    /// A group with several versions of an identity.
    Merge(Group),
}

/// A scan's streams.
#[derive(Clone, Debug)]
pub(crate) struct Streams {
    /// The pieces of each stream, one after the other.
    pub(crate) streams: Vec<Vec<Unit>>,
    /// Whether each stream is one piece, and so in the order of the key.
    pub(crate) is_sorted: bool,
    /// Whether any piece is a merge.
    pub(crate) has_merge: bool,
    /// Rows before merging: exact where nothing is merged.
    pub(crate) row_count_max: u64,
}

/// Spreads groups over at most `stream_count_max` streams of about the same cost.
pub(crate) fn spread(groups: Vec<Group>, stream_count_max: usize) -> Streams {
    let row_count_max = groups.iter().map(Group::row_count_max).sum();
    let has_merge = groups.iter().any(Group::is_merge);
    let share_count_max = stream_count_max / groups.len().max(1);
    let mut units: Vec<(u64, Unit)> = groups.into_iter().flat_map(|group| units_of(group, share_count_max)).collect();
    units.sort_by_key(|(cost, _)| Reverse(*cost));
    let stream_count = units.len().min(stream_count_max.max(1));
    let mut streams: Vec<(u64, Vec<Unit>)> = vec![(0, Vec::new()); stream_count];
    for (cost, unit) in units {
        if let Some((total, stream)) = streams.iter_mut().min_by_key(|(total, stream)| (*total, stream.len())) {
            *total += cost;
            stream.push(unit);
        }
    }
    let streams: Vec<Vec<Unit>> = streams.into_iter().map(|(_, stream)| stream).collect();
    let is_sorted = streams.iter().all(|stream| stream.len() <= 1);
    Streams { streams, is_sorted, has_merge, row_count_max }
}

fn units_of(group: Group, share_count_max: usize) -> Vec<(u64, Unit)> {
    let rows = group.row_count_max().max(1);
    if group.is_merge() {
        return vec![(rows * MERGE_COST, Unit::Merge(group))];
    }
    if let Some(tail) = group.tail {
        return vec![(rows, Unit::Tail(tail))];
    }
    let shares = usize::try_from(rows / SHARE_ROWS_MIN).unwrap_or(usize::MAX).clamp(1, share_count_max.max(1));
    let share = |index| (rows / shares as u64, Share { index, count: shares });
    let segments = group.segments.into_iter();
    let units = segments.flat_map(|entry| {
        (0..shares).map(share).map(move |(cost, share)| (cost, Unit::Segment(Arc::clone(&entry), share)))
    });
    units.collect()
}

#[cfg(test)]
mod tests;
