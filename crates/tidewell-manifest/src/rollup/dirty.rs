//! Spans of time that are marked, each with the commit that marked it last.

use tidewell_types::{TimeBounds, TimestampNs, Version};

/// Spans that are kept apart; beyond, those that lie closest become one. It costs work and nothing else.
const SPANS_MAX: usize = 64;

/// A span of marked buckets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DirtySpan {
    /// The span, from the start of its first bucket to the end of its last.
    pub time: TimeBounds,
    /// The newest commit that marked some of it.
    pub version: Version,
    /// Whether rows went: what the target has of it is replaced as a whole, and not row by row.
    pub is_replaced: bool,
}

/// Spans, disjoint and by time; at most 64.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DirtySpans(Vec<DirtySpan>);

impl DirtySpans {
    /// The spans, by time.
    #[must_use]
    pub fn spans(&self) -> &[DirtySpan] {
        &self.0
    }

    /// Those of an object; `None` where they are not in order, overlap or are too many.
    pub(crate) fn from_spans(spans: Vec<DirtySpan>) -> Option<Self> {
        let is_sound = spans.len() <= SPANS_MAX
            && spans.iter().all(|span| span.time.min <= span.time.max)
            && spans.windows(2).all(|pair| matches!(pair, [one, next] if one.time.max < next.time.min));
        is_sound.then_some(Self(spans))
    }

    /// Marks a span. Where it was marked before, the new mark takes the place of the old.
    pub(crate) fn mark(&mut self, mut new: DirtySpan) {
        new.is_replaced |= self.0.iter().any(|span| span.is_replaced && span.time.overlaps(&new.time));
        self.cut(new.time, |_| true);
        let at = self.0.partition_point(|span| span.time.min < new.time.min);
        self.0.insert(at, new);
        self.join_equals();
        self.keep_few();
    }

    /// Takes away the marks of a span that are not newer than `as_of`.
    pub(crate) fn done(&mut self, time: TimeBounds, as_of: Version) {
        self.cut(time, |span| span.version <= as_of);
        // One that was cut in its middle is two.
        self.keep_few();
    }

    /// Cuts `time` out of the spans that `concerns` says.
    fn cut(&mut self, time: TimeBounds, concerns: impl Fn(&DirtySpan) -> bool) {
        let mut kept = Vec::with_capacity(self.0.len() + 1);
        for span in self.0.drain(..) {
            if !concerns(&span) || !span.time.overlaps(&time) {
                kept.push(span);
                continue;
            }
            if span.time.min < time.min {
                let time = TimeBounds { max: TimestampNs::from_ns(time.min.as_ns() - 1), ..span.time };
                kept.push(DirtySpan { time, ..span });
            }
            if span.time.max > time.max {
                let time = TimeBounds { min: TimestampNs::from_ns(time.max.as_ns() + 1), ..span.time };
                kept.push(DirtySpan { time, ..span });
            }
        }
        self.0 = kept;
    }

    /// Joins neighbours that differ in nothing.
    fn join_equals(&mut self) {
        self.0.dedup_by(|next, span| {
            let is_next = span.time.max.as_ns().checked_add(1) == Some(next.time.min.as_ns());
            let is_same = is_next && (span.version, span.is_replaced) == (next.version, next.is_replaced);
            if is_same {
                span.time.max = next.time.max;
            }
            is_same
        });
    }

    fn keep_few(&mut self) {
        while self.0.len() > SPANS_MAX {
            self.join_closest();
        }
    }

    fn join_closest(&mut self) {
        let gap = |pair: &[DirtySpan]| match pair {
            [one, next] => i128::from(next.time.min.as_ns()) - i128::from(one.time.max.as_ns()),
            _ => i128::MAX,
        };
        let closest = self.0.windows(2).enumerate().min_by_key(|(_, pair)| gap(pair)).map(|(at, _)| at);
        let Some(at) = closest else { return };
        let next = self.0.remove(at + 1);
        if let Some(span) = self.0.get_mut(at) {
            span.time.max = next.time.max;
            span.version = span.version.max(next.version);
            span.is_replaced |= next.is_replaced;
        }
    }
}

#[cfg(test)]
mod tests;
