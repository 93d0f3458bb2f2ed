//! Which segments meet a span of time, for one span after another.

use std::iter::Peekable;
use std::vec::IntoIter;

use tidewell_manifest::LiveSegment;
use tidewell_types::TimeBounds;

/// Goes through time once, so that what lies elsewhere is not looked at for every span.
pub(crate) struct Sweep<'a> {
    live: &'a [LiveSegment],
    starting: Peekable<IntoIter<usize>>,
    met: Vec<usize>,
}

impl<'a> Sweep<'a> {
    /// `by_start` are the places of `live` by their earliest row.
    pub(crate) fn new(live: &'a [LiveSegment], by_start: Vec<usize>) -> Self {
        Self { live, starting: by_start.into_iter().peekable(), met: Vec::new() }
    }

    /// The places of the segments that meet a span, ascending. Spans come in the order of their starts.
    pub(crate) fn meeting(&mut self, span: &TimeBounds) -> Vec<usize> {
        let live = self.live;
        while let Some(place) = self.starting.next_if(|place| live[*place].entry.time.min <= span.max) {
            self.met.push(place);
        }
        self.met.retain(|place| live[*place].entry.time.max >= span.min);
        let meeting = self.met.iter().copied().filter(|place| live[*place].entry.time.min <= span.max);
        let mut meeting: Vec<usize> = meeting.collect();
        meeting.sort_unstable();
        meeting
    }
}

#[cfg(test)]
mod tests;
