//! Reading the chain in steps, for a reader who counts round trips: the first look beside other requests, and the floor, which
//! has the last word, beside those that follow from what was read.

use std::sync::Arc;

use tidewell_types::Version;

use crate::checkpoint;
use crate::error::ManifestError;
use crate::load::RECORDS_AT_ONCE;
use crate::manifest::Manifest;
use crate::snapshot::CheckpointRef;
use crate::state::State;

/// Where a load begins: the newest record at the time, and the checkpoint that the hint names.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    /// 0 where there is none.
    pub(crate) newest: Version,
    pub(crate) hinted: Option<CheckpointRef>,
}

/// A state that is true if the floor, read after it, proves not to be above what it was read from.
#[derive(Clone, Debug)]
pub struct Unconfirmed {
    state: Arc<State>,
    /// What the floor must not be above; `None` where it was asked already.
    from: Option<Version>,
}

impl Unconfirmed {
    /// The state, to be used for what can be thrown away.
    #[must_use]
    pub fn state(&self) -> &Arc<State> {
        &self.state
    }
}

impl Manifest {
    /// The first round trip of a load, two requests at once: LIST of the newest record, GET of the hint.
    ///
    /// # Errors
    /// [`ManifestError::Storage`] when the store does not answer; try again.
    pub async fn look(&self) -> Result<Look, ManifestError> {
        let (records, hint) = (self.inner.layout.log_prefix(), self.inner.layout.hint());
        let (newest, hint) = tokio::try_join!(self.store.list_first(&records), self.store.get(&hint))?;
        let newest = match newest {
            None => Version::ZERO,
            Some(newest) => (self.inner.layout.parse_log(&newest.key))
                .ok_or_else(|| self.inconsistent(Version::ZERO, format!("{} is not a record's name", newest.key)))?,
        };
        Ok(Look { newest, hinted: hint.and_then(|hint| checkpoint::decode_hint(&hint).ok()) })
    }

    /// The state at the head, unconfirmed. A record that was committed before this call is in it. One round trip as a rule:
    /// where nothing was read before, the checkpoint, the records after it and the place after the newest one, all at once;
    /// otherwise the place after the newest known record.
    ///
    /// # Errors
    /// As [`Manifest::catch_up`].
    pub async fn advance(&self, look: Option<Look>) -> Result<Unconfirmed, ManifestError> {
        let advanced = match look.filter(|_| !self.is_read()) {
            Some(look) => self.advance_from(look).await?,
            None => self.advance_known().await?,
        };
        match advanced {
            Some(advanced) => Ok(advanced),
            None => Ok(Unconfirmed { state: self.catch_up().await?, from: None }),
        }
    }

    /// Makes an advanced state this process's own; `None` where it is not true, or its lists are kept no more: advance again.
    /// One GET, of the floor.
    ///
    /// # Errors
    /// As [`Manifest::catch_up`].
    pub async fn confirm(&self, advanced: Unconfirmed) -> Result<Option<Arc<State>>, ManifestError> {
        let Unconfirmed { state, from } = advanced;
        let Some(from) = from else { return Ok(Some(state)) };
        if self.inner.floor.read(&self.store).await? > from {
            self.reload().await?;
            return Ok(None);
        }
        if self.is_read() && self.state().version >= state.version {
            return Ok(Some(state));
        }
        let version = state.version;
        let rebased = self.rebased(Arc::unwrap_or_clone(state)).await?;
        // Another's lists took the place of these: what was fetched meanwhile may go by the old ones.
        let is_same = rebased.version == version;
        let published = self.publish(rebased);
        Ok(is_same.then_some(published))
    }

    /// From the known state; `None` where the chain cannot be followed from there.
    async fn advance_known(&self) -> Result<Option<Unconfirmed>, ManifestError> {
        let known = self.state();
        if !self.is_read() {
            return Ok(None);
        }
        match self.probe(&known).await {
            Ok(newer) => {
                let from = Some(known.version);
                Ok(Some(Unconfirmed { state: newer.map_or(known, Arc::new), from }))
            }
            Err(error @ ManifestError::Storage(_)) => Err(error),
            // What looks damaged may lie below the floor.
            Err(_) => Ok(None),
        }
    }

    /// From the checkpoint of a first look, or from nothing where there are few records; `None` where that leads nowhere.
    async fn advance_from(&self, look: Look) -> Result<Option<Unconfirmed>, ManifestError> {
        let Look { newest, hinted } = look;
        if hinted.is_none() && newest.get() > RECORDS_AT_ONCE {
            return Ok(None);
        }
        let after = self.inner.layout.log(Version::new(newest.get() + 1));
        let (replayed, after) = tokio::join!(self.replay_from(hinted, newest), self.store.get(&after));
        let state = match (replayed, after?) {
            (Err(error @ ManifestError::Storage(_)), _) => return Err(error),
            (Err(_) | Ok(None), _) => return Ok(None),
            (Ok(Some(state)), None) => state,
            (Ok(Some(state)), Some(_)) => match self.probe(&state).await {
                Ok(newer) => newer.unwrap_or(state),
                Err(error @ ManifestError::Storage(_)) => return Err(error),
                Err(_) => return Ok(None),
            },
        };
        if !state.lists_are_kept() {
            return Ok(None);
        }
        let from = Some(hinted.map(|hinted| hinted.version).unwrap_or_default());
        Ok(Some(Unconfirmed { state: Arc::new(state), from }))
    }
}

#[cfg(test)]
mod tests;
