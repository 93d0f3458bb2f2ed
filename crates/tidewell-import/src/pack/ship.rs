//! Bundles and runs to commits, in the order of their files.

use tidewell_manifest::{Author, SegmentEntry};
use tidewell_types::{Generation, Version};
use tokio::task::JoinHandle;

use super::{Bundle, Packer, Shipment, Staging, WholeFile};
use crate::commit::{Committed, commit};
use crate::error::{FileError, ImportError};
use crate::merge::{MergeContext, merge_runs};
use crate::run::{RunSegment, RunTarget};
use crate::schema::table_schema;
use crate::summary::FileFailure;

/// Bundles on their way to a commit, at most.
const SHIPMENTS_MAX: usize = 3;

impl Packer {
    pub(super) async fn ship_bundle(&mut self) -> Result<(), ImportError> {
        let Bundle { files, batches, .. } = std::mem::take(&mut self.bundle);
        if files.is_empty() {
            return Ok(());
        }
        let target = self.target(table_schema(&self.job.manifest.state(), &self.job.options.table), None);
        let runs = vec![self.stage(target.clone(), batches).await];
        self.ship(Shipment { files, runs, target }).await
    }

    pub(super) async fn ship(&mut self, shipment: Shipment) -> Result<(), ImportError> {
        self.queue.push_back(shipment);
        let is_staged = |shipment: &Shipment| shipment.runs.iter().all(JoinHandle::is_finished);
        while self.queue.len() > SHIPMENTS_MAX || self.queue.front().is_some_and(is_staged) {
            self.settle().await?;
        }
        Ok(())
    }

    /// Commits the oldest shipment.
    pub(super) async fn settle(&mut self) -> Result<(), ImportError> {
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
            committed = self.commit_announced(files, target.stager.generation(), adds).await?;
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

    /// Announces the files in the journal and commits their segments.
    async fn commit_announced(
        &mut self,
        files: &[WholeFile],
        generation: Generation,
        adds: Vec<SegmentEntry>,
    ) -> Result<Committed, ImportError> {
        let Some(journal) = &mut self.journal else { return Ok(Committed::TooLate) };
        let files: Vec<u128> = files.iter().map(|file| file.source.identity()).collect();
        let author = Author { generation, writer: journal.writer() };
        let fold = journal.announce(&files).await?;
        let mut committed = commit(&self.job.manifest, author, adds.clone(), fold).await?;
        if matches!(committed, Committed::TooLate)
            && let Some(fold) = journal.move_on(&files).await?
        {
            committed = commit(&self.job.manifest, author, adds, fold).await?;
        }
        match committed {
            Committed::Yes(_) => journal.note_committed(),
            Committed::TooLate => journal.restart().await?,
            Committed::Unknown(_) => {}
        }
        Ok(committed)
    }

    /// Deletes what runs put; no commit names it, and none was tried.
    pub(super) async fn withdraw(&self, runs: Vec<Staging>) {
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
}
