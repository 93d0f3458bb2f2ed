//! Datasets of others: found, counted and searched, for the edges.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_catalog::{
    Answer as Found, Cancel, Catalog, CatalogError, Dataset, DatasetRecord, Progress, Query, ScanOptions, ScanSummary,
    Scanner,
};
use tidewell_storage::{Store, StoreOptions, StoreUrl};
use tidewell_types::DatabaseName;

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

/// How old a look at a catalog's head may be: within it a search makes no request.
const HEAD_AGE_MAX: Duration = Duration::from_secs(1);

/// The catalogs that this process has searched.
pub(crate) type Catalogs = Mutex<BTreeMap<DatabaseName, Arc<Catalog>>>;

impl From<CatalogError> for EngineError {
    fn from(error: CatalogError) -> Self {
        let kind = match &error {
            CatalogError::Prefix { .. } => ErrorKind::Invalid,
            CatalogError::Storage(_) | CatalogError::Cancelled => ErrorKind::Unavailable,
            _ => ErrorKind::Internal,
        };
        Self::new(kind, error.to_string())
    }
}

impl Engine {
    /// Scans a place (`s3://bucket/prefix`, a folder) for datasets of Parquet into a database's catalog. Only what changed
    /// since the last scan is read.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` for a place that is none, `Unavailable` where a store does not answer or the scan was
    /// stopped; the next one goes on from there. A dataset that fails is in the summary.
    pub async fn scan_catalog(
        &self,
        database: &str,
        place: &str,
        options: ScanOptions,
        progress: &Progress,
        cancel: &Cancel,
    ) -> Result<ScanSummary, EngineError> {
        self.check_open()?;
        let inner = &self.inner;
        inner.home.make_store().await?;
        let (source, prefix) = source(place)?;
        let source = Store::open(&source, inner.env.clone(), &StoreOptions::default())?;
        let options = ScanOptions { prefix, ..options };
        let database = DatabaseName::new(database)?;
        let scanner = Scanner::new(inner.env.clone(), source, inner.store.clone(), &database, options);
        Ok(scanner.run(progress, cancel).await?)
    }

    /// Searches a database's catalog. Two GETs at first, then one a second at most.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` for a database's name that is none, `Unavailable`, `Internal` for a damaged catalog.
    pub async fn search_catalog(&self, database: &str, query: &Query) -> Result<Found, EngineError> {
        Ok(self.catalog(database)?.search(query).await?)
    }

    /// All datasets of a database's catalog, by where they are. Requests and errors as [`Engine::search_catalog`].
    ///
    /// # Errors
    /// As [`Engine::search_catalog`].
    pub async fn datasets(&self, database: &str) -> Result<Vec<DatasetRecord>, EngineError> {
        Ok(self.catalog(database)?.datasets().await?)
    }

    /// The one dataset of a name, with its files. Requests as [`Engine::search_catalog`].
    ///
    /// # Errors
    /// [`EngineError`]: `NotFound` where none has the name, `Invalid` where several have; else as
    /// [`Engine::search_catalog`].
    pub async fn dataset(&self, database: &str, name: &str) -> Result<Dataset, EngineError> {
        let mut found = self.catalog(database)?.datasets_named(name).await?;
        match (found.pop(), found.len()) {
            (Some(dataset), 0) => Ok(dataset),
            (None, _) => {
                let message = format!("dataset not found: {name:?}; `tidewell catalog list` has the names");
                Err(EngineError::new(ErrorKind::NotFound, message))
            }
            (Some(_), others) => {
                let message =
                    format!("{} datasets are called {name:?}: give one another name in its YAML file", others + 1);
                Err(EngineError::new(ErrorKind::Invalid, message))
            }
        }
    }

    fn catalog(&self, database: &str) -> Result<Arc<Catalog>, EngineError> {
        let inner = &self.inner;
        let name = DatabaseName::new(database)?;
        let mut catalogs = inner.catalogs.lock();
        if !catalogs.contains_key(&name) && catalogs.len() >= inner.config.limits.databases_max {
            // Any of them can be read again.
            catalogs.pop_first();
        }
        let open = || Arc::new(Catalog::open(inner.env.clone(), inner.store.clone(), &name, HEAD_AGE_MAX));
        Ok(Arc::clone(catalogs.entry(name.clone()).or_insert_with(open)))
    }
}

/// The store that a place is in, opened at its root so that a dataset has one name however it is reached, and the folder.
fn source(place: &str) -> Result<(StoreUrl, String), EngineError> {
    let url: Result<StoreUrl, _> = place.parse();
    let url = url.map_err(|error| EngineError::new(ErrorKind::Invalid, error.to_string()))?;
    Ok(match url {
        StoreUrl::S3 { bucket, prefix } => (StoreUrl::S3 { bucket, prefix: String::new() }, prefix),
        other => (other, String::new()),
    })
}
