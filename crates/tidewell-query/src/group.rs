//! Which segments and recent rows can share identities, and so have to be merged.

use std::collections::BTreeMap;
use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use tidewell_manifest::{SegmentEntry, TagBounds};
use tidewell_types::TimeBounds;

use crate::QueryError;
use crate::tail::{pick, time_bounds, times};

/// Beyond this many segments that overlap in time, their tags are not compared pair by pair.
const COMPARED_MAX: usize = 1024;

/// Rows that share no identity with any other group.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    /// The segments, oldest first.
    pub(crate) segments: Vec<Arc<SegmentEntry>>,
    /// Recent rows, sorted, newer than the segments.
    pub(crate) tail: Option<RecordBatch>,
    /// Whether its segments hold rows that do not count.
    pub(crate) has_hidden: bool,
}

impl Group {
    /// Whether it takes more than decoding: versions of one identity in several places, rows that do not count, or a file of
    /// others, which may hold both in any order.
    pub(crate) fn is_merge(&self) -> bool {
        let has_foreign = self.segments.iter().any(|segment| segment.foreign.is_some());
        self.has_hidden || has_foreign || self.segments.len() + usize::from(self.tail.is_some()) > 1
    }

    /// How many rows it holds at most.
    pub(crate) fn row_count_max(&self) -> u64 {
        let rows: u64 = self.segments.iter().map(|segment| segment.row_count).sum();
        rows + self.tail.as_ref().map_or(0, |tail| tail.num_rows() as u64)
    }
}

/// Splits segments (oldest first) and a sorted tail into groups that share no identity.
pub(crate) fn groups(segments: &[Arc<SegmentEntry>], tail: &RecordBatch) -> Result<Vec<Group>, QueryError> {
    let clusters = clusters(segments);
    let mut tail_rows = split_tail(&clusters, times(tail)?);
    let mut groups = Vec::new();
    for (index, cluster) in clusters.into_iter().enumerate() {
        let part = tail_rows.remove(&Some(index)).map(|rows| pick(tail, rows)).transpose()?;
        split_cluster(cluster, part, &mut groups)?;
    }
    if let Some(rows) = tail_rows.remove(&None) {
        groups.push(Group { tail: Some(pick(tail, rows)?), ..Group::default() });
    }
    Ok(groups)
}

/// Segments that overlap in time, directly or through others.
struct Cluster {
    time: TimeBounds,
    /// Places in the list of all segments, so oldest first once sorted.
    members: Vec<(usize, Arc<SegmentEntry>)>,
}

/// The clusters, disjoint in time and in its order.
fn clusters(segments: &[Arc<SegmentEntry>]) -> Vec<Cluster> {
    let mut by_time: Vec<(usize, Arc<SegmentEntry>)> = segments.iter().cloned().enumerate().collect();
    by_time.sort_by_key(|(place, segment)| (segment.time.min, *place));
    let mut clusters: Vec<Cluster> = Vec::new();
    for (place, segment) in by_time {
        match clusters.last_mut() {
            Some(last) if last.time.overlaps(&segment.time) => {
                last.time = last.time.union(&segment.time);
                last.members.push((place, segment));
            }
            _ => clusters.push(Cluster { time: segment.time, members: vec![(place, segment)] }),
        }
    }
    for cluster in &mut clusters {
        cluster.members.sort_by_key(|(place, _)| *place);
    }
    clusters
}

/// The rows of the tail by the cluster within whose time they are, in their order.
fn split_tail(clusters: &[Cluster], times: &[i64]) -> BTreeMap<Option<usize>, Vec<u64>> {
    let mut rows: BTreeMap<Option<usize>, Vec<u64>> = BTreeMap::new();
    for (row, time) in (0..).zip(times) {
        let index = clusters.partition_point(|cluster| cluster.time.max.as_ns() < *time);
        let is_within = clusters.get(index).is_some_and(|cluster| cluster.time.min.as_ns() <= *time);
        rows.entry(is_within.then_some(index)).or_default().push(row);
    }
    rows
}

fn split_cluster(cluster: Cluster, tail: Option<RecordBatch>, groups: &mut Vec<Group>) -> Result<(), QueryError> {
    let segments: Vec<Arc<SegmentEntry>> = cluster.members.into_iter().map(|(_, segment)| segment).collect();
    let tail_time = tail.as_ref().map(time_bounds).transpose()?.flatten();
    let (groups_of, tail_group) = if segments.len() > COMPARED_MAX {
        (vec![0; segments.len()], tail_time.map(|_| 0))
    } else {
        connect(&segments, tail_time)
    };
    let mut by_root: BTreeMap<usize, Group> = BTreeMap::new();
    for (root, segment) in groups_of.into_iter().zip(segments) {
        by_root.entry(root).or_default().segments.push(segment);
    }
    if let Some(tail) = tail {
        by_root.entry(tail_group.unwrap_or(usize::MAX)).or_default().tail = Some(tail);
    }
    groups.extend(by_root.into_values());
    Ok(())
}

/// For each segment the first one of its group, and the same for the tail where it shares a group with any.
fn connect(segments: &[Arc<SegmentEntry>], tail_time: Option<TimeBounds>) -> (Vec<usize>, Option<usize>) {
    let mut parents: Vec<usize> = (0..segments.len()).collect();
    let mut of_tail: Option<usize> = None;
    for (a, older) in segments.iter().enumerate() {
        if tail_time.is_some_and(|time| time.overlaps(&older.time)) {
            join(&mut parents, *of_tail.get_or_insert(a), a);
        }
        for (b, newer) in segments.iter().enumerate().skip(a + 1) {
            if older.time.overlaps(&newer.time) && can_share_tags(older, newer) {
                join(&mut parents, a, b);
            }
        }
    }
    let roots = (0..segments.len()).map(|member| root(&mut parents, member)).collect();
    (roots, of_tail.map(|member| root(&mut parents, member)))
}

fn root(parents: &mut [usize], member: usize) -> usize {
    let mut at = member;
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

fn join(parents: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(parents, a), root(parents, b));
    parents[a.max(b)] = a.min(b);
}

/// Whether two segments can hold rows with the same tags.
fn can_share_tags(a: &SegmentEntry, b: &SegmentEntry) -> bool {
    let meet = |bounds: &TagBounds| {
        let other = b.tags.iter().find(|other| other.tag == bounds.tag);
        other.map_or(bounds.null_count > 0, |other| can_share_tag(bounds, other))
    };
    let only_in_b = b.tags.iter().filter(|bounds| a.tags.iter().all(|mine| mine.tag != bounds.tag));
    a.tags.iter().all(meet) && only_in_b.into_iter().all(|bounds| bounds.null_count > 0)
}

fn can_share_tag(a: &TagBounds, b: &TagBounds) -> bool {
    if a.null_count > 0 && b.null_count > 0 {
        return true;
    }
    let (Some(a_min), Some(b_min)) = (&a.min, &b.min) else { return false };
    a.max.as_ref().is_none_or(|a_max| b_min <= a_max) && b.max.as_ref().is_none_or(|b_max| a_min <= b_max)
}

#[cfg(test)]
mod tests;
