//! Named snapshots, for the edges.

use tidewell_maintain::snapshot;
use tidewell_manifest::Snapshot;
use tidewell_types::TimestampNs;

use crate::engine::Engine;
use crate::error::EngineError;

/// A version with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// Its name.
    pub name: String,
    /// The version.
    pub version: u64,
    /// When it was made, on its maker's clock.
    pub created_at: TimestampNs,
}

impl From<Snapshot> for SnapshotInfo {
    fn from(snapshot: Snapshot) -> Self {
        Self { name: snapshot.name, version: snapshot.checkpoint.version.get(), created_at: snapshot.created_at }
    }
}

impl Engine {
    /// Gives the newest version of a database a name: every row acknowledged before the call is in it, but for rows in local
    /// logs of other processes. Copies no segment. A fold, a checkpoint and a commit.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `Invalid` (the name cannot be or is taken), the store.
    pub async fn create_snapshot(&self, database: &str, name: &str) -> Result<SnapshotInfo, EngineError> {
        let inner = &self.inner;
        let database = inner.databases.existing(database).await?;
        let folder = self.folder_of(&database).await?;
        let writer = inner.env.writer_id();
        Ok(snapshot::create(&folder, &database.manifest, &inner.env, writer, name).await?.into())
    }

    /// The snapshots of a database, by name. Two GETs.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, the store.
    pub async fn snapshots(&self, database: &str) -> Result<Vec<SnapshotInfo>, EngineError> {
        let database = self.inner.databases.existing(database).await?;
        let state = database.manifest.catch_up().await?;
        Ok(snapshot::list(&state).into_iter().map(SnapshotInfo::from).collect())
    }

    /// Gives a name up; what only it kept is collected. One commit.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `NotFound` (snapshot), the store.
    pub async fn drop_snapshot(&self, database: &str, name: &str) -> Result<(), EngineError> {
        let database = self.inner.databases.existing(database).await?;
        Ok(snapshot::drop(&database.manifest, self.inner.env.writer_id(), name).await?)
    }

    /// Puts the rows of a snapshot in the place of the present ones; the version from which on they count. A fold and a
    /// commit; no segment is copied.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `NotFound` (snapshot), the store.
    pub async fn restore_snapshot(&self, database: &str, name: &str) -> Result<u64, EngineError> {
        let database = self.inner.databases.existing(database).await?;
        let folder = self.folder_of(&database).await?;
        let writer = self.inner.env.writer_id();
        Ok(snapshot::restore(&folder, &database.manifest, writer, name).await?.get())
    }
}
