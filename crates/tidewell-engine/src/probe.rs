//! What a store can do, without opening it.

use tidewell_env::Env;
use tidewell_storage::{ProbeReport, Store, StoreOptions, StoreUrl};

use crate::engine::Engine;
use crate::error::EngineError;

impl Engine {
    /// Tries what Tidewell needs of a store on scratch objects, and cleans up after itself; a hundred requests or so.
    ///
    /// # Errors
    /// [`EngineError`] when the store cannot be reached at all; what it lacks is in the report.
    pub async fn probe(location: &StoreUrl, env: Env) -> Result<ProbeReport, EngineError> {
        let store = Store::open(location, env, &StoreOptions::default())?;
        Ok(tidewell_storage::probe(&store).await)
    }
}
