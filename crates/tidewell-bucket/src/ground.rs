//! Where Tidewell's objects lie in a bucket, and whether a prefix of others reaches them.

#[cfg(test)]
mod tests;

use tidewell_storage::{ObjectName, Prefix};

/// How much of Tidewell's ground a prefix of keys covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overlap {
    /// No key of ours can begin with it.
    None,
    /// Some may.
    Part,
    /// All do.
    Whole,
}

/// The folders of one store in a bucket, as prefixes of keys with a slash at the end. Everything of ours lies in them; what lies
/// beside them, such as files to import, belongs to others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ground {
    prefix: String,
    folders: [String; 2],
}

impl Ground {
    /// The ground of the store below `prefix`, which has no slashes at its ends and is empty for a whole bucket.
    pub(crate) fn new(prefix: &str) -> Self {
        let root = if prefix.is_empty() { String::new() } else { format!("{prefix}/") };
        let format = ObjectName::store_format();
        let meta = format.as_str().split('/').next().unwrap_or_default();
        let folders = [Prefix::databases().as_str(), meta].map(|folder| format!("{root}{folder}/"));
        Self { prefix: root, folders }
    }

    /// What every key of ours begins with: empty, or with a slash at its end.
    pub(crate) fn root(&self) -> &str {
        &self.prefix
    }

    /// How much of it lies below `prefix`, a plain beginning of keys as rules of a bucket mean it.
    pub(crate) fn overlap(&self, prefix: &str) -> Overlap {
        let covered = self.folders.iter().filter(|folder| folder.starts_with(prefix)).count();
        if covered == self.folders.len() {
            Overlap::Whole
        } else if covered > 0 || self.folders.iter().any(|folder| prefix.starts_with(folder.as_str())) {
            Overlap::Part
        } else {
            Overlap::None
        }
    }

    /// For people: the folder of the store.
    pub(crate) fn shown(&self) -> &str {
        if self.prefix.is_empty() { "the whole bucket" } else { &self.prefix }
    }
}
