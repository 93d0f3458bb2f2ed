//! Which intents a state allows, and what they make of it.
#![allow(clippy::unwrap_used)]

use tidewell_types::{FieldType, Generation, NodeId, Stamp, StreamId, TableSchema};

use super::*;
use crate::intent::Author;
use crate::sample::{NODE, add, author, fold, numbers, rich_state, schema, segment, stream, table};

fn apply(state: &State, intent: &Intent) -> Result<State, Refusal> {
    state.apply(intent, u128::from(state.version.get() + 1))
}

fn intent() -> Intent {
    Intent::new(author())
}

#[test]
fn intent_with_everything_becomes_the_state() {
    let state = rich_state();
    assert_eq!(state.version, Version::new(1));
    assert_eq!(numbers(&state), [1, 2]);
    let level = &state.tables["level"];
    assert_eq!(level.schema.tags().iter().map(|tag| &**tag).collect::<Vec<_>>(), ["site", "gauge"]);
    assert!(level.segments.iter().all(|segment| segment.added == Version::new(1)));
    assert_eq!(state.tables["wind, gusts"].schema.fields()["note"], FieldType::String);
    assert_eq!(state.applied(&Source::Objects(stream(7))), Seq::new(12));
    assert_eq!(state.applied(&Source::Node(NODE)), Seq::new(5));
    assert_eq!(state.generation(Generation::new(3)), GenerationState::Sealing);
    assert_eq!(state.generation(Generation::new(2)), GenerationState::Sealed);
    assert_eq!(state.open_generation(), Generation::new(4));
    assert_eq!(state.stamp_max, Stamp::from_ns(1_700_000_000_123_456_789));
    assert_eq!(
        state.segments_digest,
        level.segments.iter().fold(0u128, |sum, one| sum.wrapping_add(entry_digest(one)))
    );
}

#[test]
fn fold_must_start_where_the_last_one_ended() {
    let source = Source::Objects(stream(1));
    let state = apply(&State::default(), &Intent { folds: vec![fold(source, 0, 0, 3)], ..intent() }).unwrap();
    for (from, to) in [(0, 3), (2, 5), (4, 6), (3, 2)] {
        let refused = apply(&state, &Intent { folds: vec![fold(source, 0, from, to)], ..intent() });
        assert!(matches!(refused, Err(Refusal::FoldElsewhere { applied: 3, .. })), "{from}..{to}");
    }
    let next = apply(&state, &Intent { folds: vec![fold(source, 0, 3, 7)], ..intent() }).unwrap();
    assert_eq!(next.applied(&source), Seq::new(7));
    assert_eq!(next.applied(&Source::Objects(stream(2))), Seq::ZERO);
}

#[test]
fn node_belongs_to_whoever_attached_last() {
    let attach = |epoch| Intent { attaches: vec![Attach { node: NODE, epoch }], ..intent() };
    let folds = |epoch, from, to| Intent { folds: vec![fold(Source::Node(NODE), epoch, from, to)], ..intent() };
    assert!(matches!(apply(&State::default(), &folds(1, 0, 1)), Err(Refusal::NodeTaken { current: 0, ours: 1 })));
    assert!(matches!(apply(&State::default(), &attach(2)), Err(Refusal::NodeTaken { current: 0, ours: 2 })));
    let first = apply(&State::default(), &attach(1)).unwrap();
    let folded = apply(&first, &folds(1, 0, 4)).unwrap();
    let second = apply(&folded, &attach(2)).unwrap();
    assert!(matches!(apply(&second, &attach(2)), Err(Refusal::NodeTaken { current: 2, ours: 2 })));
    assert!(matches!(apply(&second, &folds(1, 4, 5)), Err(Refusal::NodeTaken { current: 2, ours: 1 })));
    let folded = apply(&second, &folds(2, 4, 6)).unwrap();
    assert_eq!(folded.applied(&Source::Node(NODE)), Seq::new(6));
    let other = Source::Node(NodeId::from_bytes([1; 16]));
    assert_eq!(folded.applied(&other), Seq::ZERO);
}

#[test]
fn generation_moves_forward_only_and_a_sealed_one_takes_nothing() {
    let seal = |state| Intent { generations: vec![(Generation::ZERO, state)], ..intent() };
    let later = Author { generation: Generation::new(1), ..author() };
    let stale = Source::Objects(StreamId { generation: Generation::ZERO, ..stream(1) });

    let sealing = apply(&State::default(), &seal(GenerationState::Sealing)).unwrap();
    assert!(matches!(apply(&sealing, &seal(GenerationState::Open)), Err(Refusal::GenerationBackward(0))));
    // What a generation that is being sealed still holds must be folded.
    let folded = apply(&sealing, &Intent { folds: vec![fold(stale, 0, 0, 2)], ..intent() }).unwrap();
    let sealed = apply(&folded, &seal(GenerationState::Sealed)).unwrap();
    assert_eq!(sealed.open_generation(), Generation::new(1));

    assert!(matches!(apply(&sealed, &add(1)), Err(Refusal::GenerationClosed(0))));
    let late = Intent { folds: vec![fold(stale, 0, 2, 3)], ..Intent::new(later) };
    assert!(matches!(apply(&sealed, &late), Err(Refusal::GenerationClosed(0))));
    let reopen = Intent { generations: vec![(Generation::ZERO, GenerationState::Sealing)], ..Intent::new(later) };
    assert!(matches!(apply(&sealed, &reopen), Err(Refusal::GenerationBackward(0))));
    assert_eq!(numbers(&apply(&sealed, &Intent { author: later, ..add(1) }).unwrap()), [1]);
}

#[test]
fn columns_grow_and_a_conflict_is_refused_by_name() {
    let grow = |columns: TableSchema| Intent { tables: vec![(table("level"), columns)], ..intent() };
    let state = apply(&State::default(), &grow(schema(&["site"], &[("v", FieldType::Float)]))).unwrap();
    let grown = apply(&state, &grow(schema(&["gauge", "site"], &[("w", FieldType::Integer)]))).unwrap();
    assert_eq!(
        *grown.tables["level"].schema,
        schema(&["site", "gauge"], &[("v", FieldType::Float), ("w", FieldType::Integer)])
    );
    for columns in
        [schema(&["v"], &[]), schema(&[], &[("v", FieldType::Integer)]), schema(&[], &[("site", FieldType::String)])]
    {
        let refusal = apply(&grown, &grow(columns)).unwrap_err();
        assert!(matches!(&refusal, Refusal::Schema { table, .. } if table == "level"), "{refusal}");
    }
}

#[test]
fn segment_is_added_once_and_removed_once() {
    let state = apply(&State::default(), &add(1)).unwrap();
    assert!(matches!(apply(&state, &add(1)), Err(Refusal::SegmentTwice(_))));
    let twice = Intent { adds: vec![segment(5), segment(5)], ..intent() };
    assert!(matches!(apply(&state, &twice), Err(Refusal::SegmentTwice(_))));
    let replace = Intent { adds: vec![segment(2)], removes: vec![segment(1).id], ..intent() };
    let replaced = apply(&state, &replace).unwrap();
    assert_eq!(numbers(&replaced), [2]);
    assert!(matches!(apply(&replaced, &replace), Err(Refusal::SegmentGone(_))));
}

#[test]
fn digest_of_the_segments_forgets_what_was_removed() {
    let empty = State::default();
    let state = apply(&apply(&empty, &add(1)).unwrap(), &add(2)).unwrap();
    assert_ne!(state.segments_digest, empty.segments_digest);
    let removes = vec![segment(1).id, segment(2).id];
    assert_eq!(apply(&state, &Intent { removes, ..intent() }).unwrap().segments_digest, empty.segments_digest);
}

#[test]
fn refused_intent_leaves_the_state_as_it_was() {
    let state = rich_state();
    let kept = state.clone();
    let mixed = Intent { adds: vec![segment(9)], removes: vec![segment(8).id], ..intent() };
    apply(&state, &mixed).unwrap_err();
    assert_eq!(state, kept);
}
