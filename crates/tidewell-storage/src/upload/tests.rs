//! Uploads to a store that takes objects only as a whole, and to one that takes parts.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_env::Env;

use super::*;
use crate::backend::Failure;
use crate::{StoreOptions, StoreUrl};

#[derive(Clone, Debug, Default)]
struct Sent(Arc<Mutex<Vec<usize>>>);

#[async_trait::async_trait]
impl Parts for Sent {
    async fn put(&mut self, part: Bytes) -> Result<(), Failure> {
        self.0.lock().push(part.len());
        Ok(())
    }

    async fn finish(&mut self) -> Result<(), Failure> {
        self.0.lock().push(usize::MAX);
        Ok(())
    }

    async fn abort(&mut self) -> Result<(), Failure> {
        self.0.lock().clear();
        Ok(())
    }
}

fn store() -> Store {
    Store::open(&StoreUrl::Memory, Env::system(), &StoreOptions::default()).unwrap()
}

fn name() -> ObjectName {
    ObjectName::foreign("export/a.parquet").unwrap()
}

#[tokio::test]
async fn object_is_there_once_it_is_finished() {
    let store = store();
    let mut upload = store.upload(&name(), Media::default());
    upload.write(b"one ").await.unwrap();
    upload.write(&vec![b'x'; PART_BYTES]).await.unwrap();
    assert_eq!(store.head(&name()).await.unwrap(), None);
    upload.finish().await.unwrap();
    let body = store.get(&name()).await.unwrap().unwrap();
    assert_eq!((body.len(), &body[..5]), (4 + PART_BYTES, &b"one x"[..]));
}

#[tokio::test]
async fn long_object_goes_in_full_parts_and_a_rest() {
    let sent = Sent::default();
    let mut upload = Upload { parts: Some(Box::new(sent.clone())), ..store().upload(&name(), Media::default()) };
    for _ in 0..5 {
        upload.write(&vec![0; PART_BYTES / 2]).await.unwrap();
    }
    assert_eq!(*sent.0.lock(), [PART_BYTES, PART_BYTES]);
    upload.finish().await.unwrap();
    assert_eq!(*sent.0.lock(), [PART_BYTES, PART_BYTES, PART_BYTES / 2, usize::MAX]);
}

#[tokio::test]
async fn parts_grow_so_that_ten_thousand_are_enough() {
    let upload = Upload { part_count: 2 * PARTS_A_LENGTH, ..store().upload(&name(), Media::default()) };
    assert_eq!(upload.part_bytes(), 4 * PART_BYTES);
}

#[tokio::test]
async fn upload_that_is_given_up_leaves_nothing() {
    let sent = Sent::default();
    let mut upload = Upload { parts: Some(Box::new(sent.clone())), ..store().upload(&name(), Media::default()) };
    upload.write(&vec![0; PART_BYTES + 1]).await.unwrap();
    upload.abort().await.unwrap();
    assert!(sent.0.lock().is_empty());
}
