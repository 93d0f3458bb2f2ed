//! What a user names: a file, a folder, a pattern, or a place in a store.

use std::fmt;

use tidewell_env::Env;
use tidewell_storage::{Store, StoreOptions, StoreUrl};

use crate::error::ImportError;

/// Where files are.
#[derive(Clone, Debug)]
pub enum Source {
    /// A local file or folder, or a pattern such as `logs/*/2024-*.parquet`.
    Local(String),
    /// An object, a folder of objects, or a pattern, in a store.
    Store {
        /// The store, opened at the root that `key` is relative to.
        store: Store,
        /// The object, the folder (empty for all) or the pattern.
        key: String,
    },
}

impl Source {
    /// Reads a path, a pattern, or a URL (`file://…`, `s3://bucket/…`). Makes no request.
    ///
    /// # Errors
    /// [`ImportError::Source`] for a text that is none of these, [`ImportError::Storage`] for a store that cannot be opened.
    pub fn parse(text: &str, env: &Env, options: &StoreOptions) -> Result<Self, ImportError> {
        let wrong = |problem: String| ImportError::Source { source_name: text.to_owned(), problem };
        let Some((scheme, rest)) = text.split_once("://") else {
            return if text.is_empty() {
                Err(wrong("it is empty".to_owned()))
            } else {
                Ok(Self::Local(text.to_owned()))
            };
        };
        match scheme {
            "file" => match text.parse().map_err(|error| wrong(format!("{error}")))? {
                StoreUrl::Folder(path) => Ok(Self::Local(path.to_string_lossy().into_owned())),
                StoreUrl::S3 { .. } | StoreUrl::Memory => Err(wrong("it is no path".to_owned())),
            },
            "s3" => {
                let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
                if bucket.is_empty() {
                    return Err(wrong("it names no bucket".to_owned()));
                }
                let url = StoreUrl::S3 { bucket: bucket.to_owned(), prefix: String::new() };
                let store = Store::open(&url, env.clone(), options)?;
                Ok(Self::Store { store, key: key.trim_end_matches('/').to_owned() })
            }
            _ => Err(wrong("its scheme is not known: give a path, a pattern, file://… or s3://bucket/…".to_owned())),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(path) => f.write_str(path),
            Self::Store { store, key } => write!(f, "{}/{key}", store.url()),
        }
    }
}
