//! A store behind a network that fails as a script or a seed says, to test what is built upon stores.

mod backend;
mod fault;
mod play;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_env::Env;

use crate::store::Store;

use backend::FaultyBackend;
use fault::Decided;
pub use fault::{Attempted, Did, Effect, Fault, Journey, Network};
use play::Road;

impl Store {
    /// The same objects, through a network that fails as `decide` says; this store stays as it is. Counters start at zero.
    #[must_use]
    pub fn with_faults<J: Into<Journey> + 'static>(
        &self,
        decide: impl Fn(&Attempted<'_>) -> J + Send + Sync + 'static,
    ) -> Self {
        self.with_network(Arc::new(Decided(decide)))
    }

    /// The same objects, through a network; this store stays as it is. Counters start at zero. What is on its way runs with
    /// this store's doors, so it arrives even if the process that sent it (see [`Store::with_env`]) is gone.
    #[must_use]
    pub fn with_network(&self, network: Arc<dyn Network>) -> Self {
        let env = self.shared.env.clone();
        let backend = FaultyBackend {
            inner: Arc::clone(&self.shared.backend),
            road: Road { env: env.clone(), network },
            attempts: Mutex::default(),
        };
        Self::over(Arc::new(backend), self.url().clone(), env, self.shared.options.clone())
    }

    /// The same objects, as a process with these doors reaches them. Counters start at zero.
    #[must_use]
    pub fn with_env(&self, env: Env) -> Self {
        Self::over(Arc::clone(&self.shared.backend), self.url().clone(), env, self.shared.options.clone())
    }
}
