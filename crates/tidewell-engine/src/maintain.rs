//! The maintenance verbs but fold, for the edges and the background.

use std::sync::Arc;
use std::time::Duration;

use tidewell_maintain::{
    Collector, CompactOptions, Compactor, GcKind, GcOptions, SealOptions, Sealer, TierOptions, expire, tier,
};

use crate::database::Database;
use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

/// A maintenance verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// Many small segments become few large ones.
    Compact,
    /// Segments with old rows move to the cold tier.
    Tier,
    /// Rows that have outlived their retention stop counting.
    Expire,
    /// Generations that have had their time are ended, and what nothing needs any more is deleted.
    Collect,
}

/// How a verb goes about it.
#[derive(Clone, Debug)]
pub struct VerbOptions {
    /// `Tier`: the age of a segment's newest row from which on it is cold.
    pub cold_after: Duration,
    /// `Collect`: say what would be deleted and delete nothing.
    pub dry_run: bool,
    /// `Collect`: the time that readers of an older version are given.
    pub reader_grace: Duration,
    /// `Collect`: the share of a database's objects above which nothing is deleted, 0 to 1.
    pub deleted_fraction_max: f64,
    /// No work is begun after this time; the next run goes on.
    pub time_limit: Option<Duration>,
}

impl Default for VerbOptions {
    fn default() -> Self {
        let gc = GcOptions::default();
        Self {
            cold_after: Duration::from_secs(7 * 24 * 3600),
            dry_run: false,
            reader_grace: Duration::from_millis(gc.reader_grace_ms),
            deleted_fraction_max: gc.deleted_fraction_max,
            time_limit: None,
        }
    }
}

/// One number of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it counts, for a person.
    pub name: &'static str,
    /// The number.
    pub value: u64,
    /// Whether it is a size in bytes.
    pub is_bytes: bool,
}

/// What a verb did to one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerbReport {
    /// The database.
    pub database: String,
    /// What was done; the same figures in the same order for every database.
    pub figures: Vec<Figure>,
    /// How long it took.
    pub elapsed: Duration,
}

fn count(name: &'static str, value: u64) -> Figure {
    Figure { name, value, is_bytes: false }
}

fn bytes(name: &'static str, value: u64) -> Figure {
    Figure { name, value, is_bytes: true }
}

impl Engine {
    /// Runs a verb on one database, or on every one. `progress` hears what is being done, for a person.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, the store, damage. Databases before the one that failed are done; the same verb
    /// may be called again.
    pub async fn maintain(
        &self,
        verb: Verb,
        database: Option<&str>,
        options: &VerbOptions,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<Vec<VerbReport>, EngineError> {
        let mut reports = Vec::new();
        for name in self.named(database).await? {
            let database = self.inner.databases.open(&name).await?;
            let of_database = |what: String| progress(format!("{name}: {what}"));
            reports.push(self.maintain_database(verb, &database, options, &of_database).await?);
        }
        Ok(reports)
    }

    pub(crate) async fn maintain_database(
        &self,
        verb: Verb,
        database: &Database,
        options: &VerbOptions,
        progress: &(dyn Fn(String) + Sync),
    ) -> Result<VerbReport, EngineError> {
        let started = self.inner.env.monotonic();
        let figures = match verb {
            Verb::Compact => self.compact(database, options, progress).await?,
            Verb::Tier => self.tier(database, options, progress).await?,
            Verb::Expire => self.expire(database).await?,
            Verb::Collect => self.collect(database, options).await?,
        };
        let elapsed = self.inner.env.monotonic().saturating_sub(started);
        Ok(VerbReport { database: database.name.as_str().to_owned(), figures, elapsed })
    }
}
