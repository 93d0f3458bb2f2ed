//! Rollups, for the edges: tables that are kept as aggregates of others.

mod pace;
mod run;
mod sql;

use tidewell_maintain::rollup::{self as maintained, due};
use tidewell_manifest::{Rollup, RollupDefinition, State};
use tidewell_types::{TableName, TimeBounds, TimestampNs};

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

/// A rollup, for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RollupStatus {
    /// Its name.
    pub name: String,
    /// How its target is made.
    pub definition: RollupDefinition,
    /// The commit that made it.
    pub created: u64,
    /// The last commit that settled buckets of it; 0 for none.
    pub stepped: u64,
    /// The span of the buckets that are to be computed and settled by now; `None` where it is up to date.
    pub due: Option<TimeBounds>,
}

/// Whether rows are kept for long enough that a bucket of them can be computed.
fn check_kept(definition: &RollupDefinition, kept_ms: Option<u64>) -> Result<(), EngineError> {
    let needed_ms = definition.interval_ms.saturating_add(definition.settle_ms);
    match kept_ms.filter(|kept_ms| *kept_ms <= needed_ms) {
        None => Ok(()),
        Some(kept_ms) => Err(EngineError::new(
            ErrorKind::Invalid,
            format!(
                "rows of table {:?} are kept for {kept_ms} ms, and a bucket of the rollup is computed {needed_ms} ms after its \
                 start: keep them for longer, or take narrower buckets",
                definition.source.as_str()
            ),
        )),
    }
}

/// Whether the rollups of a table, or of all that have no retention of their own, could still be computed.
pub(crate) fn check_retention(state: &State, table: Option<&TableName>, kept_ms: u64) -> Result<(), EngineError> {
    let has_own = |table: &TableName| state.tables.get(table).is_some_and(|table| table.retention_ms.is_some());
    for rollup in state.rollups.values().filter(|_| kept_ms > 0) {
        let source = &rollup.definition.source;
        if table.map_or_else(|| !has_own(source), |table| table == source) {
            check_kept(&rollup.definition, Some(kept_ms))?;
        }
    }
    Ok(())
}

impl Engine {
    /// Makes a rollup of a database, with its history from the bucket that holds `since` on (all where it is `None`). Gives the
    /// version. One commit.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `Invalid` for a definition that cannot be, a name or a target that is taken, the store.
    pub async fn create_rollup(
        &self,
        database: &str,
        name: &str,
        definition: RollupDefinition,
        since: Option<TimestampNs>,
    ) -> Result<u64, EngineError> {
        self.check_open()?;
        let database = self.inner.databases.existing(database).await?;
        let state = database.manifest.state();
        let source = state.tables.get(&definition.source).cloned().unwrap_or_default();
        check_kept(&definition, state.retention_ms_of(&source))?;
        let since = since.unwrap_or(TimestampNs::MIN);
        Ok(maintained::create(&database.manifest, &self.inner.env, name, definition, since).await?.get())
    }

    /// Gives a rollup up; its target's rows stay. Gives the version. One commit.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `NotFound` where there is none of the name, the store.
    pub async fn drop_rollup(&self, database: &str, name: &str) -> Result<u64, EngineError> {
        self.check_open()?;
        let database = self.inner.databases.existing(database).await?;
        Ok(maintained::drop(&database.manifest, &self.inner.env, name).await?.get())
    }

    /// The rollups of a database, in the order of their names. Two GETs.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, the store.
    pub async fn rollups(&self, database: &str) -> Result<Vec<RollupStatus>, EngineError> {
        let database = self.inner.databases.existing(database).await?;
        let state = database.manifest.catch_up().await?;
        let now = self.inner.env.now();
        let status = |(name, rollup): (&String, &Rollup)| RollupStatus {
            name: name.clone(),
            definition: rollup.definition.clone(),
            created: rollup.created.get(),
            stepped: rollup.stepped.get(),
            due: due(rollup, now),
        };
        Ok(state.rollups.iter().map(status).collect())
    }
}

#[cfg(test)]
mod tests;
