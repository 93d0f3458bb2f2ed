//! Which objects may go.
#![allow(clippy::unwrap_used)]

use tidewell_env::Env;
use tidewell_storage::{CatalogPartName, StoreOptions, StoreUrl, Usage};
use tidewell_types::{DatabaseName, WriteId};

use super::*;

fn layout() -> DatabaseLayout {
    DatabaseLayout::new(&DatabaseName::new("plant").unwrap())
}

fn memory() -> Store {
    Store::open(&StoreUrl::Memory, Env::system(), &StoreOptions::default()).unwrap()
}

fn head(sequence: u64) -> Head {
    Head { sequence, index: WriteId::from_bytes([1; 16]), index_bytes: 0, dataset_count: 0, series_count: 0 }
}

/// Requests by kind.
fn requests(used: Usage) -> (u64, u64, u64) {
    (used.gets, used.lists, used.requests())
}

#[test]
fn garbage_is_what_no_head_can_come_to_name() {
    let (layout, head) = (layout(), head(40));
    let (mine, other) = (head.index, WriteId::from_bytes([2; 16]));
    let index = |sequence, write_id| layout.catalog_index(CatalogIndexName { sequence, write_id });
    let part = |sequence| layout.catalog_part(CatalogPartName { sequence, dataset: [3; 16], content: [4; 16] });
    let stays =
        [index(40, mine), index(41, mine), index(41, other), part(24), part(40), layout.catalog_head(), layout.hint()];
    let goes = [index(39, mine), index(40, other), index(1, other), part(23), part(0)];
    let keys: Vec<&str> = stays.iter().chain(&goes).map(|name| name.as_str()).collect();
    assert_eq!(garbage(&layout, &head, keys), goes);
}

#[tokio::test]
async fn database_without_a_catalog_costs_one_get_and_has_no_garbage() {
    let (store, layout) = (memory(), layout());
    // One that was put for a head which never came.
    let index = CatalogIndexName { sequence: 1, write_id: WriteId::from_bytes([7; 16]) };
    store.put(&layout.catalog_index(index), "index".into()).await.unwrap();
    let before = store.meter().snapshot();
    assert_eq!(garbage_of(&store, &layout).await.unwrap(), []);
    assert_eq!(requests(store.meter().snapshot() - before), (1, 0, 1));
}

#[tokio::test]
async fn garbage_of_a_catalog_takes_one_get_and_two_lists_and_deletes_nothing() {
    let (store, layout, head) = (memory(), layout(), head(40));
    let index = |sequence, write_id| layout.catalog_index(CatalogIndexName { sequence, write_id });
    let part = |sequence| layout.catalog_part(CatalogPartName { sequence, dataset: [3; 16], content: [4; 16] });
    let goes = [index(3, head.index), index(40, WriteId::from_bytes([2; 16])), part(23)];
    let stays = [index(40, head.index), index(41, head.index), part(24)];
    for (at, name) in goes.iter().chain(&stays).enumerate() {
        store.put(name, vec![0; at + 1].into()).await.unwrap();
    }
    store.put(&layout.catalog_head(), head.encode().into()).await.unwrap();
    let before = store.meter().snapshot();
    let mut found = garbage_of(&store, &layout).await.unwrap();
    assert_eq!(requests(store.meter().snapshot() - before), (1, 2, 3));
    found.sort_by_key(|(_, bytes)| *bytes);
    let [old, rival, past] = goes;
    assert_eq!(found, [(old, 1), (rival, 2), (past, 3)]);
}

#[tokio::test]
async fn head_that_cannot_be_read_leaves_everything() {
    let (store, layout) = (memory(), layout());
    store.put(&layout.catalog_head(), "no head".into()).await.unwrap();
    assert!(matches!(garbage_of(&store, &layout).await, Err(CatalogError::Corrupt { .. })));
    let mut newer = head(40).encode();
    newer[4] = 0xff;
    store.overwrite(&layout.catalog_head(), newer.into()).await.unwrap();
    assert!(matches!(garbage_of(&store, &layout).await, Err(CatalogError::Newer { .. })));
}
