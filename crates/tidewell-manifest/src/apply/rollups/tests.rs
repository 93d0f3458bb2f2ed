//! What commits mean for rollups.
#![allow(clippy::unwrap_used)]

use tidewell_types::WriteId;

use super::*;
use crate::rollup::{DirtySpan, RollupChange};
use crate::sample::{author, rolled, second, stamped, table};
use crate::{Intent, Restore, SegmentEntry, State, Tombstone};

const HOUR_NS: i64 = 3_600_000_000_000;

fn apply(state: &State, intent: &Intent) -> Result<State, Refusal> {
    state.apply(intent, stamped(u128::from(state.version.get() + 1)))
}

fn intent() -> Intent {
    Intent::new(author())
}

fn span(min: i64, max: i64) -> TimeBounds {
    TimeBounds { min: TimestampNs::from_ns(min), max: TimestampNs::from_ns(max) }
}

fn made(name: &str, definition: RollupDefinition) -> Intent {
    let definition = Some((definition, TimestampNs::MIN));
    Intent { rollup_changes: vec![RollupChange { name: name.to_owned(), definition }], ..intent() }
}

fn step(as_of: u64, done: TimeBounds) -> Intent {
    let step = RollupStep { name: "hours".into(), as_of: Version::new(as_of), done: vec![done] };
    Intent { rollup_step: Some(step), ..intent() }
}

/// A database with a rollup that has nothing to do, as of version 2.
fn at_rest() -> State {
    let state = apply(&State::default(), &made("hours", rolled::definition())).unwrap();
    assert_eq!(state.rollups["hours"].dirty.spans()[0].time, TimeBounds::ALL);
    let state = apply(&state, &step(1, TimeBounds::ALL)).unwrap();
    assert_eq!((marks(&state), state.rollups["hours"].stepped.get()), (vec![], 2));
    state
}

fn marks(state: &State) -> Vec<DirtySpan> {
    state.rollups["hours"].dirty.spans().to_vec()
}

fn mark(min: i64, max: i64, version: u64, is_replaced: bool) -> DirtySpan {
    DirtySpan { time: span(min, max), version: Version::new(version), is_replaced }
}

#[test]
fn rows_that_come_mark_their_buckets_and_rewrites_mark_none() {
    let state = apply(&at_rest(), &Intent { adds: vec![second(1), second(4000)], ..intent() }).unwrap();
    assert_eq!(marks(&state), [mark(0, 2 * HOUR_NS - 1, 3, false)]);
    let rewrite = SegmentEntry { rank: Version::new(3), ..second(9000) };
    let other = SegmentEntry { table: table("wind"), ..second(50_000) };
    let after = apply(&state, &Intent { adds: vec![rewrite, other], ..intent() }).unwrap();
    assert_eq!(marks(&after), marks(&state));
}

#[test]
fn deletes_mark_their_buckets_as_replaced() {
    let tombstone = Tombstone {
        id: WriteId::from_bytes([1; 16]),
        time: span(5, HOUR_NS),
        tags: Vec::new(),
        version: Version::ZERO,
    };
    let deleted = |of: &str| Intent { tombstones: vec![(table(of), tombstone.clone())], ..intent() };
    assert_eq!(marks(&apply(&at_rest(), &deleted("level")).unwrap()), [mark(0, 2 * HOUR_NS - 1, 3, true)]);
    assert_eq!(marks(&apply(&at_rest(), &deleted("level, hourly")).unwrap()), []);
}

#[test]
fn step_takes_away_what_it_saw_and_leaves_what_came_since() {
    let state = apply(&at_rest(), &Intent { adds: vec![second(1)], ..intent() }).unwrap();
    let state = apply(&state, &Intent { adds: vec![second(4000)], ..intent() }).unwrap();
    let done = apply(&state, &step(3, span(0, 2 * HOUR_NS - 1))).unwrap();
    assert_eq!(marks(&done), [mark(HOUR_NS, 2 * HOUR_NS - 1, 4, false)]);
}

#[test]
fn of_two_steps_by_the_same_state_the_second_is_refused() {
    let state = apply(&at_rest(), &Intent { adds: vec![second(1)], ..intent() }).unwrap();
    let first = apply(&state, &step(3, span(0, HOUR_NS - 1))).unwrap();
    assert_eq!(apply(&first, &step(3, span(0, HOUR_NS - 1))).unwrap_err(), Refusal::RollupElsewhere("hours".into()));
    apply(&first, &step(4, span(0, HOUR_NS - 1))).unwrap();
}

#[test]
fn step_of_a_rollup_that_was_made_anew_is_refused() {
    let dropped = Intent { rollup_changes: vec![RollupChange { name: "hours".into(), definition: None }], ..intent() };
    let state = apply(&at_rest(), &dropped).unwrap();
    let missing = Refusal::RollupMissing("hours".into());
    assert_eq!(apply(&state, &step(2, TimeBounds::ALL)).unwrap_err(), missing);
    assert_eq!(apply(&state, &dropped).unwrap_err(), missing);
    let state = apply(&state, &made("hours", rolled::definition())).unwrap();
    assert_eq!(apply(&state, &step(3, TimeBounds::ALL)).unwrap_err(), Refusal::RollupElsewhere("hours".into()));
}

#[test]
fn restored_version_marks_everything_and_refuses_steps_from_before() {
    let state = apply(&at_rest(), &Intent { adds: vec![second(1)], ..intent() }).unwrap();
    let restore = Restore { version: Version::new(2), tables: Vec::new() };
    let restored = apply(&state, &Intent { restore: Some(restore), ..intent() }).unwrap();
    assert_eq!(marks(&restored), [mark(i64::MIN, i64::MAX, 4, true)]);
    assert!(matches!(apply(&restored, &step(3, TimeBounds::ALL)), Err(Refusal::RollupElsewhere(_))));
}

#[test]
fn target_has_one_maker_and_is_not_made_of_itself() {
    let other = |source: &str, target: &str| RollupDefinition {
        source: table(source),
        target: table(target),
        ..rolled::definition()
    };
    let state = apply(&at_rest(), &made("days", other("level, hourly", "daily"))).unwrap();
    let refused = |name: &str, definition| apply(&state, &made(name, definition)).unwrap_err();
    assert_eq!(refused("days", other("a", "b")), Refusal::RollupTaken("days".into()));
    let taken = Refusal::RollupTargetTaken { target: "daily".into(), other: "days".into() };
    assert_eq!(refused("more", other("wind", "daily")), taken);
    assert_eq!(refused("back", other("daily", "level")), Refusal::RollupCycle { target: "level".into() });
    // Rows of a target mark what is made of it.
    let hourly = SegmentEntry { table: table("level, hourly"), ..second(1) };
    let rolled = apply(&state, &Intent { adds: vec![hourly], ..step(3, TimeBounds::ALL) }).unwrap();
    assert!(rolled.rollups["days"].dirty.spans().iter().any(|span| span.version == Version::new(4)));
}

#[test]
fn database_has_only_so_many_rollups() {
    let mut state = State::default();
    for number in 0..ROLLUPS_MAX {
        let definition = RollupDefinition { target: table(&format!("t{number}")), ..rolled::definition() };
        state = state.advanced(&made(&format!("r{number}"), definition), stamped(1)).unwrap();
    }
    let refused = apply(&state, &made("more", rolled::definition())).unwrap_err();
    assert_eq!(refused, Refusal::RollupsTooMany(ROLLUPS_MAX));
}
