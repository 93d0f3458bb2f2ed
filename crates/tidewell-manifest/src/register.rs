//! Checkpoints that count: written, then named by a commit, then hinted at.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use tidewell_types::{Generation, GenerationState, Version, Watermarks as _};

use crate::basis::Basis;
use crate::checkpoint;
use crate::error::{CommitError, ManifestError, Refusal};
use crate::intent::{Author, Intent};
use crate::manifest::Manifest;
use crate::snapshot::CheckpointRef;
use crate::state::State;

/// Checkpoints that a process remembers having written; older ones it will hardly commit.
const STAGED_MAX: usize = 64;
/// Write ids that are drawn for a checkpoint until one is above that of the newest.
const WRITE_IDS_MAX: u32 = 64;

/// Checkpoints that this process wrote, and what must still hold for one of them to count.
#[derive(Debug, Default)]
pub(crate) struct Staged(Mutex<BTreeMap<CheckpointRef, Needs>>);

#[derive(Clone, Copy, Debug)]
struct Needs {
    /// The generation that its new lists are named under.
    generation: Generation,
    /// What keeps the lists that it took over from the state it is of; `None` where it took over none.
    basis: Option<(Basis, Version)>,
}

impl Staged {
    fn insert(&self, checkpoint: CheckpointRef, needs: Needs) {
        let mut staged = self.0.lock();
        staged.insert(checkpoint, needs);
        if staged.len() > STAGED_MAX {
            staged.pop_first();
        }
    }

    /// Refuses an intent that makes a checkpoint count, or a snapshot of one, whose lists may have been collected since it was
    /// written. A checkpoint that counts as of `now` is kept already; of one that another process wrote nothing is known.
    pub(crate) fn check(&self, intent: &Intent, now: &State) -> Result<(), Refusal> {
        let snapshots = intent.snapshots.iter().map(|snapshot| &snapshot.checkpoint);
        let named = intent.checkpoint.iter().chain(snapshots).filter(|checkpoint| !now.keeps(checkpoint));
        let staged = self.0.lock();
        for checkpoint in named {
            let Some(needs) = staged.get(checkpoint) else { continue };
            if now.generation(needs.generation) == GenerationState::Sealed {
                return Err(Refusal::GenerationClosed(needs.generation.get()));
            }
            if needs.basis.is_some_and(|(basis, restored)| !basis.is_kept(restored, now)) {
                return Err(Refusal::CheckpointStale(checkpoint.version.get()));
            }
        }
        Ok(())
    }
}

impl Manifest {
    /// Writes a checkpoint of `state`, commits that it counts, and points the hint at it: a GET and a PUT for each list of
    /// segments that changed, one PUT for the checkpoint, a commit, one PUT for the hint; where lists changed, a GET of the
    /// checkpoint and of the records since, so that this process holds no more than it must.
    ///
    /// # Errors
    /// [`CommitError`] when the store does not answer, or `Refused` when a newer checkpoint counts already; nothing depends
    /// on it.
    pub async fn checkpoint(&self, state: &State) -> Result<CheckpointRef, CommitError> {
        let inner = &self.inner;
        let checkpoint = self.write_checkpoint(state).await?;
        let author = Author { generation: state.open_generation(), writer: inner.env.writer_id() };
        let intent = Intent { checkpoint: Some(checkpoint), ..Intent::new(author) };
        // Boxed, since a commit may write a checkpoint in turn.
        Box::pin(self.commit(move |_| Ok(Some(intent.clone())))).await?;
        let name = inner.layout.hint();
        let hint = checkpoint::encode_hint(checkpoint)
            .map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        self.store.overwrite(&name, hint).await.map_err(ManifestError::from)?;
        let _turn = inner.turn.lock().await;
        let known = self.state();
        if inner.limits.are_exceeded(&known) {
            self.publish(self.rebased(State::clone(&known)).await?);
        }
        Ok(checkpoint)
    }

    /// Writes a checkpoint of `state` without telling anyone: it counts once a commit of this handle names it, as the
    /// intent's `checkpoint` or as a snapshot's.
    ///
    /// # Errors
    /// [`ManifestError`] when the store does not answer, or [`ManifestError::Collected`] when `state` is so old that a list of
    /// it is gone; what was written is garbage of its generation.
    pub async fn write_checkpoint(&self, state: &State) -> Result<CheckpointRef, ManifestError> {
        let inner = &self.inner;
        let spilled = self.spill(state).await?;
        let mut checkpoint = CheckpointRef { version: spilled.version, write_id: inner.env.write_id() };
        // Of two checkpoints of one version the later must be the higher, or it would pass for one that others outran.
        for _ in 0..WRITE_IDS_MAX {
            if state.checkpoints.last().is_none_or(|newest| newest.version != spilled.version || *newest < checkpoint) {
                break;
            }
            checkpoint.write_id = inner.env.write_id();
        }
        let name = inner.layout.checkpoint(checkpoint.version, checkpoint.write_id);
        let body = checkpoint::encode(&spilled, checkpoint.write_id)
            .map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        let basis = state.has_lists().then_some((state.basis, state.restored));
        inner.staged.insert(checkpoint, Needs { generation: state.open_generation(), basis });
        self.store.put(&name, body).await?;
        Ok(checkpoint)
    }
}

#[cfg(test)]
mod tests;
