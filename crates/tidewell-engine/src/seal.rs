//! Generations that somebody began to seal and did not finish: writers wait for their end, and so do strong reads.

use tidewell_maintain::{SealOptions, Sealer};
use tidewell_types::GenerationState;

use crate::database::Database;
use crate::engine::Engine;
use crate::error::EngineError;

impl Database {
    /// Whether a generation is being sealed, as far as this process knows.
    pub(crate) fn is_sealing(&self) -> bool {
        let state = self.manifest.state();
        state.generations.values().any(|entry| entry.state == GenerationState::Sealing)
    }
}

impl Engine {
    /// Finishes what another process began; any number may at once.
    pub(crate) async fn finish_sealing(&self, database: &Database) -> Result<(), EngineError> {
        let folder = self.folder_of(database).await?;
        let (env, manifest) = (self.inner.env.clone(), database.manifest.clone());
        let finished = Sealer::new(env, manifest, folder, SealOptions::default()).finish_all().await?;
        if !finished.is_empty() {
            tracing::info!(database = %database.name, generations = finished.len(), "finished sealing");
        }
        Ok(())
    }
}
