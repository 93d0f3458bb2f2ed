//! What every database of an engine shares: the store, its identity, the doors and the configuration.

use std::sync::Arc;
use std::time::Duration;

use tidewell_cost::{Cadence, Ledger, LedgerLimits, Purpose, TablePart};
use tidewell_env::Env;
use tidewell_storage::{Store, Usage};
use tidewell_types::{DatabaseName, StoreId};
use tokio::sync::OnceCell;

use crate::config::EngineConfig;
use crate::error::EngineError;

/// What every database of an engine shares.
#[derive(Debug)]
pub(crate) struct Home {
    pub(crate) store: Store,
    pub(crate) env: Env,
    pub(crate) config: Arc<EngineConfig>,
    /// Who spent what.
    pub(crate) ledger: Arc<Ledger>,
    /// The pace of log objects, of all databases.
    pub(crate) cadence: Arc<Cadence>,
    id: OnceCell<StoreId>,
}

impl Home {
    pub(crate) fn new(store: Store, env: Env, config: Arc<EngineConfig>) -> Self {
        let ledger = Arc::new(Ledger::new(config.prices, LedgerLimits::default()));
        let interval = Duration::from_millis(config.wal.flush_interval_ms);
        let cadence = Cadence::new(interval, config.prices, config.request_budget, env.monotonic());
        Self { store, env, config, ledger, cadence, id: OnceCell::new() }
    }

    /// Books what was asked for `tables`, or for the database, and lets the log keep to what is left of the budget.
    pub(crate) fn book(&self, purpose: Purpose, database: &DatabaseName, tables: &[TablePart], used: &Usage) {
        self.ledger.record(purpose, database, tables, used);
        self.cadence.charge_other(self.env.monotonic(), used);
    }

    /// The store's identity, made with it where it is new. One request, once.
    pub(crate) async fn make_store(&self) -> Result<StoreId, EngineError> {
        let id = self.id.get_or_try_init(async || Ok::<_, EngineError>(self.store.ensure_format().await?.store_id));
        id.await.copied()
    }

    /// The store's identity; `None` while nobody has made it. One request until it is known.
    pub(crate) async fn find_store(&self) -> Result<Option<StoreId>, EngineError> {
        if let Some(id) = self.id.get() {
            return Ok(Some(*id));
        }
        let Some(format) = self.store.read_format().await? else { return Ok(None) };
        Ok(Some(*self.id.get_or_init(async || format.store_id).await))
    }
}
