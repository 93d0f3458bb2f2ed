//! The only place where data becomes visible: one intent, one numbered record, created once.

use std::sync::Arc;
use std::time::Duration;

use tidewell_storage::{Created, Operation, Place, StorageError};
use tidewell_types::Version;
use xxhash_rust::xxh3::xxh3_128;

use crate::apply::Stamped;
use crate::error::{CommitError, DecodeError, ManifestError, Refusal};
use crate::intent::Intent;
use crate::manifest::Manifest;
use crate::record::Record;
use crate::state::State;

const BACKOFF_MIN: Duration = Duration::from_millis(50);
const BACKOFF_MAX: Duration = Duration::from_secs(2);

enum Attempt {
    /// There was nothing to commit.
    Idle,
    Committed(Arc<State>),
    /// Another record took the number, or the number was collected: look again.
    Lost(Version),
}

/// Whether an attempt that seems lost may have counted: what is at or below the floor was read and collected without us, and a
/// record that is found there may have been created in the place of ours.
#[derive(Debug, Default)]
struct Doubt {
    /// The last attempt that seemed lost.
    lost: Option<Version>,
    /// The first that may have counted.
    open: Option<Version>,
}

impl Doubt {
    /// The floor was read after the attempt: above it, the record that was found in our place is the one that counts.
    fn look(&mut self, floor: Version) {
        let lost = self.lost.take();
        self.open = self.open.or(lost.filter(|version| *version <= floor));
    }
}

/// Why the outcome of an attempt is unknown although the store has answered.
#[derive(Debug, thiserror::Error)]
#[error(
    "the record was overtaken by the floor before it could be checked, and a further attempt is refused: {refusal}"
)]
struct Overtaken {
    refusal: String,
}

/// Whether an intent may be committed at `state` if it may have been committed at `version` already: what it did then must
/// stand in its way now. Segments do while they are live or in a grave; an earlier version that is put back twice takes what was
/// written in between with it. All else changes nothing the second time.
fn is_exact_again(intent: &Intent, state: &State, version: Version) -> bool {
    let may_be_buried = !intent.adds.is_empty() && state.condemned_to > version;
    !may_be_buried && (intent.restore.is_none() || state.restored < version)
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
        let (mut backoff, mut doubt) = (BACKOFF_MIN, Doubt::default());
        loop {
            let caught_up = self.catch_up_in_turn().await;
            let state = caught_up.map_err(|error| self.in_doubt(error.into(), doubt.open.or(doubt.lost)))?;
            doubt.look(self.inner.floor.known());
            match self.attempt(&state, &mut intend, &doubt).await {
                Ok(Attempt::Idle) => return Ok(state),
                Ok(Attempt::Committed(state)) => {
                    self.checkpoint_if_due(&state);
                    return Ok(state);
                }
                Ok(Attempt::Lost(version)) => {
                    doubt.lost = Some(version);
                    self.inner.env.sleep(self.inner.env.jitter(backoff)).await;
                    backoff = (backoff * 2).min(BACKOFF_MAX);
                }
                Err(error) => return Err(self.in_doubt(error, doubt.open)),
            }
        }
    }

    /// An error is what it says, unless an earlier attempt of ours may have counted: then that may be what is in the way, and
    /// the outcome is unknown.
    fn in_doubt(&self, error: CommitError, attempted: Option<Version>) -> CommitError {
        match (attempted, error) {
            (None, error) | (Some(_), error @ CommitError::Unknown { .. }) => error,
            (Some(version), error) => self.overtaken(version, error.to_string()),
        }
    }

    fn overtaken(&self, version: Version, refusal: String) -> CommitError {
        let object = self.inner.layout.log(version).to_string();
        let at = Place { operation: Operation::Create, object, store: self.store.url().to_string() };
        CommitError::Unknown { version, source: StorageError::Unknown { at, cause: Arc::new(Overtaken { refusal }) } }
    }

    async fn attempt<F>(&self, state: &Arc<State>, intend: &mut F, doubt: &Doubt) -> Result<Attempt, CommitError>
    where
        F: FnMut(&State) -> Result<Option<Intent>, Refusal>,
    {
        let Some(intent) = intend(state)? else { return Ok(Attempt::Idle) };
        if let Some(version) = doubt.open.filter(|version| !is_exact_again(&intent, state, *version)) {
            return Err(self.overtaken(version, "it may have been undone since".to_owned()));
        }
        self.create(state, intent).await
    }

    async fn create(&self, state: &Arc<State>, mut intent: Intent) -> Result<Attempt, CommitError> {
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
        // A number at or below the floor may have been used, collected and created again by us: then we committed nothing. Or
        // we were the first to use it, and stood still until it was collected.
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
        if state.version.get().is_multiple_of(self.inner.limits.commits) {
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
