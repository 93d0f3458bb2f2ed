//! Marks, against a model that has one of them for each instant.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;

const INSTANTS: i64 = 400;

fn span(min: i64, max: i64) -> TimeBounds {
    TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) }
}

fn marked(min: i64, max: i64, version: u64, is_replaced: bool) -> DirtySpan {
    DirtySpan { time: span(min, max), version: Version::new(version), is_replaced }
}

#[test]
fn newer_mark_takes_the_place_of_an_older_where_they_meet() {
    let mut dirty = DirtySpans::default();
    dirty.mark(marked(0, 99, 1, false));
    dirty.mark(marked(40, 59, 2, false));
    assert_eq!(dirty.spans(), [marked(0, 39, 1, false), marked(40, 59, 2, false), marked(60, 99, 1, false)]);
    dirty.done(span(0, 99), Version::new(1));
    assert_eq!(dirty.spans(), [marked(40, 59, 2, false)]);
    dirty.done(span(50, 200), Version::new(2));
    assert_eq!(dirty.spans(), [marked(40, 49, 2, false)]);
}

#[test]
fn mark_of_rows_that_went_stays_one_when_rows_come() {
    let mut dirty = DirtySpans::default();
    dirty.mark(marked(10, 19, 1, true));
    dirty.mark(marked(0, 29, 2, false));
    assert_eq!(dirty.spans(), [marked(0, 29, 2, true)]);
}

#[test]
fn marks_to_the_ends_of_time_are_cut_and_joined() {
    let mut dirty = DirtySpans::default();
    dirty.mark(marked(i64::MIN, i64::MAX, 1, false));
    dirty.done(span(i64::MIN, 0), Version::new(1));
    dirty.done(span(10, i64::MAX), Version::new(1));
    assert_eq!(dirty.spans(), [marked(1, 9, 1, false)]);
    dirty.mark(marked(10, i64::MAX, 1, false));
    assert_eq!(dirty.spans(), [marked(1, i64::MAX, 1, false)]);
    assert_eq!(DirtySpans::from_spans(dirty.spans().to_vec()), Some(dirty));
}

#[test]
fn span_that_is_cut_in_two_is_joined_where_there_would_be_too_many() {
    let mut dirty = DirtySpans::default();
    for at in 0..64 {
        dirty.mark(marked(at * 100, at * 100 + 50, at as u64 + 1, false));
    }
    dirty.done(span(20, 30), Version::new(9));
    assert_eq!(dirty.spans().len(), 64);
    assert_eq!(DirtySpans::from_spans(dirty.spans().to_vec()), Some(dirty));
}

#[derive(Clone, Debug)]
enum Step {
    Mark { min: i64, width: i64, is_replaced: bool },
    Done { min: i64, width: i64, back: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (0..INSTANTS, 0..12i64, prop::bool::weighted(0.2))
            .prop_map(|(min, width, is_replaced)| Step::Mark { min, width, is_replaced }),
        1 => (0..INSTANTS, 0..60i64, 0..4u64).prop_map(|(min, width, back)| Step::Done { min, width, back }),
    ]
}

proptest! {
    /// Whatever comes: the spans are sound and few, nothing that is marked is forgotten, no mark is older than it was, and a mark
    /// that was taken away is gone unless spans were joined over it.
    #[test]
    fn marks_are_kept_until_they_are_done(steps in prop::collection::vec(step(), 1..300)) {
        let (mut dirty, mut model) = (DirtySpans::default(), vec![None::<(u64, bool)>; INSTANTS as usize + 80]);
        for (number, step) in steps.iter().enumerate() {
            let version = number as u64 + 1;
            match *step {
                Step::Mark { min, width, is_replaced } => {
                    dirty.mark(marked(min, min + width, version, is_replaced));
                    for at in min..=min + width {
                        let before = model[at as usize].is_some_and(|(_, is_replaced)| is_replaced);
                        model[at as usize] = Some((version, is_replaced || before));
                    }
                }
                Step::Done { min, width, back } => {
                    let as_of = version.saturating_sub(back);
                    let before = dirty.clone();
                    dirty.done(span(min, min + width), Version::new(as_of));
                    for at in min..=min + width {
                        // Spans that were joined took the newest of their versions.
                        let joined = before.spans().iter().find(|span| (span.time.min.as_ns()..=span.time.max.as_ns()).contains(&at));
                        if joined.is_none_or(|span| span.version.get() <= as_of) {
                            model[at as usize] = None;
                        }
                    }
                }
            }
            prop_assert!(dirty.spans().len() <= SPANS_MAX);
            for (at, expected) in model.iter().enumerate() {
                let found = dirty.spans().iter().find(|span| (span.time.min.as_ns()..=span.time.max.as_ns()).contains(&(at as i64)));
                if let Some((version, is_replaced)) = expected {
                    prop_assert!(found.is_some_and(|span| span.version.get() >= *version && span.is_replaced >= *is_replaced));
                }
            }
        }
        prop_assert_eq!(DirtySpans::from_spans(dirty.spans().to_vec()), Some(dirty));
    }
}
