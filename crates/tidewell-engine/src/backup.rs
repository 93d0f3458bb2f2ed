//! Backups to another store, for the edges.

use std::time::Duration;

use tidewell_maintain::backup::{self, Backup, BackupOptions, BackupSummary, Progress as Copied};
use tidewell_storage::{Prefix, Store, StoreOptions, StoreUrl, parse_database_folder};
use tidewell_types::DatabaseName;

use crate::engine::Engine;
use crate::error::EngineError;
use crate::maintain::Progress;

/// What copying one database did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupReport {
    /// The database.
    pub database: String,
    /// The version that the target holds.
    pub version: u64,
    /// Segments that were copied.
    pub objects_copied: u64,
    /// Segments that were there already.
    pub objects_kept: u64,
    /// What was copied, in bytes.
    pub bytes_copied: u64,
    /// How long it took.
    pub elapsed: Duration,
}

impl BackupReport {
    fn new(database: &DatabaseName, summary: &BackupSummary, elapsed: Duration) -> Self {
        Self {
            database: database.as_str().to_owned(),
            version: summary.version.get(),
            objects_copied: summary.copied_count,
            objects_kept: summary.segment_count.saturating_sub(summary.copied_count + summary.foreign_count),
            bytes_copied: summary.copied_bytes,
            elapsed,
        }
    }
}

fn copied(name: &DatabaseName, progress: Copied) -> String {
    let Copied { done_count, segment_count, copied_bytes } = progress;
    format!("{name}: {done_count} of {segment_count} segments, {copied_bytes} bytes copied")
}

impl Engine {
    /// Copies the newest version of one database, or of every one, to another store: only what it does not have yet. The
    /// target is a store of its own afterwards.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `Invalid` (the target is another store), either store. The backup before stays
    /// readable, and the next one goes on where this one ended.
    pub async fn backup(
        &self,
        database: Option<&str>,
        target: &StoreUrl,
        progress: Progress<'_>,
    ) -> Result<Vec<BackupReport>, EngineError> {
        let inner = &self.inner;
        let target = Store::open(target, inner.env.clone(), &StoreOptions::default())?;
        let mut reports = Vec::new();
        for name in self.named(database).await? {
            let started = inner.env.monotonic();
            let database = inner.databases.open(&name).await?;
            let folder = self.folder_of(&database).await?;
            let job = Backup {
                folder: &folder,
                manifest: &database.manifest,
                source: &inner.store,
                target: &target,
                env: &inner.env,
                writer: inner.env.writer_id(),
            };
            let on_progress = |done: Copied| progress(copied(&name, done));
            let summary = backup::backup(&job, BackupOptions::default(), &on_progress).await?;
            if let Some(snapshot) = &summary.snapshot_left {
                tracing::warn!(database = %name, snapshot, "the backup's snapshot could not be dropped: drop it by hand");
            }
            reports.push(BackupReport::new(&name, &summary, inner.env.monotonic().saturating_sub(started)));
        }
        Ok(reports)
    }

    /// Copies one database, or every one, from a backup into this store, which must not have it.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` (the database is here, or the other store has no backup of it), either store.
    pub async fn restore_backup(
        &self,
        database: Option<&str>,
        source: &StoreUrl,
        progress: Progress<'_>,
    ) -> Result<Vec<BackupReport>, EngineError> {
        let inner = &self.inner;
        let source = Store::open(source, inner.env.clone(), &StoreOptions::default())?;
        let names = match database {
            Some(name) => vec![DatabaseName::new(name)?],
            None => {
                let folders = source.list_folders(&Prefix::databases()).await?;
                folders.iter().filter_map(|folder| parse_database_folder(folder)).collect()
            }
        };
        let mut reports = Vec::new();
        for name in names {
            let started = inner.env.monotonic();
            let on_progress = |done: Copied| progress(copied(&name, done));
            let options = BackupOptions::default();
            let restored =
                backup::restore_backup(&source, &inner.store, &inner.env, &name, options, &on_progress).await;
            reports.push(BackupReport::new(&name, &restored?, inner.env.monotonic().saturating_sub(started)));
        }
        Ok(reports)
    }
}
