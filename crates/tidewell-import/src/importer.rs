//! Files to segments, without a server and without a log.

use std::collections::BTreeSet;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tidewell_env::Env;
use tidewell_manifest::Manifest;
use tidewell_storage::Store;
use tidewell_types::WriterId;
use tokio::sync::Semaphore;

use crate::error::ImportError;
use crate::feed::{Event, Feed, Reading, Todo};
use crate::file::SourceFile;
use crate::journal::Journal;
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
    pub(crate) reading: Arc<Reading>,
    pub(crate) store: Store,
    pub(crate) manifest: Manifest,
    pub(crate) writer: WriterId,
    pub(crate) slots: Arc<Semaphore>,
}

impl Deref for Job {
    type Target = Reading;

    fn deref(&self) -> &Reading {
        &self.reading
    }
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
    /// With `resume` the files that an earlier run of the same import has stored are left out, and that run, should it still go
    /// on, is stopped ([`journal`](crate::journal)). Without, all files are stored, after what was there.
    ///
    /// Requests: two GETs to catch up; a PUT and a LIST for the journal; of each file what reading it takes; a commit for columns that the table lacks; a PUT
    /// for each segment; and a PUT and a commit (5 requests) for each bundle of files whose rows take a tenth of the memory limit, or
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
        progress.set_total(files);
        let state = self.manifest.catch_up().await?;
        let reading = Reading::new(&self.env, options, progress);
        let job = Arc::new(Job {
            reading: Arc::clone(&reading),
            store: self.store.clone(),
            manifest: self.manifest.clone(),
            writer: self.env.writer_id(),
            slots: Arc::new(Semaphore::new(RUNS_MAX)),
        });
        let journal = match options.dry_run {
            true => None,
            false => Some(Journal::begin(&self.store, &self.env, &self.manifest, options.job()).await?),
        };
        let stored = match &journal {
            Some(journal) if options.resume => journal.take_over().await?,
            _ => BTreeSet::new(),
        };
        let (todo, skipped) = todo(files, &stored, options);
        let known = table_schema(&state, &options.table);
        let mut feed = Feed::new(reading, Arc::clone(&known), todo);
        let mut packer = Packer::new(Arc::clone(&job), known, journal);
        packer.note_skipped(&skipped);
        while let Some(event) = feed.next().await {
            if progress.is_cancelled() {
                packer.cancel();
                break;
            }
            step(&mut feed, &mut packer, event).await?;
            if packer.is_stopped() {
                break;
            }
        }
        let mut summary = packer.finish().await?;
        summary.read_bytes_peak = job.budget.peak_bytes();
        summary.bytes_read = progress.bytes_done.load(Ordering::Relaxed);
        summary.elapsed = self.env.monotonic().saturating_sub(started);
        Ok(summary)
    }
}

/// The files that are to be read, and those that need not be since they are stored. Which values a stored file has is only
/// known from its rows.
fn todo<'a>(
    files: &'a [SourceFile],
    stored: &BTreeSet<u128>,
    options: &ImportOptions,
) -> (Vec<Todo>, Vec<&'a SourceFile>) {
    let (mut todo, mut skipped) = (Vec::new(), Vec::new());
    for (index, source) in files.iter().enumerate() {
        let is_stored = stored.contains(&source.identity());
        if is_stored && options.dedup_column.is_none() {
            skipped.push(source);
        } else {
            todo.push(Todo { index, source: source.clone(), is_stored });
        }
    }
    (todo, skipped)
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
        Stored::Again(file) => feed.again(&file),
    }
    Ok(())
}

#[cfg(test)]
mod tests;
