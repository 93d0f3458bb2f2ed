//! Engines on a folder, and rows for them.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use tidewell_env::Env;
use tidewell_storage::StoreUrl;

use crate::{Engine, EngineConfig, Precision, WriteRequest};

/// How an engine on a folder is opened: its log in the store, nothing in the background.
pub(crate) fn config(folder: &Path) -> EngineConfig {
    let store = StoreUrl::Folder(folder.join("store"));
    let mut config = EngineConfig { store, background: false, ..EngineConfig::default() };
    config.wal.mode = Some("object".parse().unwrap());
    config.wal.dir = folder.join("wal");
    config
}

pub(crate) async fn open(folder: &Path) -> Engine {
    Engine::open(config(folder), Env::system()).await.unwrap()
}

/// Writes lines, times in nanoseconds, to the database `d`.
pub(crate) async fn write(engine: &Engine, lines: &str) {
    write_to(engine, "d", lines).await;
}

/// Writes lines, times in nanoseconds, to a database.
pub(crate) async fn write_to(engine: &Engine, database: &str, lines: &str) {
    let request = WriteRequest {
        database: database.to_owned(),
        precision: Precision::Nanosecond,
        ack: None,
        accept_partial: false,
        idempotency_key: None,
        body: lines.to_owned().into(),
    };
    engine.write(request).await.unwrap();
}
