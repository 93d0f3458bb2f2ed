//! What a query reads: the log's tail first, the committed view second, so that no acknowledged row is missed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::future::try_join;
use parking_lot::Mutex;
use tidewell_buffer::Entry;
use tidewell_ingest::SessionToken;
use tidewell_manifest::{Manifest, State, TableState};
use tidewell_query::{Question, TableView, View};
use tidewell_storage::Store;
use tidewell_types::{NodeId, Source};
use tidewell_wal::tail::{self, Tail};

use crate::database::Database;
use crate::engine::{Engine, Inner};
use crate::error::{EngineError, ErrorKind};
use crate::read::{Consistency, Read};

/// A snapshot of a database as fresh as `read` asks, for a question. Requests through `store`.
pub(crate) async fn snapshot(
    engine: &Engine,
    store: &Store,
    database: &Database,
    read: &Read,
    question: &Arc<Question>,
) -> Result<View, EngineError> {
    let inner = &engine.inner;
    let manifest = database.manifest.through(store.clone());
    let (consistency, after) = match read {
        Read::Fresh { consistency, after } => (*consistency, *after),
        Read::Snapshot(name) => return named(database, manifest, name).await,
    };
    let is_fresh = match consistency {
        Consistency::Strong => false,
        Consistency::Session => true,
        Consistency::Bounded { age_ms } => database.is_fresh(inner.env.monotonic(), Duration::from_millis(age_ms)),
    };
    if !is_fresh || !database.was_refreshed() {
        strong(engine, store, database, &manifest, Some(question)).await?;
    }
    if let Some(token) = after {
        see(engine, store, database, &manifest, token).await?;
    }
    Ok(view(database, manifest))
}

/// Brings this process up to every row acknowledged before the call, in three round trips: LIST; GET next record; GET floor
/// beside a GET for each log object that is new here. A process that knows nothing of the database looks for its newest
/// checkpoint beside the LIST, and reads that one with the records after it in the second.
///
/// A generation that another process left half sealed is finished here: its entries could neither be shown nor hidden.
async fn strong(
    engine: &Engine,
    store: &Store,
    database: &Database,
    manifest: &Manifest,
    question: Option<&Arc<Question>>,
) -> Result<(), EngineError> {
    match refresh(&engine.inner, store, database, manifest, question).await {
        Err(_) if database.is_sealing() => {
            engine.finish_sealing(database).await?;
            refresh(&engine.inner, store, database, manifest, None).await
        }
        outcome => outcome,
    }
}

async fn refresh(
    inner: &Inner,
    store: &Store,
    database: &Database,
    manifest: &Manifest,
    question: Option<&Arc<Question>>,
) -> Result<(), EngineError> {
    let started = inner.env.monotonic();
    loop {
        let state = manifest.state();
        let log = database.log(&inner.home, store, &state)?;
        let tail = database.tail(&log, manifest, inner);
        let looked = Mutex::new(None);
        let look = async {
            if !manifest.is_read() {
                let (found, _) = try_join(async { Ok(manifest.look().await?) }, inner.home.find_store()).await?;
                *looked.lock() = Some(found);
            }
            Ok::<(), EngineError>(())
        };
        let read = || async {
            let found = looked.lock().take();
            let advanced = manifest.advance(found).await?;
            let state = Arc::clone(advanced.state());
            if let Some(question) = question.filter(|_| !manifest.is_read()) {
                open_ahead(inner, store, bare(database, manifest.clone(), &state), question);
            }
            Ok((state, async { Ok(manifest.confirm(advanced).await?.is_some()) }))
        };
        let (seen, _) = tail::refresh_ahead(&tail, look, read).await?;
        // Where the log is was decided before it was listed: a database that has moved it meanwhile is listed again.
        if seen.log_stores == state.log_stores {
            break;
        }
    }
    database.set_refreshed(started);
    Ok(())
}

/// Opens the segments that a question meets, in the background: it costs nothing but what the question will ask for anyway.
fn open_ahead(inner: &Inner, store: &Store, view: View, question: &Arc<Question>) {
    let (queries, store, question) = (inner.queries.clone(), store.clone(), Arc::clone(question));
    inner.env.spawn(async move {
        // Its errors are the question's own, or those of a view that proves not to be true.
        if let Err(error) = queries.open_ahead(&store, view, &question).await {
            tracing::debug!(%error, "no segments opened ahead");
        }
    });
}

/// Brings this process up to the write that a token names.
async fn see(
    engine: &Engine,
    store: &Store,
    database: &Database,
    manifest: &Manifest,
    token: SessionToken,
) -> Result<(), EngineError> {
    let inner = &engine.inner;
    let SessionToken { source, seq } = token;
    if let Source::Node(node) = source {
        check_node(database, node)?;
    }
    for catches_up in [false, true] {
        let state = match catches_up {
            true => manifest.catch_up().await?,
            false => manifest.state(),
        };
        let log = database.log(&inner.home, store, &state)?;
        if tail::refresh_session(&database.tail(&log, manifest, inner), &*state, source, seq).await? {
            return Ok(());
        }
    }
    strong(engine, store, database, manifest, None).await
}

/// A row in another machine's local log cannot be read from here before it is folded.
fn check_node(database: &Database, node: NodeId) -> Result<(), EngineError> {
    let local = database.begun().and_then(|work| work.local.as_ref());
    if local.is_some_and(|local| local.node == node) || database.holds(node) {
        return Ok(());
    }
    let message = "the token in `after` names a write in another process's local log, which only that process can read \
                   before it is folded: ask that server, or write with ?ack=object";
    Err(EngineError::new(ErrorKind::Invalid, message))
}

/// What this process has of the database now.
fn view(database: &Database, manifest: Manifest) -> View {
    let (state, entries) = settled(database);
    // Where no fold runs, nobody else lets go of what other processes have folded.
    database.buffer.retire(&*state);
    // Columns are committed before rows that have them are logged: the newest state knows those of every entry here.
    let newest = database.manifest.state();
    let mut tables = BTreeMap::new();
    for (name, table) in &newest.tables {
        let folded = state.tables.get(name).cloned().unwrap_or_default();
        tables.insert(name.clone(), table_view(TableState { schema: Arc::clone(&table.schema), ..folded }));
    }
    for rows in entries.iter().flat_map(|entry| &entry.batch.tables) {
        if let Some(table) = tables.get_mut(&rows.table) {
            table.tail.push(rows.rows.clone());
        }
    }
    View { database: database.name.clone(), version: state.version, manifest, tables }
}

fn table_view(table: TableState) -> TableView {
    TableView {
        schema: table.schema,
        segments: table.segments,
        tombstones: table.tombstones,
        time_floor: table.time_floor,
        tail: Vec::new(),
    }
}

/// A state by itself, without what it has not folded.
pub(crate) fn bare(database: &Database, manifest: Manifest, state: &State) -> View {
    let tables = state.tables.iter().map(|(name, table)| (name.clone(), table_view(table.clone())));
    View { database: database.name.clone(), version: state.version, manifest, tables: tables.collect() }
}

/// The version that a snapshot names. Two GETs to find it, one to read it.
async fn named(database: &Database, manifest: Manifest, name: &str) -> Result<View, EngineError> {
    manifest.catch_up().await?;
    let state = tidewell_maintain::snapshot::open(&manifest, name).await?;
    Ok(bare(database, manifest, &state))
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

impl Database {
    pub(crate) fn tail<'a>(
        &'a self,
        log: &'a tidewell_wal::LogStores,
        manifest: &'a Manifest,
        inner: &'a Inner,
    ) -> Tail<'a> {
        Tail {
            log,
            layout: manifest.layout(),
            buffer: &self.buffer,
            env: &inner.env,
            bytes_max: inner.config.limits.buffer_bytes_max,
        }
    }
}
