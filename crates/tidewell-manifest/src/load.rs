//! The state from the store alone: the newest record's number and a checkpoint, then the records between, then the floor.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::try_join_all;
use tidewell_types::Version;

use crate::checkpoint;
use crate::error::ManifestError;
use crate::manifest::Manifest;
use crate::snapshot::CheckpointRef;
use crate::state::State;

/// How often a load starts over because objects it listed were collected under it.
const LOADS_MAX: u32 = 5;
/// Records fetched at once.
const RECORDS_AT_ONCE: u64 = 128;

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
        if state.version != checkpoint.version {
            return Err(self.inconsistent(checkpoint.version, "its checkpoint is of another version"));
        }
        Ok(state)
    }

    /// The state at the head. Round trips: LIST of the newest record and GET of the hint; the checkpoint and the records
    /// after it; the floor.
    pub(crate) async fn load(&self) -> Result<State, ManifestError> {
        let Self { inner, store } = self;
        let (mut head, mut start) = (Version::ZERO, None);
        for attempt in 1..=LOADS_MAX {
            let (records, hint) = (inner.layout.log_prefix(), inner.layout.hint());
            let (newest, hint) = tokio::try_join!(store.list_first(&records), store.get(&hint))?;
            let Some(newest) = newest else { return Ok(State::default()) };
            head = (inner.layout.parse_log(&newest.key))
                .ok_or_else(|| self.inconsistent(Version::ZERO, format!("{} is not a record's name", newest.key)))?;
            // A hint may name a checkpoint from which no record leads on any more; then the listing finds the newest.
            let hinted = hint.filter(|_| attempt == 1).and_then(|hint| checkpoint::decode_hint(&hint).ok());
            let from = match start.take().or(hinted) {
                Some(checkpoint) => Some(checkpoint),
                None => self.newest_checkpoint().await?,
            };
            let replayed = self.replay_from(from, head).await;
            if let Err(error @ ManifestError::Storage(_)) = replayed {
                return Err(error);
            }
            if inner.floor.read(store).await? > from.map(|from| from.version).unwrap_or_default() {
                continue;
            }
            match replayed? {
                Some(state) if is_kept(&state, from) => return Ok(state),
                // Its lists may have been collected: the newest that counts is as good and keeps its own.
                Some(state) => start = state.checkpoints.last().copied(),
                None => {}
            }
        }
        Err(self.inconsistent(head, "no checkpoint at or above the floor leads to the newest record"))
    }

    async fn newest_checkpoint(&self) -> Result<Option<CheckpointRef>, ManifestError> {
        let newest = self.store.list_first(&self.inner.layout.checkpoint_prefix()).await?;
        let named = newest.and_then(|newest| self.inner.layout.parse_checkpoint(&newest.key));
        Ok(named.map(|(version, write_id)| CheckpointRef { version, write_id }))
    }

    async fn read_checkpoint(&self, checkpoint: CheckpointRef) -> Result<Option<State>, ManifestError> {
        let name = self.inner.layout.checkpoint(checkpoint.version, checkpoint.write_id);
        let Some(bytes) = self.store.get(&name).await? else { return Ok(None) };
        let state =
            checkpoint::decode(&bytes).map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        Ok(Some(state))
    }

    /// The state at `head` by way of a checkpoint, read together with the records after it; `None` where one of them is
    /// gone.
    async fn replay_from(&self, from: Option<CheckpointRef>, head: Version) -> Result<Option<State>, ManifestError> {
        let Some(from) = from else { return self.replay(State::default(), head).await };
        let (state, bodies) = futures::future::join(self.read_checkpoint(from), self.bodies(from.version, head)).await;
        // A checkpoint that was damaged or cut short by its writer's end is no worse than none: the listing finds another.
        let Some(state) = state? else { return Ok(None) };
        if state.version != from.version {
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
            (after.get() + 1..=last).map(|number| self.inner.layout.log(Version::new(number))).collect();
        Ok(try_join_all(names.iter().map(|name| self.store.get(name))).await?)
    }

    fn apply_bodies(&self, start: State, bodies: Vec<Option<Bytes>>) -> Result<Option<State>, ManifestError> {
        let mut state = start;
        for body in bodies {
            let number = Version::new(state.version.get() + 1);
            let Some(body) = body else { return Ok(None) };
            state = self.step(&state, number, &body)?;
        }
        Ok(Some(state))
    }
}

/// Whether the lists of the checkpoint that led to `state` are kept as of it.
fn is_kept(state: &State, from: Option<CheckpointRef>) -> bool {
    let has_lists = state.tables.values().any(|table| !table.segments.leaves().is_empty());
    from.is_none_or(|from| {
        !has_lists
            || state.checkpoints.contains(&from)
            || state.snapshots.values().any(|snapshot| snapshot.checkpoint == from)
    })
}
