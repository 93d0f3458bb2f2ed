//! Groups spread over streams.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tidewell_manifest::SegmentEntry;

use super::{SHARE_ROWS_MIN, Unit, spread};
use crate::group::Group;
use crate::sample::Database;

async fn segment(row_count: u64) -> Arc<SegmentEntry> {
    let mut database = Database::new();
    database.write_segment("t v=1 1").await;
    let entry = database.view().tables.values().next().unwrap().segments.fresh()[0].clone();
    Arc::new(SegmentEntry { row_count, ..(*entry).clone() })
}

#[tokio::test]
async fn few_large_segments_are_shared_out() {
    let large = Group { segments: vec![segment(SHARE_ROWS_MIN * 8).await], ..Group::default() };
    let streams = spread(vec![large], 4);
    assert_eq!(streams.streams.iter().map(Vec::len).collect::<Vec<_>>(), [1; 4]);
    assert!(streams.is_sorted && !streams.has_merge);
    assert_eq!(streams.row_count_max, SHARE_ROWS_MIN * 8);
}

#[tokio::test]
async fn small_segments_are_packed_and_a_packed_stream_is_not_sorted() {
    let mut groups = Vec::new();
    for _ in 0..9 {
        groups.push(Group { segments: vec![segment(10).await], ..Group::default() });
    }
    let streams = spread(groups, 4);
    assert_eq!(streams.streams.iter().map(Vec::len).sum::<usize>(), 9);
    assert_eq!(streams.streams.len(), 4);
    assert!(!streams.is_sorted);
}

#[tokio::test]
async fn merge_is_never_shared_out() {
    let merge =
        Group { segments: vec![segment(SHARE_ROWS_MIN * 8).await, segment(SHARE_ROWS_MIN).await], ..Group::default() };
    let streams = spread(vec![merge], 4);
    assert!(streams.has_merge && streams.is_sorted);
    assert!(matches!(&streams.streams[..], [stream] if matches!(&stream[..], [Unit::Merge(_)])));
}
