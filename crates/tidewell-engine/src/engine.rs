//! The engine: one store, opened.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tidewell_cache::ObjectCache;
use tidewell_env::Env;
use tidewell_query::{QueryEngine, QueryLimits};
use tidewell_storage::{Store, StoreOptions};
use tokio::sync::Notify;

use crate::background;
use crate::catalog::Catalogs;
use crate::config::{EngineConfig, Limits};
use crate::counters::Counters;
use crate::databases::Databases;
use crate::error::{EngineError, ErrorKind};
use crate::home::Home;

/// One store, opened. Cheap to clone; clones are the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) config: Arc<EngineConfig>,
    pub(crate) env: Env,
    pub(crate) store: Store,
    pub(crate) home: Arc<Home>,
    pub(crate) cache: Arc<ObjectCache>,
    pub(crate) queries: QueryEngine,
    pub(crate) databases: Databases,
    pub(crate) counters: Counters,
    pub(crate) catalogs: Catalogs,
    pub(crate) opened_at: Duration,
    pub(crate) is_closing: AtomicBool,
    /// Wakes the folding task when a buffer has grown.
    pub(crate) grown: Notify,
}

impl Engine {
    /// Opens a store, made where missing. With `background` it takes and replays the local logs it finds, then folds and
    /// fsyncs on its own until [`Engine::shutdown`]; without, nothing is asked of the store yet.
    ///
    /// # Errors
    /// [`EngineError`] when the store does not answer or is newer than this code, or a local log is damaged, or belongs to
    /// another process or store.
    pub async fn open(config: EngineConfig, env: Env) -> Result<Self, EngineError> {
        let store = Store::open(&config.store, env.clone(), &StoreOptions::default())?;
        Self::open_on(store, config, env).await
    }

    /// The same on a store that is open.
    pub(crate) async fn open_on(store: Store, config: EngineConfig, env: Env) -> Result<Self, EngineError> {
        let config = Arc::new(config);
        let home = Arc::new(Home::new(store.clone(), env.clone(), Arc::clone(&config)));
        // A process that only asks leaves an empty place empty, and asks what the store is beside its first other request.
        if config.background {
            home.make_store().await?;
        }
        let cache = Arc::new(ObjectCache::new(config.limits.cache_bytes_max));
        let queries = QueryEngine::new(query_limits(&config.limits), Arc::clone(&cache), env.clone())?;
        let inner = Inner {
            databases: Databases::new(Arc::clone(&home)),
            home,
            counters: Counters::default(),
            catalogs: Catalogs::default(),
            opened_at: env.monotonic(),
            is_closing: AtomicBool::new(false),
            grown: Notify::new(),
            config,
            store,
            cache,
            queries,
            env,
        };
        let engine = Self { inner: Arc::new(inner) };
        if engine.inner.config.background {
            engine.inner.databases.attach_logged().await?;
            background::start(&engine.inner);
        }
        Ok(engine)
    }

    /// Every database of the store. One LIST.
    ///
    /// # Errors
    /// [`EngineError`] when the store does not answer.
    pub async fn databases(&self) -> Result<Vec<String>, EngineError> {
        let names = self.inner.databases.names().await?;
        Ok(names.iter().map(|name| name.as_str().to_owned()).collect())
    }

    /// Whether it takes requests.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.inner.is_closing.load(Ordering::Relaxed)
    }

    pub(crate) fn check_open(&self) -> Result<(), EngineError> {
        match self.is_ready() {
            true => Ok(()),
            false => Err(EngineError::new(
                ErrorKind::Unavailable,
                "the server is shutting down: try another, or again later",
            )),
        }
    }

    /// Refuses new writes, then folds what this process has taken. Call it once requests have been drained.
    ///
    /// # Errors
    /// [`EngineError`] when a fold fails: what was logged stays in the log, and the next start goes on from there.
    pub async fn shutdown(&self) -> Result<(), EngineError> {
        self.inner.is_closing.store(true, Ordering::Relaxed);
        let mut first_error = None;
        for database in self.inner.databases.opened() {
            if database.begun().is_some()
                && let Err(error) = self.fold_database(&database).await
            {
                tracing::error!(database = %database.name, %error, "not folded on shutdown; the log keeps the rows");
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }
}

fn query_limits(limits: &Limits) -> QueryLimits {
    QueryLimits {
        memory_bytes_max: usize::try_from(limits.query_memory_bytes_max).unwrap_or(usize::MAX),
        timeout: Duration::from_millis(limits.query_timeout_ms),
        concurrency_max: limits.queries_max,
        ..QueryLimits::default()
    }
}
