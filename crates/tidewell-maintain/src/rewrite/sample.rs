//! Databases with segments, as folds would make them, and what a reader makes of them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType};
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, TimestampNanosecondArray};
use tidewell_env::{Clock, Env};
use tidewell_manifest::{
    Author, Home, Intent, LiveSegment, Manifest, Refusal, SegmentEntry, TagBounds, TagMatch, Tombstone,
};
use tidewell_segment::{EncodeOptions, encode, sort_rows};
use tidewell_stage::{Place, Stager};
use tidewell_storage::{DatabaseLayout, Fault, ObjectName, Store, StoreOptions, StoreUrl, Tier};
use tidewell_types::{
    DatabaseName, FieldType, Generation, SegmentId, TableName, TableSchema, TimeBounds, TimestampNs, Version, WriteId,
    WriterId,
};

use crate::read::{Keep, OpenSegment, RowsStep, SegmentRows};

pub(crate) const HOUR_NS: i64 = 3_600_000_000_000;
pub(crate) const DAY_NS: i64 = 24 * HOUR_NS;

/// One row: time, host (empty for none), v, w.
pub(crate) type Row = (i64, &'static str, Option<f64>, Option<i64>);
/// What a reader sees: by host and time, v and w.
pub(crate) type Answer = BTreeMap<(String, i64), (Option<f64>, Option<i64>)>;

/// The runtime's clock, which tests pause, as the monotonic one; the wall clock is set by hand.
#[derive(Debug)]
pub(crate) struct HandClock {
    zero: tokio::time::Instant,
    now_ns: AtomicI64,
}

impl Clock for HandClock {
    fn now(&self) -> TimestampNs {
        TimestampNs::from_ns(self.now_ns.load(Ordering::Relaxed))
    }

    fn monotonic(&self) -> Duration {
        self.zero.elapsed()
    }
}

/// An environment whose wall clock stands at an instant.
pub(crate) fn env_at(seed: u64, now_ns: i64) -> Env {
    Env::seeded(seed, Arc::new(HandClock { zero: tokio::time::Instant::now(), now_ns: AtomicI64::new(now_ns) }))
}

pub(crate) fn env(seed: u64) -> Env {
    env_at(seed, 0)
}

pub(crate) fn table() -> TableName {
    TableName::new("m").unwrap()
}

pub(crate) fn schema() -> TableSchema {
    let mut schema = TableSchema::new();
    schema.add_tag("host").unwrap();
    schema.add_field("v", FieldType::Float).unwrap();
    schema.add_field("w", FieldType::Integer).unwrap();
    schema
}

pub(crate) fn author() -> Author {
    Author { generation: Generation::ZERO, writer: WriterId::from_bytes([1; 16]) }
}

pub(crate) async fn open(store: &Store, seed: u64) -> Manifest {
    Manifest::open(store.clone(), env(seed), DatabaseName::new("d").unwrap()).await.unwrap()
}

pub(crate) async fn commit(manifest: &Manifest, intent: Intent) -> Version {
    manifest.commit(move |_| Ok::<_, Refusal>(Some(intent.clone()))).await.unwrap().version
}

/// A store whose database has the table.
pub(crate) async fn database() -> (Store, Manifest) {
    let store = Store::open(&StoreUrl::Memory, env(1), &StoreOptions::default()).unwrap();
    let manifest = open(&store, 2).await;
    commit(&manifest, Intent { tables: vec![(table(), schema())], ..Intent::new(author()) }).await;
    (store, manifest)
}

pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let host: DictionaryArray<Int32Type> = rows.iter().map(|row| Some(row.1).filter(|host| !host.is_empty())).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("host", Arc::new(host)),
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.0)))),
        ("v", Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>())),
        ("w", Arc::new(rows.iter().map(|row| row.3).collect::<Int64Array>())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Rows as a segment of a rank (0: that of its commit), put but not committed.
pub(crate) async fn staged(store: &Store, manifest: &Manifest, rows: &[Row], rank: u64) -> SegmentEntry {
    let sorted = sort_rows(&schema(), &[batch(rows)]).unwrap();
    let segment = encode(&table(), &schema(), &sorted, &EncodeOptions::hot()).unwrap();
    // Identities from the rows and the version, so that a seed replays a test.
    let seed = rows.iter().fold(manifest.version().get(), |sum, row| {
        sum.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(row.0 as u64).wrapping_add(rank)
    });
    let stager = Stager::new(store, &env(seed), manifest.layout(), manifest.state().open_generation());
    let place = Place { tier: Tier::Hot, rank: Version::new(rank), deletes_to: Version::ZERO };
    stager.put(&table(), place, segment).await.unwrap().entry
}

/// Commits rows as a segment, as a fold would.
pub(crate) async fn add(store: &Store, manifest: &Manifest, rows: &[Row]) -> Version {
    let entry = staged(store, manifest, rows, 0).await;
    let author = Author { generation: manifest.state().open_generation(), ..author() };
    commit(manifest, Intent { adds: vec![entry], ..Intent::new(author) }).await
}

/// Deletes the rows of a span and of hosts (none: all).
pub(crate) async fn delete(manifest: &Manifest, id: u8, span: (i64, i64), hosts: &[&str]) -> Version {
    let tags = match hosts {
        [] => Vec::new(),
        hosts => {
            vec![TagMatch { tag: "host".to_owned(), values: hosts.iter().map(|host| (*host).to_owned()).collect() }]
        }
    };
    let tombstone = Tombstone { id: WriteId::from_bytes([id; 16]), time: time(span), tags, version: Version::ZERO };
    let author = Author { generation: manifest.state().open_generation(), ..author() };
    commit(manifest, Intent { tombstones: vec![(table(), tombstone)], ..Intent::new(author) }).await
}

pub(crate) fn time(span: (i64, i64)) -> TimeBounds {
    TimeBounds { min: TimestampNs::from_ns(span.0), max: TimestampNs::from_ns(span.1) }
}

/// The live segments, by rank.
pub(crate) async fn live(store: &Store) -> Vec<LiveSegment> {
    let manifest = open(store, 900).await;
    let state = manifest.state();
    let Some(found) = state.tables.get(&table()) else { return Vec::new() };
    manifest.select(&found.segments, &TimeBounds::ALL).await.unwrap()
}

/// What a reader makes of the live segments: the slow way, row by row.
pub(crate) async fn answer(store: &Store) -> Answer {
    let manifest = open(store, 901).await;
    let state = manifest.state();
    let mut answer = Answer::new();
    for segment in live(store).await {
        let entry = &segment.entry;
        for (time, host, v, w) in segment_rows(store, entry).await {
            let found = &state.tables[&entry.table];
            let is_deleted = found.tombstones.iter().filter(|tombstone| tombstone.concerns(entry)).any(|tombstone| {
                (tombstone.time.min.as_ns()..=tombstone.time.max.as_ns()).contains(&time)
                    && tombstone.tags.iter().all(|one| one.values.contains(&host))
            });
            if !is_deleted && found.time_floor.is_none_or(|floor| time >= floor.as_ns()) {
                let row = answer.entry((host, time)).or_default();
                *row = (v.or(row.0), w.or(row.1));
            }
        }
    }
    answer
}

/// The rows of a segment's object, which is what its entry says.
pub(crate) async fn segment_rows(
    store: &Store,
    entry: &Arc<SegmentEntry>,
) -> Vec<(i64, String, Option<f64>, Option<i64>)> {
    let segment = OpenSegment::open(store, entry, u64::MAX).await.unwrap();
    let mut decoded = SegmentRows::new(segment, Keep::ALL, &schema().arrow()).unwrap();
    let mut rows = Vec::new();
    loop {
        match decoded.step().unwrap() {
            RowsStep::Batch(batch) => rows.extend(read_rows(&batch)),
            RowsStep::Done => break,
            RowsStep::Need(_) => panic!("the whole body is at hand"),
        }
    }
    let times = rows.iter().map(|row| row.0);
    assert_eq!(entry.row_count, rows.len() as u64);
    assert_eq!((times.clone().min(), times.max()), (Some(entry.time.min.as_ns()), Some(entry.time.max.as_ns())));
    rows
}

pub(crate) fn read_rows(batch: &RecordBatch) -> Vec<(i64, String, Option<f64>, Option<i64>)> {
    let times = batch["time"].as_primitive::<TimestampNanosecondType>().values();
    let hosts = batch["host"].as_dictionary::<Int32Type>().downcast_dict::<arrow_array::StringArray>().unwrap();
    let v = batch["v"].as_primitive::<Float64Type>().iter();
    let w = batch["w"].as_primitive::<Int64Type>().iter();
    let hosts = hosts.into_iter().map(|host| host.unwrap_or_default().to_owned());
    times.iter().zip(hosts).zip(v.zip(w)).map(|((time, host), (v, w))| (*time, host, v, w)).collect()
}

/// What the rows come to, written one after another.
pub(crate) fn merged<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Answer {
    let mut answer = Answer::new();
    for (time, host, v, w) in rows {
        let row = answer.entry(((*host).to_owned(), *time)).or_default();
        *row = (v.or(row.0), w.or(row.1));
    }
    answer
}

/// The objects of both tiers.
pub(crate) async fn objects(store: &Store) -> Vec<String> {
    let layout = DatabaseLayout::new(&DatabaseName::new("d").unwrap());
    let mut keys = Vec::new();
    for tier in [Tier::Hot, Tier::Cold] {
        let listed = store.list(&layout.segment_prefix(tier)).await.unwrap();
        keys.extend(listed.into_iter().map(|object| object.key));
    }
    keys
}

/// The name of a segment's object.
pub(crate) fn object(entry: &SegmentEntry) -> ObjectName {
    ObjectName::foreign(&entry.object).unwrap()
}

/// `store` where requests take different times, so that what runs at once interleaves.
pub(crate) fn jittery(store: &Store, seed: u64) -> Store {
    let count = AtomicU64::new(seed);
    store.with_faults(move |_| {
        let draw = count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        Fault::Delay(Duration::from_millis(draw % 30))
    })
}

/// An entry that no object is behind, for plans.
pub(crate) fn entry(number: u64, rank: u64, span: (i64, i64), file_bytes: u64) -> SegmentEntry {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&number.to_le_bytes());
    let id = SegmentId::from_bytes(id);
    let layout = DatabaseLayout::new(&DatabaseName::new("d").unwrap());
    SegmentEntry {
        id,
        object: layout.segment(Tier::Hot, Generation::ZERO, &table(), span.0.div_euclid(DAY_NS), id).to_string(),
        table: table(),
        file_bytes,
        footer_bytes: file_bytes.min(500),
        row_count: file_bytes / 20,
        value_count: file_bytes / 10,
        time: time(span),
        tags: vec![TagBounds {
            tag: "host".to_owned(),
            min: Some("a".to_owned()),
            max: Some("m".to_owned()),
            null_count: 0,
        }],
        digest: u128::from(number),
        tier: Tier::Hot,
        added: Version::new(rank),
        rank: Version::new(rank),
        deletes_to: Version::ZERO,
        foreign: None,
    }
}

/// The same as a live one.
pub(crate) fn fresh(entry: SegmentEntry) -> LiveSegment {
    LiveSegment { entry: Arc::new(entry), home: Home::Fresh }
}
