//! Following the chain: from nothing (load) or from the state at hand (catch up) to its head.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::try_join_all;
use tidewell_types::Version;
use xxhash_rust::xxh3::xxh3_128;

use crate::checkpoint;
use crate::error::ManifestError;
use crate::manifest::Manifest;
use crate::record::Record;
use crate::state::State;

/// Records fetched one by one before the head is looked up and the rest fetched at once.
const PROBES_MAX: u32 = 4;
/// How often a load starts over because objects it listed were collected under it.
const LOADS_MAX: u32 = 5;

impl Manifest {
    /// The state at the head of the chain. Usually two requests: a GET that finds no newer record, and the floor.
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
        let known = self.state();
        let followed = self.probe(&known).await;
        if let Err(error @ ManifestError::Storage(_)) = followed {
            return Err(error);
        }
        // At or below the floor nothing can be believed: a record that is not there may have come and gone, and one that is
        // there may have been created in its place by a committer that had stalled.
        let floor = self.inner.floor.read(&self.store).await?;
        let state = if floor > known.version { self.load().await? } else { followed? };
        Ok(self.publish(state))
    }

    async fn probe(&self, known: &State) -> Result<State, ManifestError> {
        let mut state = known.clone();
        let mut probes = 0;
        loop {
            let next = Version::new(state.version.get() + 1);
            let Some(bytes) = self.store.get(&self.inner.layout.log(next)).await? else { return Ok(state) };
            state = self.step(&state, next, &bytes)?;
            probes += 1;
            if probes == PROBES_MAX {
                state = self.follow(state).await?;
                probes = 0;
            }
        }
    }

    /// The state at the head from the store alone: newest record's number and hint, then checkpoint and tail, then floor.
    pub(crate) async fn load(&self) -> Result<State, ManifestError> {
        let Self { inner, store } = self;
        let mut head = Version::ZERO;
        for attempt in 1..=LOADS_MAX {
            let (records, hint) = (inner.layout.log_prefix(), inner.layout.hint());
            let (newest, hint) = tokio::try_join!(store.list_first(&records), store.get(&hint))?;
            let Some(newest) = newest else { return Ok(State::default()) };
            head = (inner.layout.parse_log(&newest.key))
                .ok_or_else(|| self.inconsistent(Version::ZERO, format!("{} is not a record's name", newest.key)))?;
            // A hint may name a checkpoint from which no record leads on any more; then the listing finds the newest.
            let start = self.newest_checkpoint(hint.filter(|_| attempt == 1)).await?;
            let start_version = start.version;
            let replayed = self.replay(start, head).await;
            if let Err(error @ ManifestError::Storage(_)) = replayed {
                return Err(error);
            }
            if inner.floor.read(store).await? <= start_version
                && let Some(state) = replayed?
            {
                return Ok(state);
            }
        }
        Err(self.inconsistent(head, "no checkpoint at or above the floor leads to the newest record"))
    }

    /// The checkpoint that the hint names, else the newest there is, else the empty state.
    async fn newest_checkpoint(&self, hint: Option<Bytes>) -> Result<State, ManifestError> {
        let Self { inner, store } = self;
        if let Some((version, write_id)) = hint.and_then(|hint| checkpoint::decode_hint(&hint).ok()) {
            let name = inner.layout.checkpoint(version, write_id);
            if let Some(Ok(state)) = store.get(&name).await?.map(|bytes| checkpoint::decode(&bytes)) {
                return Ok(state);
            }
        }
        let Some(newest) = store.list_first(&inner.layout.checkpoint_prefix()).await? else {
            return Ok(State::default());
        };
        let Some((version, write_id)) = inner.layout.parse_checkpoint(&newest.key) else { return Ok(State::default()) };
        match store.get(&inner.layout.checkpoint(version, write_id)).await? {
            Some(bytes) => checkpoint::decode(&bytes)
                .map_err(|source| ManifestError::Decode { object: newest.key.clone(), source }),
            None => Ok(State::default()),
        }
    }

    /// Applies records up to `head`, fetched at once; `None` where one of them is gone.
    async fn replay(&self, start: State, head: Version) -> Result<Option<State>, ManifestError> {
        let Self { inner, store } = self;
        let mut state = start;
        while state.version < head {
            let last = head.get().min(state.version.get() + checkpoint::COMMITS_PER_CHECKPOINT);
            let numbers: Vec<_> = (state.version.get() + 1..=last).map(Version::new).collect();
            let names: Vec<_> = numbers.iter().map(|number| inner.layout.log(*number)).collect();
            let bodies = try_join_all(names.iter().map(|name| store.get(name))).await?;
            for (number, body) in numbers.into_iter().zip(bodies) {
                let Some(body) = body else { return Ok(None) };
                state = self.step(&state, number, &body)?;
            }
        }
        Ok(Some(state))
    }

    async fn follow(&self, state: State) -> Result<State, ManifestError> {
        let newest = self.store.list_first(&self.inner.layout.log_prefix()).await?;
        let head = newest.and_then(|newest| self.inner.layout.parse_log(&newest.key));
        match self.replay(state.clone(), head.unwrap_or(state.version)).await? {
            Some(state) => Ok(state),
            None => self.load().await,
        }
    }

    /// One record onto a state, with every link checked.
    pub(crate) fn step(&self, state: &State, number: Version, bytes: &[u8]) -> Result<State, ManifestError> {
        let object = || self.inner.layout.log(number).to_string();
        let (_, record) = Record::decode(bytes).map_err(|source| ManifestError::Decode { object: object(), source })?;
        if record.version != number {
            return Err(self.inconsistent(number, format!("its record says version {}", record.version)));
        }
        if record.parent_digest != state.digest {
            return Err(self.inconsistent(number, "its record follows another parent"));
        }
        let next = state
            .apply(&record.intent, xxh3_128(bytes))
            .map_err(|refusal| self.inconsistent(number, format!("its record does not apply: {refusal}")))?;
        if next.segments_digest != record.segments_digest {
            return Err(self.inconsistent(number, "the segments do not add up to the digest in its record"));
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests;
