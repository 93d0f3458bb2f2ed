//! A database to test with: rows that are told apart by their times, and a look at the bucket as a cold process has it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Int32Type, TimestampNanosecondType};
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, RecordBatch, TimestampNanosecondArray};
use bytes::Bytes;
use tidewell_buffer::{Buffer, Entry};
use tidewell_env::{Clock, Env};
use tidewell_manifest::{Author, CommitError, Intent, Manifest, SegmentEntry, State, inspect};
use tidewell_segment::{DecodeStep, EncodeOptions, Footer, SegmentDecoder, encode, sort_rows};
use tidewell_storage::{DatabaseLayout, ObjectName, Prefix, Store, StoreOptions, StoreUrl, Tier};
use tidewell_types::{
    Batch, DatabaseName, FieldType, Generation, GenerationState, Seq, Source, Stamp, StreamId, TableName, TableRows,
    TableSchema, TimeBounds, TimestampNs, Version, Watermarks as _, WriterId,
};
use tidewell_wal::{LogStores, WalError, entry, object, tail};
use xxhash_rust::xxh3::xxh3_128;

use crate::fold::Folder;
use crate::gc::{Collector, GcOptions};
use crate::seal::{SealOptions, Sealer};

pub(crate) const TAIL_BYTES_MAX: u64 = 1 << 24;

/// The runtime's clock, which tests pause.
struct RuntimeClock(tokio::time::Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> TimestampNs {
        TimestampNs::from_ns(self.0.elapsed().as_nanos() as i64)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

/// A store with a database `d`, and a clock that all its processes share.
pub(crate) struct Bench {
    pub(crate) store: Store,
    clock: Arc<RuntimeClock>,
}

pub(crate) fn table() -> TableName {
    TableName::new("m").unwrap()
}

fn schema() -> TableSchema {
    let mut schema = TableSchema::new();
    schema.add_tag("host").unwrap();
    schema.add_field("v", FieldType::Float).unwrap();
    schema
}

pub(crate) fn layout() -> DatabaseLayout {
    DatabaseLayout::new(&DatabaseName::new("d").unwrap())
}

pub(crate) fn stream(generation: u32, writer: u8) -> StreamId {
    StreamId { generation: Generation::new(generation), writer: WriterId::from_bytes([writer; 16]) }
}

fn batch(times: &[i64]) -> RecordBatch {
    let host: DictionaryArray<Int32Type> = times.iter().map(|_| Some("a")).collect();
    let columns: [(&str, ArrayRef); 3] = [
        ("host", Arc::new(host)),
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(times.iter().copied()))),
        ("v", Arc::new(times.iter().map(|time| Some(*time as f64)).collect::<Float64Array>())),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

/// One batch with rows of these times.
pub(crate) fn rows_of(times: &[i64]) -> Batch {
    Batch { tables: vec![TableRows { table: table(), rows: batch(times) }] }
}

fn read_times(batch: &RecordBatch) -> Vec<i64> {
    batch["time"].as_primitive::<TimestampNanosecondType>().values().to_vec()
}

impl Bench {
    /// A store whose database has the table.
    pub(crate) async fn new() -> Self {
        let clock = Arc::new(RuntimeClock(tokio::time::Instant::now()));
        let env = Env::seeded(1, Arc::clone(&clock) as Arc<dyn Clock>);
        let store = Store::open(&StoreUrl::Memory, env, &StoreOptions::default()).unwrap();
        let bench = Self { store, clock };
        let manifest = bench.open(2).await;
        commit(&manifest, |state| Intent { tables: vec![(table(), schema())], ..Intent::new(author(state)) }).await;
        bench
    }

    pub(crate) fn env(&self, seed: u64) -> Env {
        Env::seeded(seed, Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    pub(crate) async fn open_in(&self, store: &Store, seed: u64) -> Manifest {
        // Tests write their checkpoints themselves.
        let (commits, database) = (u64::MAX, DatabaseName::new("d").unwrap());
        inspect::open_with_checkpoints(commits, store.clone(), self.env(seed), database).await.unwrap()
    }

    pub(crate) async fn open(&self, seed: u64) -> Manifest {
        self.open_in(&self.store, seed).await
    }

    pub(crate) async fn process(&self, seed: u64) -> Process {
        self.process_in(&self.store, seed).await
    }

    /// A process that makes its requests through `store`.
    pub(crate) async fn process_in(&self, store: &Store, seed: u64) -> Process {
        let manifest = self.open_in(store, seed).await;
        let env = self.env(seed + 500);
        let buffer = Arc::new(Buffer::new());
        let folder = Folder::new(
            LogStores::single(store.clone()),
            env.clone(),
            manifest.clone(),
            Arc::clone(&buffer),
            None,
            TAIL_BYTES_MAX,
        );
        Process { store: store.clone(), env, manifest, folder: Arc::new(folder), buffer }
    }

    /// Every key of the database.
    pub(crate) async fn keys(&self) -> BTreeSet<String> {
        let listed = self.store.list(&Prefix::databases()).await.unwrap();
        listed.into_iter().map(|object| object.key).collect()
    }

    pub(crate) async fn keys_of(&self, prefix: &Prefix) -> BTreeSet<String> {
        self.store.list(prefix).await.unwrap().into_iter().map(|object| object.key).collect()
    }

    pub(crate) async fn has(&self, key: &str) -> bool {
        self.store.get(&ObjectName::foreign(key).unwrap()).await.unwrap().is_some()
    }

    pub(crate) async fn put(&self, key: &str) {
        self.store.put(&ObjectName::foreign(key).unwrap(), "x".into()).await.unwrap();
    }

    /// The times of the rows that a cold process reads: of segments and of the log's tail, each as often as it is there.
    pub(crate) async fn rows(&self) -> Vec<i64> {
        let manifest = self.open(900).await;
        let (buffer, env) = (Buffer::new(), self.env(901));
        let layout = manifest.layout().clone();
        let log = LogStores::single(self.store.clone());
        let tail = tail::Tail { log: &log, layout: &layout, buffer: &buffer, env: &env, bytes_max: TAIL_BYTES_MAX };
        let catch_up = || {
            let manifest = manifest.clone();
            async move { Ok::<_, WalError>(manifest.catch_up().await.unwrap()) }
        };
        let (state, _) = tail::refresh(&tail, catch_up).await.unwrap();
        let mut rows = self.segment_rows(&manifest, &state).await;
        let unfolded = buffer.unfolded(&*state);
        rows.extend(unfolded.iter().flat_map(|entry| &entry.batch.tables).flat_map(|table| read_times(&table.rows)));
        rows.sort_unstable();
        rows
    }

    /// The times of the rows of a state's segments; every segment of every table must be what its entry says.
    pub(crate) async fn segment_rows(&self, manifest: &Manifest, state: &State) -> Vec<i64> {
        let mut entries = Vec::new();
        manifest.visit_segments(state, |_, entry| entries.push(Arc::clone(entry))).await.unwrap();
        let mut rows = Vec::new();
        for entry in entries {
            rows.extend(self.read(&entry).await);
        }
        rows.sort_unstable();
        rows
    }

    /// The times of a segment's rows; none of a table that no test decodes.
    pub(crate) async fn read(&self, entry: &SegmentEntry) -> Vec<i64> {
        let bytes = self.store.get(&ObjectName::foreign(&entry.object).unwrap()).await.unwrap();
        let bytes = bytes.unwrap_or_else(|| panic!("{} is live and gone", entry.object));
        assert_eq!(xxh3_128(&bytes), entry.digest);
        if entry.table == table() { decode(&bytes) } else { Vec::new() }
    }

    /// Everything in the bucket that the newest state needs: what an undisturbed collector leaves.
    pub(crate) async fn reachable(&self) -> BTreeSet<String> {
        let manifest = self.open(902).await;
        let (layout, state) = (manifest.layout(), manifest.state());
        let floor = manifest.raise_floor(Version::ZERO).await.unwrap();
        let mut states = vec![(*state).clone()];
        let mut keys = BTreeSet::new();
        for snapshot in state.snapshots.values() {
            states.push(manifest.open_checkpoint(snapshot.checkpoint).await.unwrap());
            keys.insert(layout.checkpoint(snapshot.checkpoint.version, snapshot.checkpoint.write_id).to_string());
        }
        for state in &states {
            manifest
                .visit_segments(state, |_, entry| {
                    keys.insert(entry.object.clone());
                })
                .await
                .unwrap();
        }
        for counted in &state.checkpoints {
            keys.insert(layout.checkpoint(counted.version, counted.write_id).to_string());
            states.push(manifest.open_checkpoint(*counted).await.unwrap());
        }
        for list in states.iter().flat_map(State::lists) {
            keys.insert(layout.leaf(list.generation, list.id).to_string());
        }
        keys.extend(state.graves.values().map(|grave| grave.object.clone()));
        keys.extend((floor.get() + 1..=state.version.get()).map(|number| layout.log(Version::new(number)).to_string()));
        for (generation, entry) in &state.generations {
            keys.extend(entry.watermarks.map(|id| layout.watermarks(*generation, id).to_string()));
        }
        for key in self.keys_of(&layout.wal_prefix()).await {
            let (stream, seq) = layout.parse_wal(&key).unwrap();
            let is_over = state.generation(stream.generation) == GenerationState::Sealed;
            if !is_over && seq >= state.applied(&Source::Objects(stream)) {
                keys.insert(key);
            }
        }
        let single = [layout.hint().to_string(), layout.floor().to_string()];
        let present = self.keys().await;
        keys.extend(single.into_iter().filter(|key| present.contains(key)));
        keys
    }
}

/// One process with everything that maintenance needs.
pub(crate) struct Process {
    pub(crate) store: Store,
    pub(crate) env: Env,
    pub(crate) manifest: Manifest,
    pub(crate) folder: Arc<Folder>,
    pub(crate) buffer: Arc<Buffer>,
}

impl Process {
    pub(crate) fn sealer(&self, options: SealOptions) -> Sealer {
        Sealer::new(self.env.clone(), self.manifest.clone(), Arc::clone(&self.folder), options)
    }

    pub(crate) fn collector(&self, options: GcOptions) -> Collector {
        Collector::new(self.store.clone(), self.env.clone(), self.manifest.clone(), options)
    }

    /// Opens a generation, whatever the age of the newest.
    pub(crate) async fn open_generation(&self, generation: u32) {
        let change = tidewell_manifest::GenerationChange {
            generation: Generation::new(generation),
            state: GenerationState::Open,
            watermarks: None,
        };
        commit(&self.manifest, move |state| Intent { generations: vec![change], ..Intent::new(author(state)) }).await;
    }

    /// Opens the next generation and seals the newest one.
    pub(crate) async fn next_generation(&self) -> Generation {
        let newest = self.manifest.catch_up().await.unwrap().open_generation();
        self.open_generation(newest.get() + 1).await;
        let state = self.sealer(SealOptions::default()).seal(newest).await.unwrap();
        assert_eq!(state.generation(newest), GenerationState::Sealed);
        newest
    }

    /// Logs rows without looking whether they count.
    pub(crate) async fn log_unchecked(&self, stream: StreamId, seq: u64, times: &[i64]) -> Result<(), WalError> {
        let stamp = Stamp::from_ns(self.env.now().as_ns() as u64 + seq);
        let (source, batch) = (Source::Objects(stream), rows_of(times));
        let logged = Entry { source, seq: Seq::new(seq), stamp, batch, tokens: Vec::new() };
        let write_id = self.env.write_id();
        let body = entry::encode(&logged, write_id).unwrap();
        object::append(&self.store, self.manifest.layout(), stream, Seq::new(seq), body, write_id).await
    }

    /// Whether an entry that is logged may be acknowledged, as the write path asks.
    pub(crate) async fn is_acknowledged(&self, stream: StreamId, seq: u64) -> bool {
        loop {
            let state = self.manifest.catch_up().await.unwrap();
            match state.generation(stream.generation) {
                GenerationState::Open => return true,
                GenerationState::Sealed => return self.manifest.end_of(&state, stream).await.unwrap() > Seq::new(seq),
                GenerationState::Sealing => self.env.sleep(Duration::from_millis(50)).await,
            }
        }
    }

    /// Logs rows, acknowledged.
    pub(crate) async fn log(&self, stream: StreamId, seq: u64, times: &[i64]) {
        self.log_unchecked(stream, seq, times).await.unwrap();
        assert!(self.is_acknowledged(stream, seq).await);
    }

    /// Puts a segment with rows of these times under the newest open generation.
    pub(crate) async fn stage(&self, times: &[i64]) -> SegmentEntry {
        let sorted = sort_rows(&schema(), &[batch(times)]).unwrap();
        let encoded = encode(&table(), &schema(), &sorted, &EncodeOptions::hot()).unwrap();
        let mut entry = self.stage_bytes(&table(), encoded.bytes).await;
        (entry.time, entry.row_count) = (encoded.stats.time, encoded.stats.row_count);
        entry
    }

    /// Puts an object that no test decodes as a segment of a table.
    pub(crate) async fn stage_filler(&self, table: &str, time: i64) -> SegmentEntry {
        let mut entry = self.stage_bytes(&TableName::new(table).unwrap(), Bytes::from(time.to_string())).await;
        entry.time = TimeBounds { min: TimestampNs::from_ns(time), max: TimestampNs::from_ns(time) };
        entry
    }

    async fn stage_bytes(&self, table: &TableName, bytes: Bytes) -> SegmentEntry {
        let (id, generation) = (self.env.segment_id(), self.manifest.state().open_generation());
        let name = self.manifest.layout().segment(Tier::Hot, generation, table, 0, id);
        self.store.put(&name, bytes.clone()).await.unwrap();
        SegmentEntry {
            id,
            object: name.to_string(),
            table: table.clone(),
            file_bytes: bytes.len() as u64,
            footer_bytes: 0,
            row_count: 1,
            value_count: 1,
            time: TimeBounds { min: TimestampNs::from_ns(0), max: TimestampNs::from_ns(0) },
            tags: Vec::new(),
            digest: xxh3_128(&bytes),
            tier: Tier::Hot,
            added: Version::ZERO,
            rank: Version::ZERO,
            deletes_to: Version::ZERO,
            foreign: None,
        }
    }

    /// Commits segments as live.
    pub(crate) async fn add(&self, adds: Vec<SegmentEntry>) -> Arc<State> {
        self.try_add(adds).await.unwrap()
    }

    /// Commits segments as live, unless their generation has ended.
    pub(crate) async fn try_add(&self, adds: Vec<SegmentEntry>) -> Result<Arc<State>, CommitError> {
        self.manifest.commit(move |state| Ok(Some(Intent { adds: adds.clone(), ..Intent::new(author(state)) }))).await
    }

    /// Takes segments out, wherever they are listed.
    pub(crate) async fn remove(&self, ids: &[tidewell_types::SegmentId]) -> Arc<State> {
        let state = self.manifest.catch_up().await.unwrap();
        let mut removes = Vec::new();
        for table in state.tables.values() {
            let live = self.manifest.select(&table.segments, &TimeBounds::ALL).await.unwrap();
            removes.extend(live.iter().filter(|live| ids.contains(&live.entry.id)).map(|live| live.removal()));
        }
        assert_eq!(removes.len(), ids.len());
        commit(&self.manifest, move |state| Intent { removes: removes.clone(), ..Intent::new(author(state)) }).await
    }

    /// Gives the newest state a name, as whoever makes snapshots does; `None` where others got in between.
    pub(crate) async fn snapshot(&self, name: &str) -> Option<tidewell_manifest::Snapshot> {
        let state = self.manifest.reload().await.unwrap();
        let checkpoint = self.manifest.write_checkpoint(&state).await.unwrap();
        let snapshot =
            tidewell_manifest::Snapshot { name: name.to_owned(), checkpoint, created_at: TimestampNs::from_ns(0) };
        let (named, author) = (snapshot.clone(), author(&state));
        let intend = move |newest: &State| {
            let snapshots = vec![named.clone()];
            Ok(newest.keeps_lists_of(&state).then(|| Intent { snapshots, ..Intent::new(author) }))
        };
        let after = self.manifest.commit(intend).await.ok()?;
        (after.snapshots.get(name) == Some(&snapshot)).then_some(snapshot)
    }

    pub(crate) async fn drop_snapshot(&self, name: &str) {
        let drops = vec![name.to_owned()];
        commit(&self.manifest, move |state| Intent { snapshot_drops: drops.clone(), ..Intent::new(author(state)) })
            .await;
    }

    /// Lets two checkpoints of the newest state count.
    pub(crate) async fn checkpoint_twice(&self) {
        for _ in 0..2 {
            let state = self.manifest.catch_up().await.unwrap();
            self.manifest.checkpoint(&state).await.unwrap();
        }
    }
}

pub(crate) fn author(state: &State) -> Author {
    Author { generation: state.open_generation(), writer: WriterId::from_bytes([1; 16]) }
}

pub(crate) async fn commit(manifest: &Manifest, intend: impl Fn(&State) -> Intent + Send + 'static) -> Arc<State> {
    manifest.commit(move |state| Ok(Some(intend(state)))).await.unwrap()
}

/// The times of a segment's rows.
fn decode(bytes: &Bytes) -> Vec<i64> {
    let footer = Footer::parse(bytes.clone(), bytes.len() as u64).unwrap();
    let mut decoder = SegmentDecoder::new(&footer, &schema().arrow(), None, 100).unwrap();
    let mut rows = Vec::new();
    loop {
        match decoder.step().unwrap() {
            DecodeStep::Need(ranges) => {
                let data = ranges.iter().map(|range| bytes.slice(range.start as usize..range.end as usize)).collect();
                decoder.push(&ranges, data).unwrap();
            }
            DecodeStep::Batch(batch) => rows.extend(read_times(&batch)),
            DecodeStep::Done => return rows,
        }
    }
}
