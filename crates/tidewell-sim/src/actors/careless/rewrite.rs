//! Folds and rewrites that commit too little, or the wrong neighbours.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow_array::RecordBatch;
use tidewell_buffer::Entry;
use tidewell_manifest::{Author, Fold, Intent, LiveSegment, SegmentEntry, State, TagBounds};
use tidewell_segment::{EncodeOptions, EncodedSegment, encode, sort_rows};
use tidewell_storage::{ObjectName, Tier};
use tidewell_types::{Seq, Source, TableName, TableSchema, TimeBounds, Version, Watermarks as _};
use xxhash_rust::xxh3::xxh3_128;

use crate::dice::Dice;
use crate::host::Host;
use crate::pinned::{ReadError, take};
use crate::rows;
use crate::verdict::Explain as _;

/// Puts rows of one table as a segment; what the manifest is to know of it.
async fn stage(
    host: &Host,
    table: (&TableName, &TableSchema),
    batches: &[RecordBatch],
    state: &State,
) -> Result<SegmentEntry, ReadError> {
    let (name, schema) = table;
    let strange = |error: tidewell_segment::SegmentError| ReadError::Strange(error.to_string());
    let sorted = sort_rows(schema, batches).map_err(strange)?;
    let EncodedSegment { bytes, stats } = encode(name, schema, &sorted, &EncodeOptions::hot()).map_err(strange)?;
    let (id, day) = (host.env.segment_id(), stats.time.min.day());
    let object = host.manifest.layout().segment(Tier::Hot, state.open_generation(), name, day, id);
    host.store.put(&object, bytes.clone()).await?;
    let bounds = stats.tags.into_iter();
    let tags = bounds.map(|tag| TagBounds { tag: tag.tag, min: tag.min, max: tag.max, null_count: tag.null_count });
    Ok(SegmentEntry {
        id,
        object: object.to_string(),
        table: name.clone(),
        file_bytes: bytes.len() as u64,
        footer_bytes: stats.footer_bytes,
        row_count: stats.row_count,
        value_count: stats.field_value_count,
        time: stats.time,
        tags: tags.collect(),
        digest: xxh3_128(&bytes),
        tier: Tier::Hot,
        added: Version::ZERO,
        rank: Version::ZERO,
        deletes_to: Version::ZERO,
        foreign: None,
    })
}

async fn commit(host: &Host, intent: Intent) {
    if let Err(error) = host.manifest.commit(move |_| Ok(Some(intent.clone()))).await {
        error.explain(&host.process, "mistake");
    }
}

/// Where each source's fold starts and ends.
pub(super) fn folds(state: &State, entries: &[Arc<Entry>]) -> Vec<Fold> {
    let mut ends: BTreeMap<Source, Seq> = BTreeMap::new();
    for entry in entries {
        let end = Seq::new(entry.seq.get() + 1);
        let known = ends.entry(entry.source).or_default();
        *known = end.max(*known);
    }
    let fold = |(source, to)| Fold { source, epoch: 0, from: state.applied(&source), to };
    ends.into_iter().map(fold).collect()
}

/// Folds what is in the log, and says as much of it as `folds` does: nothing of requests.
pub(super) async fn fold(host: &Host, folds: impl Fn(&State, &[Arc<Entry>]) -> Vec<Fold>) -> Result<(), ReadError> {
    let pinned = take(host).await?;
    let state = Arc::clone(&pinned.state);
    let mut intent = Intent::new(Author { generation: state.open_generation(), writer: host.writer });
    for (name, batches) in pinned.logged() {
        if let Some(table) = state.tables.get(&name) {
            intent.adds.push(stage(host, (&name, &table.schema), &batches, &state).await?);
        }
    }
    intent.folds = folds(&state, pinned.entries());
    intent.stamp_max = pinned.entries().iter().map(|entry| entry.stamp).max().unwrap_or_default();
    if !intent.adds.is_empty() {
        commit(host, intent).await;
    }
    Ok(())
}

/// Rewrites the oldest and the newest segment of a table together, whatever lies between them.
pub(super) async fn rewrite(host: &Host, dice: &mut Dice) -> Result<(), ReadError> {
    let state = host.manifest.catch_up().await?;
    for (name, table) in &state.tables {
        let live = host.manifest.select(&table.segments, &TimeBounds::ALL).await?;
        let (Some(first), Some(last)) = (live.first(), live.last()) else { continue };
        if live.len() < 3 || !dice.chance(0.5) {
            continue;
        }
        let batches = [batch(host, first).await?, batch(host, last).await?].concat();
        let added = stage(host, (name, &table.schema), &batches, &state).await?;
        let author = Author { generation: state.open_generation(), writer: host.writer };
        let intent = Intent {
            adds: vec![SegmentEntry { rank: last.entry.rank, ..added }],
            removes: vec![first.removal(), last.removal()],
            ..Intent::new(author)
        };
        commit(host, intent).await;
    }
    Ok(())
}

async fn batch(host: &Host, segment: &LiveSegment) -> Result<Vec<RecordBatch>, ReadError> {
    let strange = || ReadError::Strange(format!("{:?} is no object's name", segment.entry.object));
    let name = ObjectName::foreign(&segment.entry.object).ok_or_else(strange)?;
    let Some(bytes) = host.store.get(&name).await? else { return Err(ReadError::Gone(segment.entry.object.clone())) };
    rows::batches_of_segment(&bytes).map_err(|error| ReadError::Strange(error.to_string()))
}
