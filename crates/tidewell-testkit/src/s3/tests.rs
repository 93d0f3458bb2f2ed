//! The bucket is real.
#![allow(clippy::unwrap_used)]

use object_store::path::Path;
use object_store::{ObjectStoreExt, PutMode, PutPayload};

use super::S3;

#[tokio::test]
async fn bucket_takes_and_gives_an_object_and_refuses_to_create_it_twice() {
    let Some(s3) = S3::start_or_skip() else { return };
    let store = s3.object_store();
    let path = Path::from(format!("{}/a", s3.prefix()));
    store.put(&path, PutPayload::from_static(b"one")).await.unwrap();
    assert_eq!(store.get(&path).await.unwrap().bytes().await.unwrap(), "one");
    let again =
        object_store::ObjectStore::put_opts(&*store, &path, PutPayload::from_static(b"two"), PutMode::Create.into());
    assert!(matches!(again.await, Err(object_store::Error::AlreadyExists { .. })));
}

#[test]
fn bucket_gives_each_test_a_prefix_of_its_own() {
    let (Some(one), Some(two)) = (S3::start_or_skip(), S3::start_or_skip()) else { return };
    assert_eq!(one.endpoint(), two.endpoint());
    assert_ne!(one.store_url(), two.store_url());
}

#[tokio::test]
async fn objects_put_are_listed_and_given_back_until_they_are_deleted() {
    let Some(s3) = S3::start_or_skip() else { return };
    let key = format!("{}/day=1/a b.csv", s3.prefix());
    let (etag, size) = s3.put(&key, "one").await;
    assert!(!etag.is_empty() && !etag.contains('"') && size == 3, "{etag} {size}");
    assert_eq!(s3.keys(s3.prefix()).await, std::slice::from_ref(&key));
    assert_eq!(s3.get(&key).await, "one");
    s3.delete(&key).await;
    assert!(s3.keys(s3.prefix()).await.is_empty());
}
