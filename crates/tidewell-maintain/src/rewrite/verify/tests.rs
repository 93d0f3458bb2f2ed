//! Reading back: what was written passes, anything else does not.
#![allow(clippy::unwrap_used)]

use bytes::Bytes;
use tidewell_manifest::Manifest;

use super::*;
use crate::rewrite::sample::{Row, batch, database, env, object, schema, staged};

const ROWS: [Row; 3] = [(1, "a", Some(1.0), None), (2, "a", None, Some(7)), (1, "b", Some(2.0), Some(3))];

async fn put(store: &Store, manifest: &Manifest) -> Staged {
    let entry = staged(store, manifest, &ROWS, 0).await;
    Staged { name: object(&entry), entry }
}

async fn outcome(store: &Store, staged: &Staged, rows: &[Row]) -> Result<(), MaintainError> {
    let arrow = schema().arrow();
    let expected = RowDigest::of(&arrow, &[batch(rows)]).unwrap();
    verify(store, &env(5), staged, &arrow, &expected).await
}

#[tokio::test]
async fn what_was_written_reads_back() {
    let (store, manifest) = database().await;
    let staged = put(&store, &manifest).await;
    outcome(&store, &staged, &ROWS).await.unwrap();
}

#[tokio::test]
async fn rows_that_differ_in_one_value_do_not_pass() {
    let (store, manifest) = database().await;
    let staged = put(&store, &manifest).await;
    let mut other = ROWS;
    other[1].3 = Some(8);
    let error = outcome(&store, &staged, &other).await.unwrap_err();
    assert!(matches!(&error, MaintainError::ReadBack { problem, .. } if problem.contains("\"w\"")), "{error}");
    let error = outcome(&store, &staged, &ROWS[..2]).await.unwrap_err();
    assert!(matches!(&error, MaintainError::ReadBack { problem, .. } if problem.contains("3 rows")), "{error}");
}

#[tokio::test]
async fn object_that_is_gone_or_another_does_not_pass() {
    let (store, manifest) = database().await;
    let staged = put(&store, &manifest).await;
    let body = store.get(&staged.name).await.unwrap().unwrap();
    let mut damaged = body.to_vec();
    damaged[20] ^= 1;
    store.overwrite(&staged.name, Bytes::from(damaged)).await.unwrap();
    let error = outcome(&store, &staged, &ROWS).await.unwrap_err();
    assert!(matches!(&error, MaintainError::ReadBack { problem, .. } if problem.contains("bytes")), "{error}");
    store.delete(std::slice::from_ref(&staged.name)).await.unwrap();
    let error = outcome(&store, &staged, &ROWS).await.unwrap_err();
    assert!(matches!(&error, MaintainError::ReadBack { problem, .. } if problem.contains("not there")), "{error}");
}
