//! Where a store is.

#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

/// A text that is not the location of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no store: {reason}; use a folder, file:///folder, s3://bucket/prefix or memory://")]
pub struct LocationError {
    text: String,
    reason: &'static str,
}

impl LocationError {
    pub(crate) fn new(text: &str, reason: &'static str) -> Self {
        Self { text: text.to_owned(), reason }
    }
}

/// The location of a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StoreUrl {
    /// A folder; a relative one counts from the working directory.
    Folder(PathBuf),
    /// A bucket that speaks S3.
    S3 {
        /// The bucket's name.
        bucket: String,
        /// What every key starts with, without slashes at its ends; empty for the whole bucket.
        prefix: String,
    },
    /// Nothing but this process's memory; each opening makes a fresh one.
    Memory,
}

impl FromStr for StoreUrl {
    type Err = LocationError;

    /// Reads `file:///abs`, a plain path, `s3://bucket/prefix` or `memory://`.
    fn from_str(text: &str) -> Result<Self, LocationError> {
        let wrong = |reason| LocationError { text: text.to_owned(), reason };
        let Some((scheme, rest)) = text.split_once("://") else {
            return if text.is_empty() { Err(wrong("it is empty")) } else { Ok(Self::Folder(text.into())) };
        };
        match scheme {
            "file" => {
                let url = Url::parse(text).map_err(|_| wrong("its path is malformed"))?;
                url.to_file_path().map(Self::Folder).map_err(|()| wrong("its path is not absolute"))
            }
            "s3" => {
                let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
                let prefix = prefix.trim_end_matches('/');
                if bucket.is_empty() {
                    return Err(wrong("it names no bucket"));
                }
                if !prefix.is_empty() && crate::names::Prefix::foreign(prefix).is_none() {
                    return Err(wrong("a part of its prefix is empty, '.' or '..'"));
                }
                Ok(Self::S3 { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
            }
            "memory" if rest.is_empty() => Ok(Self::Memory),
            "memory" => Err(wrong("a store in memory has no path")),
            _ => Err(wrong("its scheme is not known")),
        }
    }
}

impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => match Url::from_file_path(path) {
                Ok(url) => write!(f, "{url}"),
                Err(()) => write!(f, "{}", path.display()),
            },
            Self::S3 { bucket, prefix } if prefix.is_empty() => write!(f, "s3://{bucket}"),
            Self::S3 { bucket, prefix } => write!(f, "s3://{bucket}/{prefix}"),
            Self::Memory => f.write_str("memory://"),
        }
    }
}
