//! A process that only writes, beside one that only folds.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use futures::TryStreamExt as _;
use tidewell_storage::{Store, StoreOptions, StoreUrl};

use super::*;
use crate::ReadOptions;
use crate::sample::{config_on_memory, paused_env, request};

const BUFFER_BYTES_MAX: u64 = 256 << 10;

async fn open_two() -> (Engine, Engine) {
    let store = Store::open(&StoreUrl::Memory, paused_env(1), &StoreOptions::default()).unwrap();
    let mut small = config_on_memory();
    small.limits.buffer_bytes_max = BUFFER_BYTES_MAX;
    let writer = Engine::open_on(store.clone(), small, paused_env(2)).await.unwrap();
    let folder = Engine::open_on(store, config_on_memory(), paused_env(3)).await.unwrap();
    (writer, folder)
}

/// Some rows that nobody has written yet.
fn rows(number: i64) -> String {
    (0..100).map(|row| format!("m,host=h{row} v={row}i {}\n", number * 1_000_000_000 + row)).collect()
}

#[tokio::test(start_paused = true)]
async fn writer_that_is_full_has_room_again_once_another_process_has_folded() {
    let (writer, folder) = open_two().await;
    let mut numbers = 0..10_000;
    let full = loop {
        match writer.write(request("d", &rows(numbers.next().unwrap()))).await {
            Ok(_) => {}
            Err(error) => break error,
        }
    };
    assert_eq!(full.kind(), ErrorKind::Busy, "{full:?}");
    tokio::time::sleep(Duration::from_secs(2)).await;
    let still = writer.write(request("d", &rows(0))).await.unwrap_err();
    assert_eq!(still.kind(), ErrorKind::Busy, "nobody has folded: {still:?}");
    folder.fold(Some("d"), None).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    writer.write(request("d", &rows(numbers.next().unwrap()))).await.unwrap();
    assert_eq!(held(&writer).await, 100, "only what is not folded");
}

#[tokio::test(start_paused = true)]
async fn writer_with_keys_lets_go_of_what_others_have_folded_once_in_a_minute() {
    let (writer, folder) = open_two().await;
    for number in 0..5 {
        let key = Some(format!("request-{number}"));
        writer.write(WriteRequest { idempotency_key: key, ..request("d", &rows(number)) }).await.unwrap();
    }
    folder.fold(Some("d"), None).await.unwrap();
    assert_eq!(held(&writer).await, 500);
    tokio::time::sleep(Duration::from_secs(61)).await;
    let again = || WriteRequest { idempotency_key: Some("request-3".to_owned()), ..request("d", &rows(3)) };
    writer.write(again()).await.unwrap();
    assert_eq!(held(&writer).await, 0, "all are folded, and a repetition adds none");
    let key = Some("request-5".to_owned());
    writer.write(WriteRequest { idempotency_key: key, ..request("d", &rows(5)) }).await.unwrap();
    assert_eq!(held(&writer).await, 100);
}

#[tokio::test(start_paused = true)]
async fn reader_that_has_written_keeps_only_what_nobody_has_folded() {
    let (reader, other) = open_two().await;
    reader.write(request("d", &rows(0))).await.unwrap();
    let mut read = 100;
    for number in 1..100 {
        other.write(request("d", &rows(number))).await.unwrap();
        read += 100;
        assert_eq!(count(&reader).await, read);
        other.fold(Some("d"), None).await.unwrap();
    }
    assert_eq!(count(&reader).await, read);
    assert_eq!(held(&reader).await, 0);
}

async fn count(engine: &Engine) -> i64 {
    let sql = "SELECT count(*) AS n FROM m";
    let answer = engine.query_sql("d", sql, BTreeMap::new(), &ReadOptions::default()).await.unwrap();
    let batches: Vec<_> = answer.rows.try_collect().await.unwrap();
    batches[0].column(0).as_primitive::<Int64Type>().value(0)
}

/// The rows that an engine holds in memory.
async fn held(engine: &Engine) -> usize {
    engine.database_to_write("d").await.unwrap().buffer.totals().rows
}
