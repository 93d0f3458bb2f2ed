//! The log entries that lie in the bucket, and the segments that their rows make.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::RecordBatch;
use futures::{StreamExt as _, TryStreamExt as _};
use tidewell_buffer::Entry;
use tidewell_env::Env;
use tidewell_manifest::{SegmentEntry, TagBounds};
use tidewell_segment::{EncodeOptions, EncodedSegment, SegmentError, encode, sort_rows};
use tidewell_stage::split;
use tidewell_storage::{DatabaseLayout, Store, Tier};
use tidewell_types::{Generation, Seq, Source, Stamp, StreamId, TableName, TableSchema, Version};
use tidewell_wal::{WalError, entry};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::MaintainError;
use crate::rebuild::schema::Columns;
use crate::rebuild::{CONCURRENCY_MAX, LogGap, RebuildError, RebuildOptions};

/// The log as it lies in the bucket.
#[derive(Debug, Default)]
pub(super) struct FoundLog {
    /// Every entry, in the order of writes.
    pub(super) entries: Vec<Entry>,
    pub(super) gaps: Vec<LogGap>,
    /// One past the last entry of each stream.
    pub(super) ends: BTreeMap<StreamId, Seq>,
    pub(super) generations: BTreeSet<Generation>,
}

impl FoundLog {
    pub(super) fn stamp_max(&self) -> Stamp {
        self.entries.iter().map(|entry| entry.stamp).max().unwrap_or_default()
    }

    pub(super) fn row_count(&self) -> u64 {
        self.entries.iter().map(|entry| entry.row_count() as u64).sum()
    }
}

/// Lists and reads the log, and adds the columns that its rows name. One LIST for each 1000 entries, one GET for each.
pub(super) async fn read(
    store: &Store,
    layout: &DatabaseLayout,
    options: &RebuildOptions,
    columns: &mut BTreeMap<TableName, Columns>,
) -> Result<FoundLog, MaintainError> {
    let listed = store.list(&layout.wal_prefix()).await?;
    let named = listed.iter().filter_map(|object| Some((layout.parse_wal(&object.key)?, object.bytes)));
    let (mut names, mut bytes) = (Vec::new(), 0u64);
    for ((stream, seq), size) in named {
        names.push((stream, seq));
        bytes = bytes.saturating_add(size);
    }
    if bytes > options.log_bytes_max {
        return Err(RebuildError::LogTooLarge { bytes, bytes_max: options.log_bytes_max }.into());
    }
    names.sort_unstable();
    let mut log = FoundLog { gaps: gaps(&names), ..FoundLog::default() };
    for (stream, seq) in &names {
        log.generations.insert(stream.generation);
        log.ends.insert(*stream, seq.next().unwrap_or(*seq));
    }
    let reads = names.into_iter().map(|(stream, seq)| read_one(store, layout, stream, seq));
    let mut reads = futures::stream::iter(reads).buffered(options.concurrency.clamp(1, CONCURRENCY_MAX));
    while let Some(entry) = reads.try_next().await? {
        if let Source::Objects(stream) = entry.source {
            let object = layout.wal(stream, entry.seq).to_string();
            for rows in &entry.batch.tables {
                columns.entry(rows.table.clone()).or_default().grow(rows, &object)?;
            }
        }
        log.entries.push(entry);
    }
    log.entries.sort_by_key(|entry| (entry.stamp, entry.source, entry.seq));
    Ok(log)
}

fn gaps(names: &[(StreamId, Seq)]) -> Vec<LogGap> {
    let neighbours = names.iter().zip(names.iter().skip(1));
    let gap = |((stream, seq), (next_stream, next_seq)): (&(StreamId, Seq), &(StreamId, Seq))| {
        let from = seq.next()?;
        (stream == next_stream && from != *next_seq).then_some(LogGap { stream: *stream, from, to: *next_seq })
    };
    neighbours.filter_map(gap).collect()
}

async fn read_one(store: &Store, layout: &DatabaseLayout, stream: StreamId, seq: Seq) -> Result<Entry, MaintainError> {
    let name = layout.wal(stream, seq);
    let gone = || RebuildError::Vanished { object: name.to_string() };
    let bytes = store.get(&name).await?.ok_or_else(gone)?;
    let entry = entry::decode(&bytes).map_err(|error| error.of(name.to_string(), 0))?;
    if entry.source != Source::Objects(stream) || entry.seq != seq {
        let problem = "it holds another object's entry";
        return Err(WalError::Damaged { what: name.to_string(), offset: 0, problem }.into());
    }
    Ok(entry)
}

/// Where and as what the log's rows are put.
pub(super) struct Destination<'a> {
    pub(super) store: &'a Store,
    pub(super) env: &'a Env,
    pub(super) layout: &'a DatabaseLayout,
    pub(super) generation: Generation,
    pub(super) version: Version,
}

impl Destination<'_> {
    /// Makes segments of the entries' rows and puts them; one PUT each. What is put when another fails is found by the next
    /// rebuild.
    pub(super) async fn fold(
        &self,
        entries: Vec<Entry>,
        schemas: &BTreeMap<TableName, TableSchema>,
    ) -> Result<Vec<SegmentEntry>, MaintainError> {
        let mut tables: BTreeMap<TableName, Vec<RecordBatch>> = BTreeMap::new();
        for rows in entries.into_iter().flat_map(|entry| entry.batch.tables) {
            tables.entry(rows.table).or_default().push(rows.rows);
        }
        let mut folded = Vec::new();
        for (table, batches) in tables {
            let schema = schemas.get(&table).cloned().unwrap_or_default();
            let options = EncodeOptions::hot().ranked(self.version);
            let name = table.clone();
            let encoded = self.env.blocking(move || encode_all(&name, &schema, batches, &options)).await;
            let encoded = encoded.map_err(|source| MaintainError::Segment { table: table.to_string(), source })?;
            for segment in encoded {
                folded.push(self.put(&table, segment).await?);
            }
        }
        Ok(folded)
    }

    async fn put(&self, table: &TableName, segment: EncodedSegment) -> Result<SegmentEntry, MaintainError> {
        let EncodedSegment { bytes, stats } = segment;
        let id = self.env.segment_id();
        let name = self.layout.segment(Tier::Hot, self.generation, table, stats.time.min.day(), id);
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
            tier: Tier::Hot,
            added: self.version,
            rank: self.version,
            deletes_to: Version::ZERO,
            foreign: None,
        };
        self.store.put(&name, bytes).await?;
        Ok(entry)
    }
}

fn encode_all(
    table: &TableName,
    schema: &TableSchema,
    batches: Vec<RecordBatch>,
    options: &EncodeOptions,
) -> Result<Vec<EncodedSegment>, SegmentError> {
    let windows = split(batches)?.into_iter();
    windows.map(|window| encode(table, schema, &sort_rows(schema, &window.batches)?, options)).collect()
}
