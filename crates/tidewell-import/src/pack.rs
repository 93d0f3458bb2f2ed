//! Rows of files in their order to bundles: what is sorted together and committed together.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use arrow_array::RecordBatch;
use tidewell_csv::{CsvPlan, Rejections};
use tidewell_segment::EncodeOptions;
use tidewell_stage::Stager;
use tidewell_types::{TableSchema, Version};
use tokio::task::JoinHandle;

use crate::commit::{Committed, author, commit};
use crate::csv::CsvFile;
use crate::error::{FileError, ImportError};
use crate::feed::{Kind, Opened};
use crate::file::SourceFile;
use crate::importer::Job;
use crate::lane::{CsvFound, rows_bytes};
use crate::merge::{MergeContext, merge_runs};
use crate::run::{Run, RunSegment, RunTarget, stage_run, times};
use crate::schema::{grow, merged, table_schema, tags_of, with_fields_of};
use crate::summary::{FileFailure, FileRejections, ImportSummary};

/// Bundles on their way to a commit, at most.
const SHIPMENTS_MAX: usize = 3;

type Staging = JoinHandle<Result<Run, FileError>>;

/// What becomes of the file at hand.
pub(crate) enum Stored {
    GoOn,
    /// The rest of the file is not wanted.
    Refused,
    /// The file is to be read once more, by another plan.
    Again(Arc<Opened>, Box<CsvFile>, Box<CsvPlan>),
}

/// A file all of whose rows are good.
#[derive(Clone, Debug)]
pub(crate) struct WholeFile {
    pub(crate) source: SourceFile,
    pub(crate) rows: u64,
}

/// Whole files that are sorted together.
#[derive(Debug, Default)]
struct Bundle {
    files: Vec<WholeFile>,
    batches: Vec<RecordBatch>,
    bytes: u64,
}

/// The file that is being read.
struct Current {
    file: Arc<Opened>,
    batches: Vec<RecordBatch>,
    bytes: u64,
    rows_read: u64,
    /// Runs of it that are staged, or about to be.
    runs: Vec<Staging>,
    /// What they are staged by; the first one's generation is that of all.
    target: Option<RunTarget>,
    /// Whether times never fell so far.
    is_by_time: bool,
    time_last: i64,
    is_again: bool,
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
    /// Why nothing more is committed.
    stopped: Option<String>,
}

impl Current {
    fn new(file: Arc<Opened>) -> Self {
        Self {
            file,
            batches: Vec::new(),
            bytes: 0,
            rows_read: 0,
            runs: Vec::new(),
            target: None,
            is_by_time: true,
            time_last: i64::MIN,
            is_again: false,
        }
    }

    fn push(&mut self, rows: RecordBatch) {
        for time in times(&rows) {
            self.is_by_time &= *time >= self.time_last;
            self.time_last = *time;
        }
        self.bytes += rows_bytes(&rows);
        self.batches.push(rows);
    }

    /// The rows for a run. Of a file that is ordered by time those of the last instant stay behind: the next run may have more
    /// of it, and then neither reaches into the other.
    fn take_run(&mut self, is_last: bool) -> Vec<RecordBatch> {
        let mut batches = std::mem::take(&mut self.batches);
        self.bytes = 0;
        if is_last || !self.is_by_time {
            return batches;
        }
        let mut behind = Vec::new();
        while let Some(rows) = batches.pop() {
            let earlier = times(&rows).partition_point(|time| *time < self.time_last);
            if earlier < rows.num_rows() {
                behind.push(rows.slice(earlier, rows.num_rows() - earlier));
            }
            if earlier > 0 {
                batches.push(rows.slice(0, earlier));
                break;
            }
        }
        behind.reverse();
        if batches.is_empty() {
            // All of one instant: there is nothing to part.
            return behind;
        }
        self.bytes = behind.iter().map(rows_bytes).sum();
        self.batches = behind;
        batches
    }
}

impl Packer {
    pub(crate) fn new(job: Arc<Job>, known: Arc<TableSchema>) -> Self {
        Self {
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
        if let Err(error) = merged(&self.known, &file.schema, self.job.options.columns_max) {
            self.note_failure(&file.source, &error);
            return Stored::Refused;
        }
        self.current = Some(Current::new(file));
        Stored::GoOn
    }

    /// The next rows of the file.
    pub(crate) async fn take(&mut self, rows: RecordBatch) -> Result<Stored, ImportError> {
        let Some(current) = &mut self.current else { return Ok(Stored::GoOn) };
        current.rows_read += rows.num_rows() as u64;
        if self.job.options.dry_run || rows.num_rows() == 0 {
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

    /// All rows of the file were given.
    pub(crate) async fn end(&mut self, found: Option<Box<CsvFound>>) -> Result<Stored, ImportError> {
        let Some(mut current) = self.current.take() else { return Ok(Stored::GoOn) };
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
                Err(Unfit::Again(plan)) => {
                    self.withdraw(std::mem::take(&mut current.runs)).await;
                    self.current = Some(Current { is_again: true, ..Current::new(Arc::clone(&file)) });
                    return Ok(Stored::Again(Arc::clone(&file), Box::new(csv.clone()), plan));
                }
            }
        }
        if current.rows_read > 0 {
            match self.admit(&schema).await? {
                Ok(known) => self.known = known,
                Err(error) => return Ok(self.refuse(current, &error).await),
            }
        }
        self.store(current, rejections).await
    }

    /// Puts a whole file into the bundle, or ships it where it has runs of its own.
    async fn store(&mut self, current: Current, rejections: Rejections) -> Result<Stored, ImportError> {
        let source = current.file.source.clone();
        self.job.progress.end(source.url());
        self.summary.rows_read += current.rows_read + rejections.count;
        self.summary.rows_rejected += rejections.count;
        if rejections.count > 0 {
            let listed = self.summary.rejections.iter().map(|file| file.rejections.listed.len()).sum::<usize>();
            let mut kept = Rejections::default();
            kept.append(rejections, self.job.options.rejected_listed_max.saturating_sub(listed));
            self.summary.rejections.push(FileRejections { file: source.url().to_owned(), rejections: kept });
        }
        let file = WholeFile { source, rows: current.rows_read };
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
        if current.target.as_ref().is_some_and(is_other) {
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
        self.note_failure(source, error);
    }

    async fn refuse(&mut self, current: Current, error: &FileError) -> Stored {
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
        let Job { store, env, manifest, options, .. } = &*self.job;
        let state = manifest.state();
        let fresh = || Stager::new(store, env, manifest.layout(), state.open_generation());
        RunTarget {
            table: options.table.clone(),
            schema,
            time_floor: state.tables.get(&options.table).and_then(|table| table.time_floor),
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

    async fn ship_bundle(&mut self) -> Result<(), ImportError> {
        let Bundle { files, batches, .. } = std::mem::take(&mut self.bundle);
        if files.is_empty() {
            return Ok(());
        }
        let target = self.target(table_schema(&self.job.manifest.state(), &self.job.options.table), None);
        let runs = vec![self.stage(target.clone(), batches).await];
        self.ship(Shipment { files, runs, target }).await
    }

    async fn ship(&mut self, shipment: Shipment) -> Result<(), ImportError> {
        self.queue.push_back(shipment);
        let is_staged = |shipment: &Shipment| shipment.runs.iter().all(JoinHandle::is_finished);
        while self.queue.len() > SHIPMENTS_MAX || self.queue.front().is_some_and(is_staged) {
            self.settle().await?;
        }
        Ok(())
    }

    /// Commits the oldest shipment.
    async fn settle(&mut self) -> Result<(), ImportError> {
        let Some(Shipment { files, runs, target }) = self.queue.pop_front() else { return Ok(()) };
        if self.stopped.is_some() {
            self.withdraw(runs).await;
            self.note_unstored(&files, &FileError::Cancelled);
            return Ok(());
        }
        let mut staged = Vec::with_capacity(runs.len());
        let mut failed = None;
        for run in runs {
            match run.await {
                Ok(Ok(run)) => staged.push(run),
                Ok(Err(error)) => failed = failed.or(Some(error)),
                Err(join) => std::panic::resume_unwind(join.into_panic()),
            }
        }
        let rows_expired = staged.iter().map(|run| run.rows_expired).sum::<u64>();
        let merged = match failed {
            None => {
                let context = MergeContext {
                    env: self.job.env.clone(),
                    store: self.job.store.clone(),
                    target: target.clone(),
                    segment_bytes: self.job.options.run_bytes() / 2,
                };
                let all: Vec<RunSegment> = staged.iter().flat_map(|run| run.segments.clone()).collect();
                merge_runs(&context, staged).await.map_err(|error| (error, all))
            }
            Some(error) => Err((error, staged.into_iter().flat_map(|run| run.segments).collect())),
        };
        match merged {
            Ok(merged) => {
                self.commit(&files, &target, merged.segments, rows_expired).await?;
                self.discard(&merged.replaced).await;
            }
            Err((FileError::Stage(error), segments)) => {
                self.discard(&segments).await;
                return Err(error.into());
            }
            Err((error, segments)) => {
                self.discard(&segments).await;
                self.note_unstored(&files, &error);
            }
        }
        Ok(())
    }

    async fn commit(
        &mut self,
        files: &[WholeFile],
        target: &RunTarget,
        segments: Vec<RunSegment>,
        rows_expired: u64,
    ) -> Result<(), ImportError> {
        let adds: Vec<_> = segments.iter().map(|segment| segment.staged.entry.clone()).collect();
        let mut committed = Committed::Yes(Version::ZERO);
        if !adds.is_empty() {
            let author = author(target.stager.generation(), self.job.writer);
            committed = commit(&self.job.manifest, author, adds, None).await?;
        }
        match committed {
            Committed::Yes(version) => {
                self.note_stored(files);
                self.summary.rows_imported -= rows_expired;
                self.summary.rows_expired += rows_expired;
                self.note_segments(&segments, version);
            }
            Committed::TooLate => {
                self.discard(&segments).await;
                let reason = "it took longer than objects may wait for their commit: run it again with --resume";
                self.note_unstored(files, &FileError::Other(reason.to_owned()));
            }
            Committed::Unknown(reason) => {
                let failures = files.iter().map(|file| FileFailure {
                    file: file.source.url().to_owned(),
                    reason: reason.clone(),
                    is_unknown: true,
                });
                self.summary.failures.extend(failures);
                self.stopped = Some(reason);
            }
        }
        Ok(())
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
        if self.summary.rows_expired > 0 {
            let rows = self.summary.rows_expired;
            self.summary.warnings.push(format!("{rows} rows have outlived the table's retention and were not stored"));
        }
        Ok(self.summary)
    }

    /// Deletes what runs put; no commit names it, and none was tried.
    async fn withdraw(&self, runs: Vec<Staging>) {
        for run in runs {
            if let Ok(Ok(run)) = run.await {
                self.discard(&run.segments).await;
            }
        }
    }

    async fn discard(&self, segments: &[RunSegment]) {
        let names: Vec<_> = segments.iter().map(|segment| segment.staged.name.clone()).collect();
        if let Err(error) = self.job.store.delete(&names).await {
            tracing::warn!(%error, "segments of an import that were never committed stay behind; they are never read");
        }
    }

    fn note_stored(&mut self, files: &[WholeFile]) {
        self.summary.files_imported += files.len() as u64;
        self.summary.rows_imported += files.iter().map(|file| file.rows).sum::<u64>();
        self.job.progress.files_done.fetch_add(files.len() as u64, Ordering::Relaxed);
    }

    fn note_segments(&mut self, segments: &[RunSegment], version: Version) {
        if segments.is_empty() {
            return;
        }
        let entries = || segments.iter().map(|segment| &segment.staged.entry);
        self.summary.segments += segments.len() as u64;
        self.summary.segment_rows += entries().map(|entry| entry.row_count).sum::<u64>();
        self.summary.segment_bytes += entries().map(|entry| entry.file_bytes).sum::<u64>();
        self.summary.commits += 1;
        self.summary.version = version;
    }

    fn note_unstored(&mut self, files: &[WholeFile], error: &FileError) {
        for file in files {
            self.note_failure(&file.source, error);
        }
    }

    fn note_failure(&mut self, source: &SourceFile, error: &FileError) {
        self.job.progress.end(source.url());
        self.job.progress.files_failed.fetch_add(1, Ordering::Relaxed);
        let (file, reason) = (source.url().to_owned(), error.to_string());
        self.summary.failures.push(FileFailure { file, reason, is_unknown: false });
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

#[cfg(test)]
mod tests;
