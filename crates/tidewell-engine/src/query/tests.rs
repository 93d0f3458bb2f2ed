//! How many round trips a query takes, one after another.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use futures::StreamExt as _;
use tidewell_storage::{Fault, Store, StoreOptions, StoreUrl};
use tokio::time::Instant;

use super::*;
use crate::sample::{START_NS, config_on_memory, paused_env, write};

const TRIP: Duration = Duration::from_millis(10);
async fn open(store: Store, seed: u64) -> Engine {
    Engine::open_on(store, config_on_memory(), paused_env(seed)).await.unwrap()
}

/// How many rows there are from an instant on.
async fn count(engine: &Engine, from: i64) -> i64 {
    let sql =
        format!("SELECT count(*) AS n, max(v) FROM m WHERE time >= arrow_cast({from}, 'Timestamp(Nanosecond, None)')");
    let answer = engine.query_sql("d", &sql, BTreeMap::new(), &ReadOptions::default()).await.unwrap();
    let batches: Vec<_> = answer.rows.collect().await;
    let batch = batches[0].as_ref().unwrap();
    batch.column(0).as_any().downcast_ref::<arrow_array::Int64Array>().unwrap().value(0)
}

/// A store with so many folds of one row, and as many rows as asked for in one large fold; one row is not folded.
async fn history(folds: u64, large: u64) -> Store {
    let store = Store::open(&StoreUrl::Memory, paused_env(1), &StoreOptions::default()).unwrap();
    let engine = open(store.clone(), 2).await;
    for number in 0..folds {
        write(&engine, &format!("m,host=a v={number}i {}\n", START_NS + number as i64)).await;
        engine.fold(None, None).await.unwrap();
    }
    if large > 0 {
        // Text that no codec makes smaller.
        let mut noise = 0x9E37_79B9_7F4A_7C15_u64;
        let mut text = || {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            format!("{noise:016x}")
        };
        let mut line = |row: u64| {
            let words: String = (0..60).map(|_| text()).collect();
            format!("m,host=b v={row}i,s=\"{words}\" {}\n", START_NS + (folds + row) as i64)
        };
        write(&engine, &(0..large).map(&mut line).collect::<String>()).await;
        engine.fold(None, None).await.unwrap();
    }
    write(&engine, &format!("m,host=c v=1i {}\n", START_NS + (folds + large) as i64)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    store
}

/// Round trips of a query of the newest five rows in a process that knows nothing, then of the same again.
async fn trips(store: &Store, rows: u64) -> (u128, u128) {
    let from = START_NS + rows as i64 - 5;
    let slow = store.with_faults(|_| Fault::Delay(TRIP));
    let engine = open(slow, 3).await;
    let began = Instant::now();
    assert_eq!(count(&engine, from).await, 5);
    let cold = began.elapsed().as_millis() / TRIP.as_millis();
    let began = Instant::now();
    assert_eq!(count(&engine, from).await, 5);
    (cold, began.elapsed().as_millis() / TRIP.as_millis())
}

#[tokio::test(start_paused = true)]
async fn cold_query_takes_at_most_4_round_trips_whatever_the_history() {
    for folds in [4, 20, 150, 700] {
        let store = history(folds, 0).await;
        let (cold, warm) = trips(&store, folds + 1).await;
        assert!(cold <= 4, "{cold} round trips after {folds} folds");
        // LIST, next record, floor: what is folded is in memory.
        assert_eq!(warm, 3, "after {folds} folds");
    }
}

#[tokio::test(start_paused = true)]
async fn cold_query_of_a_segment_too_large_to_be_read_whole_takes_4_round_trips() {
    let store = history(3, 12_000).await;
    let segments = store.list(&tidewell_storage::Prefix::databases()).await.unwrap();
    let largest = segments.iter().filter(|object| object.key.ends_with(".parquet")).map(|object| object.bytes).max();
    assert!(largest > Some(tidewell_cache::WHOLE_BYTES_MAX), "{largest:?} bytes");
    let (cold, _) = trips(&store, 12_004).await;
    assert_eq!(cold, 4);
}
