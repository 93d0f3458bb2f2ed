//! Where one object is, whatever store it is in.

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::location::{LocationError, StoreUrl};
use crate::names::ObjectName;

/// The absolute location of one object: `s3://bucket/key` or `file:///path`, printed in one way only.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileUrl {
    /// A whole bucket, or the root of the file system.
    store: StoreUrl,
    name: ObjectName,
}

impl FileUrl {
    /// Where an object of a store is. `None` for a store in memory or in a relative folder, and where a folder's path is no
    /// text that names objects.
    #[must_use]
    pub fn of(store: &StoreUrl, name: &ObjectName) -> Option<Self> {
        match store {
            StoreUrl::Memory => None,
            StoreUrl::Folder(path) => Self::of_path(&path.join(name.as_str())),
            StoreUrl::S3 { bucket, prefix } => {
                let key = if prefix.is_empty() { name.to_string() } else { format!("{prefix}/{name}") };
                let store = StoreUrl::S3 { bucket: bucket.clone(), prefix: String::new() };
                Some(Self { store, name: ObjectName::foreign(&key)? })
            }
        }
    }

    fn of_path(path: &Path) -> Option<Self> {
        let name = ObjectName::foreign(path.to_str()?.strip_prefix('/')?)?;
        Some(Self { store: StoreUrl::Folder(PathBuf::from("/")), name })
    }

    /// The whole bucket, or the root of the file system.
    #[must_use]
    pub fn store(&self) -> &StoreUrl {
        &self.store
    }

    /// Its name in [`FileUrl::store`].
    #[must_use]
    pub fn name(&self) -> &ObjectName {
        &self.name
    }

    /// Its name in another store that holds it; `None` where it lies outside.
    #[must_use]
    pub fn name_in(&self, store: &StoreUrl) -> Option<ObjectName> {
        let rest = match (&self.store, store) {
            (StoreUrl::Folder(_), StoreUrl::Folder(folder)) => {
                let path = Path::new("/").join(self.name.as_str());
                path.strip_prefix(folder).ok()?.to_str()?.to_owned()
            }
            (StoreUrl::S3 { bucket: ours, .. }, StoreUrl::S3 { bucket, prefix }) if ours == bucket => {
                match prefix.is_empty() {
                    true => self.name.to_string(),
                    false => self.name.as_str().strip_prefix(prefix)?.strip_prefix('/')?.to_owned(),
                }
            }
            _ => return None,
        };
        ObjectName::foreign(&rest)
    }
}

impl FromStr for FileUrl {
    type Err = LocationError;

    fn from_str(text: &str) -> Result<Self, LocationError> {
        let wrong = |reason| LocationError::new(text, reason);
        if let Some(rest) = text.strip_prefix("s3://") {
            let (bucket, key) = rest.split_once('/').ok_or(wrong("it names no object"))?;
            let name = ObjectName::foreign(key).ok_or(wrong("a part of its key is empty, '.' or '..'"))?;
            if bucket.is_empty() {
                return Err(wrong("it names no bucket"));
            }
            return Ok(Self { store: StoreUrl::S3 { bucket: bucket.to_owned(), prefix: String::new() }, name });
        }
        match text.parse()? {
            StoreUrl::Folder(path) => Self::of_path(&path).ok_or(wrong("its path is not absolute, or no plain text")),
            _ => Err(wrong("it names no object")),
        }
    }
}

impl fmt::Display for FileUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.store {
            StoreUrl::Folder(root) => StoreUrl::Folder(root.join(self.name.as_str())).fmt(f),
            store => write!(f, "{store}/{}", self.name),
        }
    }
}
