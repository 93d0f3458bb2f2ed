//! Which entries a snapshot of the buffer holds, and in which order.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use tidewell_types::{Batch, Generation, NodeId, Stamp, StreamId, WriterId};

use super::*;
use crate::entry::EntryToken;

const TOKEN: TokenId = TokenId::from_bytes([7; 16]);

#[derive(Default)]
struct View {
    applied: BTreeMap<Source, u64>,
    sealed: Vec<Generation>,
    tokens: Vec<TokenId>,
}

impl Watermarks for View {
    fn applied(&self, source: &Source) -> Seq {
        Seq::new(self.applied.get(source).copied().unwrap_or(0))
    }

    fn generation(&self, generation: Generation) -> GenerationState {
        if self.sealed.contains(&generation) { GenerationState::Sealed } else { GenerationState::Open }
    }

    fn has_token(&self, token: &TokenId) -> bool {
        self.tokens.contains(token)
    }
}

fn stream(writer: u8) -> Source {
    Source::Objects(StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([writer; 16]) })
}

fn entry(source: Source, seq: u64, stamp: u64) -> Arc<Entry> {
    let (seq, stamp) = (Seq::new(seq), Stamp::from_ns(stamp));
    Arc::new(Entry { source, seq, stamp, batch: Batch::default(), tokens: Vec::new() })
}

fn with_token(source: Source, seq: u64, stamp: u64) -> Arc<Entry> {
    let tokens = vec![EntryToken { id: TOKEN, spans: Vec::new() }];
    Arc::new(Entry { tokens, ..(*entry(source, seq, stamp)).clone() })
}

fn node() -> Source {
    Source::Node(NodeId::from_bytes([8; 16]))
}

fn seqs(entries: &[Arc<Entry>]) -> Vec<(Source, u64)> {
    entries.iter().map(|entry| (entry.source, entry.seq.get())).collect()
}

#[test]
fn entries_of_two_writers_come_in_stamp_order() {
    let buffer = Buffer::new();
    let (a, b) = (stream(1), stream(2));
    for entry in [entry(b, 0, 15), entry(a, 1, 20), entry(a, 0, 10), entry(b, 1, 25)] {
        buffer.apply(entry);
    }
    assert_eq!(seqs(&buffer.unfolded(&View::default())), [(a, 0), (b, 0), (a, 1), (b, 1)]);
}

#[test]
fn entries_behind_a_gap_are_left_out() {
    let buffer = Buffer::new();
    let a = stream(1);
    for entry in [entry(a, 0, 1), entry(a, 2, 3), entry(a, 3, 4)] {
        buffer.apply(entry);
    }
    assert_eq!(seqs(&buffer.unfolded(&View::default())), [(a, 0)]);
    let folded = View { applied: BTreeMap::from([(a, 2)]), ..View::default() };
    assert_eq!(seqs(&buffer.unfolded(&folded)), [(a, 2), (a, 3)]);
}

#[test]
fn entries_of_a_sealed_generation_are_void() {
    let buffer = Buffer::new();
    buffer.apply(entry(stream(1), 0, 1));
    let sealed = View { sealed: vec![Generation::ZERO], ..View::default() };
    assert!(buffer.unfolded(&sealed).is_empty());
    buffer.retire(&sealed);
    assert_eq!(buffer.totals(), Totals::default());
}

#[test]
fn folded_entries_are_retired_and_the_rest_stays() {
    let buffer = Buffer::new();
    let a = stream(1);
    for seq in 0..4 {
        buffer.apply(entry(a, seq, seq));
    }
    let view = View { applied: BTreeMap::from([(a, 3)]), ..View::default() };
    buffer.retire(&view);
    assert_eq!(buffer.totals().entries, 1);
    assert!(buffer.contains(a, Seq::new(3)) && !buffer.contains(a, Seq::new(2)));
}

#[test]
fn an_entry_applied_twice_counts_once() {
    let buffer = Buffer::new();
    buffer.apply(entry(stream(1), 0, 1));
    buffer.apply(entry(stream(1), 0, 1));
    assert_eq!(buffer.totals().entries, 1);
}

#[test]
fn memory_entries_are_retired_by_name_only() {
    let buffer = Buffer::new();
    let memory = Source::Memory(WriterId::from_bytes([9; 16]));
    for seq in 0..3 {
        buffer.apply(entry(memory, seq, seq));
    }
    let folded = buffer.unfolded(&View::default());
    buffer.apply(entry(memory, 3, 3));
    buffer.retire_memory(&folded);
    assert_eq!(seqs(&buffer.unfolded(&View::default())), [(memory, 3)]);
}

/// Of the entries in an answer, those that still have the token.
fn with_their_token(entries: &[Arc<Entry>]) -> Vec<(Source, u64)> {
    let holders: Vec<_> = entries.iter().filter(|entry| !entry.tokens.is_empty()).cloned().collect();
    seqs(&holders)
}

#[test]
fn token_counts_where_it_was_written_first_of_those_that_are_asked_for() {
    let buffer = Buffer::new();
    let (a, b) = (stream(1), stream(2));
    for entry in [with_token(node(), 0, 5), with_token(b, 0, 10), with_token(a, 0, 20), entry(a, 1, 25)] {
        buffer.apply(entry);
    }
    let view = View::default();
    let all = buffer.unfolded(&view);
    assert_eq!(seqs(&all), [(node(), 0), (b, 0), (a, 0), (a, 1)]);
    assert_eq!(with_their_token(&all), [(node(), 0)]);
    // A fold that cannot take the local log's entry must not leave out the rows for its sake.
    let of_objects = buffer.unfolded_of(&view, |source, _| matches!(source, Source::Objects(_)));
    assert_eq!(seqs(&of_objects), [(b, 0), (a, 0), (a, 1)]);
    assert_eq!(seqs(&buffer.unfolded_of(&view, |source, seq| (*source, seq.get()) != (a, 0))), [(node(), 0), (b, 0)]);
    assert_eq!(buffer.newest(|source| *source == a), [(a, Seq::new(1))].into());
    assert_eq!(with_their_token(&of_objects), [(b, 0)]);
    let folded = View { tokens: vec![TOKEN], ..View::default() };
    assert!(with_their_token(&buffer.unfolded(&folded)).is_empty());
    assert_eq!(buffer.unfolded(&folded).len(), 4);
}

#[test]
fn token_behind_a_gap_or_in_a_void_entry_does_not_count() {
    let buffer = Buffer::new();
    let (a, b) = (stream(1), stream(2));
    buffer.apply(with_token(a, 1, 10));
    buffer.apply(with_token(b, 0, 20));
    let find = |view: &View| buffer.find_token(&TOKEN, view, |_| true);
    assert_eq!(with_their_token(&buffer.unfolded(&View::default())), [(b, 0)]);
    assert_eq!(find(&View::default()), Some((b, Seq::ZERO)));
    let sealed = View { sealed: vec![Generation::ZERO], ..View::default() };
    assert_eq!(find(&sealed), None);
    buffer.apply(entry(a, 0, 5));
    assert_eq!(with_their_token(&buffer.unfolded(&View::default())), [(a, 1)]);
    assert_eq!(find(&View::default()), Some((a, Seq::new(1))));
    let folded = View { applied: BTreeMap::from([(a, 2)]), sealed: vec![Generation::ZERO], ..View::default() };
    assert_eq!(find(&folded), Some((a, Seq::new(1))));
}

#[test]
fn token_is_found_in_accepted_sources_until_its_entry_goes() {
    let buffer = Buffer::new();
    let a = stream(1);
    buffer.apply(with_token(a, 0, 10));
    buffer.apply(with_token(node(), 0, 11));
    buffer.apply(entry(a, 1, 12));
    let view = View::default();
    assert_eq!(buffer.find_token(&TOKEN, &view, |source| *source == node()), Some((node(), Seq::ZERO)));
    assert_eq!(buffer.find_token(&TokenId::from_bytes([1; 16]), &view, |_| true), None);
    buffer.retire(&View { applied: BTreeMap::from([(a, 1)]), ..View::default() });
    assert_eq!(buffer.find_token(&TOKEN, &view, |_| true), Some((node(), Seq::ZERO)));
    buffer.retire(&View { applied: BTreeMap::from([(node(), 1)]), ..View::default() });
    assert_eq!(buffer.find_token(&TOKEN, &view, |_| true), None);
    assert!(buffer.inner.read().tokens.is_empty());
}

#[test]
fn missing_entries_are_those_between_the_watermark_and_the_one_asked_for() {
    let buffer = Buffer::new();
    let a = stream(1);
    for seq in [2, 4, 5] {
        buffer.apply(entry(a, seq, seq));
    }
    let missing = |view: &View, seq: u64, most: usize| {
        let missing = buffer.missing(view, a, Seq::new(seq), most)?;
        Some(missing.into_iter().map(Seq::get).collect::<Vec<_>>())
    };
    let view = View { applied: BTreeMap::from([(a, 2)]), ..View::default() };
    assert_eq!(missing(&view, 1, 0), Some(vec![]));
    assert_eq!(missing(&view, 2, 0), Some(vec![]));
    assert_eq!(missing(&view, 6, 2), Some(vec![3, 6]));
    assert_eq!(missing(&view, 6, 1), None);
    assert_eq!(missing(&view, u64::MAX, 1000), None);
    assert_eq!(missing(&View::default(), 3, 3), Some(vec![0, 1, 3]));
    let sealed = View { sealed: vec![Generation::ZERO], ..view };
    assert_eq!((missing(&sealed, 1, 0), missing(&sealed, 2, 10)), (Some(vec![]), None));
    let memory = Source::Memory(WriterId::from_bytes([9; 16]));
    buffer.apply(entry(memory, 7, 1));
    assert_eq!(buffer.missing(&sealed, memory, Seq::new(7), 0), Some(vec![]));
    assert_eq!(buffer.missing(&sealed, memory, Seq::new(8), 0), None);
}
