//! Files of CSV on their way into a store in memory.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Int64Type;
use futures::StreamExt as _;
use tidewell_env::Env;
use tidewell_types::{ColumnKind, FieldType};

use super::*;
use crate::{EngineConfig, ReadOptions, StoreUrl};

async fn engine() -> Engine {
    let mut config = EngineConfig { store: StoreUrl::Memory, background: false, ..EngineConfig::default() };
    config.wal.mode = Some(AckLevel::Object);
    config.wal.dir = "/nonexistent/tidewell-wal".into();
    Engine::open(config, Env::system()).await.unwrap()
}

fn request(table: &str) -> CsvRequest {
    CsvRequest {
        database: "d".to_owned(),
        table: table.to_owned(),
        options: CsvOptions::default(),
        ack: None,
        idempotency_key: None,
    }
}

/// Takes a file in chunks of so many bytes.
async fn take(engine: &Engine, request: CsvRequest, file: &str, chunk: usize) -> Result<CsvReply, EngineError> {
    let mut intake = engine.take_csv(request)?;
    for bytes in file.as_bytes().chunks(chunk) {
        intake.push(bytes).await?;
    }
    intake.finish().await
}

async fn number(engine: &Engine, sql: &str) -> i64 {
    let answer = engine.query_sql("d", sql, BTreeMap::new(), &ReadOptions::default()).await.unwrap();
    let batches: Vec<_> = answer.rows.collect().await;
    batches[0].as_ref().unwrap().column(0).as_primitive::<Int64Type>().value(0)
}

fn file(rows: u64) -> String {
    let lines = (0..rows).map(|row| format!("{},h{},{}\n", 1_700_000_000 + row, row % 5, row));
    ["time,host,v\n".to_owned()].into_iter().chain(lines).collect()
}

#[tokio::test]
async fn file_longer_than_its_sample_is_stored_whole_however_it_is_cut() {
    for chunk in [1000, 1 << 20, usize::MAX] {
        let engine = engine().await;
        let text = file(80_000);
        assert!(text.len() > SAMPLE_BYTES);
        let reply = take(&engine, request("t"), &text, chunk.min(text.len())).await.unwrap();
        assert_eq!((reply.rows, reply.rejected.count), (80_000, 0), "{chunk}");
        assert!(!reply.token.is_empty());
        let kinds: Vec<_> = reply.columns.iter().map(|column| (column.name.as_str(), column.kind)).collect();
        let (string, integer) = (ColumnKind::Field(FieldType::String), ColumnKind::Field(FieldType::Integer));
        assert_eq!(kinds, [("time", ColumnKind::Time), ("host", string), ("v", integer)]);
        assert_eq!(number(&engine, "SELECT sum(v) FROM t").await, 79_999 * 40_000);
    }
}

#[tokio::test]
async fn column_that_changes_its_mind_after_the_sample_rejects_the_row() {
    let engine = engine().await;
    let text = file(80_000) + "1800000000,h0,1.5\n";
    let reply = take(&engine, request("t"), &text, 1 << 16).await.unwrap();
    assert_eq!((reply.rows, reply.rejected.count), (80_000, 1));
    assert_eq!(reply.rejected.listed[0].line, 80_002);
}

#[tokio::test]
async fn file_that_is_sent_again_with_its_key_is_stored_once() {
    let engine = engine().await;
    let with_key = || CsvRequest { idempotency_key: Some("k".to_owned()), ..request("t") };
    let text = file(1000);
    take(&engine, with_key(), &text, 1 << 16).await.unwrap();
    let entries = engine.status().databases.iter().map(|database| database.buffer_rows).sum::<usize>();
    take(&engine, with_key(), &text, 1 << 16).await.unwrap();
    assert_eq!(engine.status().databases.iter().map(|database| database.buffer_rows).sum::<usize>(), entries);
    assert_eq!(number(&engine, "SELECT count(*) FROM t").await, 1000);
}

#[tokio::test]
async fn file_that_does_not_fit_its_table_is_refused_and_says_what_is_stored() {
    let engine = engine().await;
    take(&engine, request("t"), "time,v\n1700000000,1\n", 100).await.unwrap();
    let refused = take(&engine, request("t"), "time,v\n1700000000,true\n", 100).await.unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Invalid);
    assert!(refused.message.contains("no row of the file is stored"), "{refused}");
    let unnamed = take(&engine, request(""), "time,v\n1700000000,1\n", 100).await.unwrap_err();
    assert_eq!(unnamed.kind, ErrorKind::Invalid);
}
