//! One of the stores that hold copies of the log.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use bytes::Bytes;
use tidewell_env::Env;
use tidewell_storage::{Created, ObjectName, Operation, Place, StorageError, Store};
use tidewell_types::WriteId;

/// What may be on its way to one replica, in bytes of entries; a replica that is that far behind is left out.
const UNSETTLED_BYTES_MAX: usize = 64 << 20;

#[derive(Clone, Debug)]
pub(super) struct Replica {
    store: Store,
    health: Arc<Health>,
}

#[derive(Debug, Default)]
struct Health {
    /// Whether it failed when it was last asked, so that an outage is logged once and not with every request.
    is_down: AtomicBool,
    /// Bytes of entries whose creates have not ended, those included that nobody waits for any more.
    unsettled_bytes: AtomicUsize,
}

/// An entry on its way, which ends with it even where its task is thrown away.
struct Unsettled(Arc<Health>, usize);

impl Drop for Unsettled {
    fn drop(&mut self) {
        self.0.unsettled_bytes.fetch_sub(self.1, Ordering::Relaxed);
    }
}

impl Replica {
    pub(super) fn new(store: Store) -> Self {
        Self { store, health: Arc::default() }
    }

    pub(super) fn metered(&self) -> Self {
        Self { store: self.store.metered(), health: Arc::clone(&self.health) }
    }

    pub(super) fn store(&self) -> &Store {
        &self.store
    }

    /// Starts to create an entry at once, and goes on whether or not anyone waits.
    pub(super) fn create(
        &self,
        env: &Env,
        name: &ObjectName,
        body: &Bytes,
        write_id: WriteId,
    ) -> impl Future<Output = Result<Created, StorageError>> + use<> {
        let at = Place { operation: Operation::Create, object: name.to_string(), store: self.store.url().to_string() };
        let bytes = body.len();
        let unsettled = Unsettled(Arc::clone(&self.health), bytes);
        let waiting_bytes = self.health.unsettled_bytes.fetch_add(bytes, Ordering::Relaxed);
        let creating = (waiting_bytes == 0 || waiting_bytes + bytes <= UNSETTLED_BYTES_MAX).then(|| {
            let (replica, name, body) = (self.clone(), name.clone(), body.clone());
            env.spawn(async move {
                let _unsettled = unsettled;
                let created = replica.store.create(&name, body, write_id).await;
                replica.took(&created);
                created
            })
        });
        async move {
            let Some(creating) = creating else {
                let cause = format!("{waiting_bytes} bytes of earlier entries are still on their way to it");
                return Err(StorageError::Unavailable { at, cause: Arc::from(Box::from(cause)) });
            };
            creating.await.unwrap_or_else(|error| Err(StorageError::Unknown { at, cause: Arc::new(error) }))
        }
    }

    /// Takes note of how a request to it ended.
    pub(super) fn took<T>(&self, outcome: &Result<T, StorageError>) {
        match outcome {
            Ok(_) => self.answered(),
            Err(error) => self.failed(error),
        }
    }

    fn answered(&self) {
        if self.health.is_down.swap(false, Ordering::Relaxed) {
            tracing::info!(store = %self.store.url(), "a replica of the log answers again");
        }
    }

    pub(super) fn failed(&self, reason: &dyn fmt::Display) {
        if !self.health.is_down.swap(true, Ordering::Relaxed) {
            let store = self.store.url();
            tracing::warn!(%store, %reason, "a replica of the log does not answer; a majority goes on without it");
        }
    }
}
