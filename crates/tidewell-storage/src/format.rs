//! The object that says which store this is and in which format: `meta/format`.

#[cfg(test)]
mod tests;

use bytes::Bytes;
use tidewell_types::StoreId;

use crate::backend::{Failure, FailureKind, Operation};
use crate::create::Created;
use crate::error::StorageError;
use crate::names::ObjectName;
use crate::store::Store;

/// The newest format that this build reads, and the one that it writes.
pub const FORMAT_VERSION: u32 = 1;

const MAGIC: &[u8; 8] = b"TIDEWELL";
const LENGTH: usize = 32;

/// Which store it is, and in which format it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreFormat {
    /// The format of everything in the store.
    pub version: u32,
    /// The identity of the store.
    pub store_id: StoreId,
}

impl StoreFormat {
    fn encode(self) -> Bytes {
        let mut bytes = Vec::with_capacity(LENGTH);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.version.to_le_bytes());
        bytes.extend_from_slice(self.store_id.as_bytes());
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes.into()
    }

    fn decode(bytes: &[u8]) -> Result<Self, Failure> {
        let corrupt = |reason: &'static str| Failure::before(FailureKind::Corrupt, reason);
        let after_magic = bytes.strip_prefix(MAGIC).ok_or_else(|| corrupt("it does not start with TIDEWELL"))?;
        let (version, rest) = after_magic.split_first_chunk().ok_or_else(|| corrupt("it is cut off"))?;
        let version = u32::from_le_bytes(*version);
        // Before anything else is read: a later format may be longer.
        if version > FORMAT_VERSION {
            return Err(Failure::before(
                FailureKind::Unsupported,
                format!(
                    "the store has format {version} and this build knows formats up to {FORMAT_VERSION}; use a newer tidewell"
                ),
            ));
        }
        let (store_id, checksum) = rest.split_first_chunk().ok_or_else(|| corrupt("it is cut off"))?;
        let covered = &bytes[..bytes.len() - checksum.len()];
        if checksum != crc32fast::hash(covered).to_le_bytes() {
            return Err(corrupt("its checksum does not match"));
        }
        if version == 0 {
            return Err(corrupt("its version is 0"));
        }
        Ok(Self { version, store_id: StoreId::from_bytes(*store_id) })
    }
}

impl Store {
    /// The store's format and identity; `None` in a store that nobody has written to. One GET.
    ///
    /// # Errors
    /// [`StorageError::Unsupported`] for a store in a newer format (use a newer build), [`StorageError::Corrupt`] for a
    /// damaged object, else as [`Store::get`].
    pub async fn read_format(&self) -> Result<Option<StoreFormat>, StorageError> {
        let body = self.get(&ObjectName::store_format()).await?;
        body.map(|body| self.decode_format(&body)).transpose()
    }

    /// The store's format and identity, given to it here if it has none; of several that try at once all get the same. One
    /// GET, and one create in a new store.
    ///
    /// # Errors
    /// As [`Store::read_format`] and [`Store::create`].
    pub async fn ensure_format(&self) -> Result<StoreFormat, StorageError> {
        match self.read_format().await? {
            Some(format) => Ok(format),
            None => {
                let store_id = self.shared.env.store_id();
                self.create_format(StoreFormat { version: FORMAT_VERSION, store_id }).await
            }
        }
    }

    /// The store's format and identity, which become those of another store if it has none: for a copy of that store. One
    /// GET, and one create in a new store.
    ///
    /// # Errors
    /// As [`Store::ensure_format`].
    pub async fn ensure_format_of(&self, format: StoreFormat) -> Result<StoreFormat, StorageError> {
        match self.read_format().await? {
            Some(format) => Ok(format),
            None => self.create_format(format).await,
        }
    }

    async fn create_format(&self, format: StoreFormat) -> Result<StoreFormat, StorageError> {
        let write_id = self.shared.env.write_id();
        match self.create(&ObjectName::store_format(), format.encode(), write_id).await? {
            Created::Mine => Ok(format),
            Created::Other(body) => self.decode_format(&body),
        }
    }

    fn decode_format(&self, body: &[u8]) -> Result<StoreFormat, StorageError> {
        let place = self.place(Operation::Get, ObjectName::store_format().as_str());
        StoreFormat::decode(body).map_err(|failure| StorageError::from_failure(place, failure))
    }
}
