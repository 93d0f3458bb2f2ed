//! Where files that leave Tidewell go: a folder of this machine, or a bucket.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tidewell_env::Env;
use tidewell_storage::{Media, ObjectName, Store, StoreOptions, StoreUrl, Upload};

use crate::error::{EngineError, ErrorKind};

/// What the name of a file that is not whole ends with.
const UNFINISHED: &str = ".unfinished";

/// A place for files.
#[derive(Clone, Debug)]
pub enum Outlet {
    /// A folder, made with its first file.
    Folder(PathBuf),
    /// A bucket, or a folder in one.
    Bucket(Store),
}

impl Outlet {
    /// The place that a URL or path names. No request.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` for a URL that is none, or whose settings cannot work.
    pub fn open(place: &str, env: Env) -> Result<Self, EngineError> {
        let url: StoreUrl = if place.is_empty() { StoreUrl::Folder(PathBuf::from(".")) } else { url(place)? };
        match url {
            StoreUrl::Folder(path) => Ok(Self::Folder(path)),
            url => Ok(Self::Bucket(Store::open(&url, env, &StoreOptions::default())?)),
        }
    }

    /// Begins a file; `name` may have folders in it.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` where none can have this name, `Unavailable` where the disk refuses.
    pub fn begin(&self, name: &str) -> Result<OutFile, EngineError> {
        match self {
            Self::Folder(folder) => OutFile::on_disk(folder.join(name)),
            Self::Bucket(store) => Ok(OutFile::Object(Box::new(store.upload(&object_name(name)?, media(name))))),
        }
    }

    /// A link by which anyone may read a file for a time, if the credentials that sign it last as long; `None` for a folder. No
    /// request for the file.
    ///
    /// # Errors
    /// [`EngineError`]: `Invalid` where none can have this name, `Unavailable` without credentials.
    pub async fn link(&self, name: &str, valid_for: Duration) -> Result<Option<String>, EngineError> {
        match self {
            Self::Folder(_) => Ok(None),
            Self::Bucket(store) => Ok(store.presigned(&object_name(name)?, valid_for).await?),
        }
    }
}

fn object_name(name: &str) -> Result<ObjectName, EngineError> {
    ObjectName::foreign(name)
        .ok_or_else(|| EngineError::new(ErrorKind::Invalid, format!("no object can be called {name:?}")))
}

/// What a file is, by what its name ends with.
fn media(name: &str) -> Media {
    let (name, content_encoding) = match name.strip_suffix(".gz") {
        Some(name) => (name, Some("gzip")),
        None => (name, None),
    };
    let content_type = match name.rsplit('.').next() {
        Some("parquet") => Some("application/vnd.apache.parquet"),
        Some("csv") => Some("text/csv; charset=utf-8"),
        Some("json") => Some("application/json"),
        Some("jsonl") => Some("application/jsonl"),
        _ => None,
    };
    Media { content_type, content_encoding }
}

fn url(place: &str) -> Result<StoreUrl, EngineError> {
    place.parse().map_err(|error| EngineError::new(ErrorKind::Invalid, format!("{place:?}: {error}")))
}

/// A file under way; it has its name once it is finished, and is whole then.
#[derive(Debug)]
pub enum OutFile {
    /// On the disk.
    Disk {
        /// Where it will be.
        path: PathBuf,
        /// Where it is.
        unfinished: PathBuf,
        /// Its bytes.
        file: BufWriter<File>,
    },
    /// In a bucket.
    Object(Box<Upload>),
}

impl OutFile {
    fn on_disk(path: PathBuf) -> Result<Self, EngineError> {
        let mut name = path.file_name().unwrap_or_default().to_owned();
        name.push(UNFINISHED);
        let unfinished = path.with_file_name(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| disk(folder, &error))?;
        }
        let file = File::create(&unfinished).map_err(|error| disk(&unfinished, &error))?;
        Ok(Self::Disk { path, unfinished, file: BufWriter::with_capacity(1 << 18, file) })
    }

    /// Adds bytes.
    ///
    /// # Errors
    /// [`EngineError`]: `Unavailable` where the disk or the store refuses; give the file up.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), EngineError> {
        match self {
            Self::Disk { unfinished, file, .. } => file.write_all(bytes).map_err(|error| disk(unfinished, &error)),
            Self::Object(upload) => Ok(upload.write(bytes).await?),
        }
    }

    /// Ends the file: it is on the disk, or in the bucket, under its name when this returns.
    ///
    /// # Errors
    /// As [`OutFile::write`].
    pub async fn finish(self) -> Result<(), EngineError> {
        match self {
            Self::Disk { path, unfinished, file } => {
                let file = file.into_inner().map_err(|error| disk(&unfinished, error.error()))?;
                file.sync_all().map_err(|error| disk(&unfinished, &error))?;
                std::fs::rename(&unfinished, &path).map_err(|error| disk(&path, &error))
            }
            Self::Object(upload) => Ok(upload.finish().await?),
        }
    }

    /// Gives the file up: nothing of it stays.
    ///
    /// # Errors
    /// As [`OutFile::write`].
    pub async fn abort(self) -> Result<(), EngineError> {
        match self {
            Self::Disk { unfinished, .. } => {
                std::fs::remove_file(&unfinished).map_err(|error| disk(&unfinished, &error))
            }
            Self::Object(upload) => Ok(upload.abort().await?),
        }
    }
}

fn disk(path: &Path, error: &std::io::Error) -> EngineError {
    EngineError::new(ErrorKind::Unavailable, format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests;
