//! Delete: rows that match are hidden from every reader at once, and leave their segments when these are next rewritten.

pub mod predicate;

use std::collections::BTreeSet;

use tidewell_env::Env;
use tidewell_manifest::{Author, Intent, Manifest, Segments, State, TableState, TagMatch, Tombstone};
use tidewell_types::{ColumnKind, TableName, TimeBounds, Version, WriteId, WriterId};

use crate::decide::decide;
use crate::error::MaintainError;
use crate::fold::Folder;
use crate::fold_all::fold_all;

/// Deletes of one table that no compaction has carried out yet.
pub const TOMBSTONES_MAX: usize = 1_000;
/// Tag values that one delete may name, over all tags.
pub const VALUES_MAX: usize = 1_000;

/// Which rows are to go: those of the tables, within the span, whose tags all match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteRequest {
    /// The tables; `None` is every table of the database.
    pub tables: Option<Vec<TableName>>,
    /// The span of time, both ends inclusive.
    pub time: TimeBounds,
    /// The tags that must match; none: every row of the span. At most [`VALUES_MAX`] values in all.
    pub tags: Vec<TagMatch>,
}

/// What a delete did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeleteSummary {
    /// The version from which on the rows are hidden.
    pub version: Version,
    /// Tables that may have had such rows. Where a table is not named, it had none.
    pub tables: Vec<TableName>,
    /// Rows that were in the log and are in segments now.
    pub folded_row_count: u64,
}

/// A delete that is refused; nothing was hidden.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeleteError {
    /// There is no such table.
    #[error("there is no table {table:?}: nothing was deleted")]
    UnknownTable {
        /// The table.
        table: String,
    },
    /// The column does not choose rows.
    #[error("{column:?} is a {kind} of table {table:?}, and a delete chooses rows by tags and time: name a tag")]
    NotATag {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// What it is.
        kind: ColumnKind,
    },
    /// Too many deletes wait to be carried out.
    #[error(
        "table {table:?} has {TOMBSTONES_MAX} deletes that its segments have not carried out: compact it first, then delete again"
    )]
    TooMany {
        /// The table.
        table: String,
    },
    /// The request names too many tag values.
    #[error("a delete names at most {VALUES_MAX} tag values and this one names {found}: split it")]
    TooManyValues {
        /// How many it names.
        found: usize,
    },
    /// The span ends before it starts.
    #[error("the span of time ends before it starts ({start_ns} ns to {stop_ns} ns): nothing was deleted")]
    EmptySpan {
        /// Its start, nanoseconds since the Unix epoch.
        start_ns: i64,
        /// Its end.
        stop_ns: i64,
    },
}

/// Deletes rows. Every row that matches and was acknowledged before the call is hidden from every reader of the version that
/// this returns, and of every later one; no row written after the call is. Of writes at the same time either may come first.
///
/// Rows in the *local* log or the memory of another process are out of reach and count as written afterwards: delete through
/// the process that holds them. Atomic over all tables. Hides nothing, and commits nothing, in a table without a segment in the span, or
/// without one of the tags (unless rows that lack the tag are asked for: the empty value).
///
/// Requests: a fold, then a commit. Segments are not rewritten; a compaction does that.
///
/// # Errors
/// [`MaintainError::Delete`] says what to change. Others as [`Folder::fold`]; after an unknown outcome the rows may be
/// hidden, and the same delete may be made again.
pub async fn delete(
    folder: &Folder,
    manifest: &Manifest,
    env: &Env,
    writer: WriterId,
    request: DeleteRequest,
) -> Result<DeleteSummary, MaintainError> {
    request.check()?;
    let folded = fold_all(folder).await?;
    let id = env.write_id();
    let state = decide(manifest, move |state| Ok(request.intent(state, id, writer)?)).await?;
    let is_ours = |table: &TableState| table.tombstones.iter().any(|tombstone| tombstone.id == id);
    let tables = state.tables.iter().filter(|(_, table)| is_ours(table)).map(|(name, _)| name.clone()).collect();
    Ok(DeleteSummary { version: state.version, tables, folded_row_count: folded.row_count })
}

impl DeleteRequest {
    fn check(&self) -> Result<(), DeleteError> {
        if self.time.min > self.time.max {
            let (start_ns, stop_ns) = (self.time.min.as_ns(), self.time.max.as_ns());
            return Err(DeleteError::EmptySpan { start_ns, stop_ns });
        }
        let found = self.tags.iter().map(|tag| tag.values.len().max(1)).sum();
        if found > VALUES_MAX {
            return Err(DeleteError::TooManyValues { found });
        }
        Ok(())
    }

    /// One tombstone for each table that may have such rows; `None` where none has.
    fn intent(&self, state: &State, id: WriteId, writer: WriterId) -> Result<Option<Intent>, DeleteError> {
        let is_made = |table: &TableState| table.tombstones.iter().any(|tombstone| tombstone.id == id);
        if state.tables.values().any(is_made) {
            // An earlier try of this commit counted and was collected before it was looked at.
            return Ok(None);
        }
        let tombstone = Tombstone { id, time: self.time, tags: self.tags.clone(), version: Version::ZERO };
        let mut tombstones = Vec::new();
        for name in self.names(state)? {
            let Some(table) = state.tables.get(&name) else { continue };
            if !self.can_match(table) {
                continue;
            }
            if table.tombstones.len() >= TOMBSTONES_MAX {
                return Err(DeleteError::TooMany { table: name.to_string() });
            }
            tombstones.push((name, tombstone.clone()));
        }
        let author = Author { generation: state.open_generation(), writer };
        Ok((!tombstones.is_empty()).then(|| Intent { tombstones, ..Intent::new(author) }))
    }

    /// The tables, each once; those that are named must be there and have no other column of a tag's name.
    fn names(&self, state: &State) -> Result<BTreeSet<TableName>, DeleteError> {
        let Some(named) = &self.tables else { return Ok(state.tables.keys().cloned().collect()) };
        for name in named {
            let unknown = || DeleteError::UnknownTable { table: name.to_string() };
            let schema = &state.tables.get(name).ok_or_else(unknown)?.schema;
            for tag in &self.tags {
                if let Some(kind @ (ColumnKind::Time | ColumnKind::Field(_))) = schema.kind(&tag.tag) {
                    return Err(DeleteError::NotATag { table: name.to_string(), column: tag.tag.clone(), kind });
                }
            }
        }
        Ok(named.iter().cloned().collect())
    }

    /// Whether a row that is in a segment may match. Segments that come later are not the delete's concern, so what the table
    /// has at the commit decides.
    fn can_match(&self, table: &TableState) -> bool {
        let tag_can_match = |tag: &TagMatch| match table.schema.kind(&tag.tag) {
            Some(ColumnKind::Tag) => !tag.values.is_empty(),
            _ => tag.values.iter().any(String::is_empty),
        };
        has_segment_in(&table.segments, &self.time) && self.tags.iter().all(tag_can_match)
    }
}

fn has_segment_in(segments: &Segments, time: &TimeBounds) -> bool {
    let listed = segments.leaves().iter().any(|list| list.time.overlaps(time));
    let mut loose = segments.fresh().iter().chain(segments.registered());
    listed || loose.any(|segment| segment.time.overlaps(time))
}

#[cfg(test)]
mod tests;
