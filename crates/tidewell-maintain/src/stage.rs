//! Making segments of rows and putting them into the store, before any commit knows of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use tidewell_buffer::Entry;
use tidewell_env::Env;
use tidewell_manifest::{Manifest, SegmentEntry, State, TableState, TagBounds};
use tidewell_segment::{EncodeOptions, EncodedSegment, SegmentError, encode, sort_rows, visible};
use tidewell_storage::{DatabaseLayout, ObjectName, Store, Tier};
use tidewell_types::{Generation, TableName, TableSchema, Version};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::MaintainError;
use crate::window::{Window, split};

/// Segments on their way to the store at once.
const UPLOADS_MAX: usize = 4;

/// A segment in the store that no commit names yet.
#[derive(Debug)]
pub(crate) struct Staged {
    pub(crate) name: ObjectName,
    pub(crate) entry: SegmentEntry,
}

/// What a segment is to be among the others of its table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) tier: Tier,
    pub(crate) rank: Version,
    pub(crate) deletes_to: Version,
}

impl Place {
    /// Of rows that a fold brings: later than all others, as its commit will say.
    const FOLDED: Self = Self { tier: Tier::Hot, rank: Version::ZERO, deletes_to: Version::ZERO };
}

/// Names segments under one generation, and puts them.
#[derive(Clone, Debug)]
pub(crate) struct Stager {
    store: Store,
    env: Env,
    layout: DatabaseLayout,
    generation: Generation,
}

impl Stager {
    pub(crate) fn new(store: &Store, env: &Env, manifest: &Manifest, generation: Generation) -> Self {
        Self { store: store.clone(), env: env.clone(), layout: manifest.layout().clone(), generation }
    }

    /// Names a segment by the day of its earliest row and puts it; one PUT.
    pub(crate) async fn put(
        &self,
        table: &TableName,
        place: Place,
        segment: EncodedSegment,
    ) -> Result<Staged, MaintainError> {
        let (staged, bytes) = self.name(table, place, segment);
        self.store.put(&staged.name, bytes).await?;
        Ok(staged)
    }

    fn name(&self, table: &TableName, place: Place, segment: EncodedSegment) -> (Staged, Bytes) {
        let EncodedSegment { bytes, stats } = segment;
        let (id, day) = (self.env.segment_id(), stats.time.min.day());
        let name = self.layout.segment(place.tier, self.generation, table, day, id);
        let tags = stats.tags.into_iter().map(|tag| TagBounds {
            tag: tag.tag,
            min: tag.min,
            max: tag.max,
            null_count: tag.null_count,
        });
        let entry = SegmentEntry {
            id,
            object: name.to_string(),
            table: table.clone(),
            file_bytes: bytes.len() as u64,
            footer_bytes: stats.footer_bytes,
            row_count: stats.row_count,
            value_count: stats.field_value_count,
            time: stats.time,
            tags: tags.collect(),
            digest: xxh3_128(&bytes),
            tier: place.tier,
            added: Version::ZERO,
            rank: place.rank,
            deletes_to: place.deletes_to,
            foreign: None,
        };
        (Staged { name, entry }, bytes)
    }
}

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
    let stager = Stager::new(store, env, manifest, state.open_generation());
    let mut staged = Vec::new();
    for (table, batches) in tables {
        let known = newest.tables.get(&table).cloned().unwrap_or_default();
        check_columns(&table, &known.schema, &batches)?;
        let encoded = encode_table(env, table.clone(), known, batches, options).await;
        let encoded = encoded.map_err(|source| MaintainError::Segment { table: table.to_string(), source })?;
        let named = encoded.into_iter().map(|segment| stager.name(&table, Place::FOLDED, segment));
        let uploads = futures::stream::iter(named).map(async |(staged, bytes)| {
            store.put(&staged.name, bytes).await?;
            Ok::<_, MaintainError>(staged)
        });
        staged.extend(uploads.buffered(UPLOADS_MAX).try_collect::<Vec<_>>().await?);
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
