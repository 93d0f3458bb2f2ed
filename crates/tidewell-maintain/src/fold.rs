//! Fold: the tail of the log becomes segments, exactly once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_buffer::{Buffer, Entry};
use tidewell_env::Env;
use tidewell_manifest::{Author, CommitError, Fold, Intent, Manifest, Refusal, State};
use tidewell_stage::Staged;
use tidewell_storage::{Listed, Usage};
use tidewell_types::{NodeId, Seq, Source, Stamp, Version, Watermarks as _, WriterId};
use tidewell_wal::{LocalLog, LogStores, tail};

use crate::error::MaintainError;
use crate::gc;
use crate::seal::{SealOptions, Sealer, due};
use crate::stage::stage;

/// How often a fold starts over because another process folded some of its entries first.
const ATTEMPTS_MAX: u32 = 5;

/// The local log that this process holds and so may fold.
#[derive(Clone, Debug)]
pub struct LocalFold {
    /// The log.
    pub log: Arc<Mutex<LocalLog>>,
    /// Its folder.
    pub node: NodeId,
    /// The epoch under which this process attached to it.
    pub epoch: u64,
}

/// Folds one database's log; any number of processes may, at any time.
#[derive(Debug)]
pub struct Folder {
    log: LogStores,
    env: Env,
    manifest: Manifest,
    buffer: Arc<Buffer>,
    local: Option<LocalFold>,
    writer: WriterId,
    tail_bytes_max: u64,
    /// A fold of memory whose outcome is not known.
    doubt: Mutex<Option<Doubt>>,
    /// One fold of this process at a time.
    turn: tokio::sync::Mutex<()>,
}

/// What a fold did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FoldOutcome {
    /// Rows became segments.
    Folded,
    /// There was nothing to fold.
    Empty,
    /// Another process folded the same entries first: its work stands, ours was thrown away.
    Elsewhere,
}

/// What a fold did, in numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FoldSummary {
    /// How it ended.
    pub outcome: FoldOutcome,
    /// WAL entries taken.
    pub entry_count: usize,
    /// Rows of the new segments, each identity once.
    pub row_count: u64,
    /// New segments.
    pub segment_count: usize,
    /// Their size.
    pub segment_bytes: u64,
    /// The version after it.
    pub version: Version,
}

impl Folder {
    /// A folder for one database; `tail_bytes_max` bounds what it reads of others' log objects.
    #[must_use]
    pub fn new(
        log: LogStores,
        env: Env,
        manifest: Manifest,
        buffer: Arc<Buffer>,
        local: Option<LocalFold>,
        tail_bytes_max: u64,
    ) -> Self {
        let writer = env.writer_id();
        let (doubt, turn) = (Mutex::default(), tokio::sync::Mutex::default());
        Self { log, env, manifest, buffer, local, writer, tail_bytes_max, doubt, turn }
    }

    /// What was asked of the stores by way of the log that it was given: all of it is this folder's where that is metered for it
    /// alone.
    #[must_use]
    pub fn usage(&self) -> Usage {
        self.log.usage()
    }

    /// Folds everything that every writer has logged so far and this process can read: all at once, since entries that are
    /// folded later count as written later.
    ///
    /// Requests: LIST, GET next record, GET floor, a GET for each entry that is new here, a PUT for each segment, a commit,
    /// and a DELETE for what earlier folds took. Exactly once: the commit names where each source's fold starts, and of two
    /// folds of the same entries the second is refused. Where very many idempotency keys are remembered it also ends old
    /// generations, as [`Sealer::run`] does.
    ///
    /// # Errors
    /// [`MaintainError`]; the entries stay in the log. After an unknown outcome nothing is deleted and the next fold finds
    /// out by its preconditions, and where it took rows from memory by its segments.
    pub async fn fold(&self) -> Result<FoldSummary, MaintainError> {
        let summary = self.fold_log().await?;
        if due::is_crowded(&self.manifest.state()) {
            let sealer = Sealer::new(self.env.clone(), self.manifest.clone(), self, SealOptions::default());
            if let Err(error) = sealer.relieve().await {
                tracing::warn!(%error, "old generations hold very many idempotency keys and were not ended; the next fold tries");
            }
        }
        Ok(summary)
    }

    /// The fold alone.
    pub(crate) async fn fold_log(&self) -> Result<FoldSummary, MaintainError> {
        let _turn = self.turn.lock().await;
        let mut summary = self.fold_once().await?;
        for _ in 1..ATTEMPTS_MAX {
            if summary.outcome != FoldOutcome::Elsewhere {
                break;
            }
            let again = self.fold_once().await?;
            if again.outcome == FoldOutcome::Empty {
                break;
            }
            summary = again;
        }
        Ok(summary)
    }

    async fn fold_once(&self) -> Result<FoldSummary, MaintainError> {
        self.settle().await?;
        let own = self.own_entries();
        let (before, listed) = self.refresh().await?;
        // What has come since the listing stays for the next fold: an entry of another process that was acknowledged before it
        // may not be in the listing, and would count as later.
        let named: BTreeSet<_> =
            listed.iter().filter_map(|object| self.manifest.layout().parse_wal(&object.key)).collect();
        let entries = self.buffer.unfolded_of(&*before, |source, seq| match source {
            Source::Objects(stream) => named.contains(&(*stream, seq)),
            Source::Node(_) | Source::Memory(_) => own.get(source).is_some_and(|newest| seq <= *newest),
        });
        let summary = match entries.is_empty() {
            true => self.summary(FoldOutcome::Empty, &[], &[], before.version),
            false => self.fold_entries(&before, &entries).await?,
        };
        if summary.outcome == FoldOutcome::Folded {
            self.buffer.retire_memory(&entries);
        }
        self.let_go().await?;
        // What this fold took stays for readers that have just listed it; what earlier ones took is past that.
        gc::folded_entries(&self.log, &self.env, self.manifest.layout(), &*before, &listed).await?;
        Ok(summary)
    }

    async fn refresh(&self) -> Result<(Arc<State>, Vec<Listed>), MaintainError> {
        let tail = tail::Tail {
            log: &self.log,
            layout: self.manifest.layout(),
            buffer: &self.buffer,
            env: &self.env,
            bytes_max: self.tail_bytes_max,
        };
        let catch_up = || {
            let manifest = self.manifest.clone();
            async move { Ok(manifest.catch_up().await?) }
        };
        tail::refresh(&tail, catch_up).await
    }

    /// The newest entries that only this process can fold, of its local log and its memory.
    fn own_entries(&self) -> BTreeMap<Source, Seq> {
        self.buffer.newest(|source| match source {
            Source::Node(node) => self.local.as_ref().is_some_and(|local| local.node == *node),
            Source::Memory(_) => true,
            Source::Objects(_) => false,
        })
    }

    async fn fold_entries(&self, before: &State, entries: &[Arc<Entry>]) -> Result<FoldSummary, MaintainError> {
        let staged = stage(self.log.main(), &self.env, &self.manifest, before, entries).await?;
        let intent = self.intent(before, entries, &staged);
        let doubt = Doubt::of(entries, &staged);
        // In place before the commit, for whoever stops waiting for it.
        self.doubt.lock().clone_from(&doubt);
        let committed = self.manifest.commit(move |_| Ok(Some(intent.clone()))).await;
        *self.doubt.lock() = match &committed {
            Err(CommitError::Unknown { version, .. }) => doubt.map(|doubt| doubt.at(*version)),
            _ => None,
        };
        match committed {
            Ok(after) => Ok(self.summary(FoldOutcome::Folded, entries, &staged, after.version)),
            // Someone else took some of the entries, or the same requests by way of others; or the generation that the
            // segments are named under has ended meanwhile.
            Err(CommitError::Refused(
                refusal @ (Refusal::FoldElsewhere { .. }
                | Refusal::TokenTaken(_)
                | Refusal::GenerationClosed(_)
                | Refusal::OtherGeneration(_)),
            )) => {
                self.discard(&staged).await;
                tracing::debug!(%refusal, "this fold came too late");
                Ok(self.summary(FoldOutcome::Elsewhere, entries, &[], self.manifest.version()))
            }
            Err(CommitError::Refused(refusal)) => {
                self.discard(&staged).await;
                Err(CommitError::Refused(refusal).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    fn intent(&self, before: &State, entries: &[Arc<Entry>], staged: &[Staged]) -> Intent {
        let mut ends: BTreeMap<Source, Seq> = BTreeMap::new();
        for entry in entries.iter().filter(|entry| !matches!(entry.source, Source::Memory(_))) {
            let end = Seq::new(entry.seq.get() + 1);
            let known = ends.entry(entry.source).or_default();
            *known = end.max(*known);
        }
        let epoch = |source| match source {
            Source::Node(_) => self.local.as_ref().map_or(0, |local| local.epoch),
            _ => 0,
        };
        let fold = |(source, to)| Fold { source, epoch: epoch(source), from: before.applied(&source), to };
        let author = Author { generation: before.open_generation(), writer: self.writer };
        Intent {
            adds: staged.iter().map(|staged| staged.entry.clone()).collect(),
            folds: ends.into_iter().map(fold).collect(),
            stamp_max: entries.iter().map(|entry| entry.stamp).max().unwrap_or(Stamp::default()),
            tokens: entries.iter().flat_map(|entry| &entry.tokens).map(|token| token.id).collect(),
            ..Intent::new(author)
        }
    }

    /// Deletes segments that a definite refusal left without a commit; failing that they are garbage of their generation.
    async fn discard(&self, staged: &[Staged]) {
        if let Err(error) = gc::refused_segments(self.log.main(), staged.iter().map(|staged| staged.name.clone())).await
        {
            tracing::warn!(%error, "segments of a refused fold stay behind; they are never read");
        }
    }

    /// Frees memory and local disk of what is folded as of the newest state.
    async fn let_go(&self) -> Result<(), MaintainError> {
        let state = self.manifest.state();
        self.buffer.retire(&*state);
        if let Some(LocalFold { log, node, .. }) = self.local.clone() {
            let applied = state.applied(&Source::Node(node));
            self.env.blocking(move || log.lock().truncate(applied)).await?;
        }
        Ok(())
    }

    fn summary(
        &self,
        outcome: FoldOutcome,
        entries: &[Arc<Entry>],
        staged: &[Staged],
        version: Version,
    ) -> FoldSummary {
        FoldSummary {
            outcome,
            entry_count: entries.len(),
            row_count: staged.iter().map(|staged| staged.entry.row_count).sum(),
            segment_count: staged.len(),
            segment_bytes: staged.iter().map(|staged| staged.entry.file_bytes).sum(),
            version,
        }
    }
}

mod memory;
mod sealing;

use memory::Doubt;

#[cfg(test)]
mod tests;
