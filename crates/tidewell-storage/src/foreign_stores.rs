//! The stores that registered files are read from, each opened once.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_env::Env;

use crate::error::StorageError;
use crate::file_url::FileUrl;
use crate::meter::Meter;
use crate::names::ObjectName;
use crate::options::StoreOptions;
use crate::store::Store;

/// Stores that are kept open; another one takes the place of the one that was opened first.
const STORES_MAX: usize = 64;

/// Opens the buckets and folders of others, for reading. Cheap to clone; clones share the stores.
#[derive(Clone)]
pub struct ForeignStores(Arc<Inner>);

struct Inner {
    env: Env,
    options: StoreOptions,
    open: Mutex<Open>,
}

#[derive(Default)]
struct Open {
    /// By the store's URL, with the number of stores that were opened before it.
    stores: BTreeMap<String, (u64, Store)>,
    opened: u64,
}

impl fmt::Debug for ForeignStores {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ForeignStores").field(&self.0.open.lock().stores.keys()).finish()
    }
}

impl ForeignStores {
    /// None are open yet.
    #[must_use]
    pub fn new(env: Env, options: StoreOptions) -> Self {
        Self(Arc::new(Inner { env, options, open: Mutex::default() }))
    }

    /// The store of a file, and the file's name in it. Requests that are made by it count with `meter`. Makes no request; for
    /// `s3://` credentials and endpoint are those of [`Store::open`].
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn locate(&self, url: &FileUrl, meter: &Meter) -> Result<(Store, ObjectName), StorageError> {
        let key = url.store().to_string();
        let mut open = self.0.open.lock();
        let store = match open.stores.get(&key) {
            Some((_, store)) => store.clone(),
            None => {
                let store = Store::open(url.store(), self.0.env.clone(), &self.0.options)?;
                open.put(key, store.clone());
                store
            }
        };
        Ok((store.metered_by(meter), url.name().clone()))
    }

    /// Takes `store` for all files of a bucket, `s3://bucket`.
    #[cfg(feature = "test-util")]
    pub fn replace(&self, bucket: &str, store: Store) {
        self.0.open.lock().put(bucket.to_owned(), store);
    }
}

impl Open {
    fn put(&mut self, key: String, store: Store) {
        if self.stores.len() >= STORES_MAX {
            let first = self.stores.iter().min_by_key(|(_, (number, _))| *number).map(|(key, _)| key.clone());
            first.map(|key| self.stores.remove(&key));
        }
        self.opened += 1;
        self.stores.insert(key, (self.opened, store));
    }
}
