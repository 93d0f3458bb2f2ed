//! What is deleted: log entries that a view says are folded, and nothing else.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use tidewell_env::Env;
use tidewell_storage::{StoreOptions, StoreUrl};
use tidewell_types::{DatabaseName, Generation, Seq, StreamId, TokenId, WriterId};

use super::*;

#[derive(Default)]
struct View {
    applied: BTreeMap<StreamId, u64>,
    sealed: Option<Generation>,
}

impl Watermarks for View {
    fn applied(&self, source: &Source) -> Seq {
        let Source::Objects(stream) = source else { return Seq::ZERO };
        Seq::new(self.applied.get(stream).copied().unwrap_or(0))
    }

    fn generation(&self, generation: Generation) -> GenerationState {
        if self.sealed == Some(generation) { GenerationState::Sealed } else { GenerationState::Open }
    }

    fn has_token(&self, _: &TokenId) -> bool {
        false
    }
}

fn stream(generation: u32, writer: u8) -> StreamId {
    StreamId { generation: Generation::new(generation), writer: WriterId::from_bytes([writer; 16]) }
}

/// What is left of entries 0 to 2 of three streams and an object of another kind.
async fn left_after(view: &View) -> (usize, Vec<(StreamId, u64)>, u64) {
    let store = Store::open(&StoreUrl::Memory, Env::system(), &StoreOptions::default()).unwrap();
    let layout = DatabaseLayout::new(&DatabaseName::new("d").unwrap());
    for stream in [stream(0, 1), stream(0, 2), stream(1, 1)] {
        for seq in 0..3 {
            store.put(&layout.wal(stream, Seq::new(seq)), "x".into()).await.unwrap();
        }
    }
    let foreign = ObjectName::foreign(&format!("{}/00000000/notes", layout.wal_prefix())).unwrap();
    store.put(&foreign, "x".into()).await.unwrap();
    let listed = store.list(&layout.wal_prefix()).await.unwrap();
    let log = LogStores::single(store.clone());
    let deleted = folded_entries(&log, &Env::system(), &layout, view, &listed).await.unwrap();
    assert!(store.get(&foreign).await.unwrap().is_some());
    let left = store.list(&layout.wal_prefix()).await.unwrap();
    let mut left: Vec<_> = left.iter().filter_map(|object| layout.parse_wal(&object.key)).collect();
    left.sort();
    (deleted, left.into_iter().map(|(stream, seq)| (stream, seq.get())).collect(), store.meter().snapshot().deletes)
}

#[tokio::test]
async fn entries_below_their_watermark_are_deleted_with_one_request() {
    let (a, b, c) = (stream(0, 1), stream(0, 2), stream(1, 1));
    let view = View { applied: BTreeMap::from([(a, 2), (c, 1)]), ..View::default() };
    let left = vec![(a, 2), (b, 0), (b, 1), (b, 2), (c, 1), (c, 2)];
    assert_eq!(left_after(&view).await, (3, left, 1));
}

#[tokio::test]
async fn entries_of_a_sealed_generation_are_deleted() {
    let view = View { sealed: Some(Generation::ZERO), ..View::default() };
    let c = stream(1, 1);
    assert_eq!(left_after(&view).await, (6, vec![(c, 0), (c, 1), (c, 2)], 1));
}

#[tokio::test]
async fn nothing_folded_makes_no_request() {
    let (deleted, left, requests) = left_after(&View::default()).await;
    assert_eq!((deleted, left.len(), requests), (0, 9, 0));
}
