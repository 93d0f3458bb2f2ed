//! Which entries a snapshot of the buffer holds, and in which order.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use tidewell_types::{Batch, Generation, Stamp, StreamId, WriterId};

use super::*;

#[derive(Default)]
struct View {
    applied: BTreeMap<Source, u64>,
    sealed: Vec<Generation>,
}

impl Watermarks for View {
    fn applied(&self, source: &Source) -> Seq {
        Seq::new(self.applied.get(source).copied().unwrap_or(0))
    }

    fn generation(&self, generation: Generation) -> GenerationState {
        if self.sealed.contains(&generation) { GenerationState::Sealed } else { GenerationState::Open }
    }
}

fn stream(writer: u8) -> Source {
    Source::Objects(StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([writer; 16]) })
}

fn entry(source: Source, seq: u64, stamp: u64) -> Arc<Entry> {
    Arc::new(Entry { source, seq: Seq::new(seq), stamp: Stamp::from_ns(stamp), batch: Batch::default() })
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
