//! Deletes, for the edges.

use tidewell_maintain::delete::{self, predicate};
use tidewell_manifest::TagMatch;
use tidewell_types::{TableName, TimeBounds};

use crate::engine::Engine;
use crate::error::{EngineError, ErrorKind};

/// Which rows are to be deleted: those of a span of time whose tags all match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteRequest {
    /// The table; `None` for all, unless the predicate names one.
    pub table: Option<String>,
    /// The span of time, inclusive.
    pub time: TimeBounds,
    /// Tags and the values of which each must have one; the empty string stands for rows without the tag.
    pub tags: Vec<(String, Vec<String>)>,
    /// More conditions as text: `_measurement="cpu" AND host="a"`.
    pub predicate: Option<String>,
}

/// A delete that was carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteReply {
    /// The version from which on the rows are hidden.
    pub version: u64,
    /// The tables in which there may be any.
    pub tables: Vec<String>,
}

impl Engine {
    /// Deletes rows: none that matches and was acknowledged before the call is in any answer from now on, and no row that is
    /// written later is missing. A fold and a commit.
    ///
    /// # Errors
    /// [`EngineError`]: `DatabaseNotFound`, `NotFound` (table), `Invalid`, the store. Nothing is deleted then, unless the kind
    /// is `Unknown`.
    pub async fn delete(&self, database: &str, request: DeleteRequest) -> Result<DeleteReply, EngineError> {
        self.check_open()?;
        let request = request.check()?;
        let inner = &self.inner;
        let database = inner.databases.existing(database).await?;
        let folder = self.folder_of(&database).await?;
        let writer = inner.env.writer_id();
        let deleted = delete::delete(&folder, &database.manifest, &inner.env, writer, request).await?;
        let tables = deleted.tables.iter().map(|table| table.as_str().to_owned());
        Ok(DeleteReply { version: deleted.version.get(), tables: tables.collect() })
    }
}

impl DeleteRequest {
    fn check(self) -> Result<delete::DeleteRequest, EngineError> {
        let invalid = |message: String| EngineError::new(ErrorKind::Invalid, message);
        let mut table = self.table.as_deref().map(TableName::new).transpose()?;
        let mut tags: Vec<_> = self.tags.into_iter().map(|(tag, values)| TagMatch { tag, values }).collect();
        if let Some(text) = &self.predicate {
            let parsed = predicate::parse(text).map_err(|error| invalid(format!("the predicate: {error}")))?;
            tags.extend(parsed.tags);
            table = match (table, parsed.table) {
                (Some(named), Some(other)) if named != other => {
                    return Err(invalid(format!("the predicate is of table {other} and the request of {named}")));
                }
                (named, other) => named.or(other),
            };
        }
        Ok(delete::DeleteRequest { tables: table.map(|table| vec![table]), time: self.time, tags })
    }
}
