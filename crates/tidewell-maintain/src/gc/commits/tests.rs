//! Commits: the floor follows the older checkpoint that counts, and nothing goes above it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use super::*;
use crate::bench::{Bench, Process, layout};
use crate::gc::{GcOptions, GcSummary};

async fn collect(process: &Process) -> GcSummary {
    process.collector(GcOptions::default()).collect().await.unwrap()
}

/// Commits something that changes nothing.
async fn tick(process: &Process) {
    let added = process.stage(&[1]).await;
    process.add(vec![added.clone()]).await;
    process.remove(&[added.id]).await;
}

/// delta-rs #2174, #3692, #3057: a cleanup deleted the newest checkpoint, or went by the wrong age.
#[tokio::test(start_paused = true)]
async fn floor_rises_to_the_older_checkpoint_and_commits_up_to_it_go() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let live = process.stage(&[7]).await;
    process.add(vec![live]).await;
    tick(&process).await;
    let first = process.manifest.checkpoint(&process.manifest.state()).await.unwrap();
    let summary = collect(&process).await;
    assert_eq!((summary.floor, summary.of(GcKind::Commits).deleted), (Version::ZERO, 0));
    tick(&process).await;
    process.manifest.checkpoint(&process.manifest.state()).await.unwrap();
    tick(&process).await;
    let summary = collect(&process).await;
    assert_eq!((summary.floor, summary.of(GcKind::Commits).deleted), (first.version, first.version.get()));
    let head = bench.open(5).await.version().get();
    let left = bench.keys_of(&layout().log_prefix()).await;
    let expected = (first.version.get() + 1..=head).map(|number| layout().log(Version::new(number)).to_string());
    assert_eq!(left, expected.collect());
    assert_eq!(bench.rows().await, [7]);
    // A process that has not looked since before comes along.
    let idle = collect(&process).await;
    assert_eq!((idle.floor, idle.of(GcKind::Commits).deleted), (first.version, 0));
}

/// delta-rs #2174, #3692, #3057: a cleanup deleted the newest checkpoint, or went by the wrong age.
#[tokio::test(start_paused = true)]
async fn floor_stays_where_the_newer_checkpoint_cannot_be_read() {
    for damage in [None, Some("damaged")] {
        let bench = Bench::new().await;
        let process = bench.process(3).await;
        process.manifest.checkpoint(&process.manifest.state()).await.unwrap();
        tick(&process).await;
        let newer = process.manifest.checkpoint(&process.manifest.state()).await.unwrap();
        let name = layout().checkpoint(newer.version, newer.write_id);
        match damage {
            None => bench.store.delete(&[name]).await.unwrap(),
            Some(bytes) => bench.store.put(&name, bytes.into()).await.unwrap(),
        }
        let summary = collect(&process).await;
        assert_eq!((summary.of(GcKind::Commits).deleted, summary.failures.len()), (0, 1), "{:?}", summary.failures);
        assert_eq!(process.manifest.raise_floor(Version::ZERO).await.unwrap(), Version::ZERO);
        assert_eq!(bench.keys_of(&layout().log_prefix()).await.len() as u64, process.manifest.version().get());
    }
}

/// slatedb #1646, #1657; lance #3718: the same of the numbers of manifests.
#[tokio::test(start_paused = true)]
async fn commit_that_is_created_again_below_the_floor_is_not_believed_and_goes() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    tick(&process).await;
    let name = layout().log(Version::new(1));
    let body = bench.store.get(&name).await.unwrap().unwrap();
    process.checkpoint_twice().await;
    collect(&process).await;
    assert!(bench.store.get(&name).await.unwrap().is_none());
    bench.store.put(&name, body).await.unwrap();
    let summary = collect(&process).await;
    assert_eq!((summary.of(GcKind::Commits).deleted, summary.of(GcKind::Commits).failed), (1, 0));
    assert!(bench.store.get(&name).await.unwrap().is_none());
}
