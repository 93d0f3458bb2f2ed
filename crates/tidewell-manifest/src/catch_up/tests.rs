//! Whatever way leads to the head, the state there is the same, and what is broken is an error that names it.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use bytes::Bytes;
use tidewell_storage::{Created, Store};
use tidewell_types::{DatabaseName, TimestampNs, WriteId};

use super::*;
use crate::checkpoint;
use crate::intent::Intent;
use crate::sample::{
    WRITE_ID, add, author, commit, env, memory, numbers, open, removal, rich, segment, settle, stamped,
};
use crate::snapshot::CheckpointRef;

/// A database with `commits` commits of all kinds, its handle and its head. What commits write in the background is done, and
/// commits of checkpoints are among them.
async fn database(commits: u64) -> (Store, Manifest, Arc<State>) {
    let store = memory();
    let manifest = open(&store, 2).await;
    commit(&manifest, rich()).await;
    while manifest.version() < Version::new(commits) {
        let state = manifest.state();
        let number = state.version.get() + 1;
        let mut intent = add(1000 + number);
        if number % 7 == 0 {
            intent.removes = vec![removal(&state, number_before(&state))];
        }
        commit(&manifest, intent).await;
        if number % 100 == 0 {
            settle().await;
        }
    }
    let state = manifest.state();
    assert_eq!(state.version, Version::new(commits));
    (store, manifest, state)
}

/// The number of the newest segment.
fn number_before(state: &State) -> u64 {
    numbers(state).into_iter().max().unwrap()
}

/// The checkpoint that the hint names.
async fn hinted(store: &Store, manifest: &Manifest) -> CheckpointRef {
    checkpoint::decode_hint(&store.get(&manifest.layout().hint()).await.unwrap().unwrap()).unwrap()
}

async fn delete_records(store: &Store, manifest: &Manifest, versions: std::ops::RangeInclusive<u64>) {
    let names: Vec<_> = versions.map(|version| manifest.layout().log(Version::new(version))).collect();
    store.delete(&names).await.unwrap();
}

async fn try_open(store: &Store) -> Result<Arc<State>, ManifestError> {
    let opened = Manifest::open(store.clone(), env(50), DatabaseName::new("harbour").unwrap()).await;
    opened.map(|manifest| manifest.state())
}

#[tokio::test(start_paused = true)]
async fn empty_database_opens_at_version_0_and_stays_empty() {
    let store = memory();
    let manifest = open(&store, 2).await;
    assert_eq!(*manifest.state(), State::default());
    assert_eq!(*manifest.catch_up().await.unwrap(), State::default());
    assert_eq!(store.meter().snapshot().puts, 0);
}

#[tokio::test(start_paused = true)]
async fn catch_up_with_nothing_new_makes_two_gets() {
    let (store, manifest, _) = database(3).await;
    let before = store.meter().snapshot();
    manifest.catch_up().await.unwrap();
    let used = store.meter().snapshot() - before;
    // GET of the next record, GET of the floor.
    assert_eq!((used.gets, used.requests()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn catch_up_makes_one_get_more_for_each_new_record_and_one_listing_for_many() {
    let (store, manifest, _) = database(3).await;
    let stale = open(&store, 3).await;
    commit(&manifest, add(9)).await;
    let before = store.meter().snapshot();
    stale.catch_up().await.unwrap();
    let used = store.meter().snapshot() - before;
    assert_eq!((used.gets, used.requests()), (3, 3));

    for number in 0..50 {
        commit(&manifest, add(5000 + number)).await;
    }
    let before = store.meter().snapshot();
    assert_eq!(*stale.catch_up().await.unwrap(), *manifest.state());
    let used = store.meter().snapshot() - before;
    // Four probes, the listing, the other 46 at once, one more probe that finds nothing, the floor.
    assert_eq!((used.gets, used.lists, used.requests()), (4 + 46 + 1 + 1, 1, 53));
}

#[tokio::test(start_paused = true)]
async fn opening_makes_two_lists_at_most_and_reads_what_follows_the_checkpoint() {
    let (store, _, head) = database(250).await;
    let before = store.meter().snapshot();
    assert_eq!(*open(&store, 3).await.state(), *head);
    let used = store.meter().snapshot() - before;
    // LIST and GET of the hint; the checkpoint of version 200; 50 records; the floor.
    assert_eq!((used.lists, used.gets, used.requests()), (1, 1 + 1 + 50 + 1, 54));
}

#[tokio::test(start_paused = true)]
async fn checkpoint_of_any_version_is_the_replay_up_to_it() {
    let store = memory();
    let manifest = open(&store, 2).await;
    let mut replayed = State::default();
    for number in 1..=30 {
        let mut intent = if number == 1 { rich() } else { add(1000 + number) };
        if number % 5 == 0 {
            intent.removes = vec![removal(&manifest.state(), 1000 + number - 2)];
        }
        let state = commit(&manifest, intent).await;
        let record = store.get(&manifest.layout().log(state.version)).await.unwrap().unwrap();
        replayed = manifest.step(replayed, state.version, &record).unwrap();
        let read = checkpoint::decode(&checkpoint::encode(&state, WRITE_ID).unwrap()).unwrap();
        assert_eq!((&read, read.digest, read.segments_digest), (&replayed, state.digest, state.segments_digest));
    }
}

#[tokio::test(start_paused = true)]
async fn load_finds_the_head_whatever_the_hint_says() {
    let (store, manifest, head) = database(250).await;
    let hint = manifest.layout().hint();
    let good = store.get(&hint).await.unwrap().unwrap();
    let nowhere = CheckpointRef { version: Version::new(230), write_id: WRITE_ID };
    let nowhere = checkpoint::encode_hint(nowhere).unwrap();
    let corrupt = good.slice(..good.len() - 1);
    for (which, body) in [("good", good), ("nowhere", nowhere), ("corrupt", corrupt), ("empty", Bytes::new())] {
        store.overwrite(&hint, body).await.unwrap();
        assert_eq!(*open(&store, 3).await.state(), *head, "{which}");
    }
    store.delete(&[hint]).await.unwrap();
    assert_eq!(*open(&store, 3).await.state(), *head);
    assert_eq!(head.version, Version::new(250));
}

#[tokio::test(start_paused = true)]
async fn load_goes_past_a_hint_to_a_checkpoint_that_leads_nowhere() {
    let (store, manifest, head) = database(250).await;
    let listed = store.list(&manifest.layout().checkpoint_prefix()).await.unwrap();
    let checkpoints = listed.iter().map(|object| manifest.layout().parse_checkpoint(&object.key).unwrap());
    let (version, write_id) = checkpoints.min().unwrap();
    assert_eq!(version, Version::new(100));
    let oldest = checkpoint::encode_hint(CheckpointRef { version, write_id }).unwrap();
    store.overwrite(&manifest.layout().hint(), oldest).await.unwrap();
    assert_eq!(*open(&store, 3).await.state(), *head);
    manifest.raise_floor(Version::new(200)).await.unwrap();
    delete_records(&store, &manifest, 1..=200).await;
    assert_eq!(*open(&store, 3).await.state(), *head);
}

#[tokio::test(start_paused = true)]
async fn load_with_damaged_checkpoint_and_no_other_way_names_it() {
    let (store, manifest, _) = database(102).await;
    manifest.raise_floor(Version::new(99)).await.unwrap();
    delete_records(&store, &manifest, 1..=99).await;
    let listed = store.list_first(&manifest.layout().checkpoint_prefix()).await.unwrap().unwrap();
    let (version, write_id) = manifest.layout().parse_checkpoint(&listed.key).unwrap();
    assert_eq!(CheckpointRef { version, write_id }, hinted(&store, &manifest).await);
    let name = manifest.layout().checkpoint(version, write_id);
    let mut bytes = store.get(&name).await.unwrap().unwrap().to_vec();
    bytes[40] ^= 1;
    store.overwrite(&name, bytes.into()).await.unwrap();
    let error = try_open(&store).await.unwrap_err();
    assert!(matches!(&error, ManifestError::Decode { object, .. } if *object == listed.key), "{error}");
}

/// influxdb #26970, #26556: log files of no length were skipped with a warning; a damaged catalog.
#[tokio::test(start_paused = true)]
async fn damaged_record_is_an_error_that_names_it() {
    let (store, manifest, _) = database(3).await;
    let stale = open(&store, 3).await;
    commit(&manifest, add(9)).await;
    let name = manifest.layout().log(Version::new(4));
    let mut bytes = store.get(&name).await.unwrap().unwrap().to_vec();
    bytes[50] ^= 1;
    store.overwrite(&name, bytes.into()).await.unwrap();
    for error in [stale.catch_up().await.unwrap_err(), try_open(&store).await.unwrap_err()] {
        assert!(matches!(&error, ManifestError::Decode { object, .. } if *object == name.to_string()), "{error}");
        assert!(error.to_string().contains(name.as_str()), "{error}");
    }
    assert_eq!(stale.version(), Version::new(3));
}

#[tokio::test(start_paused = true)]
async fn record_that_does_not_follow_is_an_error_at_its_version() {
    let (store, manifest, state) = database(3).await;
    let intent = add(9);
    let segments_digest = state.apply(&intent, stamped(0)).unwrap().segments_digest;
    let version = Version::new(4);
    let right = Record { version, parent_digest: state.digest, segments_digest, at: TimestampNs::from_ns(0), intent };
    let gone = Intent { removes: vec![removal(&state, 77)], ..add(9) };
    let wrong = [
        ("another parent", Record { parent_digest: state.digest + 1, ..right.clone() }),
        ("says version 5", Record { version: Version::new(5), ..right.clone() }),
        ("do not add up", Record { segments_digest: segments_digest + 1, ..right.clone() }),
        ("does not apply", Record { intent: gone, ..right.clone() }),
    ];
    let name = manifest.layout().log(version);
    for (what, record) in wrong {
        store.overwrite(&name, record.encode(WRITE_ID).unwrap()).await.unwrap();
        for error in [manifest.catch_up().await.unwrap_err(), try_open(&store).await.unwrap_err()] {
            let is_there = matches!(&error, ManifestError::Inconsistent { version, .. } if *version == Version::new(4));
            assert!(is_there && error.to_string().contains(what), "{what}: {error}");
        }
    }
    store.overwrite(&name, right.encode(WRITE_ID).unwrap()).await.unwrap();
    assert_eq!(manifest.catch_up().await.unwrap().version, version);
}

#[tokio::test(start_paused = true)]
async fn record_missing_above_the_floor_is_an_error() {
    let (store, manifest, _) = database(30).await;
    delete_records(&store, &manifest, 12..=12).await;
    assert!(matches!(try_open(&store).await, Err(ManifestError::Inconsistent { .. })));
}

/// Puts a record where a collected one was, as a committer does that stalled between looking and creating.
async fn haunt(store: &Store, manifest: &Manifest, parent: &State) {
    let intent = Intent { adds: vec![segment(666)], ..Intent::new(author()) };
    let segments_digest = parent.apply(&intent, stamped(0)).unwrap().segments_digest;
    let version = parent.version.next().unwrap();
    let record = Record { version, parent_digest: parent.digest, segments_digest, at: TimestampNs::from_ns(0), intent };
    let write_id = WriteId::from_bytes([6; 16]);
    let created = store.create(&manifest.layout().log(version), record.encode(write_id).unwrap(), write_id).await;
    assert_eq!(created.unwrap(), Created::Mine);
}

/// slatedb #1646, #1657; lance #3718: the same of the numbers of manifests.
#[tokio::test(start_paused = true)]
async fn record_created_again_at_or_below_the_floor_is_believed_by_nobody() {
    // How far the floor is below the head: a real record follows the false one, or none does.
    for above in [0, 1, 3] {
        let (store, manifest, parent) = database(7).await;
        let stale = open(&store, 3).await;
        for number in 0..=above {
            commit(&manifest, add(10 + number)).await;
        }
        let head = manifest.state();
        manifest.write_checkpoint(&head).await.unwrap();
        manifest.raise_floor(Version::new(8)).await.unwrap();
        delete_records(&store, &manifest, 1..=8).await;
        haunt(&store, &manifest, &parent).await;
        assert_eq!(*stale.catch_up().await.unwrap(), *head, "{above} above");
        assert_eq!(*open(&store, 4).await.state(), *head, "{above} above");
        let next = commit(&stale, add(99)).await;
        assert_eq!(next.version.get(), 9 + above, "{above} above");
        assert!(!numbers(&next).contains(&666));
    }
}

#[tokio::test(start_paused = true)]
async fn reader_far_behind_a_collected_chain_loads_it_anew() {
    let (store, manifest, _) = database(2).await;
    let stale = open(&store, 3).await;
    for number in 3..=120 {
        commit(&manifest, add(number)).await;
    }
    settle().await;
    manifest.raise_floor(Version::new(100)).await.unwrap();
    delete_records(&store, &manifest, 1..=100).await;
    assert_eq!(*stale.catch_up().await.unwrap(), *manifest.state());
    // 120 commits, and the one that made the checkpoint count.
    assert_eq!(stale.version(), Version::new(121));
}
