//! The state from the store alone: the newest record's number and a checkpoint, then the records between, then the floor.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use futures::future::try_join_all;
use tidewell_types::Version;

use crate::checkpoint;
use crate::error::{DecodeError, ManifestError};
use crate::manifest::Manifest;
use crate::snapshot::CheckpointRef;
use crate::state::State;

/// How often a load starts over because objects it listed were collected under it.
const LOADS_MAX: u32 = 5;
/// Records fetched at once; a chain that is no longer needs no checkpoint.
pub(crate) const RECORDS_AT_ONCE: u64 = 128;
/// Checkpoints that are tried, newest first, where the newest are damaged.
const CHECKPOINTS_TRIED_MAX: usize = 8;

/// Where a starting point leads; `None` as a starting point is the empty database.
enum Led {
    Head(State),
    /// To the head as well, but the lists that it names may be collected: these count and keep their own.
    Unkept(Vec<CheckpointRef>),
    /// Nowhere: damaged, or gone.
    Nowhere(Option<ManifestError>),
}

impl Manifest {
    /// Lets go of what this process knows and reads the newest state from the store, as [`Manifest::open`] does.
    ///
    /// # Errors
    /// As [`Manifest::open`].
    pub async fn reload(&self) -> Result<Arc<State>, ManifestError> {
        let _turn = self.inner.turn.lock().await;
        let state = self.load().await?;
        Ok(self.publish(state))
    }

    /// The state of a checkpoint, such as a snapshot's. One GET.
    ///
    /// # Errors
    /// [`ManifestError::Collected`] where it is gone: its snapshot was dropped.
    pub async fn open_checkpoint(&self, checkpoint: CheckpointRef) -> Result<State, ManifestError> {
        let name = self.inner.layout.checkpoint(checkpoint.version, checkpoint.write_id);
        let gone = || ManifestError::Collected { object: name.to_string() };
        let state = self.read_checkpoint(checkpoint).await?.ok_or_else(gone)?;
        if state.basis.checkpoint() != Some(checkpoint) {
            return Err(self.inconsistent(checkpoint.version, "its checkpoint is of another version or write"));
        }
        Ok(state)
    }

    /// The state at the head. Round trips: LIST of the newest record and GET of the hint; the checkpoint and the records
    /// after it, or all records where they are few; the floor. A hint that leads nowhere costs a listing and what it led to.
    pub(crate) async fn load(&self) -> Result<State, ManifestError> {
        let Self { inner, store } = self;
        let mut head = Version::ZERO;
        for attempt in 1..=LOADS_MAX {
            let (records, hint) = (inner.layout.log_prefix(), inner.layout.hint());
            let (newest, hint) = tokio::try_join!(store.list_first(&records), store.get(&hint))?;
            let Some(newest) = newest else { return Ok(State::default()) };
            head = (inner.layout.parse_log(&newest.key))
                .ok_or_else(|| self.inconsistent(Version::ZERO, format!("{} is not a record's name", newest.key)))?;
            let hinted = hint.and_then(|hint| checkpoint::decode_hint(&hint).ok());
            let first = match hinted.filter(|_| attempt == 1) {
                Some(hinted) => Some(Some(hinted)),
                None => (attempt == 1 && head.get() <= RECORDS_AT_ONCE).then_some(None),
            };
            if let Some(state) = self.search(head, first).await? {
                return Ok(state);
            }
        }
        Err(self.inconsistent(head, "no checkpoint at or above the floor leads to the newest record"))
    }

    /// Tries a first starting point, if there is one, then what the listings have, until one leads to `head`. `None` where the
    /// chain may have moved on meanwhile; an error where what is there is damaged.
    async fn search(
        &self,
        head: Version,
        first: Option<Option<CheckpointRef>>,
    ) -> Result<Option<State>, ManifestError> {
        let mut starts: VecDeque<Option<CheckpointRef>> = first.into_iter().collect();
        let (mut tried, mut listings) = (Vec::new(), 0);
        let mut fault = None;
        loop {
            let Some(from) = starts.pop_front() else {
                listings += 1;
                match listings {
                    1 => starts.extend(self.newest_checkpoint().await?.map(Some)),
                    2 => starts.extend(self.all_checkpoints().await?),
                    _ => return fault.map_or(Ok(None), Err),
                }
                continue;
            };
            if tried.contains(&from) {
                continue;
            }
            tried.push(from);
            match self.lead(from, head).await? {
                Led::Head(state) => return Ok(Some(state)),
                Led::Unkept(counting) => starts.extend(counting.into_iter().rev().map(Some)),
                Led::Nowhere(error) => fault = fault.or(error),
            }
        }
    }

    async fn newest_checkpoint(&self) -> Result<Option<CheckpointRef>, ManifestError> {
        let newest = self.store.list_first(&self.inner.layout.checkpoint_prefix()).await?;
        Ok(newest.and_then(|newest| self.named(&newest.key)))
    }

    /// The newest few, and the empty database: what is left where those that were tried first are damaged.
    async fn all_checkpoints(&self) -> Result<Vec<Option<CheckpointRef>>, ManifestError> {
        let listed = self.store.list(&self.inner.layout.checkpoint_prefix()).await?;
        let named = listed.iter().filter_map(|object| self.named(&object.key)).take(CHECKPOINTS_TRIED_MAX);
        Ok(named.map(Some).chain([None]).collect())
    }

    fn named(&self, key: &str) -> Option<CheckpointRef> {
        let (version, write_id) = self.inner.layout.parse_checkpoint(key)?;
        Some(CheckpointRef { version, write_id })
    }

    async fn lead(&self, from: Option<CheckpointRef>, head: Version) -> Result<Led, ManifestError> {
        let replayed = self.replay_from(from, head).await;
        if let Err(error @ ManifestError::Storage(_)) = replayed {
            return Err(error);
        }
        // At or below the floor nothing can be believed, neither what is there nor what is not.
        if self.inner.floor.read(&self.store).await? > from.map(|from| from.version).unwrap_or_default() {
            return Ok(Led::Nowhere(None));
        }
        Ok(match replayed {
            Ok(Some(state)) if state.lists_are_kept() => Led::Head(state),
            Ok(Some(state)) => Led::Unkept(state.checkpoints),
            Ok(None) => Led::Nowhere(None),
            Err(error @ ManifestError::Decode { source: DecodeError::Newer { .. }, .. }) => return Err(error),
            Err(error) => Led::Nowhere(Some(error)),
        })
    }

    pub(crate) async fn read_checkpoint(&self, checkpoint: CheckpointRef) -> Result<Option<State>, ManifestError> {
        let name = self.inner.layout.checkpoint(checkpoint.version, checkpoint.write_id);
        let Some(bytes) = self.store.get(&name).await? else { return Ok(None) };
        let state =
            checkpoint::decode(&bytes).map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        Ok(Some(state))
    }

    /// The state at `head` by way of a checkpoint, read together with the records after it; `None` where one of them is
    /// gone.
    pub(crate) async fn replay_from(
        &self,
        from: Option<CheckpointRef>,
        head: Version,
    ) -> Result<Option<State>, ManifestError> {
        let Some(from) = from else { return self.replay(State::default(), head).await };
        let (state, bodies) = futures::future::join(self.read_checkpoint(from), self.bodies(from.version, head)).await;
        let Some(state) = state? else { return Ok(None) };
        if state.basis.checkpoint() != Some(from) {
            return Ok(None);
        }
        match self.apply_bodies(state, bodies?)? {
            Some(state) => self.replay(state, head).await,
            None => Ok(None),
        }
    }

    /// Applies records up to `head`, fetched in groups; `None` where one of them is gone.
    pub(crate) async fn replay(&self, start: State, head: Version) -> Result<Option<State>, ManifestError> {
        let mut state = start;
        while state.version < head {
            let bodies = self.bodies(state.version, head).await?;
            match self.apply_bodies(state, bodies)? {
                Some(next) => state = next,
                None => return Ok(None),
            }
        }
        Ok(Some(state))
    }

    /// The first records after `after`, up to `head`.
    async fn bodies(&self, after: Version, head: Version) -> Result<Vec<Option<Bytes>>, ManifestError> {
        let last = head.get().min(after.get().saturating_add(RECORDS_AT_ONCE));
        let names: Vec<_> =
            (after.get().saturating_add(1)..=last).map(|number| self.inner.layout.log(Version::new(number))).collect();
        Ok(try_join_all(names.iter().map(|name| self.store.get(name))).await?)
    }

    fn apply_bodies(&self, start: State, bodies: Vec<Option<Bytes>>) -> Result<Option<State>, ManifestError> {
        let mut state = start;
        for body in bodies {
            let number = Version::new(state.version.get() + 1);
            let Some(body) = body else { return Ok(None) };
            state = self.step(state, number, &body)?;
        }
        Ok(Some(state))
    }
}

#[cfg(test)]
mod tests;
