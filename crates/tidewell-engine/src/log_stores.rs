//! Where a database's log is: the store itself, and the stores of which a majority holds each write at level `quorum`.

use tidewell_manifest::{Author, Intent, State};
use tidewell_storage::{Store, StoreOptions, StoreUrl};
use tidewell_wal::LogStores;

use crate::database::Database;
use crate::error::{EngineError, ErrorKind};
use crate::home::Home;

/// Fewer have no majority that survives the loss of one.
const STORES_MIN: usize = 3;

/// The stores beside the database's own that its log is in, opened.
#[derive(Debug, Default)]
pub(crate) struct OpenStores {
    urls: Vec<String>,
    stores: Vec<Store>,
}

impl Database {
    /// The log as `state` says where it is; `store` is the database's own, metered for the caller. No request.
    pub(crate) fn log(&self, home: &Home, store: &Store, state: &State) -> Result<LogStores, EngineError> {
        if state.log_stores.is_empty() {
            return Ok(LogStores::single(store.clone()));
        }
        let mut open = self.log_stores.lock();
        if open.urls != state.log_stores {
            *open = OpenStores { urls: state.log_stores.clone(), stores: open_stores(home, &state.log_stores)? };
        }
        Ok(LogStores::with_replicas(store.clone(), open.stores.clone()))
    }

    /// Makes the configured stores those of the database's log, where it has none yet. At most one commit.
    pub(crate) async fn claim_log_stores(&self, home: &Home) -> Result<(), EngineError> {
        let wanted: Vec<String> = home.config.wal.stores.iter().map(StoreUrl::to_string).collect();
        if wanted.len() < STORES_MIN {
            let message = format!(
                "mode quorum needs at least {STORES_MIN} stores for the log and has {}: give --wal-store for each",
                wanted.len()
            );
            return Err(EngineError::new(ErrorKind::Invalid, message));
        }
        let (urls, writer) = (wanted.clone(), home.env.writer_id());
        let intend = move |state: &State| {
            let author = Author { generation: state.open_generation(), writer };
            let intent = Intent { log_stores: Some(urls.clone()), ..Intent::new(author) };
            Ok(state.log_stores.is_empty().then_some(intent))
        };
        let state = self.manifest.commit(intend).await?;
        if state.log_stores == wanted {
            return Ok(());
        }
        let message = format!(
            "database {} logs to {} and not to {}: give the same stores in the same order",
            self.name,
            state.log_stores.join(", "),
            wanted.join(", ")
        );
        Err(EngineError::new(ErrorKind::Invalid, message))
    }
}

fn open_stores(home: &Home, urls: &[String]) -> Result<Vec<Store>, EngineError> {
    let open = |url: &String| {
        let location: StoreUrl = url.parse().map_err(|error| {
            EngineError::new(ErrorKind::Invalid, format!("the log's store {url:?} cannot be opened: {error}"))
        })?;
        Ok(Store::open(&location, home.env.clone(), &StoreOptions::default())?)
    };
    urls.iter().map(open).collect()
}
