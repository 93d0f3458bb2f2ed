//! Log entries: gone when they are folded or can't be any more.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use super::*;
use crate::bench::{Bench, layout, stream};
use crate::gc::{GcCount, GcOptions};

#[tokio::test(start_paused = true)]
async fn entries_below_their_watermark_go_and_the_rest_stays() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    process.log(stream(0, 1), 0, &[1]).await;
    process.log(stream(0, 1), 1, &[2]).await;
    process.folder.fold().await.unwrap();
    process.log(stream(0, 1), 2, &[3]).await;
    process.log(stream(0, 2), 0, &[4]).await;
    let summary = process.collector(GcOptions::default()).collect().await.unwrap();
    let count = summary.of(GcKind::LogEntries);
    assert_eq!((count.examined, count.deleted), (4, 2));
    assert!(count.deleted_bytes > 0);
    let left = bench.keys_of(&layout().wal_prefix()).await;
    assert_eq!(left.len(), 2);
    assert_eq!(bench.rows().await, [1, 2, 3, 4]);
}

#[tokio::test(start_paused = true)]
async fn everything_that_a_sealed_generation_left_in_the_log_goes() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    process.log(stream(0, 1), 0, &[1]).await;
    // Behind a gap, so never part of anything.
    process.log_unchecked(stream(0, 1), 2, &[3]).await.unwrap();
    process.next_generation().await;
    process.log(stream(1, 1), 0, &[4]).await;
    let summary = process.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!(summary.of(GcKind::LogEntries).deleted, 2);
    // A copy that was on its way for long.
    process.log_unchecked(stream(0, 1), 0, &[1]).await.unwrap();
    assert_eq!(bench.rows().await, [1, 4]);
    let summary = process.collector(GcOptions::default()).collect().await.unwrap();
    let expected = GcCount { examined: 2, deleted: 1, ..summary.of(GcKind::LogEntries) };
    assert_eq!(summary.of(GcKind::LogEntries), expected);
    assert_eq!(bench.rows().await, [1, 4]);
}
