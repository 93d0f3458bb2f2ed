//! The floor: the version up to which records may have been deleted. It only rises.
//!
//! Creating an object has no memory: once record N is deleted, a stalled committer can create N again and hear "created".
//! So the floor is raised before records go, committers check it after the create, and readers after the read.

use bytes::Bytes;
use parking_lot::Mutex;
use tidewell_storage::{ObjectName, Replaced, Revalidated, Store, Tag};
use tidewell_types::{Version, WriteId};

use crate::error::{DecodeError, ManifestError};
use crate::frame::{self, Kind};
use crate::message;

/// One process's view of the floor object; its last tag makes the usual check a "not modified".
#[derive(Debug)]
pub(crate) struct Floor {
    name: ObjectName,
    seen: Mutex<Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    tag: Option<Tag>,
    version: Version,
}

impl Floor {
    pub(crate) fn new(name: ObjectName) -> Self {
        Self { name, seen: Mutex::default() }
    }

    /// The floor as it was last read; no request.
    pub(crate) fn known(&self) -> Version {
        self.seen.lock().version
    }

    /// The floor now; 0 where none was ever set. One conditional GET.
    pub(crate) async fn read(&self, store: &Store) -> Result<Version, ManifestError> {
        let seen = self.seen.lock().clone();
        match store.get_versioned(&self.name, seen.tag.as_ref()).await? {
            // A floor is never deleted; a store that has lost it gets no say in lowering it.
            Revalidated::Missing | Revalidated::Unchanged => Ok(seen.version),
            Revalidated::Found { body, tag } => {
                let version = self.decode(&body)?;
                let mut seen = self.seen.lock();
                if version >= seen.version {
                    *seen = Seen { tag: Some(tag), version };
                }
                Ok(seen.version)
            }
        }
    }

    /// Raises the floor to `to`, or leaves it where it is higher. A read and a compare-and-swap, again while others raise it.
    pub(crate) async fn raise(&self, store: &Store, to: Version, write_id: WriteId) -> Result<Version, ManifestError> {
        loop {
            let current = self.read(store).await?;
            if current >= to {
                return Ok(current);
            }
            let tag = self.seen.lock().tag.clone();
            let body = encode(to, write_id).map_err(|source| self.broken(source))?;
            match store.replace(&self.name, body, tag.as_ref()).await? {
                Replaced::Done(tag) => {
                    *self.seen.lock() = Seen { tag: Some(tag), version: to };
                    return Ok(to);
                }
                Replaced::Changed => {}
            }
        }
    }

    fn decode(&self, body: &[u8]) -> Result<Version, ManifestError> {
        decode(body).map_err(|source| self.broken(source))
    }

    fn broken(&self, source: DecodeError) -> ManifestError {
        ManifestError::Decode { object: self.name.to_string(), source }
    }
}

pub(crate) fn encode(version: Version, write_id: WriteId) -> Result<Bytes, DecodeError> {
    frame::seal_message(Kind::Floor, write_id, &message::Floor { version: version.get() })
}

pub(crate) fn decode(bytes: &[u8]) -> Result<Version, DecodeError> {
    let (_, body): (_, message::Floor) = frame::open_message(Kind::Floor, bytes)?;
    Ok(Version::new(body.version))
}

#[cfg(test)]
mod tests;
