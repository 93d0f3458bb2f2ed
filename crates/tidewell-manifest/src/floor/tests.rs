//! The floor rises, for whoever raises it and whoever reads it, and never falls.
#![allow(clippy::unwrap_used)]

use tidewell_storage::{Fault, Operation};

use super::*;
use crate::sample::{WRITE_ID, memory, open};

#[tokio::test(start_paused = true)]
async fn floor_never_set_is_0_and_costs_one_get() {
    let store = memory();
    let floor = Floor::new(open(&store, 2).await.layout().floor());
    let before = store.meter().snapshot();
    assert_eq!(floor.read(&store).await.unwrap(), Version::ZERO);
    assert_eq!((store.meter().snapshot() - before).requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn floor_rises_and_never_falls() {
    let store = memory();
    let (a, b) = (open(&store, 2).await, open(&store, 3).await);
    for (raised, to, floor) in [(&a, 5, 5), (&b, 3, 5), (&b, 9, 9), (&a, 7, 9), (&a, 9, 9)] {
        assert_eq!(raised.raise_floor(Version::new(to)).await.unwrap(), Version::new(floor), "to {to}");
    }
    assert_eq!(a.inner.floor.read(&store).await.unwrap(), Version::new(9));
    assert_eq!(b.inner.floor.read(&store).await.unwrap(), Version::new(9));
}

#[tokio::test(start_paused = true)]
async fn floor_read_again_transfers_no_body() {
    let store = memory();
    let manifest = open(&store, 2).await;
    manifest.raise_floor(Version::new(5)).await.unwrap();
    let before = store.meter().snapshot();
    assert_eq!(manifest.inner.floor.read(&store).await.unwrap(), Version::new(5));
    let used = store.meter().snapshot() - before;
    assert_eq!((used.gets, used.bytes_in), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn floor_lost_by_the_store_stays_where_it_was_seen() {
    let store = memory();
    let manifest = open(&store, 2).await;
    manifest.raise_floor(Version::new(5)).await.unwrap();
    store.delete(&[manifest.layout().floor()]).await.unwrap();
    assert_eq!(manifest.inner.floor.read(&store).await.unwrap(), Version::new(5));
    store.overwrite(&manifest.layout().floor(), encode(Version::new(3), WRITE_ID).unwrap()).await.unwrap();
    assert_eq!(manifest.inner.floor.read(&store).await.unwrap(), Version::new(5));
}

#[tokio::test(start_paused = true)]
async fn floor_raised_with_the_answer_lost_has_risen() {
    let store = memory();
    let faulty = store.with_faults(|attempted| match (attempted.operation, attempted.attempt) {
        (Operation::Replace, 1) => Fault::ApplyThenLose,
        _ => Fault::Pass,
    });
    let manifest = open(&faulty, 2).await;
    assert_eq!(manifest.raise_floor(Version::new(5)).await.unwrap(), Version::new(5));
    assert_eq!(open(&store, 3).await.inner.floor.read(&store).await.unwrap(), Version::new(5));
}

#[tokio::test(start_paused = true)]
async fn damaged_floor_is_an_error_that_names_it() {
    let store = memory();
    let manifest = open(&store, 2).await;
    let name = manifest.layout().floor();
    let whole = encode(Version::new(5), WRITE_ID).unwrap();
    store.overwrite(&name, whole.slice(..whole.len() - 1)).await.unwrap();
    let error = manifest.catch_up().await.unwrap_err();
    assert!(matches!(&error, ManifestError::Decode { object, .. } if *object == name.to_string()), "{error}");
}
