//! Runs of segments that are neighbours in the order of writes, and so may be rewritten together.

use std::ops::Range;

use tidewell_manifest::SegmentEntry;
use tidewell_types::{TimeBounds, Version};

/// Segments that a run may step over, since they do not meet its span.
const PASSED_MAX: usize = 256;

/// A segment of a window, in the order of ranks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member<'a> {
    pub(crate) entry: &'a SegmentEntry,
    /// Whether it may be rewritten; otherwise it only stands in the way.
    pub(crate) is_free: bool,
    /// Whether it is large enough to be left as it is.
    pub(crate) is_settled: bool,
}

/// How much one run may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) inputs_max: usize,
    pub(crate) bytes_max: u64,
    pub(crate) rows_max: u64,
    pub(crate) values_max: u64,
}

/// What a run adds up to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tally {
    pub(crate) count: usize,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    pub(crate) values: u64,
    /// The size of its largest segment.
    pub(crate) bytes_largest: u64,
    pub(crate) has_settled: bool,
    hull: TimeBounds,
    ranks: (Version, Version),
    /// The spans of the ranks before the last one, added up, and that of the last one.
    spread_ns: u128,
    last_rank_hull: TimeBounds,
}

impl Tally {
    fn of(member: &Member<'_>) -> Self {
        let SegmentEntry { file_bytes, row_count, value_count, time, rank, .. } = *member.entry;
        Self {
            count: 1,
            bytes: file_bytes,
            rows: row_count,
            values: value_count,
            bytes_largest: file_bytes,
            has_settled: member.is_settled,
            hull: time,
            ranks: (rank, rank),
            spread_ns: 0,
            last_rank_hull: time,
        }
    }

    fn with(self, member: &Member<'_>) -> Self {
        let entry = member.entry;
        let is_same_rank = entry.rank == self.ranks.1;
        Self {
            count: self.count + 1,
            bytes: self.bytes.saturating_add(entry.file_bytes),
            rows: self.rows.saturating_add(entry.row_count),
            values: self.values.saturating_add(entry.value_count),
            bytes_largest: self.bytes_largest.max(entry.file_bytes),
            has_settled: self.has_settled || member.is_settled,
            hull: self.hull.union(&entry.time),
            ranks: (self.ranks.0, entry.rank),
            spread_ns: if is_same_rank { self.spread_ns } else { self.spread_ns + width_ns(&self.last_rank_hull) },
            last_rank_hull: if is_same_rank { self.last_rank_hull.union(&entry.time) } else { entry.time },
        }
    }

    /// How many ranks cover an instant of the run's span in the mean, in percent: each is a version to be merged by queries.
    pub(crate) fn depth_percent(&self) -> u64 {
        let spread = self.spread_ns + width_ns(&self.last_rank_hull);
        u64::try_from(spread.saturating_mul(100) / width_ns(&self.hull)).unwrap_or(u64::MAX)
    }

    /// How much more the whole is than its largest segment, in percent: what a rewrite must win to be worth the bytes.
    pub(crate) fn growth_percent(&self) -> u64 {
        let growth = u128::from(self.bytes) * 100 / u128::from(self.bytes_largest.max(1));
        u64::try_from(growth).unwrap_or(u64::MAX)
    }

    fn fits(&self, limits: &Limits) -> bool {
        self.count <= limits.inputs_max
            && self.bytes <= limits.bytes_max
            && self.rows <= limits.rows_max
            && self.values <= limits.values_max
    }
}

/// Never zero.
fn width_ns(time: &TimeBounds) -> u128 {
    u128::from(time.max.as_ns().abs_diff(time.min.as_ns())) + 1
}

/// The longest runs that are worth it, from the lowest rank up; each as the places of its members. `members` are all
/// segments that meet a window, by rank, and those that are free lie within it.
pub(crate) fn runs(
    members: &[Member<'_>],
    limits: &Limits,
    is_worth: impl Fn(&Tally) -> bool,
) -> Vec<(Tally, Vec<usize>)> {
    let mut found = Vec::new();
    let mut start = 0;
    while start < members.len() {
        match longest(members, start, limits, &is_worth) {
            Some((tally, range)) => {
                start = range.end;
                found.push((tally, range.filter(|place| members[*place].is_free).collect()));
            }
            None => start += 1,
        }
    }
    found
}

fn longest(
    members: &[Member<'_>],
    start: usize,
    limits: &Limits,
    is_worth: &impl Fn(&Tally) -> bool,
) -> Option<(Tally, Range<usize>)> {
    let first = members.get(start).filter(|first| first.is_free)?;
    let mut tally = Tally::of(first);
    let mut passed: Vec<&TimeBounds> = Vec::new();
    let mut best = None;
    let mut consider = |tally: &Tally, end: usize| {
        if is_worth(tally) && is_closed(members, &(start..end), tally) {
            best = Some((*tally, start..end));
        }
    };
    consider(&tally, start + 1);
    for (place, member) in members.iter().enumerate().skip(start + 1) {
        if !member.is_free {
            if member.entry.time.overlaps(&tally.hull) || passed.len() == PASSED_MAX {
                break;
            }
            passed.push(&member.entry.time);
            continue;
        }
        tally = tally.with(member);
        if !tally.fits(limits) || passed.iter().any(|time| time.overlaps(&tally.hull)) {
            break;
        }
        consider(&tally, place + 1);
    }
    best
}

/// Whether no other segment of the first or the last rank meets the run's span.
fn is_closed(members: &[Member<'_>], range: &Range<usize>, tally: &Tally) -> bool {
    let (low, high) = tally.ranks;
    let before = members.get(..range.start).unwrap_or_default().iter().rev();
    let after = members.get(range.end..).unwrap_or_default().iter();
    let mut neighbours = before
        .take_while(|member| member.entry.rank == low)
        .chain(after.take_while(|member| member.entry.rank == high));
    low == high || neighbours.all(|member| !member.entry.time.overlaps(&tally.hull))
}

#[cfg(test)]
mod tests;
