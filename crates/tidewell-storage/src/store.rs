//! The store as the layers above see it.

#[cfg(test)]
mod tests;

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use tidewell_env::Env;
use tidewell_types::WriteId;

use crate::backend::{Backend, Failure, FailureKind, Fetched, Listed, Operation, Patience, Pin, Tag};
use crate::create::{self, Created};
use crate::error::{Place, StorageError};
use crate::local::LocalBackend;
use crate::location::StoreUrl;
use crate::memory::MemoryBackend;
use crate::meter::Meter;
use crate::names::{ObjectName, Prefix};
use crate::options::StoreOptions;
use crate::replace::{self, Replaced, Revalidated};
use crate::s3::S3Backend;

pub(crate) struct Shared {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) env: Env,
    pub(crate) options: StoreOptions,
    url: StoreUrl,
}

/// A bucket, a folder or a map in memory, with its counters. Cheap to clone; clones share both.
#[derive(Clone)]
pub struct Store {
    pub(crate) shared: Arc<Shared>,
    meter: Meter,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("url", &self.shared.url).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens a store. Makes no request, so it says nothing about whether the bucket exists or may be used; a folder is made
    /// by the first write. `memory://` makes a new store that only clones of this value see.
    ///
    /// For `s3://`, credentials, region (default us-east-1) and endpoint come from the standard AWS variables of the
    /// process's environment; `AWS_ENDPOINT_URL_S3` goes before `AWS_ENDPOINT_URL`, and a custom endpoint is spoken to in
    /// path style. Profiles in `~/.aws` are not read.
    ///
    /// # Errors
    /// [`StorageError::Denied`] when the configuration cannot work (half of a pair of credentials, an unreadable certificate
    /// bundle, a working directory that is gone); correct it.
    pub fn open(location: &StoreUrl, env: Env, options: &StoreOptions) -> Result<Self, StorageError> {
        let backend = Self::backend(location, &env, options).map_err(|failure| {
            let store = location.to_string();
            StorageError::from_failure(Place { operation: Operation::Open, object: String::new(), store }, failure)
        })?;
        Ok(Self::over(backend, location.clone(), env, options.clone()))
    }

    fn backend(location: &StoreUrl, env: &Env, options: &StoreOptions) -> Result<Arc<dyn Backend>, Failure> {
        Ok(match location {
            StoreUrl::Memory => Arc::new(MemoryBackend::default()),
            StoreUrl::Folder(path) => {
                let path = std::path::absolute(path).map_err(|error| Failure::before(FailureKind::Denied, error))?;
                Arc::new(LocalBackend::new(path, env.clone()))
            }
            StoreUrl::S3 { bucket, prefix } => {
                let variables: Vec<(String, String)> = std::env::vars_os()
                    .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                    .filter(|(name, _)| name.starts_with("AWS_"))
                    .collect();
                Arc::new(S3Backend::connect(bucket, prefix, &variables, options)?)
            }
        })
    }

    pub(crate) fn over(backend: Arc<dyn Backend>, url: StoreUrl, env: Env, options: StoreOptions) -> Self {
        Self { shared: Arc::new(Shared { backend, env, options, url }), meter: Meter::new() }
    }

    /// The same store with counters of its own, which start at zero and also add to this one's: what one query or one write
    /// costs.
    #[must_use]
    pub fn metered(&self) -> Self {
        Self { shared: Arc::clone(&self.shared), meter: self.meter.child() }
    }

    /// The same store with counters of its own, whose counts go to `meter` as well, and not to this store's.
    #[must_use]
    pub fn metered_by(&self, meter: &Meter) -> Self {
        Self { shared: Arc::clone(&self.shared), meter: meter.child() }
    }

    /// The counters.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// Where the store is.
    #[must_use]
    pub fn url(&self) -> &StoreUrl {
        &self.shared.url
    }

    pub(crate) fn backend_ref(&self) -> &dyn Backend {
        &*self.shared.backend
    }

    pub(crate) fn place(&self, operation: Operation, object: &str) -> Place {
        Place { operation, object: object.to_owned(), store: self.shared.url.to_string() }
    }

    pub(crate) fn error(&self, operation: Operation, object: &str) -> impl FnOnce(Failure) -> StorageError {
        let place = self.place(operation, object);
        move |failure| StorageError::from_failure(place, failure)
    }

    /// Reads an object; `None` where there is none. One GET.
    ///
    /// # Errors
    /// Any kind of [`StorageError`] that a read can meet; `Unavailable` comes after retries.
    pub async fn get(&self, name: &ObjectName) -> Result<Option<Bytes>, StorageError> {
        let found = self.backend_ref().get(name.as_str(), None, Patience::Retry, &self.meter).await;
        match found.map_err(self.error(Operation::Get, name.as_str()))? {
            Fetched::Found { body, .. } => Ok(Some(body)),
            Fetched::Missing | Fetched::Unchanged => Ok(None),
        }
    }

    /// Reads byte ranges of an object, one body a range and in their order. Ranges up to 1 MiB apart are read with one GET
    /// of at most 16 MiB, unless a single range is larger; 16 GETs run at once.
    ///
    /// # Errors
    /// [`StorageError::NotFound`] where there is no such object, [`StorageError::Corrupt`] where it ends before a range does.
    pub async fn get_ranges(&self, name: &ObjectName, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, StorageError> {
        let bodies = self.backend_ref().get_ranges(name.as_str(), ranges, None, &self.meter).await;
        bodies.map_err(self.error(Operation::GetRanges, name.as_str()))
    }

    /// As [`Store::get_ranges`], of one content of the object: on S3 each request has the condition, and the answer is looked
    /// at where a store does not know it; in a folder the file must be the same, of the same length and time of writing,
    /// before and after.
    ///
    /// # Errors
    /// As [`Store::get_ranges`], and [`StorageError::Changed`] where the object has another content by now.
    pub async fn get_ranges_pinned(
        &self,
        name: &ObjectName,
        pin: &Pin,
        ranges: &[Range<u64>],
    ) -> Result<Vec<Bytes>, StorageError> {
        let bodies = self.backend_ref().get_ranges(name.as_str(), ranges, Some(pin), &self.meter).await;
        bodies.map_err(self.error(Operation::GetRanges, name.as_str()))
    }

    /// What pins the content that an object has; `None` where there is no such object. One HEAD. A listing says as much of
    /// many at once.
    ///
    /// # Errors
    /// As [`Store::get`], and [`StorageError::Unsupported`] from a store that gives no tags.
    pub async fn pin(&self, name: &ObjectName) -> Result<Option<Pin>, StorageError> {
        let found = self.backend_ref().head(name.as_str(), &self.meter).await;
        match found.map_err(self.error(Operation::Head, name.as_str()))? {
            None => Ok(None),
            Some((bytes, Some(tag))) => Ok(Some(Pin { bytes, tag })),
            Some((_, None)) => {
                let failure = Failure::before(FailureKind::Unsupported, "the store gives objects no tags");
                Err(self.error(Operation::Head, name.as_str())(failure))
            }
        }
    }

    /// The size of an object in bytes; `None` where there is none. One HEAD.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn head(&self, name: &ObjectName) -> Result<Option<u64>, StorageError> {
        let found = self.backend_ref().head(name.as_str(), &self.meter).await;
        found.map(|found| found.map(|(bytes, _)| bytes)).map_err(self.error(Operation::Head, name.as_str()))
    }

    /// Writes an object under a name that nobody else ever uses. One PUT, tried again as often as it takes; writing the same
    /// body twice is harmless.
    ///
    /// # Errors
    /// On any error the object may or may not be there. Write it again, or leave its name unused.
    pub async fn put(&self, name: &ObjectName, body: Bytes) -> Result<(), StorageError> {
        let put = self.backend_ref().put(name.as_str(), body, &self.meter).await;
        put.map_err(self.error(Operation::Put, name.as_str()))
    }

    /// Writes an object whatever is there; of two at once either may stay. For hints that nobody trusts. One PUT.
    ///
    /// # Errors
    /// As [`Store::put`]; a lost hint costs a search and nothing else.
    pub async fn overwrite(&self, name: &ObjectName, body: Bytes) -> Result<(), StorageError> {
        self.put(name, body).await
    }

    /// Writes an object only where there is none, and finds out whether it did: an unclear outcome is read back, and the
    /// same body is put again until the store has settled who was first. Goes on when the caller's future is dropped.
    ///
    /// `body` must hold `write_id` or otherwise differ from what anyone else may write under this name. One PUT; after a
    /// refusal or an unclear outcome one GET more, and so on with growing pauses.
    ///
    /// # Errors
    /// [`StorageError::Unknown`] when nothing is settled in time: the object may be there, or may yet come. Never treat it as
    /// a failure, delete nothing that the body refers to. Every other error says that nothing was written.
    pub async fn create(&self, name: &ObjectName, body: Bytes, write_id: WriteId) -> Result<Created, StorageError> {
        let (store, key) = (self.clone(), name.clone());
        let settling =
            self.shared.env.spawn(async move { create::settle(&store, key.as_str(), &body, write_id).await });
        settling.await.unwrap_or_else(|error| {
            Err(StorageError::unknown(self.place(Operation::Create, name.as_str()), Arc::new(error)))
        })
    }

    /// Reads an object unless it still has the content with a given tag. One GET.
    ///
    /// # Errors
    /// As [`Store::get`], and [`StorageError::Unsupported`] from a store that gives no tags.
    pub async fn get_versioned(
        &self,
        name: &ObjectName,
        if_none_match: Option<&Tag>,
    ) -> Result<Revalidated, StorageError> {
        let found = self.backend_ref().get(name.as_str(), if_none_match, Patience::Retry, &self.meter).await;
        let error = self.error(Operation::Get, name.as_str());
        found.and_then(Revalidated::from_fetched).map_err(error)
    }

    /// Writes an object only over the content with the `expected` tag (`None`: only where there is none), and finds out
    /// whether it did, as [`Store::create`] does. Goes on when the caller's future is dropped. One PUT where all goes well.
    ///
    /// # Errors
    /// As [`Store::create`].
    pub async fn replace(
        &self,
        name: &ObjectName,
        body: Bytes,
        expected: Option<&Tag>,
    ) -> Result<Replaced, StorageError> {
        let (store, key, expected) = (self.clone(), name.clone(), expected.cloned());
        let settling =
            self.shared.env.spawn(async move { replace::settle(&store, key.as_str(), &body, expected).await });
        settling.await.unwrap_or_else(|error| {
            Err(StorageError::unknown(self.place(Operation::Replace, name.as_str()), Arc::new(error)))
        })
    }

    /// Deletes objects; those that are not there count as deleted. One DELETE for each 1000.
    ///
    /// # Errors
    /// [`StorageError::Undeleted`] names those that could not be deleted, when others could; another kind means that none
    /// may have been. Delete them again later.
    pub async fn delete(&self, names: &[ObjectName]) -> Result<(), StorageError> {
        let Some(first) = names.first() else { return Ok(()) };
        let keys: Vec<String> = names.iter().map(|name| name.as_str().to_owned()).collect();
        let deleted = self.backend_ref().delete(&keys, &self.meter).await;
        let failures = deleted.map_err(self.error(Operation::Delete, first.as_str()))?;
        if failures.is_empty() {
            return Ok(());
        }
        Err(StorageError::Undeleted { at: self.place(Operation::Delete, first.as_str()), failures })
    }

    /// The objects below a folder, in the order of their keys. Every object that was there before the call and is not
    /// deleted meanwhile is listed; the whole is no snapshot. One LIST for each 1000 objects.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn list(&self, prefix: &Prefix) -> Result<Vec<Listed>, StorageError> {
        let listed = self.backend_ref().list(prefix.as_str(), &self.meter).await;
        listed.map_err(self.error(Operation::List, prefix.as_str()))
    }

    /// The object below a folder whose key comes first. One LIST. On S3 Express the order is not that of keys.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn list_first(&self, prefix: &Prefix) -> Result<Option<Listed>, StorageError> {
        let first = self.backend_ref().list_first(prefix.as_str(), &self.meter).await;
        first.map_err(self.error(Operation::List, prefix.as_str()))
    }

    /// The names of the folders directly below a folder, sorted. One LIST for each 1000 of them. In a `file://` store a
    /// folder may be empty.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub async fn list_folders(&self, prefix: &Prefix) -> Result<Vec<String>, StorageError> {
        let folders = self.backend_ref().list_folders(prefix.as_str(), &self.meter).await;
        folders.map_err(self.error(Operation::List, prefix.as_str()))
    }
}
