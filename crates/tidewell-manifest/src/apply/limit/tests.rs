//! Deletes, retention, and an earlier version put back.
#![allow(clippy::unwrap_used)]

use tidewell_types::{FieldType, SegmentId, TimeBounds, TimestampNs, WriteId};

use super::*;
use crate::intent::Intent;
use crate::sample::{add, author, frozen, numbers, removal, schema, segment, stamped, table};
use crate::snapshot::Snapshot;

fn apply(state: &State, intent: &Intent) -> Result<State, Refusal> {
    state.apply(intent, stamped(0))
}

fn intent() -> Intent {
    Intent::new(author())
}

fn tombstone(byte: u8) -> Tombstone {
    Tombstone { id: WriteId::from_bytes([byte; 16]), time: TimeBounds::ALL, tags: Vec::new(), version: Version::ZERO }
}

fn delete(byte: u8) -> Intent {
    Intent { tombstones: vec![(table("level"), tombstone(byte))], ..intent() }
}

fn snapshot(version: u64) -> Intent {
    let checkpoint = CheckpointRef { version: Version::new(version), write_id: WriteId::from_bytes([1; 16]) };
    Intent {
        snapshots: vec![Snapshot { name: version.to_string(), checkpoint, created_at: TimestampNs::MIN }],
        ..intent()
    }
}

#[test]
fn delete_carries_the_version_of_its_commit_until_it_is_lifted() {
    let state = apply(&apply(&State::default(), &add(1)).unwrap(), &delete(1)).unwrap();
    let state = apply(&state, &delete(2)).unwrap();
    let versions = |state: &State| -> Vec<u64> {
        state.tables["level"].tombstones.iter().map(|tombstone| tombstone.version.get()).collect()
    };
    assert_eq!(versions(&state), [2, 3]);
    let lift = |name: &str, byte| Intent { lifts: vec![(table(name), tombstone(byte).id)], ..intent() };
    assert_eq!(versions(&apply(&state, &lift("level", 1)).unwrap()), [3]);
    // What is not there is lifted already.
    for elsewhere in [lift("level", 9), lift("wind", 1)] {
        assert_eq!(versions(&apply(&state, &elsewhere).unwrap()), [2, 3]);
    }
}

#[test]
fn delete_hides_nothing_that_its_own_commit_adds() {
    let state = apply(&State::default(), &add(1)).unwrap();
    let state = apply(&state, &Intent { adds: vec![segment(2)], ..delete(1) }).unwrap();
    let level = &state.tables["level"];
    let concerned: Vec<bool> = level.segments.fresh().iter().map(|entry| level.tombstones[0].concerns(entry)).collect();
    assert_eq!(concerned, [true, false]);
}

#[test]
fn time_floor_only_rises() {
    let floor = |ns| Intent { time_floors: vec![(table("level"), TimestampNs::from_ns(ns))], ..intent() };
    let mut state = State::default();
    for (to, is) in [(-5, -5), (-9, -5), (3, 3), (2, 3)] {
        state = apply(&state, &floor(to)).unwrap();
        assert_eq!(state.tables["level"].time_floor, Some(TimestampNs::from_ns(is)), "to {to}");
    }
}

#[test]
fn retention_of_a_table_goes_before_that_of_the_database() {
    let keep = |name: Option<&str>, ms| Intent { retentions: vec![(name.map(table), ms)], ..intent() };
    let state = apply(&apply(&State::default(), &add(1)).unwrap(), &keep(Some("wind"), 7)).unwrap();
    let of = |state: &State, name: &str| state.retention_ms_of(&state.tables[name]);
    assert_eq!((of(&state, "level"), of(&state, "wind")), (None, Some(7)));
    let state = apply(&state, &keep(None, 9)).unwrap();
    assert_eq!((of(&state, "level"), of(&state, "wind")), (Some(9), Some(7)));
    let state = apply(&state, &keep(Some("wind"), 0)).unwrap();
    assert_eq!((of(&state, "level"), of(&state, "wind")), (Some(9), None));
}

/// Version 2 has segments 1 and 2; version 6 has 2 and 4, a delete, a floor and a column more. Segment 1 was removed at 3,
/// segment 3 came at 4 and went at 5.
fn versions() -> (State, State) {
    let first = Intent { tables: vec![(table("level"), schema(&["site"], &[("v", FieldType::Float)]))], ..add(1) };
    let two = apply(&apply(&State::default(), &first).unwrap(), &add(2)).unwrap();
    let mut now = apply(&two, &Intent { removes: vec![removal(&two, 1)], ..intent() }).unwrap();
    now = apply(&now, &add(3)).unwrap();
    now = apply(&now, &Intent { removes: vec![removal(&now, 3)], ..delete(1) }).unwrap();
    let last = Intent {
        tables: vec![
            (table("level"), schema(&[], &[("w", FieldType::Float)])),
            (table("wind"), schema(&[], &[("g", FieldType::Float)])),
        ],
        time_floors: vec![(table("level"), TimestampNs::from_ns(-3))],
        retentions: vec![(Some(table("level")), 77)],
        ..add(4)
    };
    (two, apply(&now, &last).unwrap())
}

fn restore(state: &State) -> Intent {
    Intent { restore: Some(Restore::of(state)), ..intent() }
}

#[test]
fn restore_puts_back_segments_and_deletes_and_keeps_columns_and_limits() {
    let (two, now) = versions();
    assert_eq!((numbers(&now), now.graves.len()), (vec![2, 4], 2));
    let back = apply(&now, &restore(&two)).unwrap();
    assert_eq!(numbers(&back), [1, 2]);
    assert_eq!((back.segments_digest, back.totals()), (two.segments_digest, two.totals()));
    let level = &back.tables["level"];
    assert!(level.tombstones.is_empty());
    assert_eq!(level.schema, now.tables["level"].schema);
    assert_eq!((level.time_floor, level.retention_ms), (Some(TimestampNs::from_ns(-3)), Some(77)));
    assert_eq!(back.tables["wind"].schema, now.tables["wind"].schema);
    // 1 is live again; 3 is still on its way out; 4 is left to the end of its generation.
    let graves: Vec<SegmentId> = back.graves.keys().copied().collect();
    assert_eq!(graves, [segment(3).id]);
    assert_eq!((back.restored, back.condemned_to, back.version.get()), (Version::new(7), Version::new(7), 7));
    // Its history goes on, and can be put back as well.
    let on = apply(&back, &add(5)).unwrap();
    assert_eq!(numbers(&on), [1, 2, 5]);
}

#[test]
fn restore_applies_before_everything_else_of_its_intent() {
    let (two, now) = versions();
    let mixed = Intent {
        adds: vec![segment(8)],
        removes: vec![removal(&two, 1)],
        tombstones: delete(3).tombstones,
        ..restore(&two)
    };
    let back = apply(&now, &mixed).unwrap();
    assert_eq!((numbers(&back), back.tables["level"].tombstones.len()), (vec![2, 8], 1));
    assert_eq!(back.graves[&segment(1).id].removed, Version::new(7));
}

#[test]
fn restore_of_a_version_that_has_lost_segments_is_refused() {
    let (two, now) = versions();
    let condemn = Intent { condemns: vec![segment(1).id], ..intent() };
    let condemned = apply(&now, &condemn).unwrap();
    assert_eq!(apply(&condemned, &restore(&two)).unwrap_err(), Refusal::SnapshotTooOld(2));
    // A snapshot would have kept it.
    let named = apply(&now, &snapshot(2)).unwrap();
    assert!(matches!(apply(&named, &condemn), Err(Refusal::SnapshotNeeds { .. })));
    let other = apply(&named, &Intent { condemns: vec![segment(3).id], ..intent() }).unwrap();
    assert_eq!(other.condemned_to, Version::new(5));
    assert_eq!(numbers(&apply(&other, &restore(&two)).unwrap()), [1, 2]);
    let dropped = apply(&other, &Intent { snapshot_drops: vec!["2".into()], ..intent() }).unwrap();
    assert_eq!(apply(&dropped, &restore(&two)).unwrap_err(), Refusal::SnapshotTooOld(2));
}

#[test]
fn restore_of_a_version_before_another_restore_needs_a_snapshot() {
    let (two, now) = versions();
    let back = apply(&now, &restore(&two)).unwrap();
    // What was live at 6 and not at 2 is nobody's any more.
    assert_eq!(apply(&back, &restore(&now)).unwrap_err(), Refusal::SnapshotTooOld(6));
    let named = apply(&now, &snapshot(6)).unwrap();
    let back = apply(&named, &restore(&two)).unwrap();
    let forth = apply(&back, &restore(&now)).unwrap();
    assert_eq!((numbers(&forth), forth.graves.len()), (vec![2, 4], 1));
}

#[test]
fn restore_of_lists_that_nothing_keeps_is_refused() {
    let (_, now) = versions();
    let earlier = State { version: Version::new(4), ..frozen::state() };
    assert_eq!(apply(&now, &restore(&earlier)).unwrap_err(), Refusal::SnapshotTooOld(4));
    let checkpoint = CheckpointRef { version: Version::new(4), write_id: WriteId::from_bytes([1; 16]) };
    let counting = apply(&now, &Intent { checkpoint: Some(checkpoint), ..intent() }).unwrap();
    assert_eq!(apply(&counting, &restore(&earlier)).unwrap().totals(), earlier.totals());
    let named = apply(&now, &snapshot(4)).unwrap();
    assert_eq!(apply(&named, &restore(&earlier)).unwrap().totals(), earlier.totals());
}

#[test]
fn restore_of_a_version_to_come_is_refused() {
    let (two, now) = versions();
    let later = State { version: Version::new(7), ..two };
    assert_eq!(apply(&now, &restore(&later)).unwrap_err(), Refusal::SnapshotTooOld(7));
}
