//! Fewer round trips, the same state; and what the floor takes back is taken back.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use tidewell_storage::{Fault, Store};
use tidewell_types::DatabaseName;

use super::*;
use crate::sample::{add, commit, env, memory, open, settle};

const TRIP: Duration = Duration::from_millis(10);

async fn database(commits: u64) -> (Store, Manifest) {
    let store = memory();
    let manifest = open(&store, 2).await;
    while manifest.version().get() < commits {
        commit(&manifest, add(manifest.version().get() + 1)).await;
        if manifest.version().get().is_multiple_of(100) {
            settle().await;
        }
    }
    settle().await;
    (store, manifest)
}

fn unread(store: &Store) -> Manifest {
    Manifest::unread(store.clone(), env(7), DatabaseName::new("harbour").unwrap())
}

#[tokio::test(start_paused = true)]
async fn reading_ahead_takes_two_trips_and_the_floor_after_any_history() {
    for commits in [1, 5, 90, 130, 1_030] {
        let (store, manifest) = database(commits).await;
        let slow = store.with_faults(|_| Fault::Delay(TRIP));
        let (reader, began) = (unread(&slow), tokio::time::Instant::now());
        assert!(!reader.is_read());
        let look = reader.look().await.unwrap();
        let advanced = reader.advance(Some(look)).await.unwrap();
        assert_eq!(began.elapsed(), TRIP * 2, "{commits} commits");
        assert_eq!(**advanced.state(), *manifest.state());
        assert!(!reader.is_read());
        let confirmed = reader.confirm(advanced).await.unwrap().unwrap();
        assert_eq!(*confirmed, *manifest.state());
        assert!(reader.is_read());
        assert_eq!(began.elapsed(), TRIP * 3, "{commits} commits");
    }
}

#[tokio::test(start_paused = true)]
async fn commit_between_the_look_and_the_advance_is_seen() {
    let (store, manifest) = database(120).await;
    let reader = unread(&store);
    let look = reader.look().await.unwrap();
    commit(&manifest, add(9_001)).await;
    commit(&manifest, add(9_002)).await;
    let advanced = reader.advance(Some(look)).await.unwrap();
    assert_eq!(*reader.confirm(advanced).await.unwrap().unwrap(), *manifest.state());
    commit(&manifest, add(9_003)).await;
    let before = store.meter().snapshot();
    let advanced = reader.advance(None).await.unwrap();
    assert_eq!(*reader.confirm(advanced).await.unwrap().unwrap(), *manifest.state());
    // The new record, the place after it, the floor.
    assert_eq!((store.meter().snapshot() - before).requests(), 3);
}

#[tokio::test(start_paused = true)]
async fn state_from_below_a_floor_that_has_risen_is_not_confirmed() {
    for is_known in [false, true] {
        let (store, manifest) = database(120).await;
        let reader = unread(&store);
        if is_known {
            reader.catch_up().await.unwrap();
        }
        let look = reader.look().await.unwrap();
        let advanced = reader.advance(Some(look)).await.unwrap();
        commit(&manifest, add(9_001)).await;
        let kept = manifest.checkpoint(&manifest.state()).await.unwrap();
        commit(&manifest, add(9_002)).await;
        manifest.raise_floor(kept.version).await.unwrap();
        assert_eq!(reader.confirm(advanced).await.unwrap(), None);
        let advanced = reader.advance(None).await.unwrap();
        assert_eq!(*reader.confirm(advanced).await.unwrap().unwrap(), *manifest.state());
    }
}

#[tokio::test(start_paused = true)]
async fn hint_that_leads_nowhere_costs_more_trips_and_no_truth() {
    let (store, manifest) = database(230).await;
    let hinted = manifest.state().checkpoints.last().copied().unwrap();
    let name = manifest.layout().checkpoint(hinted.version, hinted.write_id);
    store.delete(std::slice::from_ref(&name)).await.unwrap();
    let reader = unread(&store);
    let look = reader.look().await.unwrap();
    let advanced = reader.advance(Some(look)).await.unwrap();
    assert_eq!(reader.confirm(advanced).await.unwrap().unwrap().version, manifest.version());
}

#[tokio::test(start_paused = true)]
async fn first_commits_after_the_look_are_seen() {
    let store = memory();
    let reader = unread(&store);
    let look = reader.look().await.unwrap();
    let manifest = open(&store, 2).await;
    commit(&manifest, add(1)).await;
    commit(&manifest, add(2)).await;
    let advanced = reader.advance(Some(look)).await.unwrap();
    assert_eq!(*reader.confirm(advanced).await.unwrap().unwrap(), *manifest.state());
}

#[tokio::test(start_paused = true)]
async fn empty_database_is_read_ahead_as_empty() {
    let store = memory();
    let reader = unread(&store);
    let look = reader.look().await.unwrap();
    let advanced = reader.advance(Some(look)).await.unwrap();
    assert_eq!(*reader.confirm(advanced).await.unwrap().unwrap(), State::default());
    assert!(reader.is_read());
    assert_eq!(store.meter().snapshot().puts, 0);
}

#[tokio::test(start_paused = true)]
async fn handle_that_has_read_nothing_catches_up_by_loading() {
    let (store, manifest) = database(130).await;
    assert_eq!(*unread(&store).catch_up().await.unwrap(), *manifest.state());
}
