//! Files to segments, without a server and without a log.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tidewell_env::Env;
use tidewell_manifest::Manifest;
use tidewell_storage::Store;
use tidewell_types::WriterId;
use tokio::sync::Semaphore;

use crate::budget::Budget;
use crate::error::ImportError;
use crate::feed::{Event, Feed};
use crate::file::SourceFile;
use crate::options::ImportOptions;
use crate::pack::{Packer, Stored};
use crate::progress::Progress;
use crate::schema::table_schema;
use crate::summary::ImportSummary;

/// Runs that are sorted and encoded at once: what the memory limit is divided by.
const RUNS_MAX: usize = 2;

/// Imports files into one database; any number may run at any time, beside servers.
#[derive(Clone, Debug)]
pub struct Importer {
    store: Store,
    env: Env,
    manifest: Manifest,
}

/// What all parts of one import share.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) store: Store,
    pub(crate) env: Env,
    pub(crate) manifest: Manifest,
    pub(crate) writer: WriterId,
    pub(crate) options: ImportOptions,
    pub(crate) progress: Arc<Progress>,
    pub(crate) budget: Arc<Budget>,
    pub(crate) slots: Arc<Semaphore>,
}

impl Importer {
    /// An importer into the database of `manifest`, whose store is `store`.
    #[must_use]
    pub fn new(store: Store, env: Env, manifest: Manifest) -> Self {
        Self { store, env, manifest }
    }

    /// Imports files, in the order given. Runs to its end whatever single files are like: those that cannot be stored are in
    /// the summary, each with its reason.
    ///
    /// Requests: two GETs to catch up; of each file what reading it takes; a commit for columns that the table lacks; a PUT
    /// for each segment; and a commit (5 requests) for each bundle of files whose rows take an eighth of the memory limit, or
    /// for a single larger file.
    ///
    /// Dropping the future stops it: what was committed stays, and a commit that is under way ends by itself.
    ///
    /// # Errors
    /// [`ImportError`] when it cannot begin or go on; what was committed before stays.
    pub async fn run(
        &self,
        files: &[SourceFile],
        options: &ImportOptions,
        progress: &Arc<Progress>,
    ) -> Result<ImportSummary, ImportError> {
        options.check()?;
        let started = self.env.monotonic();
        progress.files_total.store(files.len() as u64, Ordering::Relaxed);
        progress.bytes_total.store(files.iter().map(SourceFile::file_bytes).sum(), Ordering::Relaxed);
        let state = self.manifest.catch_up().await?;
        let job = Arc::new(Job {
            store: self.store.clone(),
            env: self.env.clone(),
            manifest: self.manifest.clone(),
            writer: self.env.writer_id(),
            options: options.clone(),
            progress: Arc::clone(progress),
            budget: Budget::new(options.read_bytes_max()),
            slots: Arc::new(Semaphore::new(RUNS_MAX)),
        });
        let todo: Vec<(usize, SourceFile)> = files.iter().cloned().enumerate().collect();
        let known = table_schema(&state, &options.table);
        let mut feed = Feed::new(Arc::clone(&job), Arc::clone(&known), todo);
        let mut packer = Packer::new(Arc::clone(&job), known);
        while let Some(event) = feed.next().await {
            if progress.is_cancelled() {
                packer.cancel();
                break;
            }
            step(&mut feed, &mut packer, event).await?;
        }
        let mut summary = packer.finish().await?;
        summary.read_bytes_peak = job.budget.peak_bytes();
        summary.bytes_read = progress.bytes_done.load(Ordering::Relaxed);
        summary.elapsed = self.env.monotonic().saturating_sub(started);
        Ok(summary)
    }
}

async fn step(feed: &mut Feed, packer: &mut Packer, event: Event) -> Result<(), ImportError> {
    let stored = match event {
        Event::Begin(file) => packer.begin(file),
        Event::Batch(rows) => packer.take(rows).await?,
        Event::End(found) => packer.end(found).await?,
        Event::Failed(source, error) => {
            packer.fail(&source, &error).await;
            Stored::GoOn
        }
    };
    match stored {
        Stored::GoOn => {}
        Stored::Refused => feed.skip(),
        Stored::Again(file, csv, plan) => feed.again(&file, &csv, *plan),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
