//! Removed segments: gone after their time, never while a snapshot needs them, found again after any end.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use tidewell_manifest::{Manifest, Refusal, SegmentEntry, Snapshot};
use tidewell_storage::{Fault, Operation};
use tidewell_types::TimestampNs;

use super::*;
use crate::bench::{Bench, Process, author, commit};
use crate::gc::{GcCount, GcOptions};

const HOUR: Duration = Duration::from_secs(3600);

/// A database in which one segment of two was removed.
async fn one_removed() -> (Bench, Process, SegmentEntry) {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let (kept, removed) = (process.stage(&[1]).await, process.stage(&[2]).await);
    process.add(vec![kept, removed.clone()]).await;
    process.remove(&[removed.id]).await;
    (bench, process, removed)
}

fn count(summary: &crate::GcSummary) -> GcCount {
    summary.of(GcKind::RemovedSegments)
}

async fn graves(bench: &Bench) -> usize {
    bench.open(960).await.state().graves.len()
}

/// thanos #564, #8464, #1331, #1525: blocks were deleted under readers; a marker went before its block; half a deletion
/// left a block that looked whole.
#[tokio::test(start_paused = true)]
async fn removed_segment_goes_when_readers_had_their_time() {
    let (bench, process, removed) = one_removed().await;
    let collector = process.collector(GcOptions::default());
    tokio::time::advance(HOUR - Duration::from_secs(1)).await;
    let early = collector.collect().await.unwrap();
    assert_eq!(count(&early), GcCount { examined: 1, kept_by_grace: 1, ..GcCount::default() });
    assert!(bench.has(&removed.object).await);
    tokio::time::advance(Duration::from_secs(1)).await;
    let late = collector.collect().await.unwrap();
    assert_eq!(count(&late), GcCount { examined: 1, deleted: 1, ..GcCount::default() });
    assert!(!bench.has(&removed.object).await);
    assert_eq!((graves(&bench).await, bench.rows().await), (0, vec![1]));
    assert_eq!(count(&collector.collect().await.unwrap()), GcCount::default());
}

/// lance #6607, #7207: a cleanup ran under long readers; rewrites that were cut off left 26 to 71 GB of orphans a day.
#[tokio::test(start_paused = true)]
async fn removed_segment_stays_while_a_snapshot_needs_it() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let removed = process.stage(&[2]).await;
    process.add(vec![removed.clone()]).await;
    process.snapshot("before").await.unwrap();
    process.remove(&[removed.id]).await;
    process.snapshot("after").await.unwrap();
    tokio::time::advance(HOUR).await;
    let collector = process.collector(GcOptions::default());
    let kept = collector.collect().await.unwrap();
    assert_eq!(count(&kept), GcCount { examined: 1, kept_by_snapshot: 1, ..GcCount::default() });
    process.drop_snapshot("before").await;
    assert_eq!(count(&collector.collect().await.unwrap()).deleted, 1);
    assert!(!bench.has(&removed.object).await);
}

async fn name(manifest: &Manifest, snapshot: Snapshot) -> Result<Arc<State>, CommitError> {
    let author = author(&manifest.state());
    manifest.commit(move |_| Ok(Some(Intent { snapshots: vec![snapshot.clone()], ..Intent::new(author) }))).await
}

/// A segment, removed an hour ago, and a checkpoint without a name of a version that had it.
async fn removed_with_checkpoint() -> (Bench, Process, SegmentEntry, Snapshot) {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let removed = process.stage(&[2]).await;
    let had_it = process.add(vec![removed.clone()]).await;
    let checkpoint = process.manifest.write_checkpoint(&had_it).await.unwrap();
    process.remove(&[removed.id]).await;
    tokio::time::advance(HOUR).await;
    let snapshot = Snapshot { name: "late".into(), checkpoint, created_at: TimestampNs::from_ns(0) };
    (bench, process, removed, snapshot)
}

#[tokio::test(start_paused = true)]
async fn snapshot_that_comes_before_the_condemning_commit_keeps_its_segment() {
    let (bench, process, removed, snapshot) = removed_with_checkpoint().await;
    // The collector has looked and is about to condemn.
    let slow = bench.store.with_faults(move |attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/log/") => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Pass,
    });
    let frozen = bench.process_in(&slow, 10).await;
    let collector = frozen.collector(GcOptions::default());
    let snapshots = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        name(&process.manifest, snapshot).await.unwrap();
    };
    let (summary, ()) = tokio::join!(collector.collect(), snapshots);
    assert_eq!(count(&summary.unwrap()).deleted, 0);
    assert!(bench.has(&removed.object).await);
    assert_eq!(graves(&bench).await, 1);
}

#[tokio::test(start_paused = true)]
async fn snapshot_that_comes_between_condemning_and_deleting_is_refused() {
    let (bench, process, removed, snapshot) = removed_with_checkpoint().await;
    let slow = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Delete if attempted.key.contains("/hot/") => Fault::Delay(HOUR),
        _ => Fault::Pass,
    });
    let frozen = bench.process_in(&slow, 10).await;
    let collector = frozen.collector(GcOptions::default());
    let snapshots = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert!(bench.has(&removed.object).await);
        let refused = name(&process.manifest, snapshot).await;
        assert!(matches!(refused, Err(CommitError::Refused(Refusal::SnapshotTooOld(_)))), "{refused:?}");
        process.snapshot("newer").await.unwrap();
    };
    let (summary, ()) = tokio::join!(collector.collect(), snapshots);
    assert_eq!(count(&summary.unwrap()).deleted, 1);
    assert_eq!(graves(&bench).await, 0);
}

/// thanos #564, #8464, #1331, #1525: blocks were deleted under readers; a marker went before its block; half a deletion
/// left a block that looked whole.
#[tokio::test(start_paused = true)]
async fn segment_that_cannot_be_deleted_stays_condemned_and_goes_next_time() {
    let (bench, process, removed) = one_removed().await;
    tokio::time::advance(HOUR).await;
    let denied = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Delete => Fault::Denied,
        _ => Fault::Pass,
    });
    let unable = bench.process_in(&denied, 10).await;
    let summary = unable.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!((count(&summary).deleted, count(&summary).failed, summary.failed()), (0, 1, 1));
    assert_eq!(summary.failures.iter().filter(|(object, _)| *object == removed.object).count(), 1);
    assert!(bench.open(11).await.state().graves[&removed.id].is_condemned);
    // Condemned ones need no grace any more.
    let patient = GcOptions { reader_grace_ms: u64::MAX, ..GcOptions::default() };
    assert_eq!(count(&process.collector(patient).collect().await.unwrap()).deleted, 1);
    assert_eq!(graves(&bench).await, 0);
}

/// iceberg #4194, #4652; amoro #1959: a cleanup of orphans deleted live files: other spellings, unknown kinds, long
/// jobs, migrations.
#[tokio::test(start_paused = true)]
async fn registered_file_is_let_go_of_and_stays_where_it_is() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    bench.put("lake/part-0.parquet").await;
    let mut registered = process.stage_filler("lake", 1).await;
    registered.object = "lake/part-0.parquet".into();
    process.add(vec![registered.clone()]).await;
    process.remove(&[registered.id]).await;
    tokio::time::advance(HOUR).await;
    let summary = process.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!((count(&summary).examined, count(&summary).deleted), (1, 0));
    assert_eq!(graves(&bench).await, 0);
    assert!(bench.has("lake/part-0.parquet").await);
}

#[tokio::test(start_paused = true)]
async fn collectors_at_once_delete_everything_and_bury_it_once() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let mut removed = Vec::new();
    for time in 0..10 {
        removed.push(process.stage(&[time]).await);
    }
    process.add(removed.clone()).await;
    process.remove(&removed.iter().map(|entry| entry.id).collect::<Vec<_>>()).await;
    tokio::time::advance(HOUR).await;
    let slow = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Delete => Fault::Delay(Duration::from_secs(100)),
        _ => Fault::Delay(Duration::from_millis(7)),
    });
    let (a, b) = (bench.process(10).await, bench.process_in(&slow, 11).await);
    let (a, b) = (a.collector(GcOptions::default()), b.collector(GcOptions::default()));
    let (a, b) = tokio::join!(a.collect(), b.collect());
    assert!(a.unwrap().failures.is_empty() && b.unwrap().failures.is_empty());
    assert_eq!(graves(&bench).await, 0);
    for entry in &removed {
        assert!(!bench.has(&entry.object).await);
    }
}

#[tokio::test(start_paused = true)]
async fn more_graves_than_one_commit_takes_all_go() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let mut removed = Vec::new();
    for time in 0..GRAVES_PER_COMMIT as i64 + 10 {
        removed.push(process.stage_filler("filler", time).await);
    }
    process.add(removed.clone()).await;
    let removes: Vec<_> =
        removed.iter().map(|entry| tidewell_manifest::Removal::of(entry, tidewell_manifest::Home::Fresh)).collect();
    commit(&process.manifest, move |state| Intent { removes: removes.clone(), ..Intent::new(author(state)) }).await;
    tokio::time::advance(HOUR).await;
    let summary = process.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!(count(&summary).deleted, removed.len() as u64);
    assert_eq!(graves(&bench).await, 0);
}
