//! Generations: a newer one is opened every so often, and old ones are sealed, so that what they left over can be collected.
//!
//! A generation is sealed in two commits. The first says `sealing`: from then on no writer acknowledges an entry of it for
//! being in the log. What was acknowledged is in the log by then, so a listing that begins afterwards has it, and a fold of
//! that listing brings it into segments. The second commit says `sealed` and names an object with the place where each stream
//! ends, for writers that come back later; it is made only while no stream has moved since that object was written, so a fold
//! of another process cannot slip in between. Anyone may do any of this at any time, and what one process leaves half done any
//! other finishes. Clocks only propose when to begin.
//!
//! A request with an idempotency key is remembered until a generation that was opened after its fold is sealed with all before it
//! ([`State::remembers_from`]). So where very many are remembered, generations are opened and sealed sooner; folds see to that,
//! whoever else maintains.

pub(crate) mod due;

use std::ops::Deref;
use std::sync::Arc;

use futures::{StreamExt as _, TryStreamExt as _};
use tidewell_env::Env;
use tidewell_manifest::{Author, CommitError, GenerationChange, Intent, Manifest, Refusal, State};
use tidewell_types::{Generation, GenerationState, Seq, StreamId, Watermarks as _, WriteId, WriterId};
use tidewell_wal::WalError;

use crate::error::MaintainError;
use crate::fold::{FoldOutcome, Folder};

/// How often the sealing of a generation starts over because others fold its entries meanwhile.
const ROUNDS_MAX: u32 = 20;
/// Objects on their way to the store at once.
const PUTS_MAX: usize = 16;

/// When generations are opened and sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealOptions {
    /// The age at which the newest open generation gets a successor, in milliseconds, if anything was written under it.
    pub generation_ms: u64,
    /// How long after its successor was opened a generation is sealed, in milliseconds. Jobs that take longer than this do
    /// their work for nothing.
    pub seal_after_ms: u64,
    /// How long after its successor was opened a generation is sealed while too many idempotency keys are remembered, in
    /// milliseconds; a new one is opened three times as often.
    pub crowded_seal_after_ms: u64,
}

impl Default for SealOptions {
    fn default() -> Self {
        Self { generation_ms: 3_600_000, seal_after_ms: 86_400_000, crowded_seal_after_ms: 900_000 }
    }
}

/// What a round of [`Sealer::run`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SealSummary {
    /// The generation that was opened.
    pub opened: Option<Generation>,
    /// Generations that are sealed now and were not before, oldest first.
    pub sealed: Vec<Generation>,
}

/// Opens and seals the generations of one database; any number of processes may, at any time.
#[derive(Debug)]
pub struct Sealer<F = Arc<Folder>> {
    env: Env,
    manifest: Manifest,
    folder: F,
    options: SealOptions,
    writer: WriterId,
}

impl<F: Deref<Target = Folder>> Sealer<F> {
    /// A sealer that folds through `folder`, which is of the same database and process.
    #[must_use]
    pub fn new(env: Env, manifest: Manifest, folder: F, options: SealOptions) -> Self {
        let writer = env.writer_id();
        Self { env, manifest, folder, options, writer }
    }

    /// Finishes what is half sealed, opens the next generation and seals old ones, each where it is due. Two GETs where
    /// nothing is; a database that nobody writes to stays as it is.
    ///
    /// # Errors
    /// [`MaintainError`]; what was done stays done, and the rest is done by the next call, of any process.
    pub async fn run(&self) -> Result<SealSummary, MaintainError> {
        let state = self.manifest.catch_up().await?;
        if !self.is_anything_due(&state) {
            return Ok(SealSummary::default());
        }
        let mut summary = SealSummary { sealed: self.finish_all().await?, opened: self.open_next().await? };
        summary.sealed.extend(self.seal_due().await?);
        Ok(summary)
    }

    /// As [`Sealer::run`]; no request where nothing is due as of the state at hand.
    pub(crate) async fn relieve(&self) -> Result<SealSummary, MaintainError> {
        match self.is_anything_due(&self.manifest.state()) {
            true => self.run().await,
            false => Ok(SealSummary::default()),
        }
    }

    fn is_anything_due(&self, state: &State) -> bool {
        let now = self.env.now();
        state.generations.values().any(|entry| entry.state == GenerationState::Sealing)
            || due::next(state, self.manifest.layout(), now, &self.options).is_some()
            || !due::old(state, now, &self.options).is_empty()
    }

    /// Opens the generation after the newest, where that one is old enough and something was written under it. Two GETs, and
    /// a commit where it is due.
    ///
    /// # Errors
    /// [`MaintainError`]; after an unknown outcome it may be open.
    pub async fn open_next(&self) -> Result<Option<Generation>, MaintainError> {
        let (now, layout, options) = (self.env.now(), self.manifest.layout().clone(), self.options.clone());
        let state = self.manifest.catch_up().await?;
        let Some(next) = due::next(&state, &layout, now, &options) else { return Ok(None) };
        let writer = self.writer;
        let intend = move |state: &State| {
            let due = due::next(state, &layout, now, &options).filter(|due| *due == next);
            Ok(intent(state, writer, due.map(|next| (next, GenerationState::Open, None)).into_iter()))
        };
        self.manifest.commit(intend).await?;
        Ok(Some(next))
    }

    /// Seals every generation that is old enough; those that it sealed, oldest first. For each 256 of them: a fold of the whole
    /// log, two LISTs, two commits, and a PUT for each that was written to.
    ///
    /// # Errors
    /// As [`Sealer::run`]. Before the first commit the log is folded, so that a log that cannot be read leaves the generation
    /// open, and writers undisturbed.
    pub async fn seal_due(&self) -> Result<Vec<Generation>, MaintainError> {
        let mut sealed = Vec::new();
        loop {
            let state = self.manifest.catch_up().await?;
            let due = due::old(&state, self.env.now(), &self.options);
            if due.is_empty() {
                return Ok(sealed);
            }
            let state = self.seal_all(&due).await?;
            let before = sealed.len();
            sealed
                .extend(due.into_iter().filter(|generation| state.generation(*generation) == GenerationState::Sealed));
            if sealed.len() == before {
                return Ok(sealed);
            }
        }
    }

    /// Seals a generation whatever its age, unless it is the newest open one, which stays as it is. Requests as
    /// [`Sealer::seal_due`].
    ///
    /// # Errors
    /// As [`Sealer::seal_due`].
    pub async fn seal(&self, generation: Generation) -> Result<Arc<State>, MaintainError> {
        self.seal_all(&[generation]).await
    }

    async fn seal_all(&self, generations: &[Generation]) -> Result<Arc<State>, MaintainError> {
        let (writer, wanted) = (self.writer, generations.to_vec());
        let begin = move |state: &State| {
            let is_open = |generation: &&Generation| {
                state.generation(**generation) == GenerationState::Open && due::has_open_successor(state, **generation)
            };
            let open = wanted.iter().filter(is_open).map(|generation| (*generation, GenerationState::Sealing, None));
            Ok(intent(state, writer, open))
        };
        if matches!(begin(&*self.manifest.catch_up().await?), Ok(Some(_))) {
            self.fold_ahead().await?;
            self.manifest.commit(begin).await?;
        }
        self.finish(generations).await
    }

    /// Does most of the work while writers go on.
    async fn fold_ahead(&self) -> Result<(), MaintainError> {
        match self.folder.fold_log().await {
            // Another generation is half sealed, and folds wait for it.
            Err(MaintainError::Wal(WalError::Restless)) => {
                self.finish_all().await?;
                self.folder.fold_log().await.map(drop)
            }
            Err(error) if is_closed(&error) => Ok(()),
            folded => folded.map(drop),
        }
    }

    /// Finishes every generation that is half sealed, whoever began; those that it finished. Two GETs where there is none.
    ///
    /// # Errors
    /// As [`Sealer::finish_sealing`].
    pub async fn finish_all(&self) -> Result<Vec<Generation>, MaintainError> {
        let state = self.manifest.catch_up().await?;
        let half = state.generations.iter().filter(|(_, entry)| entry.state == GenerationState::Sealing);
        let half: Vec<Generation> = half.map(|(generation, _)| *generation).collect();
        if !half.is_empty() {
            self.finish(&half).await?;
        }
        Ok(half)
    }

    /// Finishes the sealing of one generation, for whoever meets it half sealed and would have to wait; the state in which it
    /// is sealed, or in which it is still open and so waits for nobody.
    ///
    /// # Errors
    /// [`MaintainError::Wal`] with `Restless` when others keep folding its entries, `Damaged` when one cannot be read: the
    /// generation stays half sealed until that is repaired. Others when the store does not answer; call it again.
    pub async fn finish_sealing(&self, generation: Generation) -> Result<Arc<State>, MaintainError> {
        self.finish(&[generation]).await
    }

    async fn finish(&self, generations: &[Generation]) -> Result<Arc<State>, MaintainError> {
        for _ in 0..ROUNDS_MAX {
            let state = self.manifest.catch_up().await?;
            let is_half = |generation: &&Generation| state.generation(**generation) == GenerationState::Sealing;
            let half: Vec<Generation> = generations.iter().filter(is_half).copied().collect();
            if half.is_empty() {
                return Ok(state);
            }
            // Its listing begins after `sealing` was seen, so it has everything that was acknowledged.
            match self.folder.fold_sealing().await {
                Ok(summary) if summary.outcome == FoldOutcome::Elsewhere => {}
                Ok(_) => self.end(&half).await?,
                Err(error) if is_closed(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Err(WalError::Restless.into())
    }

    /// Commits `sealed`, but for generations of which a stream has moved since its end was written down.
    async fn end(&self, generations: &[Generation]) -> Result<(), MaintainError> {
        let folded = self.manifest.state();
        let write = async |generation: &Generation| {
            let ends = ends(&folded, *generation);
            let watermarks = match ends.is_empty() {
                // Every stream ends where it began, which is what no object means.
                true => None,
                false => Some(self.manifest.write_watermarks(&folded, *generation).await?),
            };
            Ok::<_, MaintainError>((*generation, ends, watermarks))
        };
        let writes = futures::stream::iter(generations).map(write).buffered(PUTS_MAX);
        let written: Vec<_> = writes.try_collect().await?;
        let writer = self.writer;
        let intend = move |state: &State| {
            let is_due = |generation: Generation, known: &[(StreamId, Seq)]| {
                state.generation(generation) == GenerationState::Sealing && ends(state, generation) == known
            };
            let due = written.iter().filter(|(generation, ends, _)| is_due(*generation, ends));
            Ok(intent(state, writer, due.map(|(generation, _, id)| (*generation, GenerationState::Sealed, *id))))
        };
        self.manifest.commit(intend).await?;
        Ok(())
    }
}

/// Whether another process has sealed, meanwhile, a generation that a fold took entries of or made segments under.
fn is_closed(error: &MaintainError) -> bool {
    matches!(error, MaintainError::Commit(CommitError::Refused(Refusal::GenerationClosed(_))))
}

fn ends(state: &State, generation: Generation) -> Vec<(StreamId, Seq)> {
    let streams = state.streams.iter().filter(|(stream, _)| stream.generation == generation);
    streams.map(|(stream, end)| (*stream, *end)).collect()
}

/// What changes generations; `None` for no change.
fn intent(
    state: &State,
    writer: WriterId,
    changes: impl Iterator<Item = (Generation, GenerationState, Option<WriteId>)>,
) -> Option<Intent> {
    let change = |(generation, state, watermarks)| GenerationChange { generation, state, watermarks };
    let generations: Vec<GenerationChange> = changes.map(change).collect();
    let author = Author { generation: state.open_generation(), writer };
    (!generations.is_empty()).then(|| Intent { generations, ..Intent::new(author) })
}

#[cfg(test)]
mod tests;
