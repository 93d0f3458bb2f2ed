//! A store in a folder: every write is on the disk before it is reported, and atomic among processes.
//!
//! An object is a file. It is written under a temporary name in the folder it belongs to, synced, and then linked (create)
//! or renamed (overwrite) to its name; the folder is synced last. Names of our own bookkeeping start with `~`, which no
//! object name holds.

mod folders;
mod publish;
mod read;
mod replace;
#[cfg(test)]
mod tests;
mod walk;

use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use tidewell_env::Env;
use tidewell_types::WriteId;

use crate::backend::{Attempt, Backend, Condition, Failure, FailureKind, Fetched, Listed, Patience, Pin, Tag};
use crate::memory::{PAGE_KEYS, pages};
use crate::meter::{Meter, RequestKind};
use crate::ranges;

use folders::Folders;

/// What every file that is not an object starts with.
const BOOKKEEPING: char = '~';

/// The folder of a store, and what is known about it.
#[derive(Debug)]
struct Root {
    path: PathBuf,
    folders: Folders,
}

impl Root {
    fn file(&self, key: &str) -> PathBuf {
        self.path.join(key)
    }
}

/// A store in a folder.
#[derive(Debug)]
pub(crate) struct LocalBackend {
    root: Arc<Root>,
    env: Env,
}

impl LocalBackend {
    /// A store in a folder, which the first write makes.
    pub(crate) fn new(path: PathBuf, env: Env) -> Self {
        Self { root: Arc::new(Root { folders: Folders::new(path.clone()), path }), env }
    }

    /// Runs blocking work that ends whatever becomes of the caller.
    async fn blocking<T, F>(&self, work: F) -> Result<T, Failure>
    where
        T: Send + 'static,
        F: FnOnce(&Root) -> Result<T, Failure> + Send + 'static,
    {
        let root = Arc::clone(&self.root);
        match tokio::task::spawn_blocking(move || work(&root)).await {
            Ok(result) => result,
            Err(error) => Err(Failure::maybe_after(FailureKind::Unavailable, error)),
        }
    }

    fn temporary_name(&self) -> String {
        format!("{BOOKKEEPING}{}", self.env.write_id())
    }
}

/// A failure of the system, as far as it says something to the caller.
fn failed(error: io::Error) -> Failure {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => FailureKind::NotFound,
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::NotADirectory => {
            FailureKind::Denied
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => FailureKind::Full,
        io::ErrorKind::Unsupported => FailureKind::Unsupported,
        _ => FailureKind::Unavailable,
    };
    Failure::before(kind, error)
}

/// A failed sync after an object got its name: it can be read, and may be gone after a power loss. Not a failure that
/// passes: once a sync has failed, a later one says nothing about what the first should have written.
fn failed_after(error: io::Error) -> Failure {
    Failure::maybe_after(FailureKind::Denied, error)
}

/// Content is told apart by a hash of it, as S3 does.
fn tag_of(body: &[u8]) -> Tag {
    Tag(format!("\"{:032x}\"", xxhash_rust::xxh3::xxh3_128(body)))
}

#[async_trait]
impl Backend for LocalBackend {
    async fn get(
        &self,
        key: &str,
        if_none_match: Option<&Tag>,
        _patience: Patience,
        meter: &Meter,
    ) -> Result<Fetched, Failure> {
        meter.count(RequestKind::Get, 1);
        let (key, known) = (key.to_owned(), if_none_match.cloned());
        let Some(body) = self.blocking(move |root| read::whole(&root.file(&key))).await? else {
            return Ok(Fetched::Missing);
        };
        let tag = tag_of(&body);
        if known.as_ref() == Some(&tag) {
            return Ok(Fetched::Unchanged);
        }
        meter.count_bytes_in(body.len());
        Ok(Fetched::Found { body, tag: Some(tag) })
    }

    async fn get_ranges(
        &self,
        key: &str,
        wanted: &[Range<u64>],
        pin: Option<&Pin>,
        meter: &Meter,
    ) -> Result<Vec<Bytes>, Failure> {
        let joined = ranges::join(wanted)?;
        meter.count(RequestKind::Get, joined.len() as u64);
        let (key, to_read, pin) = (key.to_owned(), joined.clone(), pin.cloned());
        let bodies = self.blocking(move |root| read::ranges(&root.file(&key), &to_read, pin.as_ref())).await?;
        meter.count_bytes_in(bodies.iter().map(Bytes::len).sum());
        ranges::split(wanted, &joined, &bodies)
    }

    async fn head(&self, key: &str, meter: &Meter) -> Result<Option<(u64, Option<Tag>)>, Failure> {
        meter.count(RequestKind::Head, 1);
        let key = key.to_owned();
        self.blocking(move |root| read::size(&root.file(&key))).await
    }

    async fn written_by(&self, _key: &str, _meter: &Meter) -> Result<Option<String>, Failure> {
        Err(Failure::before(FailureKind::Unsupported, "files carry no metadata"))
    }

    async fn put(&self, key: &str, body: Bytes, meter: &Meter) -> Result<(), Failure> {
        meter.count(RequestKind::Put, 1);
        meter.count_bytes_out(body.len());
        let (file, temporary) = (self.root.file(key), self.temporary_name());
        self.blocking(move |root| publish::overwrite(root, &file, &temporary, &body)).await
    }

    async fn put_if(
        &self,
        key: &str,
        body: Bytes,
        condition: &Condition,
        _write_id: Option<WriteId>,
        meter: &Meter,
    ) -> Result<Attempt, Failure> {
        meter.count(RequestKind::Put, 1);
        meter.count_bytes_out(body.len());
        let (file, temporary, condition) = (self.root.file(key), self.temporary_name(), condition.clone());
        self.blocking(move |root| {
            let tag = tag_of(&body);
            let written = match condition {
                Condition::Absent => publish::create(root, &file, &temporary, &body)?,
                Condition::Current(expected) => replace::replace(root, &file, &temporary, &body, &expected)?,
            };
            Ok(if written { Attempt::Done(Some(tag)) } else { Attempt::Refused })
        })
        .await
    }

    async fn delete(&self, keys: &[String], meter: &Meter) -> Result<Vec<(String, String)>, Failure> {
        meter.count(RequestKind::Delete, keys.len().div_ceil(PAGE_KEYS) as u64);
        let keys = keys.to_vec();
        self.blocking(move |root| Ok(publish::delete(root, &keys))).await
    }

    async fn list(&self, folder: &str, meter: &Meter) -> Result<Vec<Listed>, Failure> {
        let folder = folder.to_owned();
        let listed = self.blocking(move |root| walk::all(&root.path, &folder)).await?;
        meter.count(RequestKind::List, pages(listed.len()));
        Ok(listed)
    }

    async fn list_first(&self, folder: &str, meter: &Meter) -> Result<Option<Listed>, Failure> {
        meter.count(RequestKind::List, 1);
        let folder = folder.to_owned();
        self.blocking(move |root| walk::first(&root.path, &folder)).await
    }

    async fn list_folders(&self, folder: &str, meter: &Meter) -> Result<Vec<String>, Failure> {
        let folder = folder.to_owned();
        let folders = self.blocking(move |root| walk::folders(&root.path, &folder)).await?;
        meter.count(RequestKind::List, pages(folders.len()));
        Ok(folders)
    }
}
