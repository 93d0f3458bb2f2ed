//! Checkpoints: kept while they count, have a name, or may still come to.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use tidewell_manifest::{CommitError, Intent, Refusal, Snapshot};
use tidewell_storage::{Fault, Operation};
use tidewell_types::TimestampNs;

use super::*;
use crate::bench::{Bench, author, layout};
use crate::gc::GcOptions;

const WEEK: Duration = Duration::from_secs(7 * 86_400);

async fn is_there(bench: &Bench, checkpoint: CheckpointRef) -> bool {
    bench.has(layout().checkpoint(checkpoint.version, checkpoint.write_id).as_str()).await
}

#[tokio::test(start_paused = true)]
async fn checkpoint_that_can_still_be_named_stays_until_its_generation_ends() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let state = process.manifest.catch_up().await.unwrap();
    let pending = process.manifest.write_checkpoint(&state).await.unwrap();
    let named = process.snapshot("kept").await.unwrap().checkpoint;
    process.checkpoint_twice().await;
    let collector = process.collector(GcOptions::default());
    assert_eq!(collector.collect().await.unwrap().of(GcKind::Checkpoints).deleted, 0);
    let snapshot = Snapshot { name: "late".into(), checkpoint: pending, created_at: TimestampNs::from_ns(0) };
    let author = author(&state);
    let intend = move |_: &State| Ok(Some(Intent { snapshots: vec![snapshot.clone()], ..Intent::new(author) }));
    process.next_generation().await;
    let summary = collector.collect().await.unwrap();
    assert_eq!(summary.of(GcKind::Checkpoints).deleted, 1);
    assert!(!is_there(&bench, pending).await && is_there(&bench, named).await);
    let refused = process.manifest.commit(intend).await;
    assert!(matches!(refused, Err(CommitError::Refused(Refusal::GenerationClosed(0)))), "{refused:?}");
    for counted in &bench.open(4).await.state().checkpoints {
        assert!(is_there(&bench, *counted).await);
    }
}

#[tokio::test(start_paused = true)]
async fn commit_of_a_newer_generation_cannot_name_a_checkpoint_of_an_ended_one() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let pending = process.manifest.write_checkpoint(&process.manifest.state()).await.unwrap();
    process.next_generation().await;
    process.collector(GcOptions::default()).collect().await.unwrap();
    assert!(!is_there(&bench, pending).await);
    let snapshot = Snapshot { name: "late".into(), checkpoint: pending, created_at: TimestampNs::from_ns(0) };
    let intents: [fn(CheckpointRef, Snapshot, &State) -> Intent; 2] = [
        |_, snapshot, state| Intent { snapshots: vec![snapshot], ..Intent::new(author(state)) },
        |checkpoint, _, state| Intent { checkpoint: Some(checkpoint), ..Intent::new(author(state)) },
    ];
    for intent in intents {
        let snapshot = snapshot.clone();
        let refused = process.manifest.commit(move |state| Ok(Some(intent(pending, snapshot.clone(), state)))).await;
        assert!(matches!(refused, Err(CommitError::Refused(Refusal::OtherGeneration(_)))), "{refused:?}");
    }
}

/// delta-rs #2174, #3692, #3057: a cleanup deleted the newest checkpoint, or went by the wrong age.
#[tokio::test(start_paused = true)]
async fn checkpoint_older_than_what_counts_and_what_is_condemned_goes_at_once() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let removed = process.stage(&[1]).await;
    let state = process.add(vec![removed.clone()]).await;
    let old = process.manifest.write_checkpoint(&state).await.unwrap();
    process.remove(&[removed.id]).await;
    process.checkpoint_twice().await;
    let collector = process.collector(GcOptions { reader_grace_ms: 0, ..GcOptions::default() });
    // The first run condemns, the second knows of it.
    assert_eq!(collector.collect().await.unwrap().of(GcKind::Checkpoints).deleted, 0);
    assert!(is_there(&bench, old).await);
    assert_eq!(collector.collect().await.unwrap().of(GcKind::Checkpoints).deleted, 1);
    assert!(!is_there(&bench, old).await);
    assert_eq!(bench.rows().await, [0i64; 0]);
}

#[tokio::test(start_paused = true)]
async fn checkpoint_whose_writer_froze_before_its_commit_never_counts() {
    let bench = Bench::new().await;
    let slow = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/ckpt/") => Fault::Delay(WEEK),
        _ => Fault::Pass,
    });
    let frozen = bench.process_in(&slow, 10).await;
    let process = bench.process(3).await;
    let state = frozen.manifest.state();
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        process.next_generation().await;
        process.checkpoint_twice().await;
        process.collector(GcOptions::default()).collect().await.unwrap();
    };
    let (outcome, ()) = tokio::join!(frozen.manifest.checkpoint(&state), meanwhile);
    assert!(matches!(outcome, Err(CommitError::Refused(_))), "{outcome:?}");
    let before = bench.keys_of(&layout().checkpoint_prefix()).await.len();
    process.collector(GcOptions::default()).collect().await.unwrap();
    assert_eq!(bench.keys_of(&layout().checkpoint_prefix()).await.len(), before - 1);
    assert_eq!(bench.rows().await, [0i64; 0]);
}
