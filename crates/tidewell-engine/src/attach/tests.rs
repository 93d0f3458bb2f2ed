//! Which local logs an engine takes.
#![allow(clippy::unwrap_used)]

use tidewell_types::{Batch, NodeId, Source, Stamp};

use super::*;

fn entries(seqs: &[u64]) -> Vec<Entry> {
    let source = Source::Node(NodeId::from_bytes([1; 16]));
    let entry = |seq: &u64| Entry {
        source,
        seq: Seq::new(*seq),
        stamp: Stamp::default(),
        batch: Batch::default(),
        tokens: Vec::new(),
    };
    seqs.iter().map(entry).collect()
}

fn is_whole(applied: u64, seqs: &[u64]) -> bool {
    check_whole(Path::new("wal"), Seq::new(applied), &entries(seqs)).is_ok()
}

#[test]
fn log_that_goes_on_where_folding_stopped_is_whole() {
    assert!(is_whole(0, &[]) && is_whole(7, &[]) && is_whole(0, &[0, 1, 2]) && is_whole(7, &[7, 8]));
}

#[test]
fn log_with_a_gap_is_refused_and_the_missing_entry_named() {
    assert!(!is_whole(0, &[1]) && !is_whole(7, &[7, 9]));
    let error = check_whole(Path::new("wal"), Seq::new(3), &entries(&[3, 5])).unwrap_err();
    assert!(error.message.contains("no entry 4 but an entry 5"), "{error}");
}
