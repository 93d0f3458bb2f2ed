//! Segments that nothing names: gone once their generation is sealed, however they came to be, and no others.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use tidewell_manifest::{CommitError, Intent, Refusal, Restore};
use tidewell_storage::{Fault, Operation};

use super::*;
use crate::bench::{Bench, author, commit, layout};
use crate::gc::{GcCount, GcOptions};

const WEEK: Duration = Duration::from_secs(7 * 86_400);

/// thanos #1577, #1901: a block whose upload took long passed for a broken one and was deleted.
#[tokio::test(start_paused = true)]
async fn orphan_goes_with_its_generation_and_not_before() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let (live, orphan) = (process.stage(&[1]).await, process.stage(&[2]).await);
    process.add(vec![live.clone()]).await;
    process.open_generation(1).await;
    tokio::time::advance(WEEK).await;
    let collector = process.collector(GcOptions::default());
    assert_eq!(collector.collect().await.unwrap().of(GcKind::OrphanSegments), GcCount::default());
    assert!(bench.has(&orphan.object).await);

    process.next_generation().await;
    // Generation 1 is the one that was newest; 0 is older and still open.
    assert_eq!(collector.collect().await.unwrap().of(GcKind::OrphanSegments), GcCount::default());
    process.sealer(crate::SealOptions::default()).seal(Generation::ZERO).await.unwrap();
    let summary = collector.collect().await.unwrap();
    let count = summary.of(GcKind::OrphanSegments);
    assert_eq!((count.examined, count.deleted, count.deleted_bytes), (2, 1, orphan.file_bytes));
    assert!(!bench.has(&orphan.object).await && bench.has(&live.object).await);
    assert_eq!(bench.rows().await, [1]);
}

/// A listing of each old generation would cost more from day to day than all else that a small bucket costs.
#[tokio::test(start_paused = true)]
async fn lists_do_not_grow_with_the_number_of_generations() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let (mut live, mut orphans, mut lists) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..24 {
        let (kept, orphan) = (process.stage(&[number]).await, process.stage(&[1_000 + number]).await);
        process.add(vec![kept.clone()]).await;
        live.push(kept.object);
        orphans.push(orphan.object);
        process.next_generation().await;
        let before = bench.store.meter().snapshot();
        let summary = process.collector(GcOptions { dry_run: true, ..GcOptions::default() }).collect().await.unwrap();
        let (examined, seen) = (summary.of(GcKind::OrphanSegments).examined, 2 * (number as u64 + 1));
        assert_eq!(examined, seen);
        lists.push((bench.store.meter().snapshot() - before).lists);
    }
    assert!(lists.iter().all(|count| *count <= lists[0] + 2), "{lists:?}");
    let under_way = process.stage(&[2_000]).await;
    let summary = process.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!(summary.of(GcKind::OrphanSegments).deleted, 24);
    for (kept, orphan) in live.iter().zip(&orphans) {
        assert!(bench.has(kept).await && !bench.has(orphan).await);
    }
    assert!(bench.has(&under_way.object).await, "its generation is open");
    assert_eq!(bench.rows().await.len(), 24);
}

#[tokio::test(start_paused = true)]
async fn segments_in_graves_are_left_to_their_graves() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let removed = process.stage(&[1]).await;
    process.add(vec![removed.clone()]).await;
    process.remove(&[removed.id]).await;
    process.next_generation().await;
    let summary = process.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!(summary.of(GcKind::OrphanSegments).deleted, 0);
    assert_eq!(summary.of(GcKind::RemovedSegments).kept_by_grace, 1);
    assert!(bench.has(&removed.object).await);
}

#[tokio::test(start_paused = true)]
async fn restore_leaves_what_snapshots_need_and_orphans_the_rest() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let (a, b, c) = (process.stage(&[1]).await, process.stage(&[2]).await, process.stage(&[3]).await);
    process.add(vec![a.clone()]).await;
    let first = process.snapshot("first").await.unwrap();
    process.add(vec![b.clone()]).await;
    process.snapshot("second").await.unwrap();
    process.add(vec![c.clone()]).await;
    let earlier = process.manifest.open_checkpoint(first.checkpoint).await.unwrap();
    commit(&process.manifest, move |state| {
        let restore = Some(Restore::of(&earlier));
        Intent { restore, ..Intent::new(author(state)) }
    })
    .await;
    process.next_generation().await;
    let collector = process.collector(GcOptions::default());
    assert_eq!(collector.collect().await.unwrap().of(GcKind::OrphanSegments).deleted, 1);
    assert!(bench.has(&a.object).await && bench.has(&b.object).await && !bench.has(&c.object).await);
    process.drop_snapshot("second").await;
    assert_eq!(collector.collect().await.unwrap().of(GcKind::OrphanSegments).deleted, 1);
    assert!(bench.has(&a.object).await && !bench.has(&b.object).await);
    assert_eq!(bench.rows().await, [1]);
}

/// iceberg #4194, #4652; amoro #1959: a cleanup of orphans deleted live files: other spellings, unknown kinds, long
/// jobs, migrations.
#[tokio::test(start_paused = true)]
async fn names_that_do_not_parse_are_reported_and_stay() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let prefix = layout().prefix();
    let strange = [
        format!("{prefix}/hot/00000000/notes.txt"),
        format!("{prefix}/hot/0/x"),
        format!("{prefix}/cold/other/x"),
        format!("{prefix}/idx/x"),
        format!("{prefix}/gen/x"),
        format!("{prefix}/ckpt/x"),
        format!("{prefix}/log/x"),
        format!("{prefix}/wal/00000000/x"),
        format!("{prefix}/wal/x/y"),
    ];
    process.next_generation().await;
    for key in &strange {
        bench.put(key).await;
    }
    bench.put(&format!("{prefix}/mine/x")).await;
    let summary = process.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!((summary.unparsed_count, summary.unparsed.len(), summary.deleted()), (9, 9, 0));
    for key in &strange {
        assert!(bench.has(key).await, "{key}");
        let folder = key.rsplit_once('/').unwrap().0;
        assert!(summary.unparsed.iter().any(|named| named == key || named == folder), "{key} {:?}", summary.unparsed);
    }
    assert!(bench.has(&format!("{prefix}/mine/x")).await);
}

#[tokio::test(start_paused = true)]
async fn committer_that_was_frozen_while_its_generation_ended_is_refused() {
    let bench = Bench::new().await;
    let slow = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/log/") => Fault::Delay(Duration::from_secs(5)),
        _ => Fault::Pass,
    });
    let frozen = bench.process_in(&slow, 10).await;
    let staged = frozen.stage(&[5]).await;
    let process = bench.process(3).await;
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        process.next_generation().await;
        let summary = process.collector(GcOptions::default()).collect().await.unwrap();
        assert_eq!(summary.of(GcKind::OrphanSegments).deleted, 1);
        assert!(!bench.has(&staged.object).await);
    };
    let (adds, author) = (vec![staged.clone()], author(&frozen.manifest.state()));
    let commit = frozen.manifest.commit(move |_| Ok(Some(Intent { adds: adds.clone(), ..Intent::new(author) })));
    let (outcome, ()) = tokio::join!(commit, meanwhile);
    assert!(matches!(outcome, Err(CommitError::Refused(Refusal::GenerationClosed(0)))), "{outcome:?}");
    assert_eq!(bench.rows().await, [0i64; 0]);
}

/// iceberg #4194, #4652; amoro #1959: a cleanup of orphans deleted live files: other spellings, unknown kinds, long
/// jobs, migrations.
#[tokio::test(start_paused = true)]
async fn collector_that_was_frozen_for_a_week_deletes_no_live_segment() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let orphan = process.stage(&[1]).await;
    process.next_generation().await;
    let slow = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Delete => Fault::Delay(WEEK),
        _ => Fault::Pass,
    });
    let frozen = bench.process_in(&slow, 10).await;
    let collector = frozen.collector(GcOptions::default());
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for time in 10..13 {
            let added = process.stage(&[time]).await;
            process.add(vec![added]).await;
            process.checkpoint_twice().await;
            process.next_generation().await;
            process.snapshot(&format!("at {time}")).await.unwrap();
            process.collector(GcOptions::default()).collect().await.unwrap();
        }
    };
    let (summary, ()) = tokio::join!(collector.collect(), meanwhile);
    assert!(summary.unwrap().failures.is_empty());
    assert!(!bench.has(&orphan.object).await);
    assert_eq!(bench.rows().await, [10, 11, 12]);
}

#[tokio::test(start_paused = true)]
async fn segment_whose_put_comes_after_its_generations_end_goes_next_time() {
    let bench = Bench::new().await;
    let slow = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/hot/") => Fault::Delay(WEEK),
        _ => Fault::Pass,
    });
    let late = bench.process_in(&slow, 10).await;
    let process = bench.process(3).await;
    let collector = process.collector(GcOptions::default());
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        process.next_generation().await;
        assert_eq!(collector.collect().await.unwrap().of(GcKind::OrphanSegments).deleted, 0);
    };
    let (staged, ()) = tokio::join!(late.stage(&[1]), meanwhile);
    assert!(bench.has(&staged.object).await);
    assert_eq!(collector.collect().await.unwrap().of(GcKind::OrphanSegments).deleted, 1);
    assert!(!bench.has(&staged.object).await);
}
