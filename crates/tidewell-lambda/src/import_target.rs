//! Which table a file belongs to: what its key says.

use crate::Failure;

/// How a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportKind {
    /// Registered in place.
    Parquet,
    /// Imported.
    Csv,
    /// Imported, through gzip.
    CsvGz,
}

/// Where the rows of a file go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportTarget {
    /// The database.
    pub database: String,
    /// The table.
    pub table: String,
    /// The rest of the key, with the folders below the table.
    pub file: String,
    /// How it is read.
    pub kind: ImportKind,
}

impl ImportTarget {
    /// The target of a decoded key, which must be `<prefix><database>/<table>/<file>`.
    ///
    /// # Errors
    ///
    /// [`Invalid`](crate::FailureKind::Invalid) for any other key; the message says what is expected. Names are not looked at:
    /// the engine knows which are allowed.
    pub fn of_key(prefix: &str, key: &str) -> Result<Self, Failure> {
        let refused = || {
            Failure::invalid(format!(
                "{key} cannot be imported: expected {prefix}<database>/<table>/<file>.parquet, .csv or .csv.gz; put it there, or \
                 let the notification name a prefix and a suffix"
            ))
        };
        let mut parts = key.strip_prefix(prefix).ok_or_else(refused)?.splitn(3, '/');
        let mut part = || parts.next().filter(|part| !part.is_empty()).ok_or_else(refused);
        let (database, table, file) = (part()?, part()?, part()?);
        let name = file.rsplit('/').next().unwrap_or_default();
        let endings = [(".parquet", ImportKind::Parquet), (".csv", ImportKind::Csv), (".csv.gz", ImportKind::CsvGz)];
        let ends = |ending: &str| name.len() > ending.len() && name.ends_with(ending);
        let (_, kind) = endings.into_iter().find(|(ending, _)| ends(ending)).ok_or_else(refused)?;
        Ok(Self { database: database.to_owned(), table: table.to_owned(), file: file.to_owned(), kind })
    }
}

#[cfg(test)]
mod tests;
