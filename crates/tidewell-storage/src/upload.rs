//! Objects of any length, written in bounded memory.

use bytes::{Bytes, BytesMut};

use crate::backend::{Media, Operation, Parts};
use crate::error::StorageError;
use crate::names::ObjectName;
use crate::store::Store;

/// The first parts' length; S3 takes parts from 5 MiB on.
const PART_BYTES: usize = 8 << 20;
/// After so many parts they become twice as long: S3 takes at most 10 000.
const PARTS_A_LENGTH: u32 = 1000;

/// An object under way. It is there, whole, once [`Upload::finish`] returned; dropped before, the store holds at most parts
/// that no listing shows, and that [`Upload::abort`] takes away.
///
/// Holds one part: 8 MiB, and for objects beyond 8 GiB more. A store in a folder or in memory takes objects only as a whole,
/// so there all of it is held.
#[derive(Debug)]
pub struct Upload {
    store: Store,
    name: ObjectName,
    media: Media,
    buffer: BytesMut,
    parts: Option<Box<dyn Parts>>,
    part_count: u32,
    is_whole_only: bool,
}

impl Store {
    /// Begins an object under a name that nobody else writes to meanwhile. No request yet: what fits in one part costs one
    /// PUT in the end, anything longer one PUT a part and two more. A bucket keeps what `media` says; other stores do not.
    #[must_use]
    pub fn upload(&self, name: &ObjectName, media: Media) -> Upload {
        Upload {
            store: self.clone(),
            name: name.clone(),
            media,
            buffer: BytesMut::new(),
            parts: None,
            part_count: 0,
            is_whole_only: false,
        }
    }
}

impl Upload {
    /// Adds bytes, and sends the parts that are full.
    ///
    /// # Errors
    /// As [`Store::put`]; the object is not there. Abort, and begin again.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), StorageError> {
        self.buffer.extend_from_slice(bytes);
        while !self.is_whole_only && self.buffer.len() > self.part_bytes() {
            let part_bytes = self.part_bytes();
            if self.parts.is_none() {
                let store = self.store.clone();
                let begun = store.backend_ref().parts(self.name.as_str(), self.media, store.meter()).await;
                self.parts = begun.map_err(store.error(Operation::Put, self.name.as_str()))?;
                self.is_whole_only = self.parts.is_none();
                continue;
            }
            let part = self.buffer.split_to(part_bytes).freeze();
            self.send(part).await?;
        }
        Ok(())
    }

    /// Ends the object.
    ///
    /// # Errors
    /// As [`Store::put`]: the object may or may not be there. Begin again.
    pub async fn finish(mut self) -> Result<(), StorageError> {
        let rest = std::mem::take(&mut self.buffer).freeze();
        if self.parts.is_none() {
            let put = self.store.backend_ref().put_as(self.name.as_str(), rest, self.media, self.store.meter()).await;
            return put.map_err(self.store.error(Operation::Put, self.name.as_str()));
        }
        if !rest.is_empty() {
            self.send(rest).await?;
        }
        if let Some(parts) = &mut self.parts {
            let finished = parts.finish().await;
            finished.map_err(self.store.error(Operation::Put, self.name.as_str()))?;
        }
        Ok(())
    }

    /// Gives the object up.
    ///
    /// # Errors
    /// As [`Store::delete`]: parts stay in the store, unseen; a lifecycle rule for unfinished uploads takes them away.
    pub async fn abort(mut self) -> Result<(), StorageError> {
        if let Some(parts) = &mut self.parts {
            let aborted = parts.abort().await;
            aborted.map_err(self.store.error(Operation::Delete, self.name.as_str()))?;
        }
        Ok(())
    }

    fn part_bytes(&self) -> usize {
        PART_BYTES << (self.part_count / PARTS_A_LENGTH).min(10)
    }

    async fn send(&mut self, part: Bytes) -> Result<(), StorageError> {
        if let Some(parts) = &mut self.parts {
            let put = parts.put(part).await;
            put.map_err(self.store.error(Operation::Put, self.name.as_str()))?;
            self.part_count += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
