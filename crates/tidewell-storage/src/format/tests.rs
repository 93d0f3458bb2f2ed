//! Tests of the store's format object.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use tidewell_env::Env;
use tidewell_types::StoreId;

use super::{FORMAT_VERSION, StoreFormat};
use crate::{ObjectName, StorageError, Store, StoreOptions, StoreUrl};

/// The object of format 1 as it is in every store: it never changes.
const FROZEN: [u8; 32] = [
    0x54, 0x49, 0x44, 0x45, 0x57, 0x45, 0x4c, 0x4c, // TIDEWELL
    0x01, 0x00, 0x00, 0x00, // version 1
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, // the store id
    0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, //
    0xca, 0x67, 0x61, 0xa8, // CRC-32 of all before
];

fn memory() -> Store {
    Store::open(&StoreUrl::Memory, Env::system(), &StoreOptions::default()).unwrap()
}

async fn with_object(bytes: &[u8]) -> Result<StoreFormat, StorageError> {
    let store = memory();
    store.overwrite(&ObjectName::store_format(), Bytes::copy_from_slice(bytes)).await.unwrap();
    store.ensure_format().await
}

#[tokio::test]
async fn format_frozen_bytes_are_read_and_written() {
    let store_id = StoreId::from_bytes([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);
    let format = StoreFormat { version: 1, store_id };
    assert_eq!(format.encode(), FROZEN.as_slice());
    assert_eq!(with_object(&FROZEN).await.unwrap(), format);
}

#[tokio::test]
async fn format_of_a_newer_build_is_refused_with_the_remedy() {
    let mut newer = FROZEN.to_vec();
    newer[8] = 2;
    newer.extend([0; 100]);
    let error = with_object(&newer).await.unwrap_err();
    assert!(matches!(error, StorageError::Unsupported { .. }), "{error:?}");
    assert!(error.to_string().contains("newer tidewell"), "{error}");
}

#[tokio::test]
async fn format_damaged_anywhere_is_refused() {
    for index in 0..FROZEN.len() {
        let mut damaged = FROZEN;
        damaged[index] ^= 0x40;
        let error = with_object(&damaged).await.unwrap_err();
        // A damaged version looks like one of a newer build.
        assert!(matches!(error, StorageError::Corrupt { .. } | StorageError::Unsupported { .. }), "{index}: {error:?}");
    }
    for length in 0..FROZEN.len() {
        let error = with_object(&FROZEN[..length]).await.unwrap_err();
        assert!(matches!(error, StorageError::Corrupt { .. }), "{length}: {error:?}");
    }
}

#[tokio::test]
async fn format_ensured_by_many_at_once_is_the_same_for_all() {
    let store = memory();
    assert_eq!(store.read_format().await.unwrap(), None);
    let formats = futures::future::join_all((0..32).map(|_| store.ensure_format())).await;
    let first = formats.first().unwrap().as_ref().unwrap();
    assert_eq!(first.version, FORMAT_VERSION);
    assert!(formats.iter().all(|format| format.as_ref().unwrap() == first), "{formats:?}");
    assert_eq!(store.read_format().await.unwrap().as_ref(), Some(first));
}

#[tokio::test]
async fn format_of_a_copy_is_that_of_the_store_it_is_of() {
    let (source, copy) = (memory(), memory());
    let format = source.ensure_format().await.unwrap();
    assert_eq!(copy.ensure_format_of(format).await.unwrap(), format);
    assert_eq!(copy.ensure_format().await.unwrap(), format);
    // A store that has an identity keeps it.
    let other = memory();
    let own = other.ensure_format().await.unwrap();
    assert_ne!(own, format);
    assert_eq!(other.ensure_format_of(format).await.unwrap(), own);
}
