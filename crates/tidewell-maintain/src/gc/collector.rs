//! The `gc` verb: what may go is found first, then deleted kind by kind.

use std::convert::Infallible;
use std::fmt::Display;

use tidewell_env::Env;
use tidewell_manifest::{Manifest, ManifestError, State};
use tidewell_storage::{ObjectName, Store};
use tidewell_types::{Generation, WriterId};

use super::references::References;
use super::summary::{GcKind, GcSummary};
use super::sweep::{Garbage, Sweep};
use super::{catalog_objects, checkpoints, commits, graves, journals, lists, log_entries, orphans};
use crate::error::MaintainError;
use crate::seal::due::oldest_unsealed;

/// How often a run looks again because what it read was collected under it.
const LOOKS_MAX: u32 = 3;
/// Up to so many segments that nothing names are deleted whatever their share.
const ORPHANS_PASSED: u64 = 100;

/// What a collection may do.
#[derive(Clone, Debug, PartialEq)]
pub struct GcOptions {
    /// Whether to say what would be deleted, and delete nothing.
    pub dry_run: bool,
    /// How long readers of an older version are given to finish, in milliseconds since its segments were taken out.
    pub reader_grace_ms: u64,
    /// The share of all segments, from 0 to 1, that may be deleted in one run because nothing names them; more means that
    /// something is wrong with the view, and nothing at all is deleted. 100 of them always may.
    pub deleted_fraction_max: f64,
    /// Objects deleted a second, on average; 0 for as many as the store takes.
    pub deletes_per_second_max: u32,
    /// How many names of deleted objects the summary lists.
    pub keys_listed_max: usize,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self {
            dry_run: false,
            reader_grace_ms: 3_600_000,
            deleted_fraction_max: 0.2,
            deletes_per_second_max: 0,
            keys_listed_max: 0,
        }
    }
}

/// Collects the garbage of one database; any number of processes may, at any time.
#[derive(Debug)]
pub struct Collector {
    pub(super) store: Store,
    pub(super) env: Env,
    pub(super) manifest: Manifest,
    pub(super) options: GcOptions,
    pub(super) writer: WriterId,
}

impl Collector {
    /// A collector for the database of `manifest`, which is in `store`.
    #[must_use]
    pub fn new(store: Store, env: Env, manifest: Manifest, options: GcOptions) -> Self {
        let writer = env.writer_id();
        Self { store, env, manifest, options, writer }
    }

    /// Deletes what no commit, snapshot or reader can need any more. Idempotent, and safe to stop anywhere: what is left
    /// goes next time.
    ///
    /// Requests: a LIST for each kind of object, for each generation of the log, and for each 1000 segments or each sealed
    /// generation with segments, whichever is less; a GET for each list of segments, checkpoint that counts and snapshot; two
    /// commits where removed segments go; a DELETE for each 1000 objects. A failed delete, or a kind that cannot be listed, is in the summary and does not
    /// stop the rest. A database that a backup or a rebuild has planted is left as it is until somebody commits to it: the
    /// catching up, and no more.
    ///
    /// # Errors
    /// [`MaintainError::TooManyOrphans`] when more segments are unnamed than the options allow, and any error that keeps it
    /// from reading what is needed: nothing was deleted.
    pub async fn collect(&self) -> Result<GcSummary, MaintainError> {
        self.collect_with(std::future::ready(Ok::<_, Infallible>(Vec::new()))).await
    }

    /// As [`Self::collect`], and deletes what the database's catalog gives up: objects with their sizes in bytes, by facts that
    /// stay true. `catalog` is awaited once the rest is done but the commits, and not at all while the database is planted; names that are
    /// no indexes or scanned datasets of this database's catalog stay, and are in the summary. When it fails, that is in the
    /// summary and does not stop the rest.
    ///
    /// # Errors
    /// As [`Self::collect`].
    pub async fn collect_with<E: Display>(
        &self,
        catalog: impl Future<Output = Result<Vec<(ObjectName, u64)>, E>>,
    ) -> Result<GcSummary, MaintainError> {
        let (state, found, summary) = self.look().await?;
        if summary.is_planted {
            return Ok(summary);
        }
        let mut sweep = Sweep { store: &self.store, env: &self.env, options: &self.options, summary };
        for garbage in found {
            sweep.delete(garbage).await;
        }
        let outcome = log_entries::collect(self, &state, &mut sweep).await;
        note(&mut sweep, GcKind::LogEntries, outcome);
        let outcome = graves::collect(self, &state, &mut sweep).await;
        note(&mut sweep, GcKind::RemovedSegments, outcome);
        catalog_objects::collect(self, catalog.await, &mut sweep).await;
        let outcome = commits::collect(self, &state, &mut sweep).await;
        note(&mut sweep, GcKind::Commits, outcome);
        Ok(sweep.summary)
    }

    /// The state that decides, and what nothing refers to as of it. The state is read first: what was listed and is named by
    /// it was named before it could be taken for garbage.
    async fn look(&self) -> Result<(std::sync::Arc<State>, Vec<Garbage>, GcSummary), MaintainError> {
        let mut state = self.manifest.catch_up().await?;
        for _ in 1..LOOKS_MAX {
            match self.look_at(&state).await {
                Err(MaintainError::Manifest(ManifestError::Collected { .. })) => state = self.manifest.reload().await?,
                found => return found.map(|(garbage, summary)| (state, garbage, summary)),
            }
        }
        let (garbage, summary) = self.look_at(&state).await?;
        Ok((state, garbage, summary))
    }

    async fn look_at(&self, state: &State) -> Result<(Vec<Garbage>, GcSummary), MaintainError> {
        let is_dry_run = self.options.dry_run;
        let is_planted = state.is_planted();
        let mut summary = GcSummary { is_dry_run, version: state.version, is_planted, ..GcSummary::default() };
        if is_planted {
            return Ok((Vec::new(), summary));
        }
        let mut found = vec![checkpoints::find(self, state, &mut summary).await?];
        // Objects of generations that are not sealed may be on their way into a commit.
        if oldest_unsealed(state) > Generation::ZERO {
            let references = References::load(&self.manifest, state).await?;
            let orphans = orphans::find(self, state, &references, &mut summary).await?;
            self.check_orphans(&orphans, &references, &mut summary)?;
            found.push(orphans);
            found.push(lists::find(self, state, &references, &mut summary).await?);
            found.push(lists::find_watermarks(self, state, &mut summary).await?);
            found.push(journals::find(self, state, &mut summary).await?);
        }
        Ok((found, summary))
    }

    /// Every other kind is deleted at a commit's word, or turns over by design. That many segments, the data, were never
    /// named by anything is possible after a storm of lost races, and would be what a damaged view looks like.
    fn check_orphans(
        &self,
        orphans: &Garbage,
        references: &References,
        summary: &mut GcSummary,
    ) -> Result<(), MaintainError> {
        let orphans = orphans.len() + summary.of(orphans.kind).left_over;
        let total = orphans + references.segment_count();
        let fraction_max = self.options.deleted_fraction_max;
        summary.is_over_limit = orphans > ORPHANS_PASSED && orphans as f64 > fraction_max * total as f64;
        if summary.is_over_limit && !self.options.dry_run {
            return Err(MaintainError::TooManyOrphans { orphans, total, fraction_max });
        }
        Ok(())
    }
}

/// A step that failed is done by the next run.
fn note(sweep: &mut Sweep<'_>, kind: GcKind, outcome: Result<(), MaintainError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, %kind, "not all was collected; the next gc goes on");
        sweep.summary.note_failure(kind.name(), &error.to_string());
    }
}

#[cfg(test)]
mod tests;
