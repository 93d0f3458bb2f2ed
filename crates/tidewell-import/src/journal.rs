//! Which files of an import are stored, so that an interrupted one can be resumed: exactly once, whatever was lost.
//!
//! An import (a *job*: a table and the options that decide what rows become) is done in *runs*, each a process with a
//! [`StreamId`] of its own: the generation that was open when it began, and a fresh writer. A run puts an entry with the identities of
//! the files before it commits their rows, and that commit moves the run's stream from the entries before it to behind it, as a
//! fold of a log does. So the manifest alone says which entries count: those below the stream's watermark. An entry without its
//! commit (killed in between) says nothing; a commit without its entry cannot be.
//!
//! Who resumes puts the first entry of his own run, lists the others and *closes* them in one commit: it moves their streams
//! to a place from which no entry of theirs starts (2^48 plus the watermark, which therefore stays known). A run that
//! was not dead after all is refused its next commit and stops. Of two that resume at once at least one sees the other.
//! Streams of a sealed generation need no closing: nothing moves them any more, and their ends are kept for ever.
//!
//! Entries are small, and gc deletes them once their generation and the 720 after it are sealed: after a month of writing or
//! more. An import that is resumed later than that begins anew, which stores the same rows once more over themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use tidewell_env::Env;
use tidewell_manifest::{Author, Fold, Intent, Manifest, State};
use tidewell_storage::{Operation, Place, StorageError, Store};
use tidewell_types::{GenerationState, Seq, Source, StreamId, TokenId, Watermarks as _, WriterId};

use crate::error::ImportError;
use crate::journal::entry::{decode, encode};

/// What a closed run's watermark is raised by: far beyond any entry.
const CLOSED: u64 = 1 << 48;
/// Entries that are read at once.
const READS_MAX: usize = 16;

/// The journal of one run.
#[derive(Debug)]
pub(crate) struct Journal {
    store: Store,
    env: Env,
    manifest: Manifest,
    job: TokenId,
    run: StreamId,
    /// The place of the next entry.
    next: u64,
    /// The stream's watermark.
    applied: u64,
    /// Other runs of the job that were there when this one began.
    others: BTreeSet<StreamId>,
}

impl Journal {
    /// Begins a run of a job: one PUT and one LIST.
    pub(crate) async fn begin(
        store: &Store,
        env: &Env,
        manifest: &Manifest,
        job: TokenId,
    ) -> Result<Self, ImportError> {
        let run = StreamId { generation: manifest.state().open_generation(), writer: env.writer_id() };
        let (store, env, manifest) = (store.clone(), env.clone(), manifest.clone());
        let mut journal = Self { store, env, manifest, job, run, next: 0, applied: 0, others: BTreeSet::new() };
        journal.put(&[]).await?;
        journal.others = journal.runs().await?.into_keys().filter(|other| *other != run).collect();
        Ok(journal)
    }

    async fn put(&mut self, files: &[u128]) -> Result<(), ImportError> {
        let name = self.manifest.layout().import_entry(self.job, self.run, Seq::new(self.next));
        self.store.put(&name, encode(files)).await?;
        self.next += 1;
        Ok(())
    }

    /// The runs of the job, with their entries' places.
    async fn runs(&self) -> Result<BTreeMap<StreamId, BTreeSet<Seq>>, ImportError> {
        let layout = self.manifest.layout();
        let mut runs: BTreeMap<StreamId, BTreeSet<Seq>> = BTreeMap::new();
        for object in self.store.list(&layout.import_job_prefix(self.job)).await? {
            if let Some((_, run, seq)) = layout.parse_import(&object.key) {
                runs.entry(run).or_default().insert(seq);
            }
        }
        Ok(runs)
    }

    /// Closes all other runs of the job, and tells which files they have stored. A commit where one may still be going on, a
    /// GET for each of their entries.
    pub(crate) async fn take_over(&self) -> Result<BTreeSet<u128>, ImportError> {
        let mut runs = self.runs().await?;
        runs.remove(&self.run);
        let ends = self.close(runs.keys().copied().collect()).await?;
        let stored = runs.iter().flat_map(|(run, entries)| {
            let end = ends.get(run).copied().unwrap_or_default();
            entries.iter().filter(move |seq| seq.get() < end).map(|seq| (*run, *seq))
        });
        let reads = stored.map(|(run, seq)| self.read(run, seq)).collect::<Vec<_>>();
        let files: Vec<Vec<u128>> = futures::stream::iter(reads).buffered(READS_MAX).try_collect().await?;
        Ok(files.into_iter().flatten().collect())
    }

    /// Where runs end: the first entry of each that is not stored, and never will be.
    async fn close(&self, runs: Vec<StreamId>) -> Result<BTreeMap<StreamId, u64>, ImportError> {
        let (wanted, writer) = (runs.clone(), self.run.writer);
        let intend = move |state: &State| {
            let folds: Vec<Fold> = wanted.iter().filter_map(|run| closing(state, *run)).collect();
            let author = Author { generation: state.open_generation(), writer };
            Ok((!folds.is_empty()).then(|| Intent { folds, ..Intent::new(author) }))
        };
        let state = self.manifest.commit(intend).await?;
        let mut ends = BTreeMap::new();
        for run in runs {
            let end = self.manifest.end_of(&state, run).await?.get();
            ends.insert(run, if end >= CLOSED { end - CLOSED } else { end });
        }
        Ok(ends)
    }

    async fn read(&self, run: StreamId, seq: Seq) -> Result<Vec<u128>, ImportError> {
        let name = self.manifest.layout().import_entry(self.job, run, seq);
        let at = || Place { operation: Operation::Get, object: name.to_string(), store: self.store.url().to_string() };
        let Some(body) = self.store.get(&name).await? else {
            return Err(StorageError::NotFound { at: at() }.into());
        };
        decode(&body).map_err(|error| StorageError::Corrupt { at: at(), cause: Arc::new(error) }.into())
    }

    /// Says that these files are about to be committed; one PUT. The commit must carry the fold.
    pub(crate) async fn announce(&mut self, files: &[u128]) -> Result<Fold, ImportError> {
        self.put(files).await?;
        Ok(self.fold())
    }

    fn fold(&self) -> Fold {
        let (from, to) = (Seq::new(self.applied), Seq::new(self.next));
        Fold { source: Source::Objects(self.run), epoch: 0, from, to }
    }

    /// The commit of all that was announced counts.
    pub(crate) fn note_committed(&mut self) {
        self.applied = self.next;
    }

    /// Begins a run in a newer generation where this one's has ended: the commit of `files` was refused for that. The fold that
    /// it must carry; `None` where the run's generation has not ended.
    ///
    /// # Errors
    /// As [`Journal::restart`].
    pub(crate) async fn move_on(&mut self, files: &[u128]) -> Result<Option<Fold>, ImportError> {
        let state = self.manifest.catch_up().await?;
        if state.generation(self.run.generation) != GenerationState::Sealed {
            return Ok(None);
        }
        self.restart().await?;
        self.announce(files).await.map(Some)
    }

    /// Goes on as another run: an entry was announced whose commit was refused for good, and a later fold of this one would take
    /// it for stored.
    ///
    /// # Errors
    /// [`ImportError::TakenOver`] when another run has begun since this one did, which goes on with all that this one has
    /// not stored.
    pub(crate) async fn restart(&mut self) -> Result<(), ImportError> {
        let state = self.manifest.catch_up().await?;
        if self.manifest.end_of(&state, self.run).await?.get() >= CLOSED {
            return Err(ImportError::TakenOver);
        }
        let mut next = Self::begin(&self.store, &self.env, &self.manifest, self.job).await?;
        let is_known = |other: &StreamId| *other == self.run || self.others.contains(other);
        if !next.others.iter().all(is_known) {
            return Err(ImportError::TakenOver);
        }
        next.others.append(&mut self.others);
        *self = next;
        Ok(())
    }

    /// Who commits for the run.
    pub(crate) fn writer(&self) -> WriterId {
        self.run.writer
    }
}

/// What closes a run that can still go on.
fn closing(state: &State, run: StreamId) -> Option<Fold> {
    let from = state.applied(&Source::Objects(run));
    if from.get() >= CLOSED || state.generation(run.generation) == GenerationState::Sealed {
        return None;
    }
    Some(Fold { source: Source::Objects(run), epoch: 0, from, to: Seq::new(CLOSED + from.get()) })
}

mod entry;

pub use entry::{EntryError, decode as decode_entry, encode as encode_entry};

#[cfg(test)]
mod tests;
