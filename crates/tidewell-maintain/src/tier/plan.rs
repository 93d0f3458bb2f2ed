//! Which hot segments to make cold together: the widest windows that fit into one file.

use std::collections::BTreeMap;

use tidewell_manifest::{LiveSegment, SegmentEntry};
use tidewell_stage::{WIDTHS_NS, window_of};
use tidewell_storage::Tier;
use tidewell_types::TimestampNs;

use crate::rewrite::{Job, Limits, Member, VALUES_MAX, View, hull, may_rewrite, runs};
use crate::tier::TierOptions;

/// The jobs; every old segment is in one.
pub(crate) fn plan(live: &[LiveSegment], view: &View<'_>, options: &TierOptions) -> Vec<Job> {
    let cold_after_ns = i64::try_from(options.cold_after.as_nanos()).unwrap_or(i64::MAX);
    let cold_before = TimestampNs::from_ns(view.now.as_ns().saturating_sub(cold_after_ns));
    let is_old = |entry: &SegmentEntry| {
        let is_inside = view.span.min <= entry.time.min && entry.time.max <= view.span.max;
        is_inside && entry.tier == Tier::Hot && entry.time.max < cold_before && (view.is_free)(entry)
    };
    let is_free = live.iter().map(|segment| is_old(&segment.entry)).collect();
    let mut planner = Planner { live, is_free, options };
    let mut jobs = Vec::new();
    for width_ns in WIDTHS_NS.into_iter().rev() {
        planner.plan_whole(width_ns, &mut jobs);
    }
    for width_ns in WIDTHS_NS.into_iter().map(Some).chain([None]) {
        planner.plan_runs(width_ns, &mut jobs);
    }
    jobs
}

struct Planner<'a> {
    /// By rank.
    live: &'a [LiveSegment],
    is_free: Vec<bool>,
    options: &'a TierOptions,
}

impl Planner<'_> {
    /// The free segments of each window of a width; of one for everything where `width_ns` is `None`.
    fn windows(&self, width_ns: Option<i64>) -> Vec<Vec<usize>> {
        let mut windows: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
        for (place, segment) in self.live.iter().enumerate().filter(|(place, _)| self.is_free[*place]) {
            let number = width_ns.map_or(Some(0), |width_ns| window_of(&segment.entry.time, width_ns));
            if let Some(number) = number {
                windows.entry(number).or_default().push(place);
            }
        }
        windows.into_values().collect()
    }

    /// Takes windows of which everything fits into one file.
    fn plan_whole(&mut self, width_ns: i64, jobs: &mut Vec<Job>) {
        let limits = limits(self.options);
        for window in self.windows(Some(width_ns)) {
            let inputs: Vec<&SegmentEntry> = window.iter().map(|place| &*self.live[*place].entry).collect();
            let sum = |of: fn(&SegmentEntry) -> u64| inputs.iter().map(|entry| of(entry)).fold(0, u64::saturating_add);
            let fits = inputs.len() <= limits.inputs_max
                && sum(|entry| entry.file_bytes) <= limits.bytes_max
                && sum(|entry| entry.row_count) <= limits.rows_max
                && sum(|entry| entry.value_count) <= limits.values_max;
            if fits && may_rewrite(&inputs, self.live.iter().map(|segment| &*segment.entry)) {
                self.add_job(&window, jobs);
            }
        }
    }

    /// Takes what is left, in runs as long as fit into one file; one alone where nothing else goes.
    fn plan_runs(&mut self, width_ns: Option<i64>, jobs: &mut Vec<Job>) {
        let limits = limits(self.options);
        for window in self.windows(width_ns) {
            let entries: Vec<&SegmentEntry> = window.iter().map(|place| &*self.live[*place].entry).collect();
            let Some(hull) = hull(&entries) else { continue };
            let meeting = (0..self.live.len()).filter(|place| self.live[*place].entry.time.overlaps(&hull));
            let places: Vec<usize> = meeting.collect();
            let member = |place: &usize| {
                let is_free = window.binary_search(place).is_ok();
                Member { entry: &self.live[*place].entry, is_free, is_settled: false }
            };
            let members: Vec<Member<'_>> = places.iter().map(member).collect();
            for (_, run) in runs(&members, &limits, |_| true) {
                let inputs: Vec<usize> = run.into_iter().map(|index| places[index]).collect();
                self.add_job(&inputs, jobs);
            }
        }
    }

    fn add_job(&mut self, places: &[usize], jobs: &mut Vec<Job>) {
        for place in places {
            self.is_free[*place] = false;
        }
        let inputs: Vec<LiveSegment> = places.iter().map(|place| self.live[*place].clone()).collect();
        jobs.push(Job { gain: inputs.len() as u64, inputs, tier: Tier::Cold });
    }
}

/// One file's worth.
fn limits(options: &TierOptions) -> Limits {
    Limits {
        inputs_max: options.inputs_max.max(1),
        bytes_max: options.segment_bytes_target,
        rows_max: options.segment_rows_max,
        values_max: VALUES_MAX,
    }
}

#[cfg(test)]
mod tests;
