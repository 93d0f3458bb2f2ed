//! Registered files, for the edges: files of others that stay where they are and are queried as rows of a table.

use tidewell_maintain::registered;
use tidewell_manifest::{Candidate, CommitError, Refusal};
use tidewell_storage::{FileUrl, ForeignStores, StoreOptions};
use tidewell_types::{DatabaseName, TableName, TimeBounds};

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

/// A registered file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegisteredInfo {
    /// The table that has its rows.
    pub table: String,
    /// Where it is.
    pub url: String,
    /// Its length, in bytes.
    pub bytes: u64,
    /// Its rows: what was found, or with `time` missing what its footer claims.
    pub row_count: u64,
    /// Its earliest and latest row; `None` where nobody has looked at its rows yet.
    pub time: Option<TimeBounds>,
    /// Whether it was given to us: it may be rewritten, and deleted then.
    pub is_owned: bool,
    /// The version that registered it: its rows count as written by that commit.
    pub version: u64,
}

/// What a look at registered files came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// Files that were looked at.
    pub checked_count: u64,
    /// Files that had been looked at before.
    pub known_count: u64,
    /// Files that cannot be read, by URL, and why; queries that need them fail with the same words.
    pub unreadable: Vec<(String, String)>,
}

impl Engine {
    /// Makes files of others part of a table, where they are; makes database and table where missing. Their rows count as
    /// written by this commit. A file that the table has in the same content stays; another content replaces it. One commit;
    /// the version.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` where a file lies among the store's own objects, columns do not agree, another table owns a
    /// file or there are too many; the store. Nothing is registered then, unless the kind is `Unknown`: the same candidates
    /// may be given again.
    pub async fn register(&self, database: &str, table: &str, candidates: Vec<Candidate>) -> Result<u64, EngineError> {
        self.check_open()?;
        let inner = &self.inner;
        let (name, table) = (DatabaseName::new(database)?, TableName::new(table)?);
        candidates.iter().try_for_each(|candidate| self.check_place(&candidate.file.url))?;
        inner.home.make_store().await?;
        let database = inner.databases.open(&name).await?;
        let registered = registered::register(&database.manifest, inner.env.writer_id(), &table, candidates).await;
        Ok(registered.map_err(refused)?.get())
    }

    /// Takes files out of a table; they stay where they are. One commit; the version.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `Invalid` naming a file that the table does not have, the store. Nothing is dropped
    /// then, unless the kind is `Unknown`.
    pub async fn unregister(&self, database: &str, table: &str, urls: Vec<String>) -> Result<u64, EngineError> {
        self.check_open()?;
        let inner = &self.inner;
        let (database, table) = (inner.databases.existing(database).await?, TableName::new(table)?);
        let dropped = registered::unregister(&database.manifest, inner.env.writer_id(), &table, urls).await;
        Ok(dropped.map_err(refused)?.get())
    }

    /// The registered files of a database, by table and then by the order of their registration. Two GETs.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, the store.
    pub async fn registered(&self, database: &str) -> Result<Vec<RegisteredInfo>, EngineError> {
        let database = self.inner.databases.existing(database).await?;
        let state = database.manifest.catch_up().await?;
        let info = |entry: &std::sync::Arc<tidewell_manifest::SegmentEntry>| {
            let file = entry.foreign.as_ref()?;
            Some(RegisteredInfo {
                table: entry.table.as_str().to_owned(),
                url: file.url.clone(),
                bytes: entry.file_bytes,
                row_count: entry.row_count,
                time: entry.has_facts().then_some(entry.time),
                is_owned: file.is_owned,
                version: entry.rank.get(),
            })
        };
        Ok(state.registered().filter_map(info).collect())
    }

    /// Looks at the time and the tags of all rows of the registered files that nobody has looked at, and commits what it finds:
    /// queries need not look again, and rewrites pass by.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, the store. What was found before stays.
    pub async fn check_registered(&self, database: &str) -> Result<CheckReport, EngineError> {
        self.check_open()?;
        let inner = &self.inner;
        let database = inner.databases.existing(database).await?;
        let stores = ForeignStores::new(inner.env.clone(), StoreOptions::default());
        let (writer, meter) = (inner.env.writer_id(), inner.store.meter());
        let checked = registered::check(&database.manifest, &inner.env, writer, &stores, meter).await?;
        let registered::CheckSummary { checked_count, known_count, unreadable } = checked;
        Ok(CheckReport { checked_count, known_count, unreadable })
    }

    /// What lies among our own objects is collected by our own rules, so it can be nobody else's.
    fn check_place(&self, url: &str) -> Result<(), EngineError> {
        let invalid = |message: String| EngineError::new(ErrorKind::Invalid, message);
        let parsed: FileUrl = url.parse().map_err(|error| invalid(format!("{error}")))?;
        if parsed.to_string() != url {
            return Err(invalid(format!("{url:?} is to be spelled {parsed}")));
        }
        match parsed.name_in(self.inner.store.url()).filter(tidewell_storage::ObjectName::is_reserved) {
            Some(_) => Err(invalid(format!("{url} lies among the objects of this store: register a copy elsewhere"))),
            None => Ok(()),
        }
    }
}

/// A refusal says what to change.
fn refused(error: CommitError) -> EngineError {
    match error {
        CommitError::Refused(
            refusal @ (Refusal::Schema { .. }
            | Refusal::FileTwice(_)
            | Refusal::FileMissing(_)
            | Refusal::FileOwned { .. }
            | Refusal::FileGoing(_)
            | Refusal::FilesTooMany(_)),
        ) => EngineError::new(ErrorKind::Invalid, refusal.to_string()),
        error => error.into(),
    }
}

#[cfg(test)]
mod tests;
