//! What a server does on its own: fold when there is enough or it is time, and fsync in `periodic` mode.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tidewell_wal::AckLevel;

use crate::database::Database;
use crate::engine::{Engine, Inner};
use crate::upkeep::upkeep;

/// How often thresholds are looked at when nobody says that a buffer has grown.
const LOOK_INTERVAL: Duration = Duration::from_millis(500);
/// After a fold failed, the pause before the next try.
const RETRY_PAUSE: Duration = Duration::from_secs(5);
/// One fold interval after its start, and then once in so many, a server looks for what killed processes left in the log:
/// a LIST of the databases, and of each a LIST and two GETs.
const SWEEP_INTERVALS: u32 = 10;

/// Starts the tasks; they end when the engine is gone or closing.
pub(crate) fn start(inner: &Arc<Inner>) {
    inner.env.spawn(fold(Arc::downgrade(inner)));
    let maintain = &inner.config.maintain;
    if maintain.interval_ms > 0 {
        inner.env.spawn(upkeep(Arc::downgrade(inner), Duration::from_millis(maintain.interval_ms)));
    }
    if inner.config.level() == AckLevel::Periodic {
        inner.env.spawn(sync(Arc::downgrade(inner)));
    }
}

pub(crate) fn open_engine(inner: &Weak<Inner>) -> Option<Engine> {
    inner.upgrade().filter(|inner| !inner.is_closing.load(Ordering::Relaxed)).map(|inner| Engine { inner })
}

async fn fold(inner: Weak<Inner>) {
    let mut sweeps: u32 = 0;
    while let Some(engine) = open_engine(&inner) {
        for database in engine.inner.databases.opened() {
            if database.is_sealing()
                && let Err(error) = engine.finish_sealing(&database).await
            {
                tracing::warn!(database = %database.name, %error, "a generation stays half sealed; it is tried again");
            }
            if is_due(&engine, &database)
                && let Err(error) = engine.fold_database(&database).await
            {
                tracing::error!(database = %database.name, %error, "fold failed; the log keeps the rows, trying again");
                engine.inner.env.sleep(RETRY_PAUSE).await;
            }
        }
        let interval = Duration::from_millis(engine.inner.config.fold.interval_ms);
        let up = engine.inner.env.monotonic().saturating_sub(engine.inner.opened_at);
        if up >= interval * (1 + sweeps * SWEEP_INTERVALS) {
            sweeps += 1;
            sweep(&engine).await;
        }
        let (grown, look) = (engine.inner.grown.notified(), engine.inner.env.sleep(LOOK_INTERVAL.min(interval)));
        futures::future::select(std::pin::pin!(grown), std::pin::pin!(look)).await;
    }
}

fn is_due(engine: &Engine, database: &Database) -> bool {
    let totals = database.buffer.totals();
    if database.begun().is_none() || totals.entries == 0 {
        return false;
    }
    let bytes_max = engine.inner.config.fold_bytes_max();
    let config = &engine.inner.config.fold;
    let waited = engine.inner.env.monotonic().saturating_sub(*database.last_fold.lock());
    totals.bytes as u64 >= bytes_max
        || totals.rows as u64 >= config.rows_max
        || waited >= Duration::from_millis(config.interval_ms)
}

/// Folds what is in the store's log of any database, whoever wrote it.
async fn sweep(engine: &Engine) {
    let names = match engine.inner.databases.names().await {
        Ok(names) => names,
        Err(error) => return tracing::warn!(%error, "databases not listed; leftovers in the log wait"),
    };
    for name in names {
        let swept = async {
            let database = engine.inner.databases.open(&name).await?;
            engine.fold_leftovers(&database).await
        };
        if let Err(error) = swept.await {
            tracing::warn!(database = %name, %error, "leftovers in the log wait");
        }
    }
}

async fn sync(inner: Weak<Inner>) {
    while let Some(engine) = open_engine(&inner) {
        let env = engine.inner.env.clone();
        for database in engine.inner.databases.opened() {
            let Some(local) = database.begun().and_then(|work| work.local.clone()) else { continue };
            let synced = env.blocking(move || local.log.lock().sync()).await;
            if let Err(error) = synced {
                tracing::error!(database = %database.name, %error, "fsync failed: writes are refused from here on");
            }
        }
        let pause = Duration::from_millis(engine.inner.config.wal.sync_interval_ms);
        drop(engine);
        env.sleep(pause).await;
    }
}
