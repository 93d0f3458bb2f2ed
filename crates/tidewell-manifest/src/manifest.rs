//! One database's committed view, as one process sees it.

use std::sync::Arc;

use parking_lot::RwLock;
use tidewell_env::Env;
use tidewell_storage::{DatabaseLayout, Store};
use tidewell_types::{DatabaseName, Version};

use crate::error::ManifestError;
use crate::floor::Floor;
use crate::leaf::LeafCache;
use crate::register::Staged;
use crate::spill::Limits;
use crate::state::State;

/// A handle on a database's chain of commits; cheap to clone. It holds the newest state that this process has seen.
#[derive(Clone, Debug)]
pub struct Manifest {
    pub(crate) inner: Arc<Inner>,
    pub(crate) store: Store,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) env: Env,
    pub(crate) database: DatabaseName,
    pub(crate) layout: DatabaseLayout,
    pub(crate) floor: Floor,
    pub(crate) leaves: LeafCache,
    pub(crate) limits: Limits,
    /// What it wrote that may come to count.
    pub(crate) staged: Staged,
    state: RwLock<Arc<State>>,
    /// One catch-up or commit of this process at a time; racing ourselves would only cost requests.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

impl Manifest {
    /// Opens a database's view at the head of its chain; a database without commits opens at version 0 and nothing is
    /// created. At most 4 store round trips whatever the history.
    ///
    /// # Errors
    /// [`ManifestError`] when the store does not answer, or the chain is damaged or newer than this code.
    pub async fn open(store: Store, env: Env, database: DatabaseName) -> Result<Self, ManifestError> {
        Self::open_within(Limits::default(), store, env, database).await
    }

    pub(crate) async fn open_within(
        limits: Limits,
        store: Store,
        env: Env,
        database: DatabaseName,
    ) -> Result<Self, ManifestError> {
        let layout = DatabaseLayout::new(&database);
        let floor = Floor::new(layout.floor());
        let state = RwLock::new(Arc::new(State::default()));
        let (leaves, staged) = (LeafCache::default(), Staged::default());
        let turn = tokio::sync::Mutex::new(());
        let inner = Inner { env, database, layout, floor, leaves, limits, staged, state, turn };
        let manifest = Self { inner: Arc::new(inner), store };
        let state = manifest.load().await?;
        manifest.publish(state);
        Ok(manifest)
    }

    /// The same view with its requests made through `store`, a metered clone of the one it was opened with.
    #[must_use]
    pub fn through(&self, store: Store) -> Self {
        Self { inner: Arc::clone(&self.inner), store }
    }

    /// The database.
    #[must_use]
    pub fn database(&self) -> &DatabaseName {
        &self.inner.database
    }

    /// The names of its objects.
    #[must_use]
    pub fn layout(&self) -> &DatabaseLayout {
        &self.inner.layout
    }

    /// The newest state that this process has seen; no request. It may be behind the store.
    #[must_use]
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.inner.state.read())
    }

    /// Raises the floor, so that records up to `to` may be deleted; one GET and one compare-and-swap.
    ///
    /// A checkpoint of `to` or a newer version must be in the store: records at or below the floor are never read again.
    ///
    /// # Errors
    /// [`ManifestError`] when the store does not answer; the floor may or may not have risen, which is safe.
    pub async fn raise_floor(&self, to: Version) -> Result<Version, ManifestError> {
        self.inner.floor.raise(&self.store, to, self.inner.env.write_id()).await
    }

    /// Takes a state, unless a newer one is here already. One of the same version takes the place of the one at hand: it says
    /// the same, with fewer segments outside of lists.
    pub(crate) fn publish(&self, state: State) -> Arc<State> {
        let mut current = self.inner.state.write();
        if state.version >= current.version {
            *current = Arc::new(state);
        }
        Arc::clone(&current)
    }

    pub(crate) fn inconsistent(&self, version: Version, what: impl Into<String>) -> ManifestError {
        ManifestError::Inconsistent { database: self.inner.database.to_string(), version, what: what.into() }
    }
}

#[cfg(test)]
mod tests;
