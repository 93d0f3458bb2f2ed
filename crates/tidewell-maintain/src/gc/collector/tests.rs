//! Whole runs: what they say, where they stop, and that nothing that counts is ever gone.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tidewell_storage::{Fault, Operation};

use super::*;
use crate::bench::{Bench, Process, stream};
use crate::seal::SealOptions;

mod random;

const HOUR: Duration = Duration::from_secs(3600);

/// A database with some garbage of every kind, and rows 100 to 102 live.
async fn littered() -> (Bench, Process) {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    process.log(stream(0, 1), 0, &[100]).await;
    process.folder.fold().await.unwrap();
    process.stage(&[1]).await;
    let (kept, removed) = (process.stage(&[101]).await, process.stage(&[2]).await);
    let state = process.add(vec![kept, removed.clone()]).await;
    process.manifest.write_checkpoint(&state).await.unwrap();
    process.manifest.write_watermarks(&state, Generation::ZERO).await.unwrap();
    process.remove(&[removed.id]).await;
    process.checkpoint_twice().await;
    process.next_generation().await;
    // A copy that was on its way for long.
    process.log_unchecked(stream(0, 1), 0, &[100]).await.unwrap();
    process.log(stream(1, 1), 0, &[102]).await;
    tokio::time::advance(HOUR).await;
    (bench, process)
}

/// neon #5878, #5879, #9844, #4326, #707: a delete that came late hit a new object of the same name; deletions were
/// lost; layers that were still needed went.
#[tokio::test(start_paused = true)]
async fn run_after_a_quiet_time_leaves_what_is_reachable_and_nothing_else() {
    let (bench, process) = littered().await;
    let summary = process.collector(GcOptions::default()).collect().await.unwrap();
    for kind in GcKind::ALL {
        // Nothing here is large enough to be listed, nor old enough for journals to go, and there is no catalog.
        let is_absent = matches!(kind, GcKind::Lists | GcKind::ImportJournals | GcKind::CatalogObjects);
        assert_eq!(summary.of(kind).deleted > 0, !is_absent, "{kind}");
        assert_eq!((summary.of(kind).failed, summary.of(kind).left_over), (0, 0), "{kind}");
    }
    assert!(summary.failures.is_empty() && summary.unparsed.is_empty() && !summary.is_over_limit);
    assert_eq!(bench.keys().await, bench.reachable().await);
    assert_eq!(bench.rows().await, [100, 101, 102]);
    let again = process.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!(again.deleted(), 0);
}

#[tokio::test(start_paused = true)]
async fn dry_run_says_what_a_run_would_do_and_does_nothing() {
    let (bench, process) = littered().await;
    let before = bench.keys().await;
    let options = GcOptions { keys_listed_max: 1000, ..GcOptions::default() };
    let dry = process.collector(GcOptions { dry_run: true, ..options.clone() }).collect().await.unwrap();
    assert_eq!(bench.keys().await, before);
    let usage = bench.store.meter().snapshot();
    process.collector(GcOptions { dry_run: true, ..options.clone() }).collect().await.unwrap();
    let usage = bench.store.meter().snapshot() - usage;
    assert_eq!((usage.puts, usage.deletes), (0, 0));

    let mut wet = process.collector(options).collect().await.unwrap();
    assert!(dry.is_dry_run && !wet.is_dry_run);
    // It has met its own two commits.
    wet.count(GcKind::Commits, |count| count.examined -= 2);
    assert_eq!((dry.counts, dry.floor, dry.version), (wet.counts, wet.floor, wet.version));
    assert_eq!((&dry.deleted_keys, dry.deleted_keys.len() as u64), (&wet.deleted_keys, wet.deleted()));
    let mut gone: Vec<String> = before.difference(&bench.keys().await).cloned().collect();
    let mut said = wet.deleted_keys.clone();
    gone.sort_unstable();
    said.sort_unstable();
    assert_eq!(gone, said);
}

#[tokio::test(start_paused = true)]
async fn list_of_deleted_keys_is_as_long_as_asked_for() {
    let (_bench, process) = littered().await;
    let options = GcOptions { keys_listed_max: 2, dry_run: true, ..GcOptions::default() };
    assert_eq!(process.collector(options).collect().await.unwrap().deleted_keys.len(), 2);
    let options = GcOptions { dry_run: true, ..GcOptions::default() };
    assert_eq!(process.collector(options).collect().await.unwrap().deleted_keys.len(), 0);
}

/// A database with so many live segments and so many that nothing names, all of a sealed generation.
async fn orphaned(live: i64, orphans: i64) -> (Bench, Process) {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let mut added = Vec::new();
    for time in 0..live {
        added.push(process.stage_filler("filler", time).await);
    }
    process.add(added).await;
    for time in 0..orphans {
        process.stage_filler("filler", time).await;
    }
    process.next_generation().await;
    (bench, process)
}

#[tokio::test(start_paused = true)]
async fn too_many_orphans_stop_the_run_before_anything_is_deleted() {
    let (bench, process) = orphaned(300, 101).await;
    let before = bench.keys().await;
    let error = process.collector(GcOptions::default()).collect().await.unwrap_err();
    assert!(
        matches!(error, MaintainError::TooManyOrphans { orphans: 101, total: 401, fraction_max } if fraction_max == 0.2),
        "{error}"
    );
    assert_eq!(bench.keys().await, before);
    let dry = GcOptions { dry_run: true, ..GcOptions::default() };
    let dry = process.collector(dry).collect().await.unwrap();
    assert!(dry.is_over_limit);
    assert_eq!(dry.of(GcKind::OrphanSegments).deleted, 101);
    let allowed = GcOptions { deleted_fraction_max: 0.26, ..GcOptions::default() };
    let summary = process.collector(allowed).collect().await.unwrap();
    assert_eq!((summary.of(GcKind::OrphanSegments).deleted, summary.is_over_limit), (101, false));
}

#[tokio::test(start_paused = true)]
async fn few_orphans_go_whatever_their_share_and_many_where_there_are_many_more() {
    for (live, orphans) in [(0, 100), (500, 120)] {
        let (_bench, process) = orphaned(live, orphans).await;
        let summary = process.collector(GcOptions::default()).collect().await.unwrap();
        assert_eq!(summary.of(GcKind::OrphanSegments).deleted, orphans as u64);
    }
}

#[tokio::test(start_paused = true)]
async fn deletes_keep_the_pace_that_the_options_allow() {
    let (bench, process) = orphaned(0, 90).await;
    let before = bench.env(1).now();
    let options = GcOptions { deletes_per_second_max: 9, ..GcOptions::default() };
    process.collector(options).collect().await.unwrap();
    let seconds = (bench.env(1).now().as_ns() - before.as_ns()) / 1_000_000_000;
    assert_eq!(seconds, 10);
}

/// slatedb #1742, #1756: deletes in batches, whose errors come key by key.
#[tokio::test(start_paused = true)]
async fn kind_that_cannot_be_deleted_does_not_stop_the_others() {
    let (bench, process) = littered().await;
    let denied = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Delete if attempted.key.contains("/wal/") => Fault::Denied,
        Operation::List if attempted.key.ends_with("/log") => Fault::Denied,
        _ => Fault::Pass,
    });
    let summary = Collector { store: denied, ..process.collector(GcOptions::default()) }.collect().await.unwrap();
    assert_eq!((summary.of(GcKind::LogEntries).deleted, summary.of(GcKind::LogEntries).failed), (0, 1));
    assert_eq!(summary.of(GcKind::RemovedSegments).deleted, 1);
    assert_eq!(summary.of(GcKind::OrphanSegments).deleted, 1);
    assert_eq!((summary.of(GcKind::Commits).deleted, summary.failures.len()), (0, 2), "{:?}", summary.failures);
    process.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!(bench.keys().await, bench.reachable().await);
}

#[tokio::test(start_paused = true)]
async fn snapshot_that_cannot_be_read_stops_the_run_before_anything_is_deleted() {
    let (bench, process) = littered().await;
    let snapshot = process.snapshot("kept").await.unwrap();
    let name = process.manifest.layout().checkpoint(snapshot.checkpoint.version, snapshot.checkpoint.write_id);
    bench.store.delete(&[name]).await.unwrap();
    let before = bench.keys().await;
    let error = process.collector(GcOptions::default()).collect().await.unwrap_err();
    assert!(matches!(error, MaintainError::Manifest(ManifestError::Collected { .. })), "{error}");
    assert_eq!(bench.keys().await, before);
}

/// neon #5878, #5879, #9844, #4326, #707: a delete that came late hit a new object of the same name; deletions were
/// lost; layers that were still needed went.
#[tokio::test(start_paused = true)]
async fn collector_that_dies_at_any_write_is_finished_by_another() {
    let mut stopped = 0;
    for is_applied in [false, true] {
        for nth in 1..=9u64 {
            let (bench, _) = littered().await;
            let (writes, is_dead) = (AtomicU64::new(0), AtomicBool::new(false));
            let dying = bench.store.with_faults(move |attempted| {
                let is_write = matches!(
                    attempted.operation,
                    Operation::Put | Operation::Create | Operation::Replace | Operation::Delete
                );
                if is_dead.load(Ordering::Relaxed) {
                    return Fault::Hang;
                }
                if is_write && writes.fetch_add(1, Ordering::Relaxed) + 1 == nth {
                    is_dead.store(true, Ordering::Relaxed);
                    return if is_applied { Fault::ApplyThenLose } else { Fault::Hang };
                }
                Fault::Pass
            });
            let doomed = bench.process_in(&dying, 10).await;
            let collector = doomed.collector(GcOptions::default());
            let outcome = tokio::time::timeout(Duration::from_secs(9), collector.collect()).await;
            stopped += u32::from(outcome.is_err());
            assert!(!outcome.is_ok_and(|outcome| outcome.unwrap().failures.is_empty()), "{nth}");
            assert_eq!(bench.rows().await, [100, 101, 102], "{nth}");
            let next = bench.process(11).await;
            // What it condemned before it died needs no further grace, and its checkpoints are known to be past.
            for _ in 0..2 {
                next.collector(GcOptions::default()).collect().await.unwrap();
            }
            assert_eq!(bench.keys().await, bench.reachable().await, "{nth} {is_applied}");
            assert_eq!(bench.open(12).await.state().graves.len(), 0);
            assert_eq!(bench.rows().await, [100, 101, 102], "{nth}");
        }
    }
    // All but the last write of all, of which the answer alone was lost.
    assert_eq!(stopped, 17);
}

#[tokio::test(start_paused = true)]
async fn run_over_a_database_at_rest_makes_few_requests() {
    let (bench, process) = littered().await;
    process.collector(GcOptions::default()).collect().await.unwrap();
    process.sealer(SealOptions::default()).run().await.unwrap();
    let before = bench.store.meter().snapshot();
    process.collector(GcOptions::default()).collect().await.unwrap();
    let used = bench.store.meter().snapshot() - before;
    // LISTs: ckpt, hot and its sealed generation, cold, idx, gen, wal and its generation, log.
    assert_eq!((used.lists, used.puts, used.deletes), (9, 0, 0));
    // GETs: catch-up, the checkpoints that count, the floor.
    assert_eq!(used.gets, 5);
}
