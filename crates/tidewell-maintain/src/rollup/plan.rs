//! Which buckets of a rollup are to be computed next.

use tidewell_manifest::{DirtySpan, Rollup, RollupDefinition, Segments, State};
use tidewell_types::{TimeBounds, TimestampNs, Version};

/// Buckets that one commit is to settle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupWork {
    /// The rollup.
    pub name: String,
    /// How its target is made.
    pub definition: RollupDefinition,
    /// The version whose rows are to be read.
    pub as_of: Version,
    /// The buckets whose rows are to be read; `None` where there is nothing to read.
    pub window: Option<TimeBounds>,
    /// All spans that are settled then: the window, and what needs no reading, having no rows or having outlived its source.
    pub done: Vec<TimeBounds>,
    /// Spans of the target whose rows go, since some of their source's did.
    pub replaced: Vec<TimeBounds>,
}

/// The span of the buckets that are to be computed and settled at `now`; `None` where there are none.
#[must_use]
pub fn due(rollup: &Rollup, now: TimestampNs) -> Option<TimeBounds> {
    let settled_to = rollup.definition.settled_to(now);
    let due = rollup.dirty.spans().iter().filter_map(|span| up_to(span, settled_to));
    due.map(|span| span.time).reduce(|one, other| one.union(&other))
}

fn up_to(span: &DirtySpan, last: TimestampNs) -> Option<DirtySpan> {
    let time = TimeBounds { min: span.time.min, max: span.time.max.min(last) };
    (time.min <= time.max).then_some(DirtySpan { time, ..*span })
}

/// What of a span lies at or after an instant.
fn since(span: DirtySpan, from: TimestampNs) -> Option<DirtySpan> {
    let time = TimeBounds { min: span.time.min.max(from), max: span.time.max };
    (time.min <= time.max).then_some(DirtySpan { time, ..span })
}

/// Whether the span of a rollup's source is known. It is not while it has registered files of which only the footers were read.
#[must_use]
pub fn is_span_known(state: &State, definition: &RollupDefinition) -> bool {
    let source = state.tables.get(&definition.source);
    source.is_none_or(|source| source.segments.registered().iter().all(|entry| entry.has_facts()))
}

/// What of a rollup's source is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Reach {
    /// The span of its rows, where it is known from elsewhere ([`is_span_known`]).
    pub rows: Option<TimeBounds>,
    /// The length of a window, in milliseconds; a bucket at least.
    pub window_ms: u64,
    /// Nothing before this instant, the start of a bucket.
    pub from: TimestampNs,
}

impl RollupWork {
    /// The oldest buckets that are due in `state` at `now`, a window of them at most; `None` where there are none. Spans without
    /// segments are settled without being read, and so are those that are still to come.
    #[must_use]
    pub fn next(state: &State, name: &str, now: TimestampNs, reach: Reach) -> Option<Self> {
        let rollup = state.rollups.get(name)?;
        let definition = rollup.definition.clone();
        let source = state.tables.get(&definition.source);
        let floor = source.and_then(|source| source.time_floor).unwrap_or(TimestampNs::MIN);
        // A bucket that begins before the first instant has no time that a row of it could have.
        let first = definition.first_whole(floor).max(definition.first_whole(TimestampNs::MIN));
        let mut work = Self {
            name: name.to_owned(),
            as_of: state.version,
            window: None,
            done: Vec::new(),
            replaced: Vec::new(),
            definition,
        };
        let settled_to = work.definition.settled_to(now);
        let segments = source.map(|source| &source.segments);
        let last = segments.and_then(|segments| last_rows(segments, reach.rows));
        let last = last.map(|last| work.definition.buckets(TimeBounds { min: last, max: last }).max);
        for span in rollup.dirty.spans() {
            work.settle_beyond(span, last, settled_to);
        }
        for span in rollup.dirty.spans().iter().filter_map(|span| up_to(span, settled_to)) {
            let span = work.skip_before(first, span).and_then(|span| since(span, reach.from));
            if let Some(span) = span {
                work.take(span, segments, reach);
            }
            if work.window.is_some() {
                break;
            }
        }
        work.keep_rows_of(state);
        (!work.done.is_empty()).then_some(work)
    }

    /// What has outlived its source stays as it is.
    fn skip_before(&mut self, first: TimestampNs, span: DirtySpan) -> Option<DirtySpan> {
        if span.time.min >= first {
            return Some(span);
        }
        let max = span.time.max.min(before(first));
        self.done.push(TimeBounds { min: span.time.min, max });
        (span.time.max >= first).then_some(DirtySpan { time: TimeBounds { min: first, max: span.time.max }, ..span })
    }

    /// Buckets to come have no rows yet, and rows that come mark theirs: so a database that nobody writes to comes to rest.
    fn settle_beyond(&mut self, span: &DirtySpan, last: Option<TimestampNs>, settled_to: TimestampNs) {
        let known = last.map_or(settled_to, |last| last.max(settled_to));
        let first = TimestampNs::from_ns(known.as_ns().saturating_add(1)).max(span.time.min);
        if known < TimestampNs::MAX && first <= span.time.max {
            self.settle(*span, TimeBounds { min: first, max: span.time.max });
        }
    }

    fn take(&mut self, span: DirtySpan, segments: Option<&Segments>, reach: Reach) {
        let first = segments.and_then(|segments| first_rows(segments, span.time, reach.rows));
        let Some(first) = first else { return self.settle(span, span.time) };
        let first = self.definition.buckets(TimeBounds { min: first, max: first }).min.max(span.time.min);
        if span.time.min < first {
            self.settle(span, TimeBounds { min: span.time.min, max: before(first) });
        }
        let window = TimeBounds { min: first, max: self.window_end(first, reach.window_ms).min(span.time.max) };
        self.settle(span, window);
        self.window = Some(window);
    }

    fn settle(&mut self, span: DirtySpan, time: TimeBounds) {
        self.done.push(time);
        if span.is_replaced {
            self.replaced.push(time);
        }
    }

    /// The last instant of the window that begins at `first`.
    fn window_end(&self, first: TimestampNs, window_ms: u64) -> TimestampNs {
        let interval_ms = self.definition.interval_ms.max(1);
        let buckets = (window_ms / interval_ms).max(1);
        let ns = i64::try_from(u128::from(buckets) * u128::from(interval_ms) * 1_000_000).unwrap_or(i64::MAX);
        TimestampNs::from_ns(first.as_ns().saturating_add(ns - 1))
    }

    /// Nothing is hidden where the target has nothing.
    fn keep_rows_of(&mut self, state: &State) {
        let there = state.tables.get(&self.definition.target).and_then(|target| target.segments.time());
        self.replaced.retain(|time| there.is_some_and(|there| there.overlaps(time)));
    }
}

/// The last instant at which there may be a row; `None` where there is none.
fn last_rows(segments: &Segments, rows: Option<TimeBounds>) -> Option<TimestampNs> {
    let last = segments.time()?.max;
    Some(rows.map_or(last, |rows| rows.max.min(last)))
}

/// The first instant of a span at which there may be a row; `None` where there is none in it.
fn first_rows(segments: &Segments, span: TimeBounds, rows: Option<TimeBounds>) -> Option<TimestampNs> {
    let listed = segments.leaves().iter().map(|leaf| leaf.time);
    let loose = segments.fresh().iter().chain(segments.registered()).map(|entry| entry.time);
    let inside = listed.chain(loose).map(|time| match rows {
        Some(rows) => TimeBounds { min: time.min.max(rows.min), max: time.max.min(rows.max) },
        None => time,
    });
    inside.filter(|time| time.overlaps(&span)).map(|time| time.min.max(span.min)).min()
}

fn before(instant: TimestampNs) -> TimestampNs {
    TimestampNs::from_ns(instant.as_ns().saturating_sub(1))
}

#[cfg(test)]
mod tests;
