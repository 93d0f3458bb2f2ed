//! Engines on a folder or in memory, and rows for them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tidewell_env::{Clock, Env};
use tidewell_storage::StoreUrl;
use tidewell_types::TimestampNs;
use tokio::time::Instant;

use crate::{Engine, EngineConfig, Precision, WriteRequest};

/// How an engine on a folder is opened: its log in the store, nothing in the background.
pub(crate) fn config(folder: &Path) -> EngineConfig {
    config_on(StoreUrl::Folder(folder.join("store")), folder.join("wal"))
}

/// How an engine on a store in memory is opened, one of several that have it in common.
pub(crate) fn config_on_memory() -> EngineConfig {
    config_on(StoreUrl::Memory, "/nonexistent/tidewell-wal".into())
}

fn config_on(store: StoreUrl, wal_dir: PathBuf) -> EngineConfig {
    let mut config = EngineConfig { store, background: false, ..EngineConfig::default() };
    config.wal.mode = Some("object".parse().unwrap());
    config.wal.dir = wal_dir;
    config
}

pub(crate) async fn open(folder: &Path) -> Engine {
    Engine::open(config(folder), Env::system()).await.unwrap()
}

/// When [`paused_env`] begins.
pub(crate) const START_NS: i64 = 1_600_000_000_000_000_000;

struct PausedClock(Instant);

impl Clock for PausedClock {
    fn now(&self) -> TimestampNs {
        TimestampNs::from_ns(START_NS + i64::try_from(self.0.elapsed().as_nanos()).unwrap())
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The environment of a process whose time is the runtime's, which a test pauses.
pub(crate) fn paused_env(seed: u64) -> Env {
    Env::seeded(seed, Arc::new(PausedClock(Instant::now())))
}

/// Writes lines, times in nanoseconds, to the database `d`.
pub(crate) async fn write(engine: &Engine, lines: &str) {
    write_to(engine, "d", lines).await;
}

/// Writes lines, times in nanoseconds, to a database.
pub(crate) async fn write_to(engine: &Engine, database: &str, lines: &str) {
    engine.write(request(database, lines)).await.unwrap();
}

/// A write of lines, times in nanoseconds.
pub(crate) fn request(database: &str, lines: &str) -> WriteRequest {
    WriteRequest {
        database: database.to_owned(),
        precision: Precision::Nanosecond,
        ack: None,
        accept_partial: false,
        idempotency_key: None,
        body: lines.to_owned().into(),
    }
}
