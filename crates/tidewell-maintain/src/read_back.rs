//! A database to test with, and its rows as a reader of a version sees them.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType};
use arrow_array::{
    Array as _, ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
};
use tidewell_buffer::{Buffer, Entry};
use tidewell_env::{Clock, Env};
use tidewell_manifest::{Author, Intent, Manifest, SegmentEntry, State, TableState, TagBounds};
use tidewell_segment::{
    DecodeStep, EncodeOptions, Footer, Hidden, SegmentDecoder, SegmentStats, encode, sort_rows, visible,
};
use tidewell_storage::{DatabaseLayout, Fault, ObjectName, Operation, Store, StoreOptions, StoreUrl, Tier};
use tidewell_types::{
    Batch, DatabaseName, FieldType, Generation, Seq, Source, Stamp, StreamId, TableName, TableRows, TableSchema,
    TimeBounds, TimestampNs, Version, WriteId, WriterId,
};
use tidewell_wal::{LogStores, entry, object};
use xxhash_rust::xxh3::xxh3_128;

use crate::Folder;

pub(crate) const DAY_NS: i64 = 86_400_000_000_000;
const WRITE_ID: WriteId = WriteId::from_bytes([5; 16]);

/// One row: time, host (`None`: without the tag), v, w.
pub(crate) type Row = (i64, Option<&'static str>, Option<f64>, Option<i64>);
/// Rows by identity: table, time, host.
pub(crate) type Rows = BTreeMap<(String, i64, Option<String>), (Option<f64>, Option<i64>)>;

struct RuntimeClock(tokio::time::Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> TimestampNs {
        TimestampNs::from_ns(self.0.elapsed().as_nanos() as i64)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

pub(crate) fn env(seed: u64) -> Env {
    Env::seeded(seed, Arc::new(RuntimeClock(tokio::time::Instant::now())))
}

pub(crate) fn database_name() -> DatabaseName {
    DatabaseName::new("d").unwrap()
}

pub(crate) fn layout() -> DatabaseLayout {
    DatabaseLayout::new(&database_name())
}

pub(crate) fn table(name: &str) -> TableName {
    TableName::new(name).unwrap()
}

pub(crate) fn span(min_ns: i64, max_ns: i64) -> TimeBounds {
    TimeBounds { min: TimestampNs::from_ns(min_ns), max: TimestampNs::from_ns(max_ns) }
}

pub(crate) fn schema() -> TableSchema {
    let mut schema = TableSchema::new();
    schema.add_tag("host").unwrap();
    schema.add_field("v", FieldType::Float).unwrap();
    schema.add_field("w", FieldType::Integer).unwrap();
    schema
}

pub(crate) fn memory() -> Store {
    memory_of(1)
}

/// An empty store that takes its identity from a seed.
pub(crate) fn memory_of(seed: u64) -> Store {
    Store::open(&StoreUrl::Memory, env(seed), &StoreOptions::default()).unwrap()
}

pub(crate) async fn open(store: &Store, seed: u64) -> Manifest {
    Manifest::open(store.clone(), env(seed), database_name()).await.unwrap()
}

pub(crate) fn author() -> Author {
    Author { generation: Generation::ZERO, writer: WriterId::from_bytes([1; 16]) }
}

pub(crate) async fn commit(manifest: &Manifest, intent: Intent) -> Arc<State> {
    manifest.commit(move |_| Ok(Some(intent.clone()))).await.unwrap()
}

/// A store whose database has tables `m` and `n`.
pub(crate) async fn database() -> Store {
    let store = memory();
    let tables = vec![(table("m"), schema()), (table("n"), schema())];
    commit(&open(&store, 2).await, Intent { tables, ..Intent::new(author()) }).await;
    store
}

pub(crate) fn stream(writer: u8) -> StreamId {
    StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([writer; 16]) }
}

pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let host: DictionaryArray<Int32Type> = rows.iter().map(|row| row.1).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("host", Arc::new(host)),
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.0)))),
        ("v", Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>())),
        ("w", Arc::new(rows.iter().map(|row| row.3).collect::<Int64Array>())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// Logs rows of a table as an entry of a stream, acknowledged.
pub(crate) async fn log(store: &Store, (writer, seq, stamp): (u8, u64, u64), name: &str, rows: &[Row]) {
    let batch = Batch { tables: vec![TableRows { table: table(name), rows: batch(rows) }] };
    let source = Source::Objects(stream(writer));
    let entry = Entry { source, seq: Seq::new(seq), stamp: Stamp::from_ns(stamp), batch, tokens: Vec::new() };
    let body = entry::encode(&entry, WRITE_ID).unwrap();
    object::append(store, &layout(), stream(writer), Seq::new(seq), body, WRITE_ID).await.unwrap();
}

/// A writer that logs one row after the other to a stream of its own.
pub(crate) struct Writer {
    store: Store,
    writer: u8,
    seq: AtomicU64,
}

impl Writer {
    pub(crate) fn new(store: &Store, writer: u8) -> Self {
        Self { store: store.clone(), writer, seq: AtomicU64::new(0) }
    }

    pub(crate) async fn write(&self, name: &str, rows: &[Row]) {
        let seq = self.seq.fetch_add(1, Ordering::Relaxed);
        // Stamps of one process rise; those of writers that take turns are told apart by the writer.
        log(&self.store, (self.writer, seq, 1 + seq), name, rows).await;
    }
}

/// One process that maintains the database.
pub(crate) struct Process {
    pub(crate) folder: Folder,
    pub(crate) manifest: Manifest,
    pub(crate) env: Env,
    pub(crate) writer: WriterId,
}

pub(crate) async fn process(store: &Store, seed: u64) -> Process {
    let env = env(seed);
    let manifest = Manifest::open(store.clone(), env.clone(), database_name()).await.unwrap();
    let folder = Folder::new(
        LogStores::single(store.clone()),
        env.clone(),
        manifest.clone(),
        Arc::new(Buffer::new()),
        None,
        1 << 24,
    );
    let writer = env.writer_id();
    Process { folder, manifest, env, writer }
}

/// `store` where requests take different times, so that what runs at once interleaves.
pub(crate) fn jittery(store: &Store, seed: u64) -> Store {
    let count = AtomicU64::new(seed);
    store.with_faults(move |_| {
        let draw = count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        Fault::Delay(Duration::from_millis(draw % 30))
    })
}

/// `store` where the `nth` write (from 1) and all after it are refused.
pub(crate) fn failing_after(store: &Store, nth: u64) -> Store {
    let writes = AtomicU64::new(0);
    store.with_faults(move |attempted| match attempted.operation {
        Operation::Put | Operation::Create | Operation::Replace => {
            if writes.fetch_add(1, Ordering::Relaxed) + 1 >= nth { Fault::Denied } else { Fault::Pass }
        }
        _ => Fault::Pass,
    })
}

/// `store` where the next record is created and nobody ever hears of it.
pub(crate) fn silent_commits(store: &Store) -> Store {
    let is_created = AtomicBool::new(false);
    store.with_faults(move |attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/log/") => {
            is_created.store(true, Ordering::Relaxed);
            Fault::ApplyThenLose
        }
        Operation::Get if attempted.key.contains("/log/") && is_created.load(Ordering::Relaxed) => Fault::FailBefore,
        _ => Fault::Pass,
    })
}

/// Puts a segment of rows under a generation that no commit knows of yet.
pub(crate) async fn put_segment(
    store: &Store,
    env: &Env,
    name: &str,
    rows: RecordBatch,
    (generation, options): (u32, EncodeOptions),
) -> SegmentEntry {
    let sorted = sort_rows(&schema(), &[rows]).unwrap();
    let segment = encode(&table(name), &schema(), &sorted, &options).unwrap();
    let id = env.segment_id();
    let day = segment.stats.time.min.day();
    let object = layout().segment(Tier::Hot, Generation::new(generation), &table(name), day, id);
    store.put(&object, segment.bytes.clone()).await.unwrap();
    entry_of(id, &object, name, &segment.bytes, segment.stats)
}

fn entry_of(
    id: tidewell_types::SegmentId,
    object: &ObjectName,
    name: &str,
    bytes: &[u8],
    stats: SegmentStats,
) -> SegmentEntry {
    let tags = stats.tags.into_iter().map(|tag| TagBounds {
        tag: tag.tag,
        min: tag.min,
        max: tag.max,
        null_count: tag.null_count,
    });
    SegmentEntry {
        id,
        object: object.to_string(),
        table: table(name),
        file_bytes: bytes.len() as u64,
        footer_bytes: stats.footer_bytes,
        row_count: stats.row_count,
        value_count: stats.field_value_count,
        time: stats.time,
        tags: tags.collect(),
        digest: xxh3_128(bytes),
        tier: Tier::Hot,
        added: Version::ZERO,
        rank: Version::ZERO,
        deletes_to: Version::ZERO,
        foreign: None,
    }
}

/// What a compaction does, by hand: all segments of a table become one, without the rows that are hidden.
pub(crate) async fn rewrite(store: &Store, process: &Process, name: &str) {
    let Process { manifest, env, writer, .. } = process;
    let state = manifest.catch_up().await.unwrap();
    let of_table = &state.tables[name];
    let live = manifest.select(&of_table.segments, &TimeBounds::ALL).await.unwrap();
    let rank = live.iter().map(|segment| segment.entry.rank).max().unwrap();
    let mut batches = Vec::new();
    for segment in &live {
        batches.extend(segment_batches(store, of_table, &segment.entry).await);
    }
    let sorted = sort_rows(&schema(), &batches).unwrap();
    let generation = state.open_generation();
    let mut adds = Vec::new();
    if sorted.num_rows() > 0 {
        let options = EncodeOptions::hot().ranked(rank);
        let entry = put_segment(store, env, name, sorted, (generation.get(), options)).await;
        let deletes_to = of_table.tombstones.iter().map(|tombstone| tombstone.version).max().unwrap_or_default();
        adds.push(SegmentEntry { rank, deletes_to, ..entry });
    }
    let removes = live.iter().map(tidewell_manifest::LiveSegment::removal).collect();
    let lifts = of_table.tombstones.iter().map(|tombstone| (table(name), tombstone.id)).collect();
    commit(manifest, Intent { adds, removes, lifts, ..Intent::new(Author { generation, writer: *writer }) }).await;
}

/// The rows of a segment that count as of its table's state.
async fn segment_batches(store: &Store, of_table: &TableState, entry: &SegmentEntry) -> Vec<RecordBatch> {
    let bytes = store.get(&ObjectName::foreign(&entry.object).unwrap()).await.unwrap();
    let bytes = bytes.unwrap_or_else(|| panic!("{} is gone", entry.object));
    assert_eq!((entry.file_bytes, entry.digest), (bytes.len() as u64, xxh3_128(&bytes)));
    let tail = bytes.slice(bytes.len() - entry.footer_bytes as usize..);
    let footer = Footer::parse(tail, entry.file_bytes).unwrap();
    let hidden: Vec<Hidden> = of_table
        .tombstones
        .iter()
        .filter(|tombstone| tombstone.concerns(entry))
        .map(|tombstone| Hidden {
            time: tombstone.time,
            tags: tombstone.tags.iter().map(|tag| (tag.tag.clone(), tag.values.clone())).collect(),
        })
        .collect();
    let mut decoder = SegmentDecoder::new(&footer, &of_table.schema.arrow(), None, 100).unwrap();
    let (mut batches, mut row_count) = (Vec::new(), 0);
    loop {
        match decoder.step().unwrap() {
            DecodeStep::Need(ranges) => {
                let data = ranges.iter().map(|range| bytes.slice(range.start as usize..range.end as usize)).collect();
                decoder.push(&ranges, data).unwrap();
            }
            DecodeStep::Batch(batch) => {
                row_count += batch.num_rows() as u64;
                batches.push(visible(&batch, &hidden, of_table.time_floor).unwrap());
            }
            DecodeStep::Done => break,
        }
    }
    assert_eq!(row_count, entry.row_count);
    batches
}

/// Every row that a reader of `state` sees in segments, merged in the order of writes.
pub(crate) async fn rows_of(store: &Store, manifest: &Manifest, state: &State) -> Rows {
    let mut rows = Rows::new();
    for (name, of_table) in &state.tables {
        let mut merged = Rows::new();
        for segment in manifest.select(&of_table.segments, &TimeBounds::ALL).await.unwrap() {
            for batch in segment_batches(store, of_table, &segment.entry).await {
                merge(&mut merged, name.as_str(), &batch);
            }
        }
        rows.extend(merged);
    }
    rows
}

fn merge(rows: &mut Rows, name: &str, batch: &RecordBatch) {
    let times = batch["time"].as_primitive::<TimestampNanosecondType>();
    let hosts = batch["host"].as_dictionary::<Int32Type>().downcast_dict::<StringArray>().unwrap();
    let hosts: Vec<Option<&str>> = hosts.into_iter().collect();
    let (v, w) = (batch["v"].as_primitive::<Float64Type>(), batch["w"].as_primitive::<Int64Type>());
    for (row, host) in hosts.iter().enumerate() {
        let key = (name.to_owned(), times.value(row), host.map(str::to_owned));
        let merged = rows.entry(key).or_default();
        merged.0 = v.is_valid(row).then(|| v.value(row)).or(merged.0);
        merged.1 = w.is_valid(row).then(|| w.value(row)).or(merged.1);
    }
}

/// Every row in segments of the newest version.
pub(crate) async fn rows(store: &Store) -> Rows {
    let manifest = open(store, 900).await;
    rows_of(store, &manifest, &manifest.state()).await
}

/// The rows of table `m` that have host `a` and v as their time.
pub(crate) fn plain(times: impl IntoIterator<Item = i64>) -> Rows {
    let row = |time| (("m".to_owned(), time, Some("a".to_owned())), (Some(time as f64), None));
    times.into_iter().map(row).collect()
}

/// A row of [`plain`].
pub(crate) fn one(time: i64) -> Row {
    (time, Some("a"), Some(time as f64), None)
}

/// Everything in a folder of the bucket.
pub(crate) async fn keys(store: &Store, prefix: &tidewell_storage::Prefix) -> Vec<String> {
    store.list(prefix).await.unwrap().into_iter().map(|object| object.key).collect()
}

/// What a collector does, by hand and at once: removed segments that no snapshot needs go, then commits and checkpoints that
/// nobody starts from.
pub(crate) async fn collect(store: &Store, process: &Process) {
    let Process { manifest, writer, .. } = process;
    let state = manifest.catch_up().await.unwrap();
    let is_needed = |grave: &tidewell_manifest::Grave| {
        state.snapshots.values().any(|snapshot| grave.is_needed_by(snapshot.checkpoint.version))
    };
    let graves: Vec<_> = state.graves.values().filter(|grave| !is_needed(grave)).cloned().collect();
    let ids: Vec<_> = graves.iter().map(|grave| grave.id).collect();
    let author = Author { generation: state.open_generation(), writer: *writer };
    let condemn = Intent { condemns: ids.clone(), ..Intent::new(author) };
    // A snapshot that came in between keeps them.
    if manifest.commit(move |_| Ok(Some(condemn.clone()))).await.is_ok() {
        let names: Vec<_> = graves.iter().map(|grave| ObjectName::foreign(&grave.object).unwrap()).collect();
        store.delete(&names).await.unwrap();
        commit(manifest, Intent { burials: ids, ..Intent::new(author) }).await;
    }
    let state = manifest.catch_up().await.unwrap();
    let _ = manifest.checkpoint(&state).await;
    let state = manifest.catch_up().await.unwrap();
    let Some(oldest) = state.checkpoints.first() else { return };
    let floor = manifest.raise_floor(oldest.version).await.unwrap();
    let layout = manifest.layout();
    let old = keys(store, &layout.log_prefix()).await.into_iter().filter_map(|key| layout.parse_log(&key));
    let mut names: Vec<ObjectName> =
        old.filter(|version| *version <= floor).map(|version| layout.log(version)).collect();
    let kept = |version, write_id| {
        let named = state.snapshots.values().map(|snapshot| snapshot.checkpoint);
        version >= oldest.version || named.into_iter().any(|kept| (kept.version, kept.write_id) == (version, write_id))
    };
    let old =
        keys(store, &layout.checkpoint_prefix()).await.into_iter().filter_map(|key| layout.parse_checkpoint(&key));
    names.extend(old.filter(|(version, id)| !kept(*version, *id)).map(|(version, id)| layout.checkpoint(version, id)));
    store.delete(&names).await.unwrap();
}
