//! Objects that a test puts, or looks at behind the engine's back.

use bytes::Bytes;
use futures::TryStreamExt as _;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use super::S3;

impl S3 {
    /// Puts an object at a key of the bucket and gives its ETag and its size in bytes.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn put(&self, key: &str, bytes: impl Into<Bytes>) -> (String, u64) {
        let bytes = bytes.into();
        let size = bytes.len() as u64;
        let put = self.object_store().put(&path(key), bytes.into()).await;
        let put = put.unwrap_or_else(|error| panic!("{key}: {error}"));
        (put.e_tag.unwrap_or_default().trim_matches('"').to_owned(), size)
    }

    /// Gets the object at a key of the bucket.
    ///
    /// # Panics
    /// When there is none.
    pub async fn get(&self, key: &str) -> Bytes {
        let got = self.object_store().get(&path(key)).await;
        let got = got.unwrap_or_else(|error| panic!("{key}: {error}"));
        got.bytes().await.unwrap_or_else(|error| panic!("{key}: {error}"))
    }

    /// Deletes the object at a key of the bucket.
    ///
    /// # Panics
    /// When the server refuses it.
    pub async fn delete(&self, key: &str) {
        self.object_store().delete(&path(key)).await.unwrap_or_else(|error| panic!("{key}: {error}"));
    }

    /// The keys below a folder of the bucket, sorted.
    ///
    /// # Panics
    /// When the server refuses to list it.
    pub async fn keys(&self, folder: &str) -> Vec<String> {
        let store = self.object_store();
        let folder = path(folder);
        let found = store.list(Some(&folder)).map_ok(|object| object.location.to_string());
        let mut keys: Vec<String> = found.try_collect().await.unwrap_or_else(|error| panic!("{folder}: {error}"));
        keys.sort_unstable();
        keys
    }
}

fn path(key: &str) -> Path {
    Path::parse(key).unwrap_or_else(|error| panic!("{key}: {error}"))
}
