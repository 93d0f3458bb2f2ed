//! Reading files of others, of the content that was pinned.
#![allow(clippy::unwrap_used)]

use std::fs;

use super::*;
use crate::{Pin, Prefix, StoreUrl};

fn stores() -> ForeignStores {
    ForeignStores::new(Env::system(), StoreOptions::default())
}

async fn read(url: &FileUrl, pin: &Pin, meter: &Meter) -> Result<Vec<bytes::Bytes>, StorageError> {
    let (store, name) = stores().locate(url, meter)?;
    store.get_ranges_pinned(&name, pin, &[0..2, 3..4]).await
}

#[tokio::test]
async fn file_is_read_as_pinned_and_counted_with_the_caller() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a b.parquet");
    fs::write(&path, "abcdef").unwrap();
    let url: FileUrl = StoreUrl::Folder(path.clone()).to_string().parse().unwrap();
    let meter = Meter::new();
    let (store, name) = stores().locate(&url, &meter).unwrap();
    let pin = store.pin(&name).await.unwrap().unwrap();
    let listing =
        Store::open(&StoreUrl::Folder(folder.path().into()), Env::system(), &StoreOptions::default()).unwrap();
    assert_eq!(listing.list(&Prefix::root()).await.unwrap()[0].pin(), Some(pin.clone()), "a listing says the same");
    assert_eq!(read(&url, &pin, &meter).await.unwrap(), ["ab", "d"]);
    let usage = meter.snapshot();
    assert_eq!((usage.gets, usage.heads, usage.bytes_in), (1, 1, 4));
}

#[tokio::test]
async fn file_that_changed_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.parquet");
    let url: FileUrl = StoreUrl::Folder(path.clone()).to_string().parse().unwrap();
    let meter = Meter::new();
    let pinned = || async {
        let (store, name) = stores().locate(&url, &Meter::new()).unwrap();
        store.pin(&name).await.unwrap()
    };
    assert_eq!(pinned().await, None);
    fs::write(&path, "abcdef").unwrap();
    let pin = pinned().await.unwrap();
    fs::write(&path, "abcdefg").unwrap();
    assert!(read(&url, &pin, &meter).await.unwrap_err().is_changed(), "another length");
    let pin = pinned().await.unwrap();
    let times = fs::FileTimes::new().set_modified(std::time::UNIX_EPOCH);
    fs::File::options().write(true).open(&path).unwrap().set_times(times).unwrap();
    assert!(read(&url, &pin, &meter).await.unwrap_err().is_changed(), "another time");
    let pin = pinned().await.unwrap();
    fs::write(folder.path().join("new"), "abcdefg").unwrap();
    fs::File::options().write(true).open(folder.path().join("new")).unwrap().set_times(times).unwrap();
    fs::rename(folder.path().join("new"), &path).unwrap();
    let error = read(&url, &pin, &meter).await.unwrap_err();
    assert!(error.is_changed() && error.to_string().contains("a.parquet"), "{error}");
    fs::remove_file(&path).unwrap();
    assert!(read(&url, &pin, &meter).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn stores_are_opened_once_and_few_stay_open() {
    let stores = stores();
    for number in 0..STORES_MAX + 10 {
        let url: FileUrl = format!("s3://bucket-{number}/a").parse().unwrap();
        let memory = Store::open(&StoreUrl::Memory, Env::system(), &StoreOptions::default()).unwrap();
        stores.replace(&url.store().to_string(), memory);
        stores.locate(&url, &Meter::new()).unwrap();
        stores.locate(&url, &Meter::new()).unwrap();
    }
    let open = stores.0.open.lock();
    assert_eq!((open.stores.len(), open.opened), (STORES_MAX, STORES_MAX as u64 + 10));
    assert!(!open.stores.contains_key("s3://bucket-0"));
}
