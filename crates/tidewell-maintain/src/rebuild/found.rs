//! The segments that lie in the bucket: listed, read whole and understood.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use futures::StreamExt as _;
use tidewell_manifest::{SegmentEntry, TagBounds};
use tidewell_segment::{Footer, SegmentStats};
use tidewell_storage::{DatabaseLayout, ObjectName, SegmentName, Store, Tier, table_folder};
use tidewell_types::{Generation, TableName, TableSchema, Version};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::MaintainError;
use crate::rebuild::{
    CONCURRENCY_MAX, DAMAGED_SHOWN, DamagedObject, OnProgress, Progress, RebuildError, RebuildOptions,
};

/// Ranks above this are no versions that any database reaches.
const RANK_MAX: u64 = 1 << 62;

/// One segment; its entry's rank is not set yet.
#[derive(Debug)]
pub(super) struct FoundSegment {
    pub(super) entry: SegmentEntry,
    pub(super) rank: Option<Version>,
}

/// One table's segments.
#[derive(Debug, Default)]
pub(super) struct FoundTable {
    pub(super) segments: Vec<FoundSegment>,
    /// The schemas that they name, each with one object that does.
    pub(super) schemas: Vec<(Arc<TableSchema>, String)>,
}

/// What the bucket's segments come to.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) tables: BTreeMap<TableName, FoundTable>,
    pub(super) generations: BTreeSet<Generation>,
    pub(super) damaged: Vec<DamagedObject>,
    pub(super) damaged_count: u64,
    pub(super) foreign_count: u64,
}

struct Candidate {
    object: ObjectName,
    name: SegmentName,
    bytes: u64,
}

/// Lists and reads every segment of a database. A LIST for each 1000, a GET for each.
pub(super) async fn find(
    store: &Store,
    layout: &DatabaseLayout,
    options: &RebuildOptions,
    progress: OnProgress<'_>,
) -> Result<Found, MaintainError> {
    let mut found = Found::default();
    let candidates = list(store, layout, &mut found).await?;
    let mut done = Progress { object_count: candidates.len() as u64, ..Progress::default() };
    let reads = candidates.into_iter().map(|candidate| async move {
        let body = store.get(&candidate.object).await;
        (candidate, body)
    });
    let mut reads = futures::stream::iter(reads).buffered(options.concurrency.clamp(1, CONCURRENCY_MAX));
    let mut objects = BTreeMap::new();
    while let Some((candidate, body)) = reads.next().await {
        let object = candidate.object.to_string();
        let body = body?.ok_or_else(|| RebuildError::Vanished { object: object.clone() })?;
        done.done_count += 1;
        done.read_bytes += candidate.bytes;
        match understand(&candidate, body) {
            Ok((segment, schema)) => {
                if let Some(first) = objects.insert(segment.entry.id, object.clone()) {
                    return Err(twice(&segment.entry.table, first, object).into());
                }
                found.take(segment, schema);
            }
            Err(problem) => found.leave_out(object, problem),
        }
        progress(done);
    }
    Ok(found)
}

async fn list(store: &Store, layout: &DatabaseLayout, found: &mut Found) -> Result<Vec<Candidate>, MaintainError> {
    let mut candidates = Vec::new();
    for tier in [Tier::Hot, Tier::Cold] {
        for listed in store.list(&layout.segment_prefix(tier)).await? {
            let named = layout.parse_segment(&listed.key).zip(ObjectName::foreign(&listed.key));
            let Some((name, object)) = named else {
                found.foreign_count += 1;
                continue;
            };
            found.generations.insert(name.generation);
            candidates.push(Candidate { object, name, bytes: listed.bytes });
        }
    }
    Ok(candidates)
}

fn twice(table: &TableName, first: String, second: String) -> RebuildError {
    let problem = "they have one identity".to_owned();
    RebuildError::Conflict { table: table.to_string(), first, second, problem }
}

fn understand(candidate: &Candidate, body: Bytes) -> Result<(FoundSegment, TableSchema), String> {
    let file_bytes = body.len() as u64;
    let digest = xxh3_128(&body);
    let footer = Footer::parse(body, file_bytes).map_err(|error| error.to_string())?;
    let stats = SegmentStats::read(&footer).map_err(|error| error.to_string())?;
    let metadata = footer.metadata();
    if table_folder(&metadata.table) != candidate.name.table_folder {
        return Err(format!("it is a segment of table {:?}, in the folder of another", metadata.table));
    }
    if metadata.rank.is_some_and(|rank| rank.get() > RANK_MAX) {
        return Err("its rank is beyond any version".to_owned());
    }
    let tags = stats.tags.into_iter().map(|tag| TagBounds {
        tag: tag.tag,
        min: tag.min,
        max: tag.max,
        null_count: tag.null_count,
    });
    let entry = SegmentEntry {
        id: candidate.name.id,
        object: candidate.object.to_string(),
        table: metadata.table.clone(),
        file_bytes,
        footer_bytes: stats.footer_bytes,
        row_count: stats.row_count,
        value_count: stats.field_value_count,
        time: stats.time,
        tags: tags.collect(),
        digest,
        tier: candidate.name.tier,
        added: Version::ZERO,
        rank: Version::ZERO,
        deletes_to: Version::ZERO,
        foreign: None,
    };
    Ok((FoundSegment { entry, rank: metadata.rank }, metadata.schema.clone()))
}

impl Found {
    fn take(&mut self, segment: FoundSegment, schema: TableSchema) {
        let table = self.tables.entry(segment.entry.table.clone()).or_default();
        if !table.schemas.iter().any(|(known, _)| **known == schema) {
            table.schemas.push((Arc::new(schema), segment.entry.object.clone()));
        }
        table.segments.push(segment);
    }

    fn leave_out(&mut self, object: String, problem: String) {
        self.damaged_count += 1;
        if self.damaged.len() < DAMAGED_SHOWN {
            self.damaged.push(DamagedObject { object, problem });
        }
    }
}
