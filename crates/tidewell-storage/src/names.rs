//! Object names: the only module that prints or parses them.

mod catalog;
mod day;
mod escape;
mod layout;
mod parse;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use tidewell_types::WriteId;

pub use catalog::{CatalogIndexName, CatalogPartName};
pub use escape::{TABLE_FOLDER_CHARS_MAX, table_folder};
pub use layout::{DatabaseLayout, Tier};
pub use parse::{SegmentName, parse_database_folder, parse_generation_folder};

/// The name of one object, relative to the root of its store: parts of `[A-Za-z0-9._!-]` joined by `/`. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectName(Arc<str>);

impl ObjectName {
    fn printed(name: String) -> Self {
        Self(name.into())
    }

    /// The object that says which store this is and in which format: `meta/format`.
    #[must_use]
    pub fn store_format() -> Self {
        Self("meta/format".into())
    }

    /// An object of one run of the capability probe: `meta/probe/<id>/<leaf>`.
    pub(crate) fn probe(id: WriteId, leaf: &str) -> Self {
        Self::printed(format!("meta/probe/{id}/{leaf}"))
    }

    /// A key that Tidewell did not name, in a store opened to read foreign files. `None` where a part of it is empty, `.`
    /// or `..`, or holds a control character.
    #[must_use]
    pub fn foreign(key: &str) -> Option<Self> {
        is_plain(key).then(|| Self(key.into()))
    }

    /// Whether it lies where Tidewell keeps its own: no object of others is to be there.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        let first = self.0.split('/').next().unwrap_or_default();
        first == layout::DATABASES || first == "meta"
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Names that share their leading parts: a folder. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(Arc<str>);

impl Prefix {
    fn printed(folder: String) -> Self {
        Self(folder.into())
    }

    /// Everything in the store.
    #[must_use]
    pub fn root() -> Self {
        Self("".into())
    }

    /// The databases, one folder each.
    #[must_use]
    pub fn databases() -> Self {
        Self(layout::DATABASES.into())
    }

    /// The scratch folder of one run of the capability probe.
    pub(crate) fn probe(id: WriteId) -> Self {
        Self::printed(format!("meta/probe/{id}"))
    }

    /// A folder that Tidewell did not name; `None` as in [`ObjectName::foreign`].
    #[must_use]
    pub fn foreign(folder: &str) -> Option<Self> {
        (folder.is_empty() || is_plain(folder)).then(|| Self(folder.into()))
    }

    /// The folder as text, without a slash at its end; empty for the root.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_plain(key: &str) -> bool {
    key.split('/').all(|part| !matches!(part, "" | "." | "..") && !part.chars().any(char::is_control))
}

macro_rules! text {
    ($name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&*self.0, f)
            }
        }
    };
}

text!(ObjectName);
text!(Prefix);
