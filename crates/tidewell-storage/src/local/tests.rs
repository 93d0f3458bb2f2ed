//! Tests of stores in folders.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::{Arc, Barrier};

use bytes::Bytes;
use tidewell_env::Env;
use tidewell_types::{DatabaseName, Version};

use crate::{
    Created, DatabaseLayout, ObjectName, Prefix, Replaced, Revalidated, StorageError, Store, StoreOptions, StoreUrl,
};

const RACERS: usize = 64;

fn open(folder: &Path) -> Store {
    Store::open(&StoreUrl::Folder(folder.to_owned()), Env::system(), &StoreOptions::default()).unwrap()
}

fn layout() -> DatabaseLayout {
    DatabaseLayout::new(&DatabaseName::new("x").unwrap())
}

/// Runs a racer on each of many threads, with a store and a runtime of its own as separate processes have, all at once.
fn race<T: Send + 'static>(
    folder: &Path,
    racer: impl Fn(usize, &Store) -> futures::future::BoxFuture<'static, T> + Send + Sync + 'static,
) -> Vec<T> {
    let (barrier, racer) = (Arc::new(Barrier::new(RACERS)), Arc::new(racer));
    let threads: Vec<_> = (0..RACERS)
        .map(|number| {
            let (barrier, racer, store) = (Arc::clone(&barrier), Arc::clone(&racer), open(folder));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                barrier.wait();
                runtime.block_on(async { racer(number, &store).await })
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn files(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        }
        found.push(entry.file_name().into_string().unwrap());
    }
    found
}

/// quickwit #3452, #12: two writers on a metastore in a file lost splits.
#[test]
fn create_by_many_at_once_has_one_winner() {
    let folder = tempfile::tempdir().unwrap();
    let outcomes = race(folder.path(), |number, store| {
        let (store, env) = (store.clone(), Env::system());
        Box::pin(async move {
            let body = Bytes::from(format!("racer {number}"));
            (body.clone(), store.create(&layout().log(Version::new(1)), body, env.write_id()).await.unwrap())
        })
    });
    let winners: Vec<_> = outcomes.iter().filter(|(_, outcome)| *outcome == Created::Mine).collect();
    assert_eq!(winners.len(), 1, "{winners:?}");
    let winning_body = &winners.first().unwrap().0;
    for (body, outcome) in &outcomes {
        assert!(body == winning_body || *outcome == Created::Other(winning_body.clone()), "{outcome:?}");
    }
    assert_eq!(files(folder.path()).iter().filter(|file| file.starts_with('~')).count(), 0, "nothing temporary stays");
}

/// quickwit #3452, #12: two writers on a metastore in a file lost splits.
#[test]
fn replace_by_many_at_once_loses_no_increment() {
    let folder = tempfile::tempdir().unwrap();
    race(folder.path(), |_, store| {
        let store = store.clone();
        Box::pin(async move {
            let floor = layout().floor();
            loop {
                let (number, tag) = match store.get_versioned(&floor, None).await.unwrap() {
                    Revalidated::Found { body, tag } => {
                        (std::str::from_utf8(&body).unwrap().parse::<u64>().unwrap(), Some(tag))
                    }
                    _ => (0, None),
                };
                let body = Bytes::from((number + 1).to_string());
                match store.replace(&floor, body, tag.as_ref()).await.unwrap() {
                    Replaced::Done(_) => return,
                    Replaced::Changed => {}
                }
            }
        })
    });
    let last = std::fs::read_to_string(folder.path().join("db/x/floor")).unwrap();
    assert_eq!(last, RACERS.to_string());
}

#[test]
fn put_while_others_empty_the_folder_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let outcomes = race(folder.path(), |number, store| {
        let store = store.clone();
        Box::pin(async move {
            let name = ObjectName::foreign(&format!("a/b/c/{number}")).unwrap();
            for round in 0..20 {
                store.put(&name, format!("{round}").into()).await.unwrap();
                assert!(store.get(&name).await.unwrap().is_some(), "{name} is lost in round {round}");
                store.list(&Prefix::root()).await.unwrap();
                store.delete(std::slice::from_ref(&name)).await.unwrap();
            }
        })
    });
    assert_eq!(outcomes.len(), RACERS);
    assert_eq!(files(folder.path()), [""; 0], "empty folders go with their last object");
}

#[tokio::test]
async fn list_skips_what_is_no_object() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.put(&layout().hint(), "x".into()).await.unwrap();
    for file in ["db/x/~0123", "~lock", "db/x/!~"] {
        std::fs::write(folder.path().join(file), "half a write").unwrap();
    }
    let keys: Vec<_> = store.list(&Prefix::root()).await.unwrap().into_iter().map(|object| object.key).collect();
    assert_eq!(keys, ["db/x/!~", "db/x/hint"]);
    assert_eq!(store.list_first(&Prefix::root()).await.unwrap().unwrap().key, "db/x/!~");
}

#[tokio::test]
async fn list_orders_by_whole_keys() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for key in ["a/z", "a-b", "a.b", "a0", "a/b/c", "a!x/y"] {
        store.put(&ObjectName::foreign(key).unwrap(), "x".into()).await.unwrap();
    }
    let keys: Vec<_> = store.list(&Prefix::root()).await.unwrap().into_iter().map(|object| object.key).collect();
    assert!(keys.is_sorted(), "{keys:?}");
    assert_eq!(keys.len(), 6);
    assert_eq!(store.list_first(&Prefix::root()).await.unwrap().unwrap().key, keys[0]);
    assert_eq!(store.list_folders(&Prefix::root()).await.unwrap(), ["a", "a!x"]);
}

#[tokio::test]
async fn store_in_a_folder_that_does_not_exist_reads_as_empty() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(&folder.path().join("not/yet"));
    assert_eq!(store.get(&layout().hint()).await.unwrap(), None);
    assert_eq!(store.list(&Prefix::root()).await.unwrap(), []);
    assert!(!folder.path().join("not").exists(), "reading makes no folder");
    store.put(&layout().hint(), "x".into()).await.unwrap();
    assert!(folder.path().join("not/yet/db/x/hint").exists());
}

#[tokio::test]
async fn store_below_a_file_is_refused_for_good() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    let store = open(&folder.path().join("file"));
    let env = Env::system();
    let error = store.create(&layout().hint(), "x".into(), env.write_id()).await.unwrap_err();
    assert!(matches!(error, StorageError::Denied { .. }), "{error:?}");
    assert!(error.to_string().contains("db/x/hint"), "{error}");
}

#[tokio::test]
async fn ranges_far_beyond_the_end_take_no_memory() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store.put(&layout().hint(), "x".into()).await.unwrap();
    let error = store.get_ranges(&layout().hint(), std::slice::from_ref(&(0..u64::MAX))).await.unwrap_err();
    assert!(matches!(error, StorageError::Corrupt { .. }), "{error:?}");
}
