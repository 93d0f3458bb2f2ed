//! Opening costs the same whatever lies behind, and finds a way where one is left.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use tidewell_storage::{Fault, Store, Usage};
use tidewell_types::{DatabaseName, WriteId};

use super::*;
use crate::FORMAT_VERSION;
use crate::frame::{self, Kind};
use crate::intent::Intent;
use crate::sample::{add, author, commit, env, live, memory, numbers, open, open_small, second, settle};

/// A database with so many commits that change nothing.
async fn database(commits: u64) -> (Store, Manifest) {
    let store = memory();
    let manifest = open(&store, 2).await;
    while manifest.version().get() < commits {
        commit(&manifest, Intent::new(author())).await;
    }
    settle().await;
    (store, manifest)
}

/// What opening takes: requests, and how many of them one after another.
async fn cost(store: &Store) -> (Usage, u128, Arc<State>) {
    const TRIP: Duration = Duration::from_millis(10);
    let slow = store.with_faults(|_| Fault::Delay(TRIP));
    let (env, started) = (env(7), tokio::time::Instant::now());
    let manifest = Manifest::open(slow.clone(), env, DatabaseName::new("harbour").unwrap()).await.unwrap();
    (slow.meter().snapshot(), started.elapsed().as_millis() / TRIP.as_millis(), manifest.state())
}

async fn try_open(store: &Store) -> Result<Arc<State>, ManifestError> {
    let opened = Manifest::open(store.clone(), env(50), DatabaseName::new("harbour").unwrap()).await;
    opened.map(|manifest| manifest.state())
}

async fn damage(store: &Store, manifest: &Manifest, checkpoint: CheckpointRef) {
    let name = manifest.layout().checkpoint(checkpoint.version, checkpoint.write_id);
    let mut bytes = store.get(&name).await.unwrap().unwrap().to_vec();
    bytes[40] ^= 1;
    store.overwrite(&name, bytes.into()).await.unwrap();
}

async fn forget_records(store: &Store, manifest: &Manifest, floor: u64) {
    manifest.raise_floor(Version::new(floor)).await.unwrap();
    let names: Vec<_> = (1..=floor).map(|version| manifest.layout().log(Version::new(version))).collect();
    store.delete(&names).await.unwrap();
}

/// slatedb #684, #2003, #2042; influxdb #26716: a replay of many small log objects took minutes, or all memory.
#[tokio::test(start_paused = true)]
async fn opening_takes_the_same_after_10_commits_and_after_10_000() {
    let mut costs = Vec::new();
    for commits in [10, 10_000] {
        let (store, manifest) = database(commits).await;
        let checkpoint = manifest.checkpoint(&manifest.state()).await.unwrap();
        commit(&manifest, add(1)).await;
        let (used, trips, state) = cost(&store).await;
        assert_eq!(*state, *manifest.state());
        assert!(checkpoint.version.get() >= commits);
        costs.push((used.lists, used.gets, used.requests(), trips));
    }
    // LIST and GET of the hint; the checkpoint and two records, its own and the last; the floor.
    assert_eq!(costs, [(1, 1 + 1 + 2 + 1, 6, 3); 2]);
}

#[tokio::test(start_paused = true)]
async fn opening_between_checkpoints_reads_a_hundred_records_at_most() {
    let (store, _) = database(10).await;
    let (used, trips, _) = cost(&store).await;
    // No hint yet: LIST and GET of the hint; ten records; the floor.
    assert_eq!((used.lists, used.gets, used.requests(), trips), (1, 1 + 10 + 1, 13, 3));
    let (store, manifest) = database(10_099).await;
    let newest = manifest.state().checkpoints.last().copied().unwrap().version.get();
    assert_eq!(newest, 10_000);
    let (used, trips, state) = cost(&store).await;
    assert_eq!(state.version, Version::new(10_099));
    assert_eq!((used.lists, used.gets, used.requests(), trips), (1, 1 + 1 + 99 + 1, 103, 3));
}

#[tokio::test(start_paused = true)]
async fn opening_without_a_hint_takes_one_listing_and_one_trip_more() {
    let (store, manifest) = database(250).await;
    store.delete(&[manifest.layout().hint()]).await.unwrap();
    let (used, trips, state) = cost(&store).await;
    assert_eq!(*state, *manifest.state());
    let since = manifest.version().get() - 200;
    assert_eq!((used.lists, used.gets, trips), (2, 1 + 1 + since + 1, 4));
}

#[tokio::test(start_paused = true)]
async fn hinted_checkpoint_that_is_damaged_or_gone_costs_a_listing_and_what_it_led_to() {
    let (store, manifest) = database(130).await;
    let older = manifest.state().checkpoints[0];
    let newer = manifest.checkpoint(&manifest.state()).await.unwrap();
    // The hint lags behind, as one does whose writer was slow.
    store.overwrite(&manifest.layout().hint(), checkpoint::encode_hint(older).unwrap()).await.unwrap();
    let head = manifest.version().get();
    let name = manifest.layout().checkpoint(older.version, older.write_id);
    for is_gone in [false, true] {
        match is_gone {
            true => store.delete(std::slice::from_ref(&name)).await.unwrap(),
            false => damage(&store, &manifest, older).await,
        }
        let (used, trips, state) = cost(&store).await;
        assert_eq!((*state).clone(), *manifest.state());
        assert_eq!(state.basis.checkpoint(), Some(newer));
        let (first, second) = (1 + head - older.version.get() + 1, 1 + head - newer.version.get() + 1);
        assert_eq!((used.lists, used.gets, trips), (2, 1 + first + second, 3 + 3), "is gone: {is_gone}");
    }
}

#[tokio::test(start_paused = true)]
async fn newest_checkpoint_that_is_damaged_gives_way_to_an_older_one() {
    let (store, manifest) = database(230).await;
    let [older, newer] = manifest.state().checkpoints[..] else { panic!() };
    damage(&store, &manifest, newer).await;
    // With the hint, and without one.
    for is_hinted in [true, false] {
        if !is_hinted {
            store.delete(&[manifest.layout().hint()]).await.unwrap();
        }
        let state = open(&store, 3).await.state();
        assert_eq!((*state).clone(), *manifest.state());
        assert_eq!(state.basis.checkpoint(), Some(older));
    }
    // Nor is an older one needed where every record is there.
    damage(&store, &manifest, older).await;
    let state = open(&store, 3).await.state();
    assert_eq!(((*state).clone(), state.basis.checkpoint()), (State::clone(&manifest.state()), None));
}

#[tokio::test(start_paused = true)]
async fn damaged_checkpoints_without_the_records_before_them_are_an_error_that_names_the_newest() {
    let (store, manifest) = database(230).await;
    let [older, newer] = manifest.state().checkpoints[..] else { panic!() };
    forget_records(&store, &manifest, older.version.get()).await;
    damage(&store, &manifest, newer).await;
    assert_eq!((*open(&store, 3).await.state()).clone(), *manifest.state());
    damage(&store, &manifest, older).await;
    let name = manifest.layout().checkpoint(newer.version, newer.write_id).to_string();
    let error = try_open(&store).await.unwrap_err();
    assert!(matches!(&error, ManifestError::Decode { object, .. } if *object == name), "{error}");
}

#[tokio::test(start_paused = true)]
async fn checkpoint_of_a_newer_format_is_refused_though_there_is_another_way() {
    let (store, manifest) = database(130).await;
    let newest = manifest.state().checkpoints[0];
    let name = manifest.layout().checkpoint(newest.version, newest.write_id);
    let mut bytes = store.get(&name).await.unwrap().unwrap().to_vec();
    let next = FORMAT_VERSION + 1;
    bytes[4..6].copy_from_slice(&next.to_le_bytes());
    store.overwrite(&name, bytes.into()).await.unwrap();
    let error = try_open(&store).await.unwrap_err();
    let is_named = |source: &DecodeError| *source == DecodeError::Newer { found: next, known: FORMAT_VERSION };
    assert!(matches!(&error, ManifestError::Decode { source, .. } if is_named(source)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn checkpoint_that_is_of_another_write_than_its_name_says_is_no_checkpoint() {
    let (store, manifest) = database(130).await;
    let newest = manifest.state().checkpoints[0];
    let name = |checkpoint: CheckpointRef| manifest.layout().checkpoint(checkpoint.version, checkpoint.write_id);
    let bytes = store.get(&name(newest)).await.unwrap().unwrap();
    let other = CheckpointRef { write_id: WriteId::from_bytes([1; 16]), ..newest };
    store.put(&name(other), bytes).await.unwrap();
    let error = manifest.open_checkpoint(other).await.unwrap_err();
    assert!(matches!(error, ManifestError::Inconsistent { .. }), "{error}");
    store.overwrite(&manifest.layout().hint(), checkpoint::encode_hint(other).unwrap()).await.unwrap();
    assert_eq!(open(&store, 3).await.state().basis.checkpoint(), Some(newest));
    let gone = CheckpointRef { write_id: WriteId::from_bytes([2; 16]), ..newest };
    let error = manifest.open_checkpoint(gone).await.unwrap_err();
    assert!(matches!(error, ManifestError::Collected { .. }), "{error}");
}

/// A database whose only checkpoint was written by a process that died before it could commit that it counts.
async fn unregistered() -> (Store, Manifest, CheckpointRef) {
    let store = memory();
    let manifest = open_small(&store, 2).await;
    let state = commit(&manifest, Intent { adds: (1..30).map(second).collect(), ..Intent::new(author()) }).await;
    let checkpoint = manifest.write_checkpoint(&state).await.unwrap();
    for number in 0..RECORDS_AT_ONCE {
        let intent = if number == 0 { add(5000) } else { Intent::new(author()) };
        // No checkpoint at the hundredth.
        let generation = manifest.state().open_generation();
        let intent = Intent { author: crate::Author { generation, ..author() }, ..intent };
        commit(&manifest.through(no_checkpoints(&store)), intent).await;
    }
    settle().await;
    assert!(manifest.catch_up().await.unwrap().checkpoints.is_empty());
    (store, manifest, checkpoint)
}

fn no_checkpoints(store: &Store) -> Store {
    store.with_faults(|attempted| match attempted.operation {
        tidewell_storage::Operation::Put if attempted.key.contains("/ckpt/") => Fault::Denied,
        _ => Fault::Pass,
    })
}

#[tokio::test(start_paused = true)]
async fn checkpoint_that_does_not_count_is_no_way_in_for_its_lists_may_go() {
    let (store, manifest, checkpoint) = unregistered().await;
    assert!(manifest.version().get() > RECORDS_AT_ONCE);
    for object in store.list(&manifest.layout().leaf_prefix()).await.unwrap() {
        let (generation, id) = manifest.layout().parse_leaf(&object.key).unwrap();
        store.delete(&[manifest.layout().leaf(generation, id)]).await.unwrap();
    }
    let reader = open_small(&store, 3).await;
    assert_eq!(reader.state().basis.checkpoint(), None);
    assert_eq!(live(&reader, &reader.state()).await, (1..30).chain([5000]).collect::<Vec<_>>());
    // Nor does a hint at it help, which nobody should have written.
    store.overwrite(&manifest.layout().hint(), checkpoint::encode_hint(checkpoint).unwrap()).await.unwrap();
    assert_eq!(*open_small(&store, 4).await.state(), *reader.state());
}

#[tokio::test(start_paused = true)]
async fn checkpoint_that_does_not_count_leads_to_the_one_that_does() {
    let store = memory();
    let manifest = open_small(&store, 2).await;
    let adds = |numbers: std::ops::Range<u64>| Intent { adds: numbers.map(second).collect(), ..Intent::new(author()) };
    let state = commit(&manifest, adds(1..30)).await;
    let counting = manifest.checkpoint(&state).await.unwrap();
    let state = commit(&manifest, adds(30..60)).await;
    let stray = manifest.write_checkpoint(&state).await.unwrap();
    forget_records(&store, &manifest, counting.version.get()).await;
    for hinted in [None, Some(stray), Some(counting)] {
        match hinted {
            Some(hinted) => {
                let hint = checkpoint::encode_hint(hinted).unwrap();
                store.overwrite(&manifest.layout().hint(), hint).await.unwrap();
            }
            None => store.delete(&[manifest.layout().hint()]).await.unwrap(),
        }
        let reader = open_small(&store, 3).await;
        assert_eq!(reader.state().basis.checkpoint(), Some(counting), "{hinted:?}");
        assert_eq!(live(&reader, &reader.state()).await, (1..60).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn small_database_of_format_1_is_opened_by_a_checkpoint_that_never_counted() {
    let (store, manifest) = database(99).await;
    commit(&manifest.through(no_checkpoints(&store)), add(1)).await;
    settle().await;
    // As format 1 wrote it: no commit names it, and gc went by the listing.
    let state = manifest.state();
    let written = manifest.write_checkpoint(&state).await.unwrap();
    forget_records(&store, &manifest, 99).await;
    let read = open(&store, 3).await.state();
    assert_eq!((numbers(&read), read.basis.checkpoint()), (vec![1], Some(written)));
}

#[tokio::test(start_paused = true)]
async fn hint_with_anything_in_it_costs_a_listing_at_most() {
    let (store, manifest) = database(130).await;
    let head = manifest.state();
    let other_kind = frame::seal(Kind::Floor, crate::sample::WRITE_ID, b"").unwrap();
    let empty = frame::seal(Kind::Hint, crate::sample::WRITE_ID, b"").unwrap();
    let future =
        checkpoint::encode_hint(CheckpointRef { version: Version::new(u64::MAX), ..head.checkpoints[0] }).unwrap();
    for (what, hint) in [("another kind", other_kind), ("no write id", empty), ("the future", future)] {
        store.overwrite(&manifest.layout().hint(), hint).await.unwrap();
        let (used, _, state) = cost(&store).await;
        assert_eq!(*state, *head, "{what}");
        assert!(used.lists <= 2, "{what}: {used:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn reader_that_slept_opens_anew_and_does_not_read_what_it_missed() {
    let (store, manifest) = database(20).await;
    let sleeper = open(&store, 3).await;
    while manifest.version() < Version::new(1050) {
        commit(&manifest, Intent::new(author())).await;
    }
    settle().await;
    let before = store.meter().snapshot();
    assert_eq!(*sleeper.catch_up().await.unwrap(), *manifest.state());
    let used = store.meter().snapshot() - before;
    assert!(used.requests() < 80, "{used:?}");
}
