//! The maintenance verbs, for the edges and the background.

use std::time::Duration;

use tidewell_cost::Purpose;
use tidewell_maintain::{
    Collector, CompactOptions, Compactor, Expirer, GcKind, GcOptions, RewriteSummary, SealOptions, Sealer, TierOptions,
    Tierer, set_retention,
};
use tidewell_manifest::Manifest;
use tidewell_storage::Store;
use tidewell_types::TableName;

use crate::database::Database;
use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};
use crate::fold::FoldReport;
use crate::rollup::check_retention;

/// Hears what is being done, for a person.
pub type Progress<'a> = &'a (dyn Fn(String) + Send + Sync);

/// A maintenance verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// The log becomes segments.
    Fold,
    /// Many small segments become few large ones.
    Compact,
    /// Buckets of rollups that are due are computed.
    Rollup,
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
    /// No work is begun after this time, in any database; the next run goes on.
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
    /// Whether nothing is left to do for now.
    pub is_done: bool,
    /// How long it took.
    pub elapsed: Duration,
}

/// What a verb did to the databases that it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerbRun {
    /// Those that it worked on, in the order of their names.
    pub reports: Vec<VerbReport>,
    /// Those that it had no time for.
    pub left: Vec<String>,
}

impl VerbRun {
    /// Whether nothing is left to do for now.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.left.is_empty() && self.reports.iter().all(|report| report.is_done)
    }
}

/// The store and a database's view with counters of one run.
pub(crate) struct Metered {
    pub(crate) store: Store,
    pub(crate) manifest: Manifest,
}

impl Metered {
    fn new(store: &Store, database: &Database) -> Self {
        let store = store.metered();
        let manifest = database.manifest.through(store.clone());
        Self { store, manifest }
    }
}

pub(crate) fn count(name: &'static str, value: u64) -> Figure {
    Figure { name, value, is_bytes: false }
}

pub(crate) fn bytes(name: &'static str, value: u64) -> Figure {
    Figure { name, value, is_bytes: true }
}

impl Engine {
    /// Runs a verb on one database, or on every one. `progress` hears what is being done, for a person.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, the store, damage: of the first database that failed. The others are done all the same;
    /// the same verb may be called again.
    pub async fn maintain(
        &self,
        verb: Verb,
        database: Option<&str>,
        options: &VerbOptions,
        progress: Progress<'_>,
    ) -> Result<VerbRun, EngineError> {
        let started = self.inner.env.monotonic();
        let (mut run, mut failed) = (VerbRun::default(), None);
        for name in self.named(database).await? {
            let elapsed = self.inner.env.monotonic().saturating_sub(started);
            let time_limit = options.time_limit.map(|limit| limit.saturating_sub(elapsed));
            if time_limit.is_some_and(|limit| limit.is_zero()) {
                run.left.push(name.as_str().to_owned());
                continue;
            }
            let options = VerbOptions { time_limit, ..options.clone() };
            let of_database = |what: String| progress(format!("{name}: {what}"));
            let maintained = async {
                let database = self.inner.databases.open(&name).await?;
                self.maintain_database(verb, &database, &options, &of_database).await
            };
            match maintained.await {
                Ok(report) => run.reports.push(report),
                Err(error) => failed = failed.or(Some(error)),
            }
        }
        failed.map_or(Ok(run), Err)
    }

    pub(crate) async fn maintain_database(
        &self,
        verb: Verb,
        database: &Database,
        options: &VerbOptions,
        progress: Progress<'_>,
    ) -> Result<VerbReport, EngineError> {
        let started = self.inner.env.monotonic();
        let metered = Metered::new(&self.inner.store, database);
        let done = match verb {
            Verb::Fold => self.fold_leftovers(database).await.map(|report| (fold_figures(&report), true)),
            Verb::Rollup => self.roll_up(database, &metered, options, progress).await,
            Verb::Compact => self.compact(&metered, options, progress).await,
            Verb::Tier => self.tier(&metered, options, progress).await,
            Verb::Expire => self.expire(&metered).await.map(|figures| (figures, true)),
            Verb::Collect => self.collect(database, &metered, options).await.map(|figures| (figures, true)),
        };
        let used = metered.store.meter().snapshot();
        self.inner.home.book(Purpose::Maintenance, &database.name, &[], &used);
        let (figures, is_done) = done?;
        let elapsed = self.inner.env.monotonic().saturating_sub(started);
        Ok(VerbReport { database: database.name.as_str().to_owned(), figures, is_done, elapsed })
    }
}

impl Engine {
    async fn compact(
        &self,
        metered: &Metered,
        options: &VerbOptions,
        progress: Progress<'_>,
    ) -> Result<(Vec<Figure>, bool), EngineError> {
        let inner = &self.inner;
        let compact = CompactOptions { time_max: options.time_limit, ..CompactOptions::default() };
        let compactor = Compactor::new(metered.store.clone(), inner.env.clone(), metered.manifest.clone(), compact);
        let summary = compactor.compact(&|summary| progress(rewritten(summary))).await?;
        Ok((rewrite_figures(&summary), summary.is_done))
    }

    async fn tier(
        &self,
        metered: &Metered,
        options: &VerbOptions,
        progress: Progress<'_>,
    ) -> Result<(Vec<Figure>, bool), EngineError> {
        let inner = &self.inner;
        let tier = TierOptions { time_max: options.time_limit, ..TierOptions::new(options.cold_after) };
        let tierer = Tierer::new(metered.store.clone(), inner.env.clone(), metered.manifest.clone(), tier);
        let summary = tierer.tier(&|summary| progress(rewritten(summary))).await?;
        Ok((rewrite_figures(&summary), summary.is_done))
    }

    async fn expire(&self, metered: &Metered) -> Result<Vec<Figure>, EngineError> {
        let expirer = Expirer::new(self.inner.env.clone(), metered.manifest.clone());
        let summary = expirer.expire().await?;
        Ok(vec![
            count("tables", summary.table_count),
            count("segments out", summary.segment_count),
            count("rows out", summary.row_count),
            bytes("size out", summary.bytes),
            count("segments in part", summary.partial_count),
            count("version", summary.version.get()),
        ])
    }

    /// Ends the generations that have had their time, since what they left over can be told only then, and collects.
    async fn collect(
        &self,
        database: &Database,
        metered: &Metered,
        options: &VerbOptions,
    ) -> Result<Vec<Figure>, EngineError> {
        let inner = &self.inner;
        let mut sealed = 0;
        if !options.dry_run {
            let folder = self.folder_of(database).await?;
            let sealer = Sealer::new(inner.env.clone(), metered.manifest.clone(), folder, SealOptions::default());
            sealed = sealer.run().await?.sealed.len() as u64;
        }
        let gc = GcOptions {
            dry_run: options.dry_run,
            reader_grace_ms: u64::try_from(options.reader_grace.as_millis()).unwrap_or(u64::MAX),
            deleted_fraction_max: options.deleted_fraction_max,
            ..GcOptions::default()
        };
        let collector = Collector::new(metered.store.clone(), inner.env.clone(), metered.manifest.clone(), gc);
        let catalog = tidewell_catalog::garbage_of(&metered.store, metered.manifest.layout());
        let summary = collector.collect_with(catalog).await?;
        let mut figures = vec![count("generations sealed", sealed)];
        figures.extend(GcKind::ALL.iter().map(|kind| count(kind.name(), summary.of(*kind).deleted)));
        let freed = GcKind::ALL.iter().map(|kind| summary.of(*kind).deleted_bytes).sum();
        figures.extend([
            bytes("size", freed),
            count("failed", summary.failed()),
            count("unknown names", summary.unparsed_count),
            count("version", summary.version.get()),
        ]);
        Ok(figures)
    }

    /// Sets how long the rows of a table, or of all tables that do not say, are kept; `None` for ever. One commit.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, a table's name that cannot be, `Invalid` for one that is too short for a rollup of the
    /// table, the store.
    pub async fn set_retention(
        &self,
        database: &str,
        table: Option<&str>,
        retention: Option<Duration>,
    ) -> Result<u64, EngineError> {
        let database = self.inner.databases.existing(database).await?;
        let table = table.map(TableName::new).transpose()?;
        if let Some(table) = &table
            && !database.manifest.state().tables.contains_key(table)
        {
            let message = format!("there is no table {:?} in database {}", table.as_str(), database.name);
            return Err(EngineError::new(ErrorKind::NotFound, message));
        }
        let retention_ms = retention.map_or(0, |span| u64::try_from(span.as_millis()).unwrap_or(u64::MAX));
        check_retention(&database.manifest.state(), table.as_ref(), retention_ms)?;
        let writer = self.inner.env.writer_id();
        Ok(set_retention(&database.manifest, writer, table, retention_ms).await?.get())
    }
}

fn fold_figures(report: &FoldReport) -> Vec<Figure> {
    vec![
        count("rows", report.rows),
        count("segments", report.segments as u64),
        bytes("size", report.bytes),
        count("log entries", report.entries as u64),
        count("version", report.version),
    ]
}

fn rewritten(summary: &RewriteSummary) -> String {
    let RewriteSummary { job_count, segments_in, segments_out, rows_out, .. } = summary;
    format!("{job_count} rewrites, {segments_in} segments became {segments_out}, {rows_out} rows")
}

fn rewrite_figures(summary: &RewriteSummary) -> Vec<Figure> {
    vec![
        count("rewrites", summary.job_count),
        count("segments in", summary.segments_in),
        count("segments out", summary.segments_out),
        count("rows in", summary.rows_in),
        count("rows out", summary.rows_out),
        bytes("size in", summary.bytes_in),
        bytes("size out", summary.bytes_out),
        count("lost races", summary.lost_count),
        count("deletes done", summary.lifted_count),
        count("left to do", u64::from(!summary.is_done)),
    ]
}
