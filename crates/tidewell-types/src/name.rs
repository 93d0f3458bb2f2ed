//! Names that users give: databases and tables.

use std::fmt;
use std::sync::Arc;

/// The longest database name, in UTF-8 bytes.
pub const DATABASE_NAME_BYTES_MAX: usize = 64;
/// The longest table name, in UTF-8 bytes.
pub const TABLE_NAME_BYTES_MAX: usize = 256;

/// A name that cannot be used, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing between the quotes.
    #[error("{kind} name is empty: give it at least one character")]
    Empty {
        /// What was to be named.
        kind: &'static str,
    },
    /// Over the limit.
    #[error("{kind} name is {bytes} bytes long: {bytes_max} are allowed")]
    TooLong {
        /// What was to be named.
        kind: &'static str,
        /// Its length.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A character that no name may hold.
    #[error("{kind} name {name:?} holds a control character: remove it")]
    ControlCharacter {
        /// What was to be named.
        kind: &'static str,
        /// The name.
        name: String,
    },
}

fn check(kind: &'static str, name: &str, bytes_max: usize) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { kind });
    }
    if name.len() > bytes_max {
        return Err(NameError::TooLong { kind, bytes: name.len(), bytes_max });
    }
    if name.chars().any(char::is_control) {
        return Err(NameError::ControlCharacter { kind, name: name.to_owned() });
    }
    Ok(())
}

/// A database's name: 1 to 64 bytes of UTF-8 without control characters. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseName(Arc<str>);

impl DatabaseName {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`NameError`] when it is empty, too long or holds a control character; ask the user for another name.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check("database", name, DATABASE_NAME_BYTES_MAX)?;
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for DatabaseName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A table's name (Influx: measurement): 1 to 256 bytes of UTF-8 without control characters. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TableName(Arc<str>);

impl TableName {
    /// Checks and takes a name.
    ///
    /// # Errors
    /// [`NameError`] when it is empty, too long or holds a control character; refuse the line that names it.
    pub fn new(name: &str) -> Result<Self, NameError> {
        check("table", name, TABLE_NAME_BYTES_MAX)?;
        Ok(Self(name.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for TableName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
