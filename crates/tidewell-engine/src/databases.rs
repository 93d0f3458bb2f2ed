//! Which databases there are, and those that are open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_storage::{Prefix, parse_database_folder};
use tidewell_types::DatabaseName;
use tokio::sync::OnceCell;

use crate::database::Database;
use crate::error::{EngineError, ErrorKind};
use crate::home::Home;

type Slot = Arc<OnceCell<Arc<Database>>>;

/// The open databases of a store.
#[derive(Debug)]
pub(crate) struct Databases {
    home: Arc<Home>,
    open: Mutex<BTreeMap<DatabaseName, Slot>>,
}

impl Databases {
    pub(crate) fn new(home: Arc<Home>) -> Self {
        Self { home, open: Mutex::default() }
    }

    /// The database, opened once whatever the number of callers, with its committed view read; it need not exist.
    pub(crate) async fn open(&self, name: &DatabaseName) -> Result<Arc<Database>, EngineError> {
        self.home.find_store().await?;
        let database = self.open_unread(name).await?;
        let read = database.read_view().await;
        if read.is_err() {
            self.forget(name);
        }
        read.map(|()| database)
    }

    /// The same, but for the view: the caller reads it, and asks whether the store's format is one that is known here.
    pub(crate) async fn open_unread(&self, name: &DatabaseName) -> Result<Arc<Database>, EngineError> {
        let slot = {
            let mut open = self.open.lock();
            let databases_max = self.home.config.limits.databases_max;
            if !open.contains_key(name) && open.len() >= databases_max {
                let message = format!("{databases_max} databases are open already: use fewer, or raise the limit");
                return Err(EngineError::new(ErrorKind::Busy, message));
            }
            Arc::clone(open.entry(name.clone()).or_default())
        };
        let opened = slot.get_or_try_init(|| self.begin(name)).await.cloned();
        if opened.is_err() {
            self.forget(name);
        }
        opened
    }

    async fn begin(&self, name: &DatabaseName) -> Result<Arc<Database>, EngineError> {
        let home = &self.home;
        let database = Database::new(&home.store, &home.env, name.clone());
        if !home.config.background {
            database.read_local_log(home).await?;
        } else if database.has_log_here(home).await? {
            database.work(home).await?;
        }
        Ok(Arc::new(database))
    }

    /// The database, which must exist: someone has written to it.
    pub(crate) async fn existing(&self, name: &str) -> Result<Arc<Database>, EngineError> {
        let name = DatabaseName::new(name)?;
        let database = self.open(&name).await?;
        if !database.exists() {
            // Another process may have made it since it was opened here.
            database.manifest.catch_up().await?;
        }
        self.check_exists(&database)?;
        Ok(database)
    }

    /// Refuses one to which nobody has written.
    pub(crate) fn check_exists(&self, database: &Database) -> Result<(), EngineError> {
        if database.exists() {
            return Ok(());
        }
        self.forget(&database.name);
        Err(EngineError::database_not_found(database.name.as_str()))
    }

    fn forget(&self, name: &DatabaseName) {
        let mut open = self.open.lock();
        let is_idle = |slot: &Slot| slot.get().is_none_or(|database| database.begun().is_none());
        if open.get(name).is_some_and(is_idle) {
            open.remove(name);
        }
    }

    /// Those that are open now.
    pub(crate) fn opened(&self) -> Vec<Arc<Database>> {
        self.open.lock().values().filter_map(|slot| slot.get().cloned()).collect()
    }

    /// Every database of the store, and every one with a local log of it here. One LIST.
    pub(crate) async fn names(&self) -> Result<BTreeSet<DatabaseName>, EngineError> {
        self.home.find_store().await?;
        let folders = self.home.store.list_folders(&Prefix::databases()).await?;
        let mut names: BTreeSet<_> = folders.iter().filter_map(|folder| parse_database_folder(folder)).collect();
        for name in self.logged() {
            if !names.contains(&name) && self.open(&name).await?.has_log_here(&self.home).await? {
                names.insert(name);
            }
        }
        Ok(names)
    }

    /// Takes the local logs of this store; in a local mode another store's log in the way is an error.
    pub(crate) async fn attach_logged(&self) -> Result<(), EngineError> {
        for name in self.logged() {
            let database = self.open(&name).await?;
            if self.home.config.level().is_local() {
                database.work(&self.home).await?;
            } else if database.begun().is_none() {
                tracing::warn!(database = %name, "a local log of another store is left alone");
            }
        }
        Ok(())
    }

    /// Every database with a local log here, of whatever store.
    fn logged(&self) -> Vec<DatabaseName> {
        let Ok(folders) = std::fs::read_dir(&self.home.config.wal.dir) else { return Vec::new() };
        let names = folders.filter_map(|folder| folder.ok()?.file_name().into_string().ok());
        names.filter_map(|folder| parse_database_folder(&folder)).collect()
    }
}
