//! What is remembered and for how long; what may go and when.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use tidewell_types::{SegmentId, TimestampNs, Version, WriteId};

use super::*;
use crate::sample::{add, author, removal, segment, stamped};
use crate::snapshot::CheckpointRef;

fn apply(state: &State, intent: &Intent) -> Result<State, Refusal> {
    state.apply(intent, stamped(0))
}

fn intent() -> Intent {
    Intent::new(author())
}

fn at(version: u64, byte: u8) -> CheckpointRef {
    CheckpointRef { version: Version::new(version), write_id: WriteId::from_bytes([byte; 16]) }
}

fn snapshot(name: &str, checkpoint: CheckpointRef) -> Intent {
    let snapshot = Snapshot { name: name.into(), checkpoint, created_at: TimestampNs::from_ns(1) };
    Intent { snapshots: vec![snapshot], ..intent() }
}

fn counts(checkpoint: CheckpointRef) -> Intent {
    Intent { checkpoint: Some(checkpoint), ..intent() }
}

fn condemn(number: u64) -> Intent {
    Intent { condemns: vec![segment(number).id], ..intent() }
}

fn bury(number: u64) -> Intent {
    Intent { burials: vec![segment(number).id], ..intent() }
}

/// A state at version 5: segment 1 was added at 1 and removed at 4; segments 2 and 3 are live.
fn state() -> State {
    let mut state = State::default();
    for number in 1..=3 {
        state = apply(&state, &add(number)).unwrap();
    }
    state = apply(&state, &Intent { removes: vec![removal(&state, 1)], ..intent() }).unwrap();
    apply(&state, &intent()).unwrap()
}

#[test]
fn name_is_given_once_and_given_up_once() {
    let state = apply(&state(), &snapshot("monday", at(3, 1))).unwrap();
    assert_eq!(state.snapshots["monday"].checkpoint, at(3, 1));
    assert_eq!(apply(&state, &snapshot("monday", at(4, 2))).unwrap_err(), Refusal::SnapshotTaken("monday".into()));
    let drop = Intent { snapshot_drops: vec!["monday".into()], ..intent() };
    let dropped = apply(&state, &drop).unwrap();
    assert!(dropped.snapshots.is_empty());
    assert_eq!(apply(&dropped, &drop).unwrap_err(), Refusal::SnapshotMissing("monday".into()));
    // In one commit the name moves.
    let moved = apply(&state, &Intent { snapshots: snapshot("monday", at(4, 2)).snapshots, ..drop }).unwrap();
    assert_eq!(moved.snapshots["monday"].checkpoint, at(4, 2));
}

#[test]
fn segment_that_a_snapshot_needs_is_not_condemned() {
    for (version, is_needed) in [(1, true), (3, true), (4, false), (5, false)] {
        let named = apply(&state(), &snapshot("monday", at(version, 1))).unwrap();
        let outcome = apply(&named, &condemn(1));
        let needs = Refusal::SnapshotNeeds { name: "monday".into(), segment: segment(1).id.to_string() };
        assert_eq!(outcome.err(), is_needed.then_some(needs), "of version {version}");
    }
}

#[test]
fn version_that_had_a_condemned_segment_gets_no_name() {
    let condemned = apply(&state(), &condemn(1)).unwrap();
    assert_eq!(condemned.condemned_to, Version::new(4));
    assert!(condemned.graves[&segment(1).id].is_condemned);
    for (version, is_refused) in [(1, true), (3, true), (4, false), (5, false)] {
        let outcome = apply(&condemned, &snapshot("monday", at(version, 1)));
        assert_eq!(outcome.err(), is_refused.then_some(Refusal::SnapshotTooOld(version)), "of version {version}");
    }
    // In one commit too, the name goes first.
    let both = Intent { snapshots: snapshot("monday", at(3, 1)).snapshots, ..condemn(1) };
    assert!(matches!(apply(&state(), &both), Err(Refusal::SnapshotNeeds { .. })));
}

#[test]
fn segment_is_condemned_before_it_is_buried_and_buried_but_once_matters() {
    assert_eq!(apply(&state(), &bury(1)).unwrap_err(), Refusal::NotCondemned(segment(1).id.to_string()));
    assert_eq!(apply(&state(), &condemn(2)).unwrap_err(), Refusal::SegmentGone(segment(2).id.to_string()));
    let condemned = apply(&state(), &condemn(1)).unwrap();
    let buried = apply(&condemned, &bury(1)).unwrap();
    assert_eq!((buried.graves.len(), buried.condemned_to), (0, Version::new(4)));
    // Collectors that raced, or one that tries again.
    assert!(apply(&buried, &bury(1)).is_ok());
    assert!(matches!(apply(&buried, &condemn(1)), Err(Refusal::SegmentGone(_))));
    let at_once = Intent { burials: bury(1).burials, ..condemn(1) };
    assert!(apply(&state(), &at_once).unwrap().graves.is_empty());
}

#[test]
fn checkpoint_counts_only_if_it_is_newer_and_two_are_kept() {
    let mut now = state();
    for (checkpoint, counting) in [
        (at(2, 5), Some(vec![at(2, 5)])),
        (at(2, 5), None),
        (at(1, 9), None),
        (at(2, 4), None),
        (at(2, 6), Some(vec![at(2, 5), at(2, 6)])),
        (at(4, 1), Some(vec![at(2, 6), at(4, 1)])),
        (at(3, 1), None),
        (at(5, 1), Some(vec![at(4, 1), at(5, 1)])),
    ] {
        match (apply(&now, &counts(checkpoint)), counting) {
            (Ok(next), Some(counting)) => {
                assert_eq!(next.checkpoints, counting);
                now = next;
            }
            (Err(refusal), None) => assert_eq!(refusal, Refusal::CheckpointStale(checkpoint.version.get())),
            (outcome, _) => panic!("{checkpoint:?}: {outcome:?}"),
        }
    }
}

#[test]
fn checkpoint_older_than_those_that_count_gets_no_name() {
    let mut now = state();
    for checkpoint in [at(2, 1), at(4, 1)] {
        now = apply(&now, &counts(checkpoint)).unwrap();
    }
    for (checkpoint, is_refused) in
        [(at(1, 1), true), (at(2, 0), true), (at(2, 1), false), (at(3, 1), false), (at(4, 1), false), (at(5, 1), false)]
    {
        let outcome = apply(&now, &snapshot("monday", checkpoint));
        let refusal = is_refused.then_some(Refusal::CheckpointStale(checkpoint.version.get()));
        assert_eq!(outcome.err(), refusal, "{checkpoint:?}");
    }
    // One that has a name already is kept.
    let named = apply(&apply(&state(), &snapshot("monday", at(1, 1))).unwrap(), &counts(at(4, 1))).unwrap();
    assert!(apply(&named, &snapshot("tuesday", at(1, 1))).is_ok());
    // A checkpoint may come to count and get a name at once.
    let both = Intent { checkpoint: Some(at(5, 1)), ..snapshot("monday", at(5, 1)) };
    assert_eq!(apply(&now, &both).unwrap().checkpoints, [at(4, 1), at(5, 1)]);
}

#[test]
fn log_stores_are_set_and_left() {
    let stores =
        |urls: &[&str]| Intent { log_stores: Some(urls.iter().map(|url| (*url).to_owned()).collect()), ..intent() };
    let set = apply(&State::default(), &stores(&["s3://a", "s3://b"])).unwrap();
    assert_eq!(apply(&set, &intent()).unwrap().log_stores, ["s3://a", "s3://b"]);
    assert!(apply(&set, &stores(&[])).unwrap().log_stores.is_empty());
}

proptest! {
    /// However names, condemnations and burials follow each other, no snapshot loses a segment that it had.
    #[test]
    fn snapshot_never_needs_what_is_condemned(
        steps in proptest::collection::vec((0..5u8, any::<prop::sample::Index>()), 1..80),
    ) {
        let mut now = State::default();
        let mut next = 0;
        for (what, pick) in steps {
            let graves: Vec<SegmentId> = now.graves.keys().copied().collect();
            let live: Vec<u64> = crate::sample::numbers(&now);
            let names: Vec<String> = now.snapshots.keys().cloned().collect();
            next += 1;
            let intent = match what {
                0 => add(next),
                1 if !live.is_empty() => Intent { removes: vec![removal(&now, *pick.get(&live))], ..intent() },
                2 => snapshot(&next.to_string(), at(pick.index(now.version.get() as usize + 1) as u64, 1)),
                3 if !graves.is_empty() => Intent { condemns: vec![*pick.get(&graves)], ..intent() },
                4 if !names.is_empty() => Intent { snapshot_drops: vec![pick.get(&names).clone()], ..intent() },
                _ => continue,
            };
            if let Ok(state) = apply(&now, &intent) {
                now = state;
            }
            for snapshot in now.snapshots.values() {
                let needed = now.graves.values().filter(|grave| grave.is_needed_by(snapshot.checkpoint.version));
                prop_assert!(needed.clone().all(|grave| !grave.is_condemned));
            }
        }
    }
}
