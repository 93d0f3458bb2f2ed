//! One open database: its view, its buffer, its write path and its folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_buffer::Buffer;
use tidewell_env::Env;
use tidewell_ingest::{AdmitLimits, Ingest, IngestConfig};
use tidewell_maintain::{Folder, LocalFold};
use tidewell_manifest::Manifest;
use tidewell_storage::{DatabaseLayout, Store};
use tidewell_types::{DatabaseName, NodeId};
use tidewell_wal::{AckLevel, read_folder, store_of};
use tokio::sync::OnceCell;

use crate::attach::attach;
use crate::config::EngineConfig;
use crate::error::EngineError;
use crate::home::Home;
use crate::log_stores::OpenStores;

/// One open database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) name: DatabaseName,
    pub(crate) manifest: Manifest,
    pub(crate) buffer: Arc<Buffer>,
    /// Writing and folding, begun with the first call for either: they take the local log.
    work: OnceCell<Work>,
    /// When this process last looked for something to fold, on its monotonic clock.
    pub(crate) last_fold: Mutex<Duration>,
    /// When the last refresh began that brought this process up to all that was acknowledged, on the same clock.
    refreshed: Mutex<Option<Duration>>,
    pub(crate) log_stores: Mutex<OpenStores>,
    /// The local log whose rows were read without taking it.
    read_node: Mutex<Option<NodeId>>,
}

/// What a process that writes or folds holds of a database.
#[derive(Debug)]
pub(crate) struct Work {
    pub(crate) ingest: Ingest,
    pub(crate) folder: Arc<Folder>,
    pub(crate) local: Option<LocalFold>,
}

impl Database {
    /// A database of which nothing is read yet; no request.
    pub(crate) fn new(store: &Store, env: &Env, name: DatabaseName) -> Self {
        let manifest = Manifest::unread(store.clone(), env.clone(), name.clone());
        let last_fold = Mutex::new(env.monotonic());
        Self {
            name,
            manifest,
            buffer: Arc::default(),
            work: OnceCell::new(),
            last_fold,
            refreshed: Mutex::default(),
            log_stores: Mutex::default(),
            read_node: Mutex::default(),
        }
    }

    /// Reads the committed view, unless that was done before.
    pub(crate) async fn read_view(&self) -> Result<(), EngineError> {
        if !self.manifest.is_read() {
            self.manifest.catch_up().await?;
        }
        Ok(())
    }

    /// Whether this process ever was up to date.
    pub(crate) fn was_refreshed(&self) -> bool {
        self.refreshed.lock().is_some()
    }

    /// Whether it was within the last `age`.
    pub(crate) fn is_fresh(&self, now: Duration, age: Duration) -> bool {
        self.refreshed.lock().is_some_and(|refreshed| now.saturating_sub(refreshed) <= age)
    }

    /// Takes note of a refresh that began then.
    pub(crate) fn set_refreshed(&self, began: Duration) {
        let mut refreshed = self.refreshed.lock();
        *refreshed = (*refreshed).max(Some(began));
    }

    /// Whether the rows of a local log were read here without taking it.
    pub(crate) fn holds(&self, node: NodeId) -> bool {
        *self.read_node.lock() == Some(node)
    }

    /// Whether anyone ever wrote to it, as far as was read.
    pub(crate) fn exists(&self) -> bool {
        self.manifest.version().get() > 0 || self.buffer.totals().entries > 0
    }

    /// What it takes to write and fold; the first call takes the local log and replays it.
    pub(crate) async fn work(&self, home: &Home) -> Result<&Work, EngineError> {
        self.work.get_or_try_init(|| self.begin(home)).await
    }

    /// The same where it has begun.
    pub(crate) fn begun(&self) -> Option<&Work> {
        self.work.get()
    }

    async fn begin(&self, home: &Home) -> Result<Work, EngineError> {
        let Home { store, env, config, .. } = home;
        let folder = log_folder(config, &self.name);
        let id = home.make_store().await?;
        self.read_view().await?;
        if config.level() == AckLevel::Quorum {
            self.claim_log_stores(home).await?;
        }
        let local = match config.level().is_local() || store_of(&folder)? == Some(id) {
            true => Some(attach(folder, id, &self.manifest, &self.buffer, env).await?),
            false => None,
        };
        let ingest = IngestConfig {
            level: config.level(),
            limits: AdmitLimits { columns_max: config.limits.columns_max, tags_max: config.limits.tags_max },
            cadence: Arc::clone(&home.cadence),
            ledger: Some(Arc::clone(&home.ledger)),
            buffer_bytes_max: usize::try_from(config.limits.buffer_bytes_max).unwrap_or(usize::MAX),
        };
        // A log left by an earlier run in a local mode is folded; writes go where the mode says.
        let log = local.as_ref().filter(|_| config.level().is_local()).map(|local| Arc::clone(&local.log));
        let buffer = || Arc::clone(&self.buffer);
        let stores = self.log(home, store, &self.manifest.state())?;
        let for_folds = stores.metered();
        Ok(Work {
            ingest: Ingest::start(ingest, self.manifest.clone(), stores, buffer(), log, env.clone()),
            folder: Arc::new(Folder::new(
                for_folds.clone(),
                env.clone(),
                self.manifest.through(for_folds.main().clone()),
                buffer(),
                local.clone(),
                config.limits.buffer_bytes_max,
            )),
            local,
        })
    }

    /// Reads the local log into the buffer without taking it, for a process that only asks.
    pub(crate) async fn read_local_log(&self, home: &Home) -> Result<(), EngineError> {
        if !self.has_log_here(home).await? {
            return Ok(());
        }
        let folder = log_folder(&home.config, &self.name);
        if let Some((node, entries)) = home.env.blocking(move || read_folder(&folder)).await? {
            *self.read_node.lock() = Some(node);
            for entry in entries {
                self.buffer.apply(Arc::new(entry));
            }
        }
        Ok(())
    }
}

impl Database {
    /// Whether this machine has a log of the database that belongs to this very store.
    pub(crate) async fn has_log_here(&self, home: &Home) -> Result<bool, EngineError> {
        let bound = store_of(&log_folder(&home.config, &self.name))?;
        Ok(bound.is_some() && bound == home.find_store().await?)
    }
}

/// The folder of a database's local log.
pub(crate) fn log_folder(config: &EngineConfig, name: &DatabaseName) -> PathBuf {
    let prefix = DatabaseLayout::new(name).prefix();
    let folder = prefix.as_str().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    config.wal.dir.join(folder)
}
