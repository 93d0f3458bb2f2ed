//! Following the chain: from nothing (load) or from the state at hand (catch up) to its head.

use std::sync::Arc;

use tidewell_types::Version;
use xxhash_rust::xxh3::xxh3_128;

use crate::apply::Stamped;
use crate::error::ManifestError;
use crate::load::RECORDS_AT_ONCE;
use crate::manifest::Manifest;
use crate::record::Record;
use crate::state::State;

/// Records fetched one by one before the head is looked up and the rest fetched at once.
const PROBES_MAX: u32 = 4;

impl Manifest {
    /// The state at the head of the chain. Usually two requests: a GET that finds no newer record, and the floor. The first
    /// call of a handle that has read nothing costs what [`Manifest::open`] does.
    ///
    /// A record that was committed before this call is in the answer.
    ///
    /// # Errors
    /// [`ManifestError`] when the store does not answer, or the chain is damaged or newer than this code.
    pub async fn catch_up(&self) -> Result<Arc<State>, ManifestError> {
        let _turn = self.inner.turn.lock().await;
        self.catch_up_in_turn().await
    }

    pub(crate) async fn catch_up_in_turn(&self) -> Result<Arc<State>, ManifestError> {
        if !self.is_read() {
            return Ok(self.publish(self.load().await?));
        }
        let known = self.state();
        let followed = self.probe(&known).await;
        if let Err(error @ ManifestError::Storage(_)) = followed {
            return Err(error);
        }
        // At or below the floor nothing can be believed: a record that is not there may have come and gone, and one that is
        // there may have been created in its place by a committer that had stalled.
        let floor = self.inner.floor.read(&self.store).await?;
        if floor > known.version {
            return Ok(self.publish(self.load().await?));
        }
        match followed? {
            Some(state) => Ok(self.publish(self.rebased(state).await?)),
            None if known.lists_are_kept() => Ok(known),
            // Its own commits brought it here, and they let go of the checkpoint that it stands on.
            None => Ok(self.publish(self.rebased(State::clone(&known)).await?)),
        }
    }

    /// The state at the head; `None` where that is the known one.
    pub(crate) async fn probe(&self, known: &State) -> Result<Option<State>, ManifestError> {
        let mut state = None;
        let mut probes = 0;
        loop {
            let next = Version::new(state.as_ref().map_or(known.version, |state: &State| state.version).get() + 1);
            let Some(bytes) = self.store.get(&self.inner.layout.log(next)).await? else { return Ok(state) };
            let mut here = self.step(state.unwrap_or_else(|| known.clone()), next, &bytes)?;
            probes += 1;
            if probes == PROBES_MAX {
                here = self.follow(here).await?;
                probes = 0;
            }
            state = Some(here);
        }
    }

    async fn follow(&self, state: State) -> Result<State, ManifestError> {
        let newest = self.store.list_first(&self.inner.layout.log_prefix()).await?;
        let head = newest.and_then(|newest| self.inner.layout.parse_log(&newest.key)).unwrap_or(state.version);
        // Opening anew costs what a few dozen records cost, however many there are.
        let is_far = head.get().saturating_sub(state.version.get()) > RECORDS_AT_ONCE;
        let followed = if is_far { None } else { self.replay(state, head).await? };
        match followed {
            Some(state) => Ok(state),
            None => self.load().await,
        }
    }

    /// One record onto a state, with every link checked.
    pub(crate) fn step(&self, state: State, number: Version, bytes: &[u8]) -> Result<State, ManifestError> {
        let object = || self.inner.layout.log(number).to_string();
        let (_, record) = Record::decode(bytes).map_err(|source| ManifestError::Decode { object: object(), source })?;
        if record.version != number {
            return Err(self.inconsistent(number, format!("its record says version {}", record.version)));
        }
        if record.parent_digest != state.digest {
            return Err(self.inconsistent(number, "its record follows another parent"));
        }
        let next = state
            .advanced(&record.intent, Stamped { digest: xxh3_128(bytes), at: record.at })
            .map_err(|refusal| self.inconsistent(number, format!("its record does not apply: {refusal}")))?;
        if next.segments_digest != record.segments_digest {
            return Err(self.inconsistent(number, "the segments do not add up to the digest in its record"));
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests;
