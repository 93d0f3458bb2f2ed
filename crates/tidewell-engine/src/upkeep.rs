//! Maintenance that a server does on its own, between the requests it serves.

use std::collections::BTreeMap;
use std::sync::Weak;
use std::time::Duration;

use tidewell_manifest::{Grave, State};
use tidewell_types::{DatabaseName, TimestampNs, Version};

use crate::background::open_engine;
use crate::database::Database;
use crate::engine::{Engine, Inner};
use crate::error::EngineError;
use crate::maintain::{Verb, VerbOptions};

/// The verbs in the order in which one makes work for the next; rows are rolled up before they expire.
const VERBS: [Verb; 5] = [Verb::Rollup, Verb::Expire, Verb::Compact, Verb::Tier, Verb::Collect];

/// Runs the verbs on every open database once an interval, as long as there is anything to do for them: a database that
/// nobody writes to comes to rest and costs no request.
pub(crate) async fn upkeep(inner: Weak<Inner>, interval: Duration) {
    let mut settled: BTreeMap<DatabaseName, Version> = BTreeMap::new();
    loop {
        let Some(env) = open_engine(&inner).map(|engine| engine.inner.env.clone()) else { return };
        env.sleep(interval).await;
        let Some(engine) = open_engine(&inner) else { return };
        for database in engine.inner.databases.opened() {
            let state = database.manifest.state();
            let has_changed = settled.get(&database.name) != Some(&state.version);
            let is_settled = !has_changed && !has_more_with_time(&state, engine.inner.env.now());
            if is_settled || !database.exists() {
                continue;
            }
            match keep_up(&engine, &database).await {
                Ok(()) => drop(settled.insert(database.name.clone(), database.manifest.version())),
                Err(error) => {
                    tracing::warn!(database = %database.name, %error, "maintenance did not end; it is tried again");
                }
            }
        }
    }
}

/// Whether time alone makes work: rows that outlive their retention, removed segments whose readers' time runs out,
/// buckets of rollups that have settled.
fn has_more_with_time(state: &State, now: TimestampNs) -> bool {
    let has_retention = state.tables.values().any(|table| state.retention_ms_of(table).is_some());
    let is_kept = |grave: &Grave| state.snapshots.values().any(|kept| grave.is_needed_by(kept.checkpoint.version));
    has_retention || state.graves.values().any(|grave| !is_kept(grave)) || has_settled_buckets(state, now)
}

fn has_settled_buckets(state: &State, now: TimestampNs) -> bool {
    state.rollups.values().any(|rollup| {
        let settled_to = rollup.definition.settled_to(now);
        rollup.dirty.spans().iter().any(|span| span.time.min <= settled_to)
    })
}

async fn keep_up(engine: &Engine, database: &Database) -> Result<(), EngineError> {
    let config = &engine.inner.config.maintain;
    let mut rolled = Ok(());
    for verb in VERBS {
        let options = VerbOptions {
            cold_after: Duration::from_millis(config.cold_after_ms),
            reader_grace: Duration::from_millis(config.reader_grace_ms),
            ..VerbOptions::default()
        };
        if verb == Verb::Tier && config.cold_after_ms == 0 {
            continue;
        }
        match engine.maintain_database(verb, database, &options, &|_| {}).await {
            Ok(report) => {
                tracing::debug!(database = %database.name, ?verb, figures = ?report.figures, "maintained");
            }
            // Its definition is somebody's own, and what is wrong with it must not stop what keeps the database small.
            Err(error) if verb == Verb::Rollup => {
                tracing::warn!(database = %database.name, %error, "a rollup was not computed in full; it is tried again");
                rolled = Err(error);
            }
            Err(error) => return Err(error),
        }
    }
    rolled
}
