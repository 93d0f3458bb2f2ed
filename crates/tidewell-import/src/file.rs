//! One file that is to be imported, and reading parts of it.

use std::fs::{File, Metadata};
use std::io;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use tidewell_env::Env;
use tidewell_segment::foreign::hive_tags;
use tidewell_storage::{FileUrl, ObjectName, Pin, Store, StoreUrl};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::FileError;

/// A file that was found: where it is, how large, and of which content.
#[derive(Clone, Debug)]
pub struct SourceFile {
    url: String,
    file_bytes: u64,
    /// What changes when the content does, as far as can be told without reading it.
    content: String,
    place: FilePlace,
}

#[derive(Clone, Debug)]
enum FilePlace {
    Local(LocalFile),
    Object { store: Store, name: ObjectName, pin: Option<Pin> },
}

/// A file of this machine, as it was found.
#[derive(Clone, Debug)]
pub(crate) struct LocalFile {
    path: PathBuf,
    pin: Pin,
    content: String,
}

impl SourceFile {
    /// A local file.
    pub(crate) fn local(path: PathBuf, metadata: &Metadata) -> Self {
        let url = path.to_string_lossy().into_owned();
        let (file_bytes, content) = (metadata.len(), modified(metadata));
        let file = LocalFile { path, pin: Pin::of_file(metadata), content: content.clone() };
        Self { url, file_bytes, content, place: FilePlace::Local(file) }
    }

    /// An object of a store.
    pub(crate) fn object(store: &Store, name: ObjectName, file_bytes: u64, pin: Option<Pin>) -> Self {
        let url = format!("{}/{name}", store.url());
        let content = pin.as_ref().map(|pin| pin.tag.to_string()).unwrap_or_default();
        Self { url, file_bytes, content, place: FilePlace::Object { store: store.clone(), name, pin } }
    }

    /// Where the file is, as a commit names it, and the content that was found. Of an object one HEAD where no listing told it.
    pub(crate) async fn named(&self) -> Result<(FileUrl, Pin), FileError> {
        let (store, name, pin) = match &self.place {
            FilePlace::Local(file) => return file.named(),
            FilePlace::Object { store, name, pin } => (store, name, pin.clone()),
        };
        let url = FileUrl::of(store.url(), name).ok_or(FileError::Nameless("its place has no name that lasts"))?;
        match pin {
            Some(pin) => Ok((url, pin)),
            None => Ok((url, store.pin(name).await?.ok_or(FileError::Gone)?)),
        }
    }

    /// The file where it is one of this machine.
    pub(crate) fn on_this_machine(&self) -> Option<&LocalFile> {
        match &self.place {
            FilePlace::Local(file) => Some(file),
            FilePlace::Object { .. } => None,
        }
    }

    /// The file as users know it.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its size, in bytes.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// The tags that its `name=value` folders give.
    pub(crate) fn hive_tags(&self) -> Result<Vec<(String, Option<String>)>, FileError> {
        let path = match &self.place {
            FilePlace::Local(file) => file.path.to_string_lossy().into_owned(),
            FilePlace::Object { name, .. } => name.as_str().to_owned(),
        };
        hive_tags(&path).map_err(FileError::Hive)
    }

    /// What tells it from every other file and from itself with another content: by place, size and (of local files) time of
    /// change.
    pub(crate) fn identity(&self) -> u128 {
        let place = match &self.place {
            FilePlace::Local(LocalFile { path, .. }) => {
                std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string()
            }
            FilePlace::Object { .. } => self.url.clone(),
        };
        xxh3_128(format!("{place}\n{}\n{}", self.file_bytes, self.content).as_bytes())
    }

    pub(crate) async fn open(&self, env: &Env) -> Result<OpenFile, FileError> {
        let opened = match &self.place {
            FilePlace::Object { store, name, pin } => {
                Opened::Object { store: store.clone(), name: name.clone(), pin: pin.clone() }
            }
            FilePlace::Local(file) => {
                let file = file.clone();
                Opened::Local(Arc::new(env.blocking(move || file.open()).await?))
            }
        };
        let (file_bytes, content) = (self.file_bytes, self.content.clone());
        Ok(OpenFile { env: env.clone(), opened, file_bytes, source_bytes: file_bytes, content })
    }
}

impl LocalFile {
    pub(crate) fn file_bytes(&self) -> u64 {
        self.pin.bytes
    }

    /// Opens it, where it still is what was found; on the thread that asks.
    pub(crate) fn open(&self) -> Result<File, FileError> {
        let file = File::open(&self.path)?;
        match is_unchanged(&file, self.pin.bytes, &self.content)? {
            true => Ok(file),
            false => Err(FileError::Changed),
        }
    }

    /// Its name as a commit says it, whatever links lead to it, and the content that was found; on the thread that asks.
    pub(crate) fn named(&self) -> Result<(FileUrl, Pin), FileError> {
        let path = std::fs::canonicalize(&self.path)?;
        let name = path.to_str().and_then(|path| ObjectName::foreign(path.trim_start_matches('/')));
        let url = name.and_then(|name| FileUrl::of(&StoreUrl::Folder(PathBuf::from("/")), &name));
        Ok((url.ok_or(FileError::Nameless("its path is no text that names a file"))?, self.pin.clone()))
    }
}

/// When a file was last changed, as text; empty where the system does not say.
fn modified(metadata: &Metadata) -> String {
    let since_epoch = metadata.modified().ok().and_then(|modified| modified.duration_since(UNIX_EPOCH).ok());
    since_epoch.map(|since_epoch| since_epoch.as_nanos().to_string()).unwrap_or_default()
}

/// A file that is being read. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct OpenFile {
    env: Env,
    opened: Opened,
    file_bytes: u64,
    /// What the file takes where it lies: less where it is compressed.
    source_bytes: u64,
    content: String,
}

#[derive(Clone, Debug)]
enum Opened {
    Local(Arc<File>),
    Object { store: Store, name: ObjectName, pin: Option<Pin> },
}

impl OpenFile {
    pub(crate) fn file_bytes(&self) -> u64 {
        self.file_bytes
    }

    /// How many bytes of the file where it lies some bytes of what is read stand for, about.
    pub(crate) fn source_bytes(&self, bytes: u64) -> u64 {
        let share = u128::from(bytes) * u128::from(self.source_bytes) / u128::from(self.file_bytes.max(1));
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// The same file as `file` holds it.
    pub(crate) fn replaced_by(self, file: File) -> Result<Self, FileError> {
        let metadata = file.metadata()?;
        let (file_bytes, content) = (metadata.len(), modified(&metadata));
        Ok(Self { opened: Opened::Local(Arc::new(file)), file_bytes, content, ..self })
    }

    /// Reads parts of the file, in their order; of an object in the content that was found, where the store names it.
    pub(crate) async fn read(&self, ranges: Vec<Range<u64>>) -> Result<Vec<Bytes>, FileError> {
        if ranges.iter().any(|range| range.end > self.file_bytes || range.start > range.end) {
            return Err(FileError::Short);
        }
        match &self.opened {
            Opened::Object { store, name, pin: Some(pin) } => {
                let read = store.get_ranges_pinned(name, pin, &ranges).await;
                read.map_err(|error| if error.is_changed() { FileError::Changed } else { error.into() })
            }
            Opened::Object { store, name, pin: None } => Ok(store.get_ranges(name, &ranges).await?),
            Opened::Local(file) => {
                let file = Arc::clone(file);
                let read = move || ranges.iter().map(|range| read_range(&file, range)).collect::<io::Result<_>>();
                Ok(self.env.blocking(read).await?)
            }
        }
    }

    /// Whether it still is what was found, as far as its size and time of change tell.
    pub(crate) async fn check_unchanged(&self) -> Result<(), FileError> {
        let Opened::Local(file) = &self.opened else { return Ok(()) };
        let (file, file_bytes, content) = (Arc::clone(file), self.file_bytes, self.content.clone());
        match self.env.blocking(move || is_unchanged(&file, file_bytes, &content)).await? {
            true => Ok(()),
            false => Err(FileError::Changed),
        }
    }
}

fn is_unchanged(file: &File, file_bytes: u64, content: &str) -> io::Result<bool> {
    let metadata = file.metadata()?;
    Ok(metadata.len() == file_bytes && modified(&metadata) == content)
}

/// Reads a part of a file on the thread that asks.
pub(crate) fn read_range(file: &File, range: &Range<u64>) -> io::Result<Bytes> {
    let len = usize::try_from(range.end - range.start).map_err(|_| io::ErrorKind::OutOfMemory)?;
    let mut body = vec![0; len];
    file.read_exact_at(&mut body, range.start)?;
    Ok(body.into())
}

/// Whether a name within a folder is one of files to be read: neither hidden, nor one that writers leave beside their files.
pub(crate) fn is_visible(name: &str) -> bool {
    !name.starts_with(['.', '_'])
}

/// Whether a path ends in an extension, in any case.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    let ends = |path: &Path| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
    let path = Path::new(path);
    let is_packed = path.extension().is_some_and(|found| found.eq_ignore_ascii_case("gz"));
    ends(path) || extension == "csv" && is_packed && path.file_stem().is_some_and(|stem| ends(Path::new(stem)))
}

#[cfg(test)]
mod tests;
