//! Links to objects for whoever has them.

use std::time::Duration;

use crate::backend::Operation;
use crate::error::StorageError;
use crate::names::ObjectName;
use crate::store::Store;

impl Store {
    /// A link by which anyone may read an object for a time, and no longer than the credentials that signed it are good:
    /// those of a role end sooner. `None` where the store has no links: a folder, memory. No request for the object, which
    /// need not be there; expiring credentials may be fetched.
    ///
    /// # Errors
    /// [`StorageError::Denied`] where there are no credentials to sign with.
    pub async fn presigned(&self, name: &ObjectName, valid_for: Duration) -> Result<Option<String>, StorageError> {
        let link = self.backend_ref().presign(name.as_str(), valid_for).await;
        link.map_err(self.error(Operation::Get, name.as_str()))
    }
}
