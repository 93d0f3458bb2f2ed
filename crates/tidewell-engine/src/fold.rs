//! Folding, for the edges and the background.

use std::sync::Arc;
use std::time::Duration;

use tidewell_cost::Purpose;
use tidewell_maintain::{FoldOutcome, FoldSummary, Folder};
use tidewell_types::DatabaseName;

use crate::database::Database;
use crate::engine::Engine;
use crate::error::EngineError;

/// What folding one database did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoldReport {
    /// The database.
    pub database: String,
    /// How it ended.
    pub outcome: FoldOutcome,
    /// Rows of the new segments.
    pub rows: u64,
    /// New segments.
    pub segments: usize,
    /// Their size.
    pub bytes: u64,
    /// WAL entries taken.
    pub entries: usize,
    /// The version after it.
    pub version: u64,
    /// How long it took.
    pub elapsed: Duration,
}

impl Engine {
    /// Folds one database's log, or every one's, and collects the log objects that earlier folds took. No database is begun
    /// after `time_limit`.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, a local log that another process holds, the store. Databases before the one
    /// that failed are folded.
    pub async fn fold(
        &self,
        database: Option<&str>,
        time_limit: Option<Duration>,
    ) -> Result<Vec<FoldReport>, EngineError> {
        let started = self.inner.env.monotonic();
        let names = self.named(database).await?;
        let mut reports = Vec::with_capacity(names.len());
        for name in names {
            let elapsed = self.inner.env.monotonic().saturating_sub(started);
            if time_limit.is_some_and(|limit| elapsed >= limit) {
                tracing::warn!(database = %name, "no time was left to fold this database");
                continue;
            }
            let database = self.inner.databases.open(&name).await?;
            reports.push(self.fold_leftovers(&database).await?);
        }
        Ok(reports)
    }

    /// The database of that name, which must exist, or all there are.
    pub(crate) async fn named(&self, database: Option<&str>) -> Result<Vec<DatabaseName>, EngineError> {
        let databases = &self.inner.databases;
        Ok(match database {
            Some(name) => vec![databases.existing(name).await?.name.clone()],
            None => databases.names().await?.into_iter().collect(),
        })
    }

    pub(crate) async fn fold_database(&self, database: &Database) -> Result<FoldReport, EngineError> {
        let inner = &self.inner;
        let started = inner.env.monotonic();
        *database.last_fold.lock() = started;
        let work = database.work(&inner.home).await?;
        self.fold_with(&work.folder, database, started).await
    }

    /// Folds what is in the store's log, and the local log where there is one of this store.
    pub(crate) async fn fold_leftovers(&self, database: &Database) -> Result<FoldReport, EngineError> {
        let started = self.inner.env.monotonic();
        let folder = self.folder_of(database).await?;
        self.fold_with(&folder, database, started).await
    }

    /// What folds a database here: with the local log where this machine has one of it, otherwise without.
    pub(crate) async fn folder_of(&self, database: &Database) -> Result<Arc<Folder>, EngineError> {
        let inner = &self.inner;
        if database.begun().is_some() || database.has_log_here(&inner.home).await? {
            return Ok(Arc::clone(&database.work(&inner.home).await?.folder));
        }
        let log = database.log(&inner.home, &inner.store, &database.manifest.state())?.metered();
        let (manifest, buffer) = (database.manifest.through(log.main().clone()), Arc::clone(&database.buffer));
        let bytes_max = inner.config.limits.buffer_bytes_max;
        Ok(Arc::new(Folder::new(log, inner.env.clone(), manifest, buffer, None, bytes_max)))
    }

    async fn fold_with(
        &self,
        folder: &Folder,
        database: &Database,
        started: Duration,
    ) -> Result<FoldReport, EngineError> {
        let inner = &self.inner;
        let before = folder.usage();
        let folded = folder.fold().await;
        let used = folder.usage() - before;
        inner.home.book(Purpose::Maintenance, &database.name, &[], &used);
        if folded.is_err() {
            inner.counters.folds_failed.add(1);
        }
        let FoldSummary { outcome, entry_count, row_count, segment_count, segment_bytes, version } = folded?;
        let elapsed = inner.env.monotonic().saturating_sub(started);
        if outcome == FoldOutcome::Folded {
            inner.counters.folds.add(1);
            inner.counters.rows_folded.add(usize::try_from(row_count).unwrap_or(usize::MAX));
            let elapsed_ms = elapsed.as_millis();
            tracing::info!(database = %database.name, rows = row_count, segments = segment_count, %version, elapsed_ms, "folded");
        }
        Ok(FoldReport {
            database: database.name.as_str().to_owned(),
            outcome,
            rows: row_count,
            segments: segment_count,
            bytes: segment_bytes,
            entries: entry_count,
            version: version.get(),
            elapsed,
        })
    }
}
