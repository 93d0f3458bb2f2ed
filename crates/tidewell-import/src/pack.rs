//! Rows of files in their order to bundles: what is sorted together and committed together.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::RecordBatch;
use tidewell_csv::{CsvPlan, Rejections};
use tidewell_segment::EncodeOptions;
use tidewell_stage::Stager;
use tidewell_types::{TIME_COLUMN, TableSchema};
use tokio::task::JoinHandle;

use crate::csv::CsvFile;
use crate::dedup::Dedup;
use crate::error::{FileError, ImportError};
use crate::feed::{Kind, Opened};
use crate::file::SourceFile;
use crate::importer::Job;
use crate::journal::Journal;
use crate::lane::CsvFound;
use crate::run::{Run, RunTarget, stage_run};
use crate::schema::{grow, merged, tags_of, with_fields_of};
use crate::summary::{FileRejections, ImportSummary};

type Staging = JoinHandle<Result<Run, FileError>>;

/// What becomes of the file at hand.
pub(crate) enum Stored {
    GoOn,
    /// The rest of the file is not wanted.
    Refused,
    /// The file is to be read once more, by another plan.
    Again(Arc<Opened>),
}

/// A file all of whose rows are good.
#[derive(Clone, Debug)]
pub(crate) struct WholeFile {
    pub(crate) source: SourceFile,
    pub(crate) rows: u64,
    pub(crate) rows_dropped: u64,
}

/// Whole files that are sorted together.
#[derive(Debug, Default)]
struct Bundle {
    files: Vec<WholeFile>,
    batches: Vec<RecordBatch>,
    bytes: u64,
}

struct Shipment {
    files: Vec<WholeFile>,
    runs: Vec<Staging>,
    target: RunTarget,
}

/// Takes rows in order, bundles, stages and commits them.
pub(crate) struct Packer {
    job: Arc<Job>,
    /// The table's columns, with those of all files so far.
    known: Arc<TableSchema>,
    bundle: Bundle,
    current: Option<Current>,
    queue: VecDeque<Shipment>,
    summary: ImportSummary,
    journal: Option<Journal>,
    dedup: Option<Dedup>,
    files_without_column: u64,
    /// Why nothing more is committed.
    stopped: Option<String>,
}

impl Packer {
    pub(crate) fn new(job: Arc<Job>, known: Arc<TableSchema>, journal: Option<Journal>) -> Self {
        let dedup = job.options.dedup_column.as_ref();
        Self {
            dedup: dedup.map(|column| Dedup::new(column, job.options.dedup_bytes_max())),
            journal,
            files_without_column: 0,
            job,
            known,
            bundle: Bundle::default(),
            current: None,
            queue: VecDeque::new(),
            summary: ImportSummary::default(),
            stopped: None,
        }
    }

    /// Whether nothing more is committed.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// A file's rows follow.
    pub(crate) fn begin(&mut self, file: Arc<Opened>) -> Stored {
        let fits = match &file.kind {
            // Its types may follow those of the table yet.
            Kind::Csv(csv) => csv.plan.clone().adopt(&self.known).map_err(FileError::from),
            _ => merged(&self.known, &file.schema, self.job.options.columns_max).map(|_| ()),
        };
        if let Err(error) = fits {
            self.note_failure(&file.source, &error);
            return Stored::Refused;
        }
        self.current = Some(Current::new(file));
        Stored::GoOn
    }

    /// The next rows of the file.
    pub(crate) async fn take(&mut self, rows: RecordBatch) -> Result<Stored, ImportError> {
        let row_count = rows.num_rows() as u64;
        let rows = self.without_repeated(rows).await?;
        let Some(current) = &mut self.current else { return Ok(Stored::GoOn) };
        current.rows_read += row_count;
        current.rows_dropped += row_count - rows.num_rows() as u64;
        let is_counted_only = self.job.options.dry_run || current.file.is_stored || current.is_unsettled;
        if is_counted_only || rows.num_rows() == 0 {
            return Ok(Stored::GoOn);
        }
        current.push(rows);
        let run_bytes = self.job.options.run_bytes();
        let (bytes, is_large) = (current.bytes, current.bytes >= run_bytes);
        if self.bundle.bytes > 0 && self.bundle.bytes + bytes >= run_bytes {
            self.ship_bundle().await?;
        }
        match is_large {
            true => self.flush(false).await,
            false => Ok(Stored::GoOn),
        }
    }

    /// The rows whose value of the dedup column is new.
    async fn without_repeated(&mut self, rows: RecordBatch) -> Result<RecordBatch, ImportError> {
        let Some(mut dedup) = self.dedup.take() else { return Ok(rows) };
        let kept = self.job.env.blocking(move || {
            let kept = dedup.keep(rows);
            (dedup, kept)
        });
        let (dedup, kept) = kept.await;
        self.dedup = Some(dedup);
        kept
    }

    /// All rows of the file were given.
    pub(crate) async fn end(&mut self, found: Option<Box<CsvFound>>) -> Result<Stored, ImportError> {
        let Some(mut current) = self.current.take() else { return Ok(Stored::GoOn) };
        if current.file.is_stored {
            self.keep_values();
            self.job.progress.end(current.file.source.url());
            self.note_skipped(&[&current.file.source]);
            return Ok(Stored::GoOn);
        }
        let mut schema = current.file.schema.clone();
        let mut rejections = Rejections::default();
        let file = Arc::clone(&current.file);
        if let (Kind::Csv(csv), Some(found)) = (&file.kind, found) {
            let found = *found;
            rejections = found.rejections;
            match self.fit(&mut current, csv, found.plan) {
                Ok(None) => {}
                Ok(Some(fitted)) => schema = fitted,
                Err(Unfit::No(error)) => return Ok(self.refuse(current, &error).await),
                Err(Unfit::Again(plan)) => match file.settled(csv, *plan) {
                    Ok(settled) => return Ok(self.again(current, settled).await),
                    Err(error) => return Ok(self.refuse(current, &error).await),
                },
            }
        }
        if let Some(column) = &self.job.options.dedup_column
            && column != TIME_COLUMN
            && schema.kind(column).is_none()
        {
            self.note_absent(current.file.source.url());
        }
        if current.rows_read > 0 {
            match self.admit(&schema).await? {
                Ok(known) => self.known = known,
                Err(error) => return Ok(self.refuse(current, &error).await),
            }
        }
        self.store(current, rejections).await
    }

    /// Gives up what was read of a file, to read it by a plan that knows all of it.
    async fn again(&mut self, current: Current, settled: Opened) -> Stored {
        self.withdraw(current.runs).await;
        self.forget_values();
        let file = Arc::new(settled);
        self.current = Some(Current::again(Arc::clone(&file)));
        Stored::Again(file)
    }

    /// Puts a whole file into the bundle, or ships it where it has runs of its own.
    async fn store(&mut self, current: Current, rejections: Rejections) -> Result<Stored, ImportError> {
        let source = current.file.source.clone();
        self.keep_values();
        self.job.progress.end(source.url());
        self.summary.rows_read += current.rows_read + rejections.count;
        self.summary.rows_rejected += rejections.count;
        if rejections.count > 0 {
            let listed = self.summary.rejections.iter().map(|file| file.rejections.listed.len()).sum::<usize>();
            let mut kept = Rejections::default();
            kept.append(rejections, self.job.options.rejected_listed_max.saturating_sub(listed));
            self.summary.rejections.push(FileRejections { file: source.url().to_owned(), rejections: kept });
        }
        let rows = current.rows_read - current.rows_dropped;
        let file = WholeFile { source, rows, rows_dropped: current.rows_dropped };
        if self.job.options.dry_run {
            self.note_stored(std::slice::from_ref(&file));
            return Ok(Stored::GoOn);
        }
        if current.runs.is_empty() {
            self.bundle.files.push(file);
            self.bundle.bytes += current.bytes;
            self.bundle.batches.extend(current.batches);
            if self.bundle.bytes >= self.job.options.run_bytes() {
                self.ship_bundle().await?;
            }
            return Ok(Stored::GoOn);
        }
        self.current = Some(current);
        if let Stored::Refused = self.flush(true).await? {
            return Ok(Stored::Refused);
        }
        if let Some(Current { runs, target: Some(target), .. }) = self.current.take() {
            self.ship(Shipment { files: vec![file], runs, target }).await?;
        }
        Ok(Stored::GoOn)
    }

    /// Brings rows of CSV to the types that their file and the table have in the end; the file's columns then.
    fn fit(&self, current: &mut Current, csv: &CsvFile, mut plan: CsvPlan) -> Result<Option<TableSchema>, Unfit> {
        plan.adopt(&self.known).map_err(FileError::from)?;
        let schema = csv.schema_of(&plan)?;
        let is_other = |staged: &RunTarget| {
            let mut fields = staged.schema.fields().iter();
            fields.any(|(name, field_type)| schema.fields().get(name).is_some_and(|other| other != field_type))
        };
        let again = |plan: CsvPlan, is_again: bool, error: FileError| match is_again {
            true => Unfit::No(error),
            false => Unfit::Again(Box::new(plan)),
        };
        if current.is_unsettled || current.target.as_ref().is_some_and(is_other) {
            let error = FileError::Conflict("its columns keep changing their types: give them (--type)".to_owned());
            return Err(again(plan, current.is_again, error));
        }
        let mut fitted = Vec::with_capacity(current.batches.len());
        for rows in &current.batches {
            match plan.fit(rows.clone()) {
                Ok(rows) => fitted.push(rows),
                Err(error) => return Err(again(plan, current.is_again, error.into())),
            }
        }
        current.batches = fitted;
        Ok(Some(schema))
    }

    /// Makes sure that the table has a file's columns.
    async fn admit(&self, schema: &TableSchema) -> Result<Result<Arc<TableSchema>, FileError>, ImportError> {
        let merged = match merged(&self.known, schema, self.job.options.columns_max) {
            Ok(merged) => merged,
            Err(error) => return Ok(Err(error)),
        };
        if self.job.options.dry_run {
            return Ok(Ok(Arc::new(merged)));
        }
        grow(&self.job.manifest, self.job.writer, &self.job.options.table, schema).await
    }

    /// The file at hand cannot be imported; nothing of it is kept.
    pub(crate) async fn fail(&mut self, source: &SourceFile, error: &FileError) {
        if let Some(current) = self.current.take() {
            self.withdraw(current.runs).await;
        }
        self.forget_values();
        self.note_failure(source, error);
    }

    fn keep_values(&mut self) {
        if let Some(dedup) = &mut self.dedup {
            dedup.keep_file();
        }
    }

    fn forget_values(&mut self) {
        if let Some(dedup) = &mut self.dedup {
            dedup.forget_file();
        }
    }

    async fn refuse(&mut self, current: Current, error: &FileError) -> Stored {
        self.forget_values();
        self.withdraw(current.runs).await;
        self.note_failure(&current.file.source, error);
        Stored::Refused
    }

    /// Stages what was read of the file at hand as a run of its own.
    async fn flush(&mut self, is_last: bool) -> Result<Stored, ImportError> {
        let Some(mut current) = self.current.take() else { return Ok(Stored::GoOn) };
        let batches = current.take_run(is_last);
        let target = match self.run_target(&current, &batches).await? {
            Ok(target) => target,
            Err(FileError::Conflict(_)) if matches!(current.file.kind, Kind::Csv(_)) && !current.is_again => {
                // A column has turned out to be another than it began as. At the end of the file all of them are known.
                self.withdraw(std::mem::take(&mut current.runs)).await;
                let unsettled = current.unsettled();
                self.current = Some(unsettled);
                return Ok(Stored::GoOn);
            }
            Err(error) => return Ok(self.refuse(current, &error).await),
        };
        if !batches.is_empty() {
            current.runs.push(self.stage(target.clone(), batches).await);
        }
        current.target = Some(target);
        self.current = Some(current);
        Ok(Stored::GoOn)
    }

    /// What a run of a file that is not read to its end is staged by: the tags must be the table's by then, since they say how
    /// rows are sorted; its fields follow once the file is whole.
    async fn run_target(
        &self,
        current: &Current,
        batches: &[RecordBatch],
    ) -> Result<Result<RunTarget, FileError>, ImportError> {
        let prepare = || {
            let tags = tags_of(&current.file.schema)?;
            Ok::<_, FileError>((tags, with_fields_of(&current.file.schema, batches)?))
        };
        let (tags, columns) = match prepare() {
            Ok(prepared) => prepared,
            Err(error) => return Ok(Err(error)),
        };
        let known = match grow(&self.job.manifest, self.job.writer, &self.job.options.table, &tags).await? {
            Ok(known) => known,
            Err(error) => return Ok(Err(error)),
        };
        let schema = merged(&known, &columns, self.job.options.columns_max);
        let stager = current.target.as_ref().map(|target| target.stager.clone());
        Ok(schema.map(|schema| self.target(Arc::new(schema), stager)))
    }

    fn target(&self, schema: Arc<TableSchema>, stager: Option<Stager>) -> RunTarget {
        let Job { reading, store, manifest, .. } = &*self.job;
        let state = manifest.state();
        let fresh = || Stager::new(store, &reading.env, manifest.layout(), state.open_generation());
        RunTarget {
            table: reading.options.table.clone(),
            schema,
            time_floor: state.tables.get(&reading.options.table).and_then(|table| table.time_floor),
            options: EncodeOptions::hot().ranked(state.version.next().unwrap_or(state.version)),
            stager: stager.unwrap_or_else(fresh),
        }
    }

    async fn stage(&self, target: RunTarget, batches: Vec<RecordBatch>) -> Staging {
        // The semaphore is never closed.
        let slot = Arc::clone(&self.job.slots).acquire_owned().await.ok();
        let env = self.job.env.clone();
        self.job.env.spawn(async move {
            let run = stage_run(env, target, batches).await;
            drop(slot);
            run
        })
    }

    /// Stops at this point: what is staged and not committed is given up.
    pub(crate) fn cancel(&mut self) {
        self.summary.is_cancelled = true;
        self.stopped = Some("the import was stopped".to_owned());
    }

    /// Commits what is left, and tells what was done.
    pub(crate) async fn finish(mut self) -> Result<ImportSummary, ImportError> {
        if let Some(current) = self.current.take() {
            self.withdraw(current.runs).await;
            self.note_failure(&current.file.source, &FileError::Cancelled);
        }
        match self.stopped.is_some() {
            true => {
                let files = std::mem::take(&mut self.bundle).files;
                self.note_unstored(&files, &FileError::Cancelled);
            }
            false => self.ship_bundle().await?,
        }
        while !self.queue.is_empty() {
            self.settle().await?;
        }
        self.note_end();
        Ok(self.summary)
    }
}

/// Why rows of CSV have not the types that they should have.
enum Unfit {
    No(FileError),
    /// What was staged, or cannot be changed any more, has others: the file must be read by this plan.
    Again(Box<CsvPlan>),
}

impl From<FileError> for Unfit {
    fn from(error: FileError) -> Self {
        Self::No(error)
    }
}

mod current;
mod note;
mod ship;

use current::Current;

#[cfg(test)]
mod tests;
