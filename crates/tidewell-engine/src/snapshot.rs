//! What a query reads: the log's tail first, the committed view second, so that no acknowledged row is missed.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_buffer::Entry;
use tidewell_manifest::State;
use tidewell_query::{TableView, View};
use tidewell_storage::Store;
use tidewell_wal::tail;

use crate::database::Database;
use crate::engine::Inner;
use crate::error::EngineError;

/// A snapshot of a database that holds every row acknowledged before the call. Requests through `store`: LIST, GET next
/// record, GET floor, and a GET for each log object that is new here.
pub(crate) async fn snapshot(inner: &Inner, store: &Store, database: &Database) -> Result<View, EngineError> {
    let manifest = database.manifest.through(store.clone());
    let tail = tail::Tail {
        store,
        layout: manifest.layout(),
        buffer: &database.buffer,
        env: &inner.env,
        bytes_max: inner.config.limits.buffer_bytes_max,
    };
    let catch_up = || {
        let manifest = manifest.clone();
        async move { Ok::<Arc<State>, EngineError>(manifest.catch_up().await?) }
    };
    tail::refresh(&tail, catch_up).await?;
    let (state, entries) = settled(database);
    if database.begun().is_none() {
        // Where nothing is folded here, nobody else lets go of what others have folded.
        database.buffer.retire(&*state);
    }
    // Columns are committed before rows that have them are logged: the newest state knows those of every entry here.
    let newest = database.manifest.state();
    let mut tables = BTreeMap::new();
    for (name, table) in &newest.tables {
        let segments = state.tables.get(name).map(|table| Arc::clone(&table.segments)).unwrap_or_default();
        tables.insert(name.clone(), TableView { schema: Arc::clone(&table.schema), segments, tail: Vec::new() });
    }
    for rows in entries.iter().flat_map(|entry| &entry.batch.tables) {
        if let Some(table) = tables.get_mut(&rows.table) {
            table.tail.push(rows.rows.clone());
        }
    }
    Ok(View { database: database.name.clone(), version: state.version, tables })
}

/// The newest state of this process and the entries that it has not folded.
///
/// Entries are let go of only after the state that folds them was published, so entries taken while the state stays the
/// same are whole; with another state in between some of them may have gone, and that state has them in segments.
fn settled(database: &Database) -> (Arc<State>, Vec<Arc<Entry>>) {
    loop {
        let state = database.manifest.state();
        let entries = database.buffer.unfolded(&*state);
        if database.manifest.version() == state.version {
            return (state, entries);
        }
    }
}
