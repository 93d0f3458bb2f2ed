//! New columns go into the manifest before any row that has them is logged, so that every process agrees on their types.

use std::sync::Arc;

use tidewell_manifest::{Author, CommitError, Intent, Manifest, State};
use tidewell_types::{TableName, TableSchema, WriterId};

/// Commits what is still missing of `growth`; no request when another process was first with all of it.
///
/// # Errors
/// [`CommitError::Refused`] when another process has given a column another type since: admit the body anew.
pub(crate) async fn grow(
    manifest: &Manifest,
    writer: WriterId,
    growth: Vec<(TableName, TableSchema)>,
) -> Result<Arc<State>, CommitError> {
    let intend = move |state: &State| {
        let missing = growth.iter().filter(|(name, columns)| match state.tables.get(name) {
            None => true,
            Some(table) => {
                let mut grown = (*table.schema).clone();
                !matches!(grown.merge(columns), Ok(false))
            }
        });
        let tables: Vec<_> = missing.cloned().collect();
        if tables.is_empty() {
            return Ok(None);
        }
        let author = Author { generation: state.open_generation(), writer };
        Ok(Some(Intent { tables, ..Intent::new(author) }))
    };
    manifest.commit(intend).await
}
