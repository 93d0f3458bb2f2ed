//! Which intents a state allows, and what they make of it.
#![allow(clippy::unwrap_used)]

use tidewell_types::{FieldType, Generation, NodeId, Stamp, TableSchema, TokenId};

use super::*;
use crate::intent::Author;
use crate::sample::{
    NODE, add, author, change, fold, numbers, removal, rich_state, schema, segment, stamped, stream, table,
};
use crate::segments::SegmentTotals;

fn apply(state: &State, intent: &Intent) -> Result<State, Refusal> {
    state.apply(intent, stamped(u128::from(state.version.get() + 1)))
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
    assert!(level.segments.fresh().iter().all(|segment| segment.added == Version::new(1)));
    assert_eq!(state.tables["wind, gusts"].schema.fields()["note"], FieldType::String);
    assert_eq!(state.applied(&Source::Objects(stream(7))), Seq::new(12));
    assert_eq!(state.applied(&Source::Node(NODE)), Seq::new(5));
    assert_eq!(state.generation(Generation::new(3)), GenerationState::Sealing);
    assert_eq!(state.generation(Generation::new(2)), GenerationState::Sealed);
    assert_eq!(state.open_generation(), Generation::new(4));
    assert_eq!(state.stamp_max, Stamp::from_ns(1_700_000_000_123_456_789));
    assert_eq!(
        state.segments_digest,
        level.segments.fresh().iter().fold(0u128, |sum, one| sum.wrapping_add(one.share()))
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
    let seal = |state| Intent { generations: vec![change(0, state, None)], ..intent() };
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
    let reopen = Intent { generations: vec![change(0, GenerationState::Sealing, None)], ..Intent::new(later) };
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
    let replace = Intent { adds: vec![segment(2)], removes: vec![removal(&state, 1)], ..intent() };
    let replaced = apply(&state, &replace).unwrap();
    assert_eq!(numbers(&replaced), [2]);
    assert!(matches!(apply(&replaced, &replace), Err(Refusal::SegmentGone(_))));
}

#[test]
fn digest_of_the_segments_forgets_what_was_removed() {
    let empty = State::default();
    let state = apply(&apply(&empty, &add(1)).unwrap(), &add(2)).unwrap();
    assert_ne!(state.segments_digest, empty.segments_digest);
    let removes = vec![removal(&state, 1), removal(&state, 2)];
    assert_eq!(apply(&state, &Intent { removes, ..intent() }).unwrap().segments_digest, empty.segments_digest);
}

#[test]
fn refused_intent_leaves_the_state_as_it_was() {
    let state = rich_state();
    let kept = state.clone();
    let mixed = Intent { adds: vec![segment(9)], removes: vec![removal(&state, 8)], ..intent() };
    apply(&state, &mixed).unwrap_err();
    assert_eq!(state, kept);
}

#[test]
fn removal_of_format_1_leaves_a_grave_that_knows_its_segment() {
    let state = apply(&State::default(), &add(1)).unwrap();
    let bare = crate::part::read_bare_removal(segment(1).id.as_bytes()).unwrap();
    let removed = apply(&state, &Intent { removes: vec![bare.clone()], ..intent() }).unwrap();
    let grave = &removed.graves[&segment(1).id];
    assert_eq!((&grave.object, grave.added, grave.removed), (&segment(1).object, Version::new(1), Version::new(2)));
    assert_eq!((removed.segments_digest, removed.totals()), (0, SegmentTotals::default()));
    assert!(matches!(apply(&removed, &Intent { removes: vec![bare], ..intent() }), Err(Refusal::SegmentGone(_))));
}

/// neon #5878, #5879, #9844, #4326, #707: a delete that came late hit a new object of the same name; deletions were
/// lost; layers that were still needed went.
#[test]
fn segment_on_its_way_out_is_not_added_again() {
    let state = apply(&State::default(), &add(1)).unwrap();
    let removed = apply(&state, &Intent { removes: vec![removal(&state, 1)], ..intent() }).unwrap();
    assert!(matches!(apply(&removed, &add(1)), Err(Refusal::SegmentTwice(_))));
    let within = Intent { removes: vec![removal(&state, 1)], ..add(1) };
    assert!(matches!(apply(&state, &within), Err(Refusal::SegmentTwice(_))));
}

#[test]
fn segment_without_a_rank_gets_that_of_its_commit_and_a_rewrite_keeps_its_own() {
    let state = apply(&rich_state(), &add(5)).unwrap();
    let rewrite = SegmentEntry { rank: Version::new(1), ..segment(6) };
    let state = apply(&state, &Intent { adds: vec![rewrite], ..intent() }).unwrap();
    let ranks = state.tables["level"].segments.fresh().iter().map(|one| (one.rank.get(), one.added.get()));
    assert_eq!(ranks.collect::<Vec<_>>(), [(1, 1), (1, 1), (1, 3), (2, 2)]);
}

#[test]
fn generation_knows_the_commit_that_opened_it_and_its_time() {
    let open = |number| Intent { generations: vec![change(number, GenerationState::Open, None)], ..intent() };
    let at = |ns| Stamped { digest: 0, at: TimestampNs::from_ns(ns) };
    let state = State::default().apply(&open(1), at(70)).unwrap();
    let state = state.apply(&open(2), at(80)).unwrap();
    // Opening it again changes nothing.
    let state = state.apply(&open(1), at(90)).unwrap();
    let opened = |number| {
        let entry = state.generation_entry(Generation::new(number));
        (entry.state, entry.opened.get(), entry.opened_at.as_ns())
    };
    assert_eq!([opened(0), opened(1), opened(2)].map(|(_, opened, at)| (opened, at)), [(0, 0), (1, 70), (2, 80)]);
    assert_eq!((state.open_generation(), state.committed_at.as_ns()), (Generation::new(2), 90));
    let sealing = Intent { generations: vec![change(2, GenerationState::Sealing, None)], ..intent() };
    let state = state.apply(&sealing, at(100)).unwrap();
    assert_eq!((state.generation_entry(Generation::new(2)).opened_at.as_ns(), state.open_generation().get()), (80, 3));
}

#[test]
fn state_that_nobody_shares_changes_in_place() {
    let mut state = State::default();
    let many = Intent { adds: (0..1000).map(segment).collect(), ..intent() };
    state = state.advanced(&many, stamped(1)).unwrap();
    let token = |byte| TokenId::from_bytes([byte; 16]);
    let all = |state: &State, number: u64, byte: u8| Intent {
        removes: vec![removal(state, number)],
        tokens: vec![token(byte)],
        folds: vec![fold(Source::Objects(stream(byte)), 0, 0, 1)],
        ..add(10_000 + number)
    };
    let intent = all(&state, 1, 1);
    state = state.advanced(&intent, stamped(2)).unwrap();
    let places = |state: &State| {
        let fresh = Arc::as_ptr(&state.tables["level"].segments.fresh).cast::<()>();
        (
            fresh,
            Arc::as_ptr(&state.tokens).cast::<()>(),
            Arc::as_ptr(&state.graves).cast(),
            Arc::as_ptr(&state.streams).cast(),
        )
    };
    let before: (_, _, *const (), *const ()) = places(&state);
    for byte in 2..100 {
        let intent = all(&state, u64::from(byte), byte);
        state = state.advanced(&intent, stamped(u128::from(byte))).unwrap();
    }
    assert_eq!(places(&state), before);
    assert_eq!((state.graves.len(), state.tokens.len(), state.totals().segment_count), (99, 99, 1000));
    // One that is shared is copied, and stays as it was.
    let shared = state.clone();
    let intent = all(&state, 100, 100);
    let next = state.advanced(&intent, stamped(9)).unwrap();
    assert_ne!(places(&next).0, places(&shared).0);
    assert_eq!((shared.graves.len(), next.graves.len()), (99, 100));
}
