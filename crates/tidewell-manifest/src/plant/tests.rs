//! Planted states: what is planted is what any process opens, and nothing that somebody committed is ever covered up.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use tidewell_env::Env;
use tidewell_storage::{Store, StoreOptions, StoreUrl};
use tidewell_types::{DatabaseName, Generation, TableName, TableSchema, WriterId};

use super::*;

fn memory() -> Store {
    Store::open(&StoreUrl::Memory, Env::system(), &StoreOptions::default()).unwrap()
}

async fn open(store: &Store) -> Manifest {
    Manifest::open(store.clone(), Env::system(), DatabaseName::new("harbour").unwrap()).await.unwrap()
}

/// A commit of a table.
fn table(name: &str) -> Intent {
    let author = Author { generation: Generation::ZERO, writer: WriterId::from_bytes([1; 16]) };
    let mut schema = TableSchema::new();
    schema.add_tag("gauge").unwrap();
    Intent { tables: vec![(TableName::new(name).unwrap(), schema)], ..Intent::new(author) }
}

async fn commit(manifest: &Manifest, name: &'static str) -> Arc<State> {
    manifest.commit(move |_| Ok(Some(table(name)))).await.unwrap()
}

fn names(state: &State) -> Vec<&str> {
    state.tables.keys().map(TableName::as_str).collect()
}

#[tokio::test]
async fn planted_state_is_opened_followed_and_committed_to() {
    let (source, target) = (memory(), memory());
    let from = open(&source).await;
    for name in ["a", "b", "c"] {
        commit(&from, name).await;
    }
    let state = from.state();
    let planted = open(&target).await.plant(&state, Some(from.record_of(&state).await.unwrap())).await.unwrap();
    assert!(planted.is_planted() && !state.is_planted());
    let opened = open(&target).await;
    assert_eq!((*opened.state()).clone(), *planted);
    assert_eq!((opened.version(), names(&opened.state())), (Version::new(3), vec!["a", "b", "c"]));
    assert_eq!(opened.state().digest, state.digest);
    // One record, one checkpoint, a hint and a floor.
    assert_eq!(target.list(&opened.layout().prefix()).await.unwrap().len(), 4);

    let after = commit(&opened, "d").await;
    assert!(!after.is_planted());
    assert_eq!((after.version, names(&open(&target).await.state()).len()), (Version::new(4), 4));
}

#[tokio::test]
async fn planted_state_gives_way_to_a_newer_one_and_readers_follow() {
    let (source, target) = (memory(), memory());
    let from = open(&source).await;
    let to = open(&target).await;
    let plant = async |to: &Manifest| {
        let state = from.state();
        to.plant(&state, Some(from.record_of(&state).await.unwrap())).await
    };
    commit(&from, "a").await;
    plant(&to).await.unwrap();
    let reader = open(&target).await;
    let error = plant(&to).await.unwrap_err();
    assert!(matches!(error, PlantError::NotOlder { .. }), "{error}");
    for (name, count) in [("b", 2), ("c", 3)] {
        commit(&from, name).await;
        commit(&from, "a").await;
        plant(&to).await.unwrap();
        assert_eq!(names(&reader.catch_up().await.unwrap()).len(), count);
        assert_eq!(names(&open(&target).await.state()).len(), count);
    }
    // Without the hint as well.
    target.delete(&[to.layout().hint()]).await.unwrap();
    assert_eq!(names(&open(&target).await.state()), ["a", "b", "c"]);

    commit(&open(&target).await, "own").await;
    commit(&from, "d").await;
    commit(&from, "e").await;
    let error = plant(&to).await.unwrap_err();
    assert!(matches!(error, PlantError::Grown { version, .. } if version == Version::new(6)), "{error}");
    assert_eq!(names(&open(&target).await.state()), ["a", "b", "c", "own"]);
}

#[tokio::test]
async fn state_that_no_record_made_is_planted_with_one() {
    let store = memory();
    let state = State { version: Version::new(1_000), ..State::default() };
    let planted = open(&store).await.plant(&state, None).await.unwrap();
    let opened = open(&store).await;
    assert_eq!((*opened.state()).clone(), *planted);
    assert_eq!(commit(&opened, "a").await.version, Version::new(1_001));
    let record = opened.record_of(&planted).await.unwrap();
    assert_eq!(Record::decode(&record).unwrap().1.version, Version::new(1_000));
    // A committer that still believes in an older chain ends at the head of this one.
    let late = open(&store).await;
    assert_eq!(commit(&late, "b").await.version, Version::new(1_002));
}

#[tokio::test]
async fn committer_of_a_chain_that_was_lost_ends_up_on_the_planted_one() {
    let store = memory();
    let late = open(&store).await;
    commit(&late, "lost").await;
    store.delete(&[late.layout().log(Version::new(1))]).await.unwrap();
    let state = State { version: Version::new(1_000), ..State::default() };
    open(&store).await.plant(&state, None).await.unwrap();
    assert_eq!(commit(&late, "a").await.version, Version::new(1_001));
    assert_eq!(names(&open(&store).await.state()), ["a"]);
}

#[tokio::test]
async fn record_of_another_state_is_not_taken_for_its_own() {
    let store = memory();
    let manifest = open(&store).await;
    let state = commit(&manifest, "a").await;
    let other = State { digest: 7, ..(*state).clone() };
    assert!(matches!(manifest.record_of(&other).await, Err(ManifestError::Inconsistent { .. })));
    let newer = State { version: Version::new(2), ..(*state).clone() };
    assert!(matches!(manifest.record_of(&newer).await, Err(ManifestError::Collected { .. })));
}
