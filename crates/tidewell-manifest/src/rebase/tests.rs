//! Who only follows stays as small as who opens anew, and never stands on lists that are collected.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tidewell_storage::Store;

use super::*;
use crate::intent::Intent;
use crate::sample::{author, commit, live, memory, open_small, second};

async fn add(manifest: &Manifest, numbers: std::ops::Range<u64>) -> Arc<State> {
    commit(manifest, Intent { adds: numbers.map(second).collect(), ..Intent::new(author()) }).await
}

async fn checkpoint(manifest: &Manifest) {
    manifest.checkpoint(&manifest.state()).await.unwrap();
}

fn loose(state: &State) -> usize {
    state.tables.values().map(|table| table.segments.loose()).sum()
}

/// A writer and a follower of one database.
async fn database() -> (Store, Manifest, Manifest) {
    let store = memory();
    let manifest = open_small(&store, 2).await;
    add(&manifest, 1..3).await;
    let follower = open_small(&store, 3).await;
    (store, manifest, follower)
}

#[tokio::test(start_paused = true)]
async fn follower_holds_no_more_outside_of_lists_than_the_newest_checkpoint() {
    let (_, manifest, follower) = database().await;
    for round in 1..20 {
        add(&manifest, round * 100..round * 100 + 10).await;
        checkpoint(&manifest).await;
        let state = follower.catch_up().await.unwrap();
        assert_eq!((loose(&state), state.version), (0, manifest.version()), "{round}");
    }
    assert_eq!(live(&follower, &follower.state()).await.len(), 2 + 19 * 10);
}

#[tokio::test(start_paused = true)]
async fn follower_of_a_small_database_reads_no_checkpoint() {
    let (store, manifest, follower) = database().await;
    checkpoint(&manifest).await;
    let before = store.meter().snapshot();
    let state = follower.catch_up().await.unwrap();
    // The record of the checkpoint, the one that is not there, the floor.
    assert_eq!(((store.meter().snapshot() - before).requests(), state.basis.checkpoint()), (3, None));
}

#[tokio::test(start_paused = true)]
async fn follower_moves_to_a_newer_checkpoint_once() {
    let (store, manifest, follower) = database().await;
    add(&manifest, 100..110).await;
    checkpoint(&manifest).await;
    // Many more than may be loose, and no newer checkpoint yet.
    add(&manifest, 200..220).await;
    let before = store.meter().snapshot();
    let state = follower.catch_up().await.unwrap();
    // Three records and the one that is not there, the floor; the checkpoint and the two records after it.
    assert_eq!((store.meter().snapshot() - before).requests(), 4 + 1 + 1 + 2);
    assert_eq!(loose(&state), 20);
    add(&manifest, 300..301).await;
    let before = store.meter().snapshot();
    follower.catch_up().await.unwrap();
    assert_eq!((store.meter().snapshot() - before).requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn follower_whose_checkpoint_counts_no_more_moves_to_one_that_does() {
    let (store, manifest, _) = database().await;
    add(&manifest, 100..110).await;
    checkpoint(&manifest).await;
    let follower = open_small(&store, 4).await;
    let first = follower.state().basis.checkpoint().unwrap();
    for (round, is_first) in [(2, true), (3, false), (4, false)] {
        add(&manifest, round * 100..round * 100 + 3).await;
        checkpoint(&manifest).await;
        let state = follower.catch_up().await.unwrap();
        assert_eq!(state.basis.checkpoint() == Some(first), is_first, "{round}");
        assert!(state.lists_are_kept());
    }
}

#[tokio::test(start_paused = true)]
async fn writer_alone_stands_on_a_checkpoint_that_counts() {
    let store = memory();
    let manifest = open_small(&store, 2).await;
    add(&manifest, 1..11).await;
    for round in 1..8 {
        // Too few segments to be moved into lists.
        add(&manifest, round * 100..round * 100 + 1).await;
        checkpoint(&manifest).await;
        let state = manifest.catch_up().await.unwrap();
        assert!(state.lists_are_kept(), "{round}");
        assert_eq!(state.checkpoints.last(), manifest.state().checkpoints.last());
    }
    assert_eq!(live(&manifest, &manifest.state()).await.len(), 10 + 7);
}

#[tokio::test(start_paused = true)]
async fn follower_stays_where_it_is_if_the_newest_checkpoint_is_damaged() {
    let (store, manifest, follower) = database().await;
    add(&manifest, 100..110).await;
    checkpoint(&manifest).await;
    let newest = manifest.state().checkpoints[0];
    let name = manifest.layout().checkpoint(newest.version, newest.write_id);
    store.overwrite(&name, bytes::Bytes::from_static(b"no checkpoint")).await.unwrap();
    let state = follower.catch_up().await.unwrap();
    assert_eq!((loose(&state), state.version), (12, manifest.version()));
    assert_eq!(live(&follower, &state).await, live(&manifest, &manifest.state()).await);
}

/// slatedb #1025, #1368, #1392, #1718, #1215, #2047: a reader got 404 for what it had listed and gc had deleted since.
#[tokio::test(start_paused = true)]
async fn follower_finds_another_way_if_its_lists_are_let_go_and_records_too() {
    let (store, manifest, _) = database().await;
    add(&manifest, 100..110).await;
    checkpoint(&manifest).await;
    let follower = open_small(&store, 4).await;
    for round in 2..5 {
        add(&manifest, round * 100..round * 100 + 10).await;
        checkpoint(&manifest).await;
    }
    let oldest = manifest.state().checkpoints[0].version;
    manifest.raise_floor(oldest).await.unwrap();
    let records: Vec<_> =
        (1..=oldest.get()).map(|version| manifest.layout().log(tidewell_types::Version::new(version))).collect();
    store.delete(&records).await.unwrap();
    let state = follower.catch_up().await.unwrap();
    assert_eq!(*state, *manifest.state());
    assert!(state.lists_are_kept());
}
