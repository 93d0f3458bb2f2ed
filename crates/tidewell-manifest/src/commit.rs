//! The only place where data becomes visible: one intent, one numbered record, created once.

use std::sync::Arc;
use std::time::Duration;

use tidewell_storage::{Created, Operation, Place, StorageError};
use tidewell_types::Version;
use xxhash_rust::xxh3::xxh3_128;

use crate::apply::Stamped;
use crate::checkpoint;
use crate::error::{CommitError, DecodeError, ManifestError, Refusal};
use crate::intent::Intent;
use crate::manifest::Manifest;
use crate::record::Record;
use crate::state::State;

const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(2);

enum Attempt {
    Committed(Arc<State>),
    /// Another record took this number, or the number was collected: look again.
    Lost(Version),
}

impl Manifest {
    /// Commits what `intend` makes of the newest state; makes it anew from each newer state until it is committed, refused
    /// or `None` (nothing left to do, the newest state is returned).
    ///
    /// Atomic, and exact whatever the store does in between: a record counts once its create is settled as ours and the
    /// floor is still below it. Without contention 5 requests: GET next record, GET floor, PUT, GET floor, and the
    /// checkpoint's share. The commit runs to its end even if the caller stops waiting.
    ///
    /// # Errors
    /// [`CommitError::Refused`] when the intent cannot apply any more (definite), [`CommitError::Unknown`] when the store
    /// left the outcome open (delete nothing), [`CommitError::Manifest`] when nothing was tried.
    pub async fn commit<F>(&self, intend: F) -> Result<Arc<State>, CommitError>
    where
        F: FnMut(&State) -> Result<Option<Intent>, Refusal> + Send + 'static,
    {
        let manifest = self.clone();
        let task = self.inner.env.spawn(async move { manifest.commit_in_task(intend).await });
        match task.await {
            Ok(outcome) => outcome,
            Err(join) => std::panic::resume_unwind(join.into_panic()),
        }
    }

    async fn commit_in_task<F>(&self, mut intend: F) -> Result<Arc<State>, CommitError>
    where
        F: FnMut(&State) -> Result<Option<Intent>, Refusal> + Send + 'static,
    {
        let _turn = self.inner.turn.lock().await;
        let mut backoff = BACKOFF_MIN;
        let (mut lost, mut passed) = (None, None);
        loop {
            let caught_up = self.catch_up_in_turn().await;
            let state = caught_up.map_err(|error| self.unresolved(passed.or(lost), error.into()))?;
            // A number that the floor has passed may have been ours, counted and collected, before it was looked at.
            passed = passed.or(lost.take().filter(|version| *version <= self.inner.floor.known()));
            let intent = intend(&state).map_err(|refusal| self.unresolved(passed, refusal.into()))?;
            let Some(intent) = intent else { return Ok(state) };
            if passed.is_some() && intent.only_adds() {
                let twice = intent.adds.first().map(|entry| entry.id.to_string()).unwrap_or_default();
                return Err(self.unresolved(passed, Refusal::SegmentTwice(twice).into()));
            }
            match self.attempt(&state, intent).await.map_err(|error| self.unresolved(passed, error))? {
                Attempt::Committed(state) => {
                    self.checkpoint_if_due(&state);
                    return Ok(state);
                }
                Attempt::Lost(version) => {
                    lost = Some(version);
                    self.inner.env.sleep(self.inner.env.jitter(backoff)).await;
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
            }
        }
    }

    /// What an error means after an attempt at `version` whose record may have counted before it was collected: the intent
    /// may be refused because it is committed.
    fn unresolved(&self, version: Option<Version>, error: CommitError) -> CommitError {
        match (version, error) {
            (None, error) | (Some(_), error @ CommitError::Unknown { .. }) => error,
            (Some(version), error) => {
                let (object, store) = (self.inner.layout.log(version).to_string(), self.store.url().to_string());
                let at = Place { operation: Operation::Create, object, store };
                CommitError::Unknown { version, source: StorageError::Unknown { at, cause: Arc::new(error) } }
            }
        }
    }

    async fn attempt(&self, state: &Arc<State>, mut intent: Intent) -> Result<Attempt, CommitError> {
        let inner = &self.inner;
        let version = state.version.next().ok_or_else(|| self.inconsistent(state.version, "versions are used up"))?;
        let write_id = inner.env.write_id();
        self.check_names(state, &intent)?;
        inner.staged.check(&intent, state)?;
        self.locate(state, &mut intent).await?;
        let at = inner.env.now();
        let mut next = state.apply(&intent, Stamped { digest: 0, at })?;
        let record = Record { version, parent_digest: state.digest, segments_digest: next.segments_digest, at, intent };
        let name = inner.layout.log(version);
        let undecodable = |source: DecodeError| ManifestError::Decode { object: name.to_string(), source };
        let body = record.encode(write_id).map_err(undecodable)?;
        match self.store.create(&name, body.clone(), write_id).await {
            Ok(Created::Mine) => {}
            Ok(Created::Other(_)) => return Ok(Attempt::Lost(version)),
            Err(source @ StorageError::Unknown { .. }) => return Err(CommitError::Unknown { version, source }),
            Err(source) => return Err(ManifestError::from(source).into()),
        }
        // A number at or below the floor may have been used, collected and created again by us: then we committed nothing.
        // Or ours counted and was collected while this process slept: what it is to change will tell.
        let floor = inner.floor.read(&self.store).await;
        let floor = floor.map_err(|error| CommitError::Unknown { version, source: self.unreadable_floor(error) })?;
        if floor >= version {
            return Ok(Attempt::Lost(version));
        }
        next.digest = xxh3_128(&body);
        Ok(Attempt::Committed(self.publish(next)))
    }

    /// Whatever is wrong with the floor, the record is there by now: it may well count.
    fn unreadable_floor(&self, error: ManifestError) -> StorageError {
        let object = self.inner.layout.floor().to_string();
        match error {
            ManifestError::Storage(source) => source,
            other => StorageError::Corrupt {
                at: Place { operation: Operation::Get, object, store: self.store.url().to_string() },
                cause: Arc::new(other),
            },
        }
    }

    /// What a sealed generation left over is garbage unless a state names it, so nothing may be named under another one. A
    /// checkpoint's own name has no generation: its lists are of the one that was open at its version, so the author's must
    /// have been open by then.
    fn check_names(&self, state: &State, intent: &Intent) -> Result<(), Refusal> {
        for entry in &intent.adds {
            let name = self.inner.layout.parse_segment(&entry.object);
            if name.is_some_and(|name| name.generation != intent.author.generation) {
                return Err(Refusal::OtherGeneration(entry.object.clone()));
            }
        }
        let opened = match state.generations.get(&intent.author.generation) {
            None if !state.generations.is_empty() => state.version,
            _ => state.generation_entry(intent.author.generation).opened,
        };
        let named = intent.snapshots.iter().map(|snapshot| snapshot.checkpoint);
        for checkpoint in intent.checkpoint.into_iter().chain(named).filter(|checkpoint| checkpoint.version < opened) {
            let mut kept = state.snapshots.values().map(|snapshot| snapshot.checkpoint);
            if !state.checkpoints.contains(&checkpoint) && !kept.any(|kept| kept == checkpoint) {
                let name = self.inner.layout.checkpoint(checkpoint.version, checkpoint.write_id);
                return Err(Refusal::OtherGeneration(name.to_string()));
            }
        }
        Ok(())
    }

    /// Writes a checkpoint every so many commits, in the background: it saves others work and nothing rests on it.
    fn checkpoint_if_due(&self, state: &Arc<State>) {
        if state.version.get().is_multiple_of(checkpoint::COMMITS_PER_CHECKPOINT) {
            let (manifest, state) = (self.clone(), Arc::clone(state));
            self.inner.env.spawn(async move {
                if let Err(error) = manifest.checkpoint(&state).await {
                    tracing::warn!(%error, version = %state.version, "checkpoint not written; the next one will do");
                }
            });
        }
    }

    /// The newest version that this process has seen.
    #[must_use]
    pub fn version(&self) -> Version {
        self.state().version
    }
}

#[cfg(test)]
mod tests;
