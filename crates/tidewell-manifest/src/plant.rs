//! A state at the head of a chain without history: how a version gets into a store other than by the commits before it.
//!
//! Such a chain is one record, which nobody applies, and a checkpoint of the record's own version that counts itself: the
//! floor is right below both. The next commit follows as on any chain, and from then on the state is planted no more.

use std::sync::Arc;

use bytes::Bytes;
use tidewell_storage::Created;
use tidewell_types::Version;
use xxhash_rust::xxh3::xxh3_128;

use crate::checkpoint;
use crate::entry::SegmentEntry;
use crate::error::ManifestError;
use crate::foreign::ForeignFile;
use crate::intent::{Author, Intent};
use crate::manifest::Manifest;
use crate::record::Record;
use crate::segments::{LeafRef, Segments};
use crate::snapshot::CheckpointRef;
use crate::state::State;

/// Why a state was not planted.
#[derive(Debug, thiserror::Error)]
pub enum PlantError {
    /// The chain has commits that were made there; take an empty store or database.
    #[error(
        "database {database} has commits of its own there, up to version {version}: take a store that does not have the database"
    )]
    Grown {
        /// The database.
        database: String,
        /// Its newest version.
        version: Version,
    },
    /// What was planted before is not older; take another store.
    #[error(
        "database {database} is there in version {found}, which is not older than version {wanted}: take another store"
    )]
    NotOlder {
        /// The database.
        database: String,
        /// The version that is there.
        found: Version,
        /// The version that was to be planted.
        wanted: Version,
    },
    /// The store did not answer, or what is there cannot be read. The state may or may not be there; planting a newer one,
    /// or into another store, is right in both cases.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
}

impl State {
    /// Whether it is as [`Manifest::plant`] left it, and nobody has committed since: its own checkpoint counts, which no
    /// commit can say of its own version.
    #[must_use]
    pub fn is_planted(&self) -> bool {
        self.checkpoints.last().is_some_and(|checkpoint| checkpoint.version == self.version)
    }
}

impl Segments {
    /// Whether every live segment that `list` names in `later` is live here too, by way of the same list. No request.
    #[must_use]
    pub fn covers(&self, later: &Self, list: &LeafRef) -> bool {
        let gone_since = |key| later.gone.contains_key(key);
        self.leaves.contains(list) && self.gone.range(list.first..=list.last).all(|(key, _)| gone_since(key))
    }

    /// How many live segments `list` names. No request.
    #[must_use]
    pub fn live_count(&self, list: &LeafRef) -> u64 {
        list.segment_count.saturating_sub(self.gone.range(list.first..=list.last).count() as u64)
    }
}

/// The same state, in which no registered file is owned: what is planted is a copy, and the files belong to the original.
fn without_owners(state: &State) -> State {
    let mut state = state.clone();
    for table in state.tables.values_mut() {
        let is_owned = |entry: &Arc<SegmentEntry>| entry.foreign.as_ref().is_some_and(|file| file.is_owned);
        if table.segments.registered.iter().any(is_owned) {
            for entry in Arc::make_mut(&mut table.segments.registered) {
                let file =
                    entry.foreign.as_ref().map(|file| Arc::new(ForeignFile { is_owned: false, ..(**file).clone() }));
                *entry = Arc::new(SegmentEntry { foreign: file, ..(**entry).clone() });
            }
        }
    }
    state
}

impl Manifest {
    /// The live segments that one of a table's lists names. At most one GET.
    ///
    /// # Errors
    /// As [`Manifest::select`].
    pub async fn live_in(&self, segments: &Segments, list: &LeafRef) -> Result<Vec<Arc<SegmentEntry>>, ManifestError> {
        let entries = self.leaf(list).await?;
        Ok(entries.iter().filter(|entry| !segments.is_gone(&entry.key())).cloned().collect())
    }

    /// The record that made a state, checked against it. One GET.
    ///
    /// # Errors
    /// [`ManifestError::Collected`] where it is gone: take a newer state. Version 0 has none.
    pub async fn record_of(&self, state: &State) -> Result<Bytes, ManifestError> {
        let name = self.inner.layout.log(state.version);
        let gone = || ManifestError::Collected { object: name.to_string() };
        let record = self.store.get(&name).await?.ok_or_else(gone)?;
        match xxh3_128(&record) == state.digest {
            true => Ok(record),
            false => Err(self.inconsistent(state.version, "its record is not the one that the state follows from")),
        }
    }

    /// What is there, if a state of `version` may be planted over it: nothing (version 0), or an older planted one. One LIST,
    /// and what [`Manifest::open`] makes.
    ///
    /// # Errors
    /// [`PlantError`] says what is in the way.
    pub async fn ground(&self, version: Version) -> Result<State, PlantError> {
        let newest = self.store.list_first(&self.inner.layout.log_prefix()).await.map_err(ManifestError::from)?;
        if newest.is_none() {
            return Ok(State::default());
        }
        let state = self.load().await?;
        let database = self.inner.database.to_string();
        if !state.is_planted() {
            return Err(PlantError::Grown { database, version: state.version });
        }
        if state.version >= version {
            return Err(PlantError::NotOlder { database, found: state.version, wanted: version });
        }
        Ok(state)
    }

    /// Makes `state` what this store has of the database. Everything that it names must be there already. `record` is the one
    /// that made it; `None` makes one, for a state that no record made.
    ///
    /// Snapshots, graves and other log stores stay behind: they are about objects elsewhere. Atomic: until the record is
    /// created, what was planted before counts. Readers of that follow, unless its history is another and its version just one
    /// lower: they stop at [`ManifestError::Inconsistent`] and must open anew. Requests: [`Manifest::ground`], PUTs of lists where many segments are in
    /// none, of the checkpoint, the record and the hint, a compare-and-swap of the floor, and what [`Manifest::open`] makes.
    ///
    /// # Errors
    /// [`PlantError`]; the state was not planted, or with [`PlantError::Manifest`] may have been.
    pub async fn plant(&self, state: &State, record: Option<Bytes>) -> Result<Arc<State>, PlantError> {
        let _turn = self.inner.turn.lock().await;
        self.ground(state.version).await?;
        let checkpoint = CheckpointRef { version: state.version, write_id: self.inner.env.write_id() };
        let record = record.map_or_else(|| self.first_record(state), Ok)?;
        let planted = State {
            digest: xxh3_128(&record),
            condemned_to: state.version,
            checkpoints: vec![checkpoint],
            snapshots: Arc::default(),
            graves: Arc::default(),
            log_stores: Vec::new(),
            ..self.spill(&without_owners(state)).await?
        };
        self.put_checkpoint(checkpoint, &planted).await?;
        self.create_record(&planted, record).await?;
        // A reader of an older planted state finds no next record; the floor tells it to look again.
        if let Some(below) = state.version.get().checked_sub(1).filter(|below| *below > 0) {
            self.inner.floor.raise(&self.store, Version::new(below), self.inner.env.write_id()).await?;
        }
        self.put_hint(checkpoint).await?;
        // As any other process opens it, which also shows that it can be opened.
        Ok(self.publish(self.load().await?))
    }

    fn first_record(&self, state: &State) -> Result<Bytes, ManifestError> {
        let env = &self.inner.env;
        let author = Author { generation: state.open_generation(), writer: env.writer_id() };
        let record = Record {
            version: state.version,
            parent_digest: 0,
            segments_digest: state.segments_digest,
            at: state.committed_at,
            intent: Intent::new(author),
        };
        let name = self.inner.layout.log(state.version);
        record.encode(env.write_id()).map_err(|source| ManifestError::Decode { object: name.to_string(), source })
    }

    async fn put_checkpoint(&self, checkpoint: CheckpointRef, state: &State) -> Result<(), ManifestError> {
        let name = self.inner.layout.checkpoint(checkpoint.version, checkpoint.write_id);
        let body = checkpoint::encode(state, checkpoint.write_id)
            .map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        Ok(self.store.put(&name, body).await?)
    }

    async fn create_record(&self, state: &State, record: Bytes) -> Result<(), PlantError> {
        let name = self.inner.layout.log(state.version);
        let (write_id, _) =
            Record::decode(&record).map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        match self.store.create(&name, record, write_id).await.map_err(ManifestError::from)? {
            Created::Mine => Ok(()),
            Created::Other(_) => {
                Err(PlantError::Grown { database: self.inner.database.to_string(), version: state.version })
            }
        }
    }

    async fn put_hint(&self, checkpoint: CheckpointRef) -> Result<(), ManifestError> {
        let name = self.inner.layout.hint();
        let hint = checkpoint::encode_hint(checkpoint)
            .map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        Ok(self.store.overwrite(&name, hint).await?)
    }
}

#[cfg(test)]
mod tests;
