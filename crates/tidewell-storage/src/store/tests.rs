//! Tests of stores of each kind that needs no server.
#![allow(clippy::unwrap_used)]

use tidewell_env::Env;
use tidewell_types::{DatabaseName, Generation, Seq, StreamId, Version};

use crate::{DatabaseLayout, Fault, ObjectName, Operation, StorageError, Store, StoreOptions, StoreUrl, Usage};

fn open(location: &StoreUrl) -> Store {
    Store::open(location, Env::system(), &StoreOptions::default()).unwrap()
}

fn layout() -> DatabaseLayout {
    DatabaseLayout::new(&DatabaseName::new("x").unwrap())
}

#[tokio::test]
async fn store_in_memory_conforms() {
    crate::conformance(open(&StoreUrl::Memory)).await;
}

#[tokio::test]
async fn store_in_a_folder_conforms() {
    let folder = tempfile::tempdir().unwrap();
    crate::conformance(open(&StoreUrl::Folder(folder.path().join("store")))).await;
}

#[tokio::test]
async fn store_in_memory_opened_twice_is_two_stores() {
    let store = open(&StoreUrl::Memory);
    store.overwrite(&layout().hint(), "x".into()).await.unwrap();
    assert!(store.clone().get(&layout().hint()).await.unwrap().is_some());
    assert!(open(&StoreUrl::Memory).get(&layout().hint()).await.unwrap().is_none());
}

/// One of each call, on each kind of store: the requests that it would be on S3.
#[tokio::test]
async fn meter_of_each_call_is_exact() {
    let folder = tempfile::tempdir().unwrap();
    for location in [StoreUrl::Memory, StoreUrl::Folder(folder.path().to_owned())] {
        let (store, env) = (open(&location), Env::system());
        let (hint, commit) = (layout().hint(), layout().log(Version::new(1)));
        store.get(&hint).await.unwrap();
        store.overwrite(&hint, "12345".into()).await.unwrap();
        store.get(&hint).await.unwrap();
        store.head(&hint).await.unwrap();
        store.get_ranges(&hint, &[0..1, 3..5]).await.unwrap();
        store.create(&commit, "abc".into(), env.write_id()).await.unwrap();
        store.list(&layout().prefix()).await.unwrap();
        store.list_first(&layout().log_prefix()).await.unwrap();
        store.delete(&[hint, commit]).await.unwrap();
        store.delete(&[]).await.unwrap();
        let expected =
            Usage { gets: 3, heads: 1, puts: 2, lists: 2, deletes: 1, others: 0, bytes_in: 10, bytes_out: 8 };
        assert_eq!(store.meter().snapshot(), expected, "{location}");
    }
}

#[tokio::test]
async fn meter_of_pages_follows_their_size() {
    let store = open(&StoreUrl::Memory);
    let stream = StreamId { generation: Generation::ZERO, writer: Env::system().writer_id() };
    let names: Vec<ObjectName> = (0..1_001).map(|seq| layout().wal(stream, Seq::new(seq))).collect();
    for name in &names {
        store.put(name, "x".into()).await.unwrap();
    }
    let query = store.metered();
    assert_eq!(query.list(&layout().wal_prefix()).await.unwrap().len(), 1_001);
    query.delete(&names).await.unwrap();
    assert_eq!(query.meter().snapshot(), Usage { lists: 2, deletes: 2, ..Usage::default() });
    assert_eq!(store.meter().snapshot().lists, 2, "a query's requests are the store's too");
    assert_eq!(store.meter().snapshot().puts, 1_001);
}

#[tokio::test]
async fn meter_of_a_metered_create_counts_in_its_task() {
    let store = open(&StoreUrl::Memory);
    let write = store.metered();
    write.create(&layout().log(Version::new(1)), "x".into(), Env::system().write_id()).await.unwrap();
    assert_eq!(write.meter().snapshot(), Usage { puts: 1, bytes_out: 1, ..Usage::default() });
}

#[tokio::test]
async fn error_of_a_read_names_what_where_and_why() {
    let store = open(&StoreUrl::Memory).with_faults(|attempted| match attempted.operation {
        Operation::Get => Fault::Denied,
        _ => Fault::FailBefore,
    });
    let error = store.get(&layout().hint()).await.unwrap_err();
    let text = error.to_string();
    assert!(["get", "db/x/hint", "memory://", "scripted fault", "credentials"].iter().all(|word| text.contains(word)));
    assert!(!error.is_transient());
    let error = store.list(&layout().prefix()).await.unwrap_err();
    assert!(matches!(error, StorageError::Unavailable { .. }) && error.is_transient(), "{error:?}");
}
