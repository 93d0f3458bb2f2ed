//! What an acknowledgement promises: the rows are where the level says, in the buffer, and stored once.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod budget;
mod held_up;
mod quorum;
mod repeat;
mod sealed;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use futures::future::join_all;
use parking_lot::Mutex;
use tempfile::TempDir;
use tidewell_buffer::Entry;
use tidewell_env::Clock;
use tidewell_manifest::{Author, GenerationChange, Intent, State};
use tidewell_storage::{Fault, Operation, Store, StoreOptions, StoreUrl};
use tidewell_types::{Batch, DatabaseName, Generation, GenerationState, Seq, Source, Stamp, TimestampNs, WriterId};
use tidewell_wal::{LocalLog, WalError, read_folder, tail};

use super::*;

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

fn env(seed: u64) -> Env {
    Env::seeded(seed, Arc::new(RuntimeClock(tokio::time::Instant::now())))
}

fn memory() -> Store {
    Store::open(&StoreUrl::Memory, env(1), &StoreOptions::default()).unwrap()
}

/// One process's write path.
struct Bench {
    ingest: Ingest,
    manifest: Manifest,
    buffer: Arc<Buffer>,
    store: Store,
}

fn config(level: AckLevel) -> IngestConfig {
    IngestConfig {
        level,
        limits: AdmitLimits::default(),
        cadence: Cadence::fixed(Duration::from_millis(100)),
        ledger: None,
        buffer_bytes_max: 64 << 20,
    }
}

impl Bench {
    async fn start(store: &Store, seed: u64, config: IngestConfig, local: Option<SharedLog>) -> Self {
        Self::start_on(LogStores::single(store.clone()), seed, config, local).await
    }

    async fn start_on(log: LogStores, seed: u64, config: IngestConfig, local: Option<SharedLog>) -> Self {
        let (name, store) = (DatabaseName::new("d").unwrap(), log.main().clone());
        let manifest = Manifest::open(store.clone(), env(seed), name).await.unwrap();
        let buffer = Arc::new(Buffer::new());
        let env = env(seed + 1000);
        let ingest = Ingest::start(config, manifest.clone(), log, Arc::clone(&buffer), local, env);
        Self { ingest, manifest, buffer, store }
    }

    async fn objects(store: &Store, seed: u64) -> Self {
        Self::start(store, seed, config(AckLevel::Object), None).await
    }

    async fn write(&self, body: &str) -> Result<WriteOutcome, IngestError> {
        self.ingest.write(request(body)).await
    }

    async fn write_at(&self, level: AckLevel, body: &str) -> Result<WriteOutcome, IngestError> {
        self.ingest.write(WriteRequest { level: Some(level), ..request(body) }).await
    }

    /// The rows that a query of this process would find in the buffer.
    fn rows(&self) -> usize {
        self.buffer.unfolded(&*self.manifest.state()).iter().map(|entry| entry.row_count()).sum()
    }

    async fn objects_listed(&self) -> usize {
        self.store.list(&self.manifest.layout().wal_prefix()).await.unwrap().len()
    }
}

fn request(body: &str) -> WriteRequest {
    let body = Bytes::from(body.to_owned());
    WriteRequest { body, precision: Precision::Nanosecond, level: None, accept_partial: true, token: None }
}

fn source(outcome: &WriteOutcome) -> Source {
    outcome.token.unwrap().source
}

/// The rows that a process finds which has only the store.
async fn rows_elsewhere(store: &Store) -> usize {
    rows_in(&LogStores::single(store.clone())).await
}

async fn rows_in(log: &LogStores) -> usize {
    entries_in(log).await.iter().map(|entry| entry.row_count()).sum()
}

/// What a process that starts now reads from the log.
async fn entries_in(log: &LogStores) -> Vec<Arc<Entry>> {
    let name = DatabaseName::new("d").unwrap();
    let manifest = Manifest::open(log.main().clone(), env(77), name).await.unwrap();
    let (buffer, env) = (Buffer::new(), env(78));
    let (layout, bytes_max) = (manifest.layout(), 1 << 20);
    let tail = tail::Tail { log, layout, buffer: &buffer, env: &env, bytes_max };
    let catch_up = || async { Ok::<_, WalError>(manifest.catch_up().await.unwrap()) };
    let (view, _): (Arc<State>, _) = tail::refresh(&tail, catch_up).await.unwrap();
    buffer.unfolded(&*view)
}

fn local_log() -> (TempDir, SharedLog) {
    let folder = tempfile::tempdir().unwrap();
    let (log, entries) = LocalLog::open(folder.path(), &Env::system()).unwrap();
    assert!(entries.is_empty());
    (folder, Arc::new(Mutex::new(log)))
}

fn logged_rows(folder: &TempDir) -> usize {
    read_folder(folder.path()).unwrap().unwrap().1.iter().map(|entry| entry.row_count()).sum()
}

#[tokio::test(start_paused = true)]
async fn write_to_the_store_is_in_the_buffer_and_seen_elsewhere() {
    let store = memory();
    let bench = Bench::objects(&store, 2).await;
    let outcome = bench.write("m,t=a v=1 1\nm,t=b v=2 2\n").await.unwrap();
    assert_eq!((outcome.row_count, outcome.rejected.count), (2, 0));
    assert!(matches!(source(&outcome), Source::Objects(_)));
    assert_eq!((bench.rows(), rows_elsewhere(&store).await), (2, 2));
    assert_eq!(bench.manifest.state().tables["m"].schema.column_count(), 3);
}

#[tokio::test(start_paused = true)]
async fn write_of_known_columns_costs_one_put_and_the_check_of_two_gets() {
    let store = memory();
    let bench = Bench::objects(&store, 2).await;
    bench.write("m v=1 1").await.unwrap();
    let before = store.meter().snapshot();
    bench.write("m v=2 2").await.unwrap();
    let used = store.meter().snapshot() - before;
    assert_eq!((used.puts, used.gets, used.requests()), (1, 2, 3));
}

#[tokio::test(start_paused = true)]
async fn write_to_memory_touches_the_store_for_new_columns_only() {
    let store = memory();
    let bench = Bench::start(&store, 2, config(AckLevel::None), None).await;
    bench.write("m v=1 1").await.unwrap();
    let before = store.meter().snapshot();
    let outcome = bench.write("m v=2 2").await.unwrap();
    assert_eq!((store.meter().snapshot() - before).requests(), 0);
    assert!(matches!(source(&outcome), Source::Memory(_)));
    assert_eq!((bench.rows(), rows_elsewhere(&store).await), (2, 0));
}

#[tokio::test(start_paused = true)]
async fn write_to_a_local_log_is_there_after_the_process() {
    for level in [AckLevel::OsDefault, AckLevel::Periodic, AckLevel::EveryWrite] {
        let (folder, log) = local_log();
        let bench = Bench::start(&memory(), 2, config(level), Some(log)).await;
        let outcome = bench.write("m v=1 1\nm v=2 2").await.unwrap();
        assert!(matches!(source(&outcome), Source::Node(_)));
        assert_eq!((bench.rows(), logged_rows(&folder), bench.objects_listed().await), (2, 2, 0), "{level}");
    }
}

#[tokio::test(start_paused = true)]
async fn stronger_level_of_a_request_goes_to_the_store_and_a_weaker_one_is_raised() {
    let (folder, log) = local_log();
    let bench = Bench::start(&memory(), 2, config(AckLevel::Periodic), Some(log)).await;
    let outcome = bench.write_at(AckLevel::Object, "m v=1 1").await.unwrap();
    assert!(matches!(source(&outcome), Source::Objects(_)));
    assert_eq!((bench.rows(), bench.objects_listed().await), (1, 1));
    assert_eq!(logged_rows(&folder), 0);
    for level in [AckLevel::None, AckLevel::OsDefault, AckLevel::EveryWrite] {
        let outcome = bench.write_at(level, "m v=1 1").await.unwrap();
        assert!(matches!(source(&outcome), Source::Node(_)), "{level}");
    }
    assert_eq!((bench.rows(), logged_rows(&folder), bench.objects_listed().await), (4, 3, 1));

    let memory_only = Bench::start(&memory(), 3, config(AckLevel::None), None).await;
    let outcome = memory_only.write_at(AckLevel::EveryWrite, "m v=1 1").await.unwrap();
    assert!(matches!(source(&outcome), Source::Objects(_)));
    let object = Bench::objects(&memory(), 4).await;
    assert!(matches!(source(&object.write_at(AckLevel::None, "m v=1 1").await.unwrap()), Source::Objects(_)));
    assert!(matches!(object.write_at(AckLevel::Quorum, "m v=1 1").await, Err(IngestError::Invalid(_))));
}

#[tokio::test(start_paused = true)]
async fn body_with_bad_lines_is_stored_in_part_or_not_at_all() {
    let bench = Bench::objects(&memory(), 2).await;
    let body = "m v=1 1\nm v=\nm v=3 3\n";
    let outcome = bench.write(body).await.unwrap();
    assert_eq!((outcome.row_count, outcome.rejected.lines[0].line_number), (2, 2));
    let whole = WriteRequest { accept_partial: false, ..request("m v=4 4\nfresh new=1 1\nm v=\n") };
    let refused = bench.ingest.write(whole).await;
    assert!(matches!(&refused, Err(IngestError::Rejected(lines)) if lines.count == 1), "{refused:?}");
    assert!(matches!(bench.write("m v=\n").await, Err(IngestError::Rejected(_))));
    assert_eq!(bench.rows(), 2);
    assert!(!bench.manifest.catch_up().await.unwrap().tables.contains_key("fresh"));
}

#[tokio::test(start_paused = true)]
async fn body_without_lines_writes_nothing() {
    let bench = Bench::objects(&memory(), 2).await;
    let outcome = bench.write("# nothing\n\n").await.unwrap();
    assert_eq!((outcome.row_count, outcome.token), (0, None));
    assert_eq!(bench.store.meter().snapshot().puts, 0);
}

/// slatedb #762, #763, #1607: a batch was split over log objects, or a replay ended within one.
#[tokio::test(start_paused = true)]
async fn large_body_is_stored_whole() {
    let bench = Bench::objects(&memory(), 2).await;
    let body: String = (0..20_000).map(|row| format!("m,host=h{} v={row} {row}\n", row % 10)).collect();
    assert!(body.len() > INLINE_BODY_BYTES_MAX);
    assert_eq!(bench.write(&body).await.unwrap().row_count, 20_000);
    assert_eq!((bench.rows(), bench.objects_listed().await), (20_000, 1), "one request is one entry");
}

#[tokio::test(start_paused = true)]
async fn two_writers_that_give_a_column_two_types_agree_on_the_first() {
    let store = memory();
    let (first, second) = (Bench::objects(&store, 2).await, Bench::objects(&store, 3).await);
    first.write("m v=1 1").await.unwrap();
    let outcome = second.write("m v=2i 2\nm w=3i 3\n").await.unwrap();
    assert_eq!((outcome.row_count, outcome.rejected.count), (1, 1));
    assert_eq!(outcome.rejected.lines[0].line_number, 1);
    assert!(outcome.rejected.lines[0].reason.contains("float"), "{:?}", outcome.rejected);
    let whole = WriteRequest { accept_partial: false, ..request("m w=4 4\nm x=1 5\n") };
    assert!(matches!(first.ingest.write(whole).await, Err(IngestError::Rejected(_))));
    let state = first.manifest.catch_up().await.unwrap();
    assert!(state.tables["m"].schema.kind("x").is_none());
    assert_eq!(rows_elsewhere(&store).await, 2);
}

/// delta-rs #3066, #2379, #3166: blind retries under contention, after which writes were dropped.
#[tokio::test(start_paused = true)]
async fn fifty_writes_at_once_share_a_few_objects() {
    let store = memory();
    let bench = Bench::objects(&store, 2).await;
    bench.write("m v=1 1").await.unwrap();
    let before = store.meter().snapshot();
    let bodies: Vec<String> = (0..50).map(|row| format!("m v={row} {row}")).collect();
    let outcomes = join_all(bodies.iter().map(|body| bench.write(body))).await;
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_ok_and(|outcome| outcome.row_count == 1)));
    let puts = (store.meter().snapshot() - before).puts;
    assert!((1..=2).contains(&puts), "{puts} objects");
    assert_eq!((bench.rows(), rows_elsewhere(&store).await), (51, 51));
}

#[tokio::test(start_paused = true)]
async fn writes_that_come_together_are_in_one_object_though_some_have_columns_to_commit() {
    let store = memory();
    let bench = Bench::start(
        &store,
        2,
        IngestConfig { cadence: Cadence::fixed(Duration::ZERO), ..config(AckLevel::Object) },
        None,
    )
    .await;
    bench.write("known v=1 1").await.unwrap();
    let before = bench.objects_listed().await;
    let bodies = ["known v=1 2", "new v=1 3", "nonsense", "", "other w=1i 4", "known v=2 5"];
    let writes = bodies.iter().zip(Arrival::of(bodies.len()));
    let written = join_all(writes.map(|(body, arrival)| bench.ingest.write_with(request(body), Some(arrival)))).await;
    let rows: Vec<Option<usize>> =
        written.iter().map(|outcome| outcome.as_ref().ok().map(|outcome| outcome.row_count)).collect();
    assert_eq!(rows, [Some(1), Some(1), None, Some(0), Some(1), Some(1)]);
    assert_eq!(bench.objects_listed().await - before, 1);
    let cost = written[0].as_ref().unwrap().cost;
    assert_eq!(cost.writes, 4, "those that are in the object");
}

#[tokio::test(start_paused = true)]
async fn writes_of_different_columns_share_an_object() {
    let store = memory();
    let bench = Bench::objects(&store, 2).await;
    bench.write("m,t=a v=1,w=1i 1\nn s=\"x\" 1").await.unwrap();
    let listed = bench.objects_listed().await;
    let bodies = ["m v=2 2", "m,t=b w=3i 3", "n s=\"y\" 4", "m,t=a v=5 5"];
    let outcomes = join_all(bodies.map(|body| bench.write(body))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!((bench.objects_listed().await, rows_elsewhere(&store).await), (listed + 1, 6));
}

#[tokio::test(start_paused = true)]
async fn lone_write_waits_for_nothing_and_the_next_keeps_the_interval() {
    let bench = Bench::objects(&memory(), 2).await;
    let start = tokio::time::Instant::now();
    bench.write("m v=1 1").await.unwrap();
    assert!(start.elapsed() < Duration::from_millis(5));
    bench.write("m v=2 2").await.unwrap();
    let waited = start.elapsed();
    assert!(waited >= Duration::from_millis(99) && waited < Duration::from_millis(110), "{waited:?}");
}

/// `store` where nothing that has to do with log objects is answered while `is_broken`.
fn breakable(store: &Store, applied: Fault) -> (Store, Arc<AtomicBool>) {
    let is_broken = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&is_broken);
    let broken = store.with_faults(move |attempted| {
        let is_log = attempted.key.contains("/wal/") && switch.load(Ordering::Relaxed);
        match attempted.operation {
            Operation::Create if is_log => applied,
            Operation::Get if is_log => Fault::FailBefore,
            _ => Fault::Pass,
        }
    });
    (broken, is_broken)
}

#[tokio::test(start_paused = true)]
async fn write_of_unknown_outcome_says_so_and_the_next_goes_on_visibly() {
    for (fault, unknown_rows) in
        [(Fault::FailBefore, 0), (Fault::ApplyThenLose, 1), (Fault::ApplyLater(Duration::from_secs(40)), 1)]
    {
        let healthy = memory();
        let (store, is_broken) = breakable(&healthy, fault);
        let bench = Bench::objects(&store, 2).await;
        let first = bench.write("m v=1 1").await.unwrap();
        is_broken.store(true, Ordering::Relaxed);
        let outcome = bench.write("m v=2 2").await;
        assert!(matches!(outcome, Err(IngestError::Unknown(_))), "{fault:?} {outcome:?}");
        is_broken.store(false, Ordering::Relaxed);
        let next = bench.write("m v=3 3").await.unwrap();
        assert_ne!(source(&next), source(&first), "{fault:?}");
        assert_eq!(next.token.unwrap().seq.get(), 0);
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!((bench.rows(), rows_elsewhere(&healthy).await), (2, 2 + unknown_rows), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn write_that_cannot_be_checked_is_unknown() {
    let healthy = memory();
    let gets = AtomicU32::new(0);
    let store = healthy.with_faults(move |attempted| {
        // The schema commit reads record 1, the check of the entry record 2.
        let is_check = attempted.operation == Operation::Get && attempted.key.ends_with("/log/fffffffffffffffd");
        if is_check && gets.fetch_add(1, Ordering::Relaxed) == 0 { Fault::Denied } else { Fault::Pass }
    });
    let bench = Bench::objects(&store, 2).await;
    let outcome = bench.write("m v=1 1").await;
    assert!(matches!(outcome, Err(IngestError::Unknown(_))), "{outcome:?}");
    bench.write("m v=2 2").await.unwrap();
    assert_eq!((bench.rows(), rows_elsewhere(&healthy).await), (1, 2));
}

#[tokio::test(start_paused = true)]
async fn schema_commit_that_fails_stores_nothing() {
    let healthy = memory();
    let store = healthy.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/log/") => Fault::Denied,
        _ => Fault::Pass,
    });
    let bench = Bench::objects(&store, 2).await;
    let outcome = bench.write("m v=1 1").await;
    assert!(matches!(outcome, Err(IngestError::Unavailable(_))), "{outcome:?}");
    assert_eq!((bench.rows(), bench.objects_listed().await), (0, 0));
}

async fn seal(manifest: &Manifest, generation: Generation, state: GenerationState) {
    let writer = Env::system().writer_id();
    let intend = move |view: &State| {
        let author = Author { generation: view.open_generation(), writer };
        let change = GenerationChange { generation, state, watermarks: None };
        Ok(Some(Intent { generations: vec![change], ..Intent::new(author) }))
    };
    manifest.commit(intend).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn write_into_a_sealed_generation_moves_to_the_next_and_counts_once() {
    let store = memory();
    let bench = Bench::objects(&store, 2).await;
    bench.write("m v=1 1").await.unwrap();
    let other = Manifest::open(store.clone(), env(3), DatabaseName::new("d").unwrap()).await.unwrap();
    seal(&other, Generation::ZERO, GenerationState::Sealing).await;
    seal(&other, Generation::ZERO, GenerationState::Sealed).await;
    let outcome = bench.write("m v=2 2").await.unwrap();
    let Source::Objects(stream) = source(&outcome) else { panic!("{outcome:?}") };
    assert_eq!((stream.generation, outcome.token.unwrap().seq.get()), (Generation::new(1), 0));
    // The first entry went with its generation, unfolded: sealing it without a fold was this test's doing.
    assert_eq!((bench.rows(), rows_elsewhere(&store).await), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn write_waits_while_its_generation_is_being_sealed() {
    let store = memory();
    let bench = Bench::objects(&store, 2).await;
    bench.write("m v=1 1").await.unwrap();
    let other = Manifest::open(store.clone(), env(3), DatabaseName::new("d").unwrap()).await.unwrap();
    seal(&other, Generation::ZERO, GenerationState::Sealing).await;
    let sealed = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(bench.buffer.totals().entries, 1);
        seal(&other, Generation::ZERO, GenerationState::Sealed).await;
    };
    let (outcome, ()) = tokio::join!(bench.write("m v=2 2"), sealed);
    assert!(matches!(source(&outcome.unwrap()), Source::Objects(stream) if stream.generation == Generation::new(1)));
}

#[tokio::test(start_paused = true)]
async fn full_buffer_takes_no_more_until_it_is_folded() {
    let limits = IngestConfig { buffer_bytes_max: 1000, ..config(AckLevel::None) };
    let bench = Bench::start(&memory(), 2, limits, None).await;
    bench.write("m v=1 1").await.unwrap();
    let busy = bench.write(&"m v=2 2\n".repeat(200)).await;
    assert!(matches!(busy, Err(IngestError::Busy(_))), "{busy:?}");
    assert_eq!(bench.rows(), 1);
    bench.buffer.retire_memory(&bench.buffer.unfolded(&*bench.manifest.state()));
    // However large, one body fits into an empty buffer.
    assert_eq!(bench.write(&"m v=2 2\n".repeat(200)).await.unwrap().row_count, 200);
}

/// slatedb #1733: a caller that went away cut a commit in half.
#[tokio::test(start_paused = true)]
async fn write_is_logged_though_its_caller_has_gone() {
    let store = memory().with_faults(|attempted| match attempted.operation {
        Operation::Create => Fault::Delay(Duration::from_secs(1)),
        _ => Fault::Pass,
    });
    let bench = Bench::objects(&store, 2).await;
    bench.write("m v=1 1").await.unwrap();
    let gone = tokio::time::timeout(Duration::from_millis(500), bench.write("m v=2 2")).await;
    assert!(gone.is_err());
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(bench.rows(), 2);
}

#[tokio::test(start_paused = true)]
async fn stamps_rise_from_write_to_write_over_all_logs() {
    let bench = Bench::start(&memory(), 2, config(AckLevel::None), None).await;
    for (level, body) in [(AckLevel::None, "m v=1 1"), (AckLevel::Object, "m v=2 1"), (AckLevel::None, "m v=3 1")] {
        bench.write_at(level, body).await.unwrap();
    }
    let entries = bench.buffer.unfolded(&*bench.manifest.state());
    let kinds: Vec<bool> = entries.iter().map(|entry| matches!(entry.source, Source::Memory(_))).collect();
    assert_eq!(kinds, [true, false, true]);
    assert!(entries.windows(2).all(|pair| pair[0].stamp < pair[1].stamp));
}

#[tokio::test(start_paused = true)]
async fn stamp_is_above_those_of_all_entries_that_the_process_has_read() {
    let (_folder, log) = local_log();
    let bench = Bench::start(&memory(), 3, config(AckLevel::OsDefault), Some(log)).await;
    // What its earlier life logged, or another process, when the clock was ahead.
    let (source, stamp) = (Source::Memory(WriterId::from_bytes([7; 16])), Stamp::from_ns(1 << 60));
    let read = Entry { source, seq: Seq::ZERO, stamp, batch: Batch { tables: Vec::new() }, tokens: Vec::new() };
    bench.buffer.apply(Arc::new(read));
    for level in [AckLevel::OsDefault, AckLevel::Object] {
        bench.write_at(level, "m v=2 1").await.unwrap();
    }
    let entries = bench.buffer.unfolded(&*bench.manifest.state());
    assert_eq!(entries.iter().filter(|entry| entry.stamp > stamp).count(), 2);
}
