//! Lists of segments: kept while any checkpoint that counts or has a name refers to them, or may yet.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use tidewell_manifest::{CommitError, Intent, Refusal, Restore, SegmentEntry};
use tidewell_storage::{Fault, Operation};
use tidewell_types::{Generation, GenerationState as State_, SegmentId};

use super::*;
use crate::bench::{Bench, Process, author, commit, layout, stream};
use crate::gc::GcOptions;

/// Enough segments that a checkpoint writes them into a list.
const MANY: i64 = 600;
const HOUR: Duration = Duration::from_secs(3600);

/// Commits many segments and lets a checkpoint with a list of them count; then takes all but ten of them out again, so that
/// a process that follows commit by commit has few outside of the list it started with.
async fn churn(process: &Process, from: i64) -> Vec<SegmentEntry> {
    let mut added = Vec::new();
    for time in from..from + MANY {
        added.push(process.stage_filler("filler", time).await);
    }
    process.add(added.clone()).await;
    process.manifest.checkpoint(&process.manifest.state()).await.unwrap();
    let gone: Vec<SegmentId> = added.iter().skip(10).map(|entry| entry.id).collect();
    process.remove(&gone).await;
    added.truncate(10);
    added
}

async fn lists(bench: &Bench) -> BTreeSet<String> {
    bench.keys_of(&layout().leaf_prefix()).await
}

/// Every live segment can be found and read by a process that starts from the store alone.
async fn live_count(bench: &Bench) -> u64 {
    let manifest = bench.open(930).await;
    let state = manifest.state();
    bench.segment_rows(&manifest, &state).await;
    state.totals().segment_count
}

async fn collect(process: &Process) -> crate::GcSummary {
    process.collector(GcOptions::default()).collect().await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn lists_that_no_checkpoint_needs_go_with_their_generation() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    for round in 0..3 {
        churn(&process, round * 1000).await;
    }
    assert_eq!(lists(&bench).await.len(), 3);
    assert_eq!(collect(&process).await.of(GcKind::Lists).deleted, 0);
    process.next_generation().await;
    assert_eq!(collect(&process).await.of(GcKind::Lists).deleted, 1);
    assert_eq!((lists(&bench).await.len(), live_count(&bench).await), (2, 30));
    // A snapshot keeps what the next checkpoints let go.
    process.snapshot("kept").await.unwrap();
    for round in 3..6 {
        churn(&process, round * 1000).await;
    }
    process.next_generation().await;
    let summary = collect(&process).await;
    assert_eq!((summary.of(GcKind::Lists).deleted, lists(&bench).await.len()), (3, 3), "{summary:?}");
    process.drop_snapshot("kept").await;
    assert_eq!(collect(&process).await.of(GcKind::Lists).deleted, 1);
    assert_eq!(live_count(&bench).await, 60);
}

#[tokio::test(start_paused = true)]
async fn process_that_started_from_a_collected_list_writes_a_checkpoint_that_can_be_read() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    churn(&process, 0).await;
    let stale = bench.process(4).await;
    // It follows commit by commit, so it never starts anew.
    for from in [1000, 2000] {
        churn(&process, from).await;
        stale.manifest.catch_up().await.unwrap();
    }
    process.next_generation().await;
    stale.manifest.catch_up().await.unwrap();
    assert_eq!(collect(&process).await.of(GcKind::Lists).deleted, 1);
    let state = stale.manifest.catch_up().await.unwrap();
    stale.manifest.checkpoint(&state).await.unwrap();
    assert_eq!(live_count(&bench).await, 30);
}

#[tokio::test(start_paused = true)]
async fn checkpoint_that_others_outran_is_refused_rather_than_left_without_its_lists() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    churn(&process, 0).await;
    let slow = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/ckpt/") => Fault::Delay(HOUR),
        _ => Fault::Pass,
    });
    let frozen = bench.process_in(&slow, 10).await;
    // Two checkpoints of older versions than the frozen one come to count before it.
    let older = process.manifest.catch_up().await.unwrap();
    let added = process.stage_filler("filler", 5000).await;
    process.add(vec![added]).await;
    let state = frozen.manifest.catch_up().await.unwrap();
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let intend = async |checkpoint| {
            let author = author(&older);
            commit(&process.manifest, move |_| Intent { checkpoint: Some(checkpoint), ..Intent::new(author) }).await
        };
        let mut written = Vec::new();
        for _ in 0..2 {
            written.push(process.manifest.write_checkpoint(&older).await.unwrap());
        }
        written.sort_unstable();
        for checkpoint in written {
            intend(checkpoint).await;
        }
    };
    let (outcome, ()) = tokio::join!(frozen.manifest.checkpoint(&state), meanwhile);
    let is_stale = matches!(outcome, Err(CommitError::Refused(Refusal::CheckpointStale(_))));
    assert!(is_stale || outcome.is_ok(), "{outcome:?}");
    process.next_generation().await;
    collect(&process).await;
    assert_eq!(live_count(&bench).await, 11);
}

#[tokio::test(start_paused = true)]
async fn lists_that_a_restore_brought_back_outlive_their_snapshot() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    churn(&process, 0).await;
    let kept = process.snapshot("kept").await.unwrap();
    churn(&process, 1000).await;
    churn(&process, 2000).await;
    let earlier = process.manifest.open_checkpoint(kept.checkpoint).await.unwrap();
    let follower = bench.process(4).await;
    commit(&process.manifest, move |state| {
        let restore = Some(Restore::of(&earlier));
        Intent { restore, ..Intent::new(author(state)) }
    })
    .await;
    process.drop_snapshot("kept").await;
    process.next_generation().await;
    assert_eq!(collect(&process).await.of(GcKind::Lists).deleted, 0);
    assert_eq!(live_count(&bench).await, 10);
    let state = follower.manifest.catch_up().await.unwrap();
    follower.manifest.checkpoint(&state).await.unwrap();
    assert_eq!(live_count(&bench).await, 10);
    process.checkpoint_twice().await;
    process.next_generation().await;
    collect(&process).await;
    assert_eq!(live_count(&bench).await, 10);
}

#[tokio::test(start_paused = true)]
async fn restored_list_that_only_a_commit_names_stays_for_those_who_followed_it() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    churn(&process, 0).await;
    let kept = process.snapshot("kept").await.unwrap();
    churn(&process, 1000).await;
    churn(&process, 2000).await;
    let follower = bench.process(4).await;
    let earlier = process.manifest.open_checkpoint(kept.checkpoint).await.unwrap();
    commit(&process.manifest, move |state| {
        let restore = Some(Restore::of(&earlier));
        Intent { restore, ..Intent::new(author(state)) }
    })
    .await;
    follower.manifest.catch_up().await.unwrap();
    // A snapshot's checkpoint has a list of its own, and whoever starts from it never hears of the restored one.
    let mut added = Vec::new();
    for time in 3000..3000 + MANY {
        added.push(process.stage_filler("filler", time).await);
    }
    process.add(added.clone()).await;
    process.snapshot("later").await.unwrap();
    let gone: Vec<SegmentId> = added.iter().skip(10).map(|entry| entry.id).collect();
    process.remove(&gone).await;
    follower.manifest.catch_up().await.unwrap();
    process.drop_snapshot("kept").await;
    process.next_generation().await;
    let state = follower.manifest.catch_up().await.unwrap();
    bench.store.delete(&[layout().hint()]).await.unwrap();
    let collector = bench.process(5).await;
    collect(&collector).await;
    follower.manifest.checkpoint(&state).await.unwrap();
    assert_eq!(live_count(&bench).await, 20);
}

#[tokio::test(start_paused = true)]
async fn ends_of_streams_that_no_commit_named_go_and_the_named_ones_stay() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    process.log(stream(0, 1), 0, &[1]).await;
    let state = process.manifest.catch_up().await.unwrap();
    process.manifest.write_watermarks(&state, Generation::ZERO).await.unwrap();
    assert_eq!(collect(&process).await.of(GcKind::Watermarks).deleted, 0);
    process.next_generation().await;
    let summary = collect(&process).await;
    assert_eq!((summary.of(GcKind::Watermarks).examined, summary.of(GcKind::Watermarks).deleted), (2, 1));
    // A sealer that was frozen before its last commit changes nothing by it.
    let late = process.manifest.write_watermarks(&state, Generation::ZERO).await.unwrap();
    let change = tidewell_manifest::GenerationChange {
        generation: Generation::ZERO,
        state: State_::Sealed,
        watermarks: Some(late),
    };
    commit(&process.manifest, move |state| Intent { generations: vec![change], ..Intent::new(author(state)) }).await;
    assert_eq!(collect(&process).await.of(GcKind::Watermarks).deleted, 1);
    assert!(process.is_acknowledged(stream(0, 1), 0).await);
    let state: Arc<State> = bench.open(5).await.state();
    assert_ne!(state.generation_entry(Generation::ZERO).watermarks, Some(late));
}
