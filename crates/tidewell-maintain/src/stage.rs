//! Making segments of logged rows and putting them into the store, before any commit knows of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use tidewell_buffer::Entry;
use tidewell_env::Env;
use tidewell_manifest::{Manifest, State, TableState};
use tidewell_segment::{EncodeOptions, EncodedSegment, SegmentError, encode, sort_rows, visible};
use tidewell_stage::{Place, Staged, Stager, Window, split};
use tidewell_storage::Store;
use tidewell_types::{TableName, TableSchema};

use crate::error::MaintainError;

/// Makes segments of the entries' rows, table by table and window by window, and puts them; one PUT each. Rows that have
/// outlived their retention are left out.
///
/// When one fails, what was put stays behind: no commit names it, and its generation's end makes it garbage.
pub(crate) async fn stage(
    store: &Store,
    env: &Env,
    manifest: &Manifest,
    state: &State,
    entries: &[Arc<Entry>],
) -> Result<Vec<Staged>, MaintainError> {
    let mut tables: BTreeMap<TableName, Vec<RecordBatch>> = BTreeMap::new();
    for table in entries.iter().flat_map(|entry| &entry.batch.tables) {
        tables.entry(table.table.clone()).or_default().push(table.rows.clone());
    }
    // New columns are committed before any row that has them is logged, so the newest state at hand knows every column here,
    // while the one that the entries were chosen by may be older than the latest of our own entries.
    let newest = manifest.state();
    let options = EncodeOptions::hot().ranked(state.version.next().unwrap_or(state.version));
    let stager = Stager::new(store, env, manifest.layout(), state.open_generation());
    let mut staged = Vec::new();
    for (table, batches) in tables {
        let known = newest.tables.get(&table).cloned().unwrap_or_default();
        check_columns(&table, &known.schema, &batches)?;
        let encoded = encode_table(env, table.clone(), known, batches, options).await;
        let encoded = encoded.map_err(|source| MaintainError::Segment { table: table.to_string(), source })?;
        staged.extend(stager.put_all(&table, Place::NEWEST, encoded).await?);
    }
    Ok(staged)
}

/// A column that the manifest does not know would be dropped without a word.
fn check_columns(table: &TableName, schema: &TableSchema, batches: &[RecordBatch]) -> Result<(), MaintainError> {
    let columns = batches.iter().flat_map(|batch| batch.schema_ref().fields().iter());
    match columns.map(|field| field.name()).find(|name| schema.kind(name).is_none()) {
        Some(column) => Err(MaintainError::UnknownColumn { table: table.to_string(), column: column.clone() }),
        None => Ok(()),
    }
}

async fn encode_table(
    env: &Env,
    table: TableName,
    known: TableState,
    batches: Vec<RecordBatch>,
    options: EncodeOptions,
) -> Result<Vec<EncodedSegment>, SegmentError> {
    let encode_all = move || {
        let kept = batches.iter().map(|batch| visible(batch, &[], known.time_floor));
        let windows = split(kept.collect::<Result<_, _>>()?)?;
        let encode_window = |window: Window| {
            let sorted = sort_rows(&known.schema, &window.batches)?;
            encode(&table, &known.schema, &sorted, &options)
        };
        windows.into_iter().map(encode_window).collect()
    };
    env.blocking(encode_all).await
}

#[cfg(test)]
mod tests;
