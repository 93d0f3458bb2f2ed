//! Which segments to compact together: neighbours in the order of writes within windows of time.
//!
//! A window that one file could hold is planned as a whole, the widest such first, so that what is little is not sorted into
//! many small windows. What is more is put together within narrow windows first, so that files of a large table stay narrow.
//!
//! A row is rewritten only into a file that is larger by half at least, or where versions of a span are merged for good, so
//! it is rewritten a number of times that grows with the logarithm of what is stored. What is left are files of a quarter of
//! the target's size or more, and beside them a few whose sizes grow geometrically.

use std::collections::{BTreeMap, BTreeSet};

use tidewell_manifest::{LiveSegment, SegmentEntry};
use tidewell_stage::{WIDTHS_NS, window_of, window_time};
use tidewell_storage::Tier;
use tidewell_types::{TimeBounds, Version};

use crate::compact::CompactOptions;
use crate::compact::sweep::Sweep;
use crate::compact::worth::{is_large, is_mostly_expired, is_overlapping, is_worth, limits};
use crate::rewrite::{Job, Member, Tally, VALUES_MAX, View, may_hide, runs};

/// A wider window than this part of a table's retention would keep expired rows for long.
const RETENTION_PART: u128 = 4;

/// The jobs that are worth it.
pub(crate) fn plan(live: &[LiveSegment], view: &View<'_>, options: &CompactOptions) -> Vec<Job> {
    let mut widths: Vec<Width> =
        WIDTHS_NS.into_iter().filter(|ns| is_allowed(*ns, view.retention_ms)).map(Some).collect();
    widths.extend(view.retention_ms.is_none().then_some(None));
    let mut jobs = Vec::new();
    for tier in [Tier::Hot, Tier::Cold] {
        let mut planner = Planner::new(live, view, options, tier);
        for width in widths.iter().rev() {
            planner.plan_windows(*width, Density::OneFile, &mut jobs);
        }
        for width in &widths {
            planner.plan_windows(*width, Density::Any, &mut jobs);
        }
        planner.plan_overlaps(&mut jobs);
        planner.plan_cleaning(&mut jobs);
    }
    jobs
}

/// How wide windows are, in nanoseconds; `None` for one that holds everything.
type Width = Option<i64>;

/// Which windows are planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Density {
    /// Those of which everything would fit into one file; what is in them is in no other window then.
    OneFile,
    /// All.
    Any,
}

fn is_allowed(width_ns: i64, retention_ms: Option<u64>) -> bool {
    let widest_ns = retention_ms.map(|ms| u128::from(ms) * 1_000_000 / RETENTION_PART);
    let is_narrowest = WIDTHS_NS.first() == Some(&width_ns);
    is_narrowest || widest_ns.is_none_or(|widest_ns| u128::from(width_ns.unsigned_abs()) <= widest_ns)
}

struct Planner<'a> {
    /// By rank.
    live: &'a [LiveSegment],
    view: &'a View<'a>,
    options: &'a CompactOptions,
    tier: Tier,
    /// Whether each may be part of a further job.
    is_free: Vec<bool>,
    /// Whether its window was planned, and no other is to be.
    is_placed: Vec<bool>,
    is_settled: Vec<bool>,
    /// Places by their earliest row.
    by_start: Vec<usize>,
}

impl<'a> Planner<'a> {
    fn new(live: &'a [LiveSegment], view: &'a View<'a>, options: &'a CompactOptions, tier: Tier) -> Self {
        let parts = parts_of_rewrites(live, options);
        let is_settled = |entry: &SegmentEntry| is_large(entry, options) || parts.contains(&(entry.added, entry.rank));
        let is_free =
            |entry: &SegmentEntry| lies_within(entry, &view.span) && entry.tier == tier && (view.is_free)(entry);
        let entries = || live.iter().map(|segment| &*segment.entry);
        let mut by_start: Vec<usize> = (0..live.len()).collect();
        by_start.sort_by_key(|place| live[*place].entry.time.min);
        Self {
            live,
            view,
            options,
            tier,
            is_free: entries().map(is_free).collect(),
            is_placed: vec![false; live.len()],
            is_settled: entries().map(is_settled).collect(),
            by_start,
        }
    }

    fn entry(&self, place: usize) -> &'a SegmentEntry {
        &self.live[place].entry
    }

    /// Plans the windows of a width.
    fn plan_windows(&mut self, width: Width, density: Density, jobs: &mut Vec<Job>) {
        let mut windows: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for place in (0..self.live.len()).filter(|place| self.is_free[*place] && !self.is_placed[*place]) {
            let number = width.map_or(Some(0), |width_ns| window_of(&self.entry(place).time, width_ns));
            if let Some(number) = number {
                windows.entry(number).or_default().push(place);
            }
        }
        if density == Density::OneFile {
            windows.retain(|_, places| self.fits_one_file(places));
            windows.values().flatten().for_each(|place| self.is_placed[*place] = true);
        }
        let mut sweep = Sweep::new(self.live, self.by_start.clone());
        for (number, places) in windows.into_iter().filter(|(_, places)| places.len() > 1) {
            let span = width.map_or(self.view.span, |width_ns| window_time(number, width_ns));
            let is_quiet = width.is_some() && self.is_quiet(&span);
            let found = self.runs(&places, &sweep.meeting(&span), |tally| is_worth(tally, is_quiet, self.options));
            self.add_jobs(found, jobs);
        }
    }

    /// Plans within the span of each segment that is left, where versions lie upon each other: files of a rewrite that was cut
    /// have spans that are no windows.
    fn plan_overlaps(&mut self, jobs: &mut Vec<Job>) {
        let mut sweep = Sweep::new(self.live, self.by_start.clone());
        for place in self.by_start.clone() {
            if !self.is_free[place] {
                continue;
            }
            let span = self.entry(place).time;
            let meeting = sweep.meeting(&span);
            let inside = meeting.iter().copied().filter(|place| lies_within(self.entry(*place), &span));
            let inside: Vec<usize> = inside.filter(|place| self.is_free[*place]).collect();
            if inside.len() > 1 {
                let found = self.runs(&inside, &meeting, |tally| is_overlapping(tally, false));
                self.add_jobs(found, jobs);
            }
        }
    }

    /// The runs of what is free among `places` that are worth it; `meeting` are all segments that meet their window.
    fn runs(&self, places: &[usize], meeting: &[usize], is_worth: impl Fn(&Tally) -> bool) -> Vec<(Tally, Vec<usize>)> {
        let member = |place: &usize| Member {
            entry: self.entry(*place),
            is_free: self.is_free[*place] && places.binary_search(place).is_ok(),
            is_settled: self.is_settled[*place],
        };
        let members: Vec<Member<'_>> = meeting.iter().map(member).collect();
        let runs = runs(&members, &limits(self.options), is_worth);
        runs.into_iter().map(|(tally, run)| (tally, run.into_iter().map(|index| meeting[index]).collect())).collect()
    }

    fn fits_one_file(&self, places: &[usize]) -> bool {
        let entries: Vec<&SegmentEntry> = places.iter().map(|place| self.entry(*place)).collect();
        fits_one_file(&entries, self.options)
    }

    fn add_jobs(&mut self, runs: Vec<(Tally, Vec<usize>)>, jobs: &mut Vec<Job>) {
        for (tally, places) in runs {
            let versions = tally.depth_percent().max(100);
            self.add_job(&places, (tally.count as u64 - 1).saturating_mul(versions), jobs);
        }
    }

    /// Plans what is left and holds rows that were deleted, or mostly such that have expired.
    fn plan_cleaning(&mut self, jobs: &mut Vec<Job>) {
        for place in 0..self.live.len() {
            let entry = self.entry(place);
            let is_deleted_from = || self.view.table.tombstones.iter().any(|tombstone| may_hide(tombstone, entry));
            if self.is_free[place] && (is_mostly_expired(entry, self.view) || is_deleted_from()) {
                self.add_job(&[place], 1, jobs);
            }
        }
    }

    fn add_job(&mut self, places: &[usize], gain: u64, jobs: &mut Vec<Job>) {
        for place in places {
            self.is_free[*place] = false;
        }
        let inputs = places.iter().map(|place| self.live[*place].clone()).collect();
        jobs.push(Job { inputs, tier: self.tier, gain });
    }

    fn is_quiet(&self, time: &TimeBounds) -> bool {
        let quiet_ns = i64::try_from(self.options.quiet_after.as_nanos()).unwrap_or(i64::MAX);
        time.max.as_ns().saturating_add(quiet_ns) < self.view.now.as_ns()
    }
}

fn lies_within(entry: &SegmentEntry, time: &TimeBounds) -> bool {
    time.min <= entry.time.min && entry.time.max <= time.max
}

fn fits_one_file(entries: &[&SegmentEntry], options: &CompactOptions) -> bool {
    let sum = |of: fn(&SegmentEntry) -> u64| entries.iter().map(|entry| of(entry)).fold(0, u64::saturating_add);
    sum(|entry| entry.file_bytes) <= options.segment_bytes_target
        && sum(|entry| entry.row_count) <= options.segment_rows_max
        && sum(|entry| entry.value_count) <= VALUES_MAX
}

/// The rewrites, by their commits and ranks, that were cut into several files since one could not hold them. Where what is left
/// of one fits, it may be put together; a database that was rebuilt has everything from one commit.
fn parts_of_rewrites(live: &[LiveSegment], options: &CompactOptions) -> BTreeSet<(Version, Version)> {
    let mut parts: BTreeMap<(Version, Version), Vec<&SegmentEntry>> = BTreeMap::new();
    for entry in live.iter().map(|segment| &*segment.entry).filter(|entry| entry.rank < entry.added) {
        parts.entry((entry.added, entry.rank)).or_default().push(entry);
    }
    parts.into_iter().filter(|(_, parts)| !fits_one_file(parts, options)).map(|(rewrite, _)| rewrite).collect()
}

#[cfg(test)]
mod tests;
