//! Folds: every logged row becomes part of exactly one live segment, whoever else folds and wherever one dies.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use arrow_array::cast::AsArray as _;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType};
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, TimestampNanosecondArray};
use tidewell_buffer::{EntryToken, RowSpan};
use tidewell_env::Clock;
use tidewell_manifest::{Attach, ManifestError};
use tidewell_segment::{DecodeStep, Footer, SegmentDecoder};
use tidewell_storage::{Fault, ObjectName, Operation, Store, StoreOptions, StoreUrl, Tier};
use tidewell_types::{
    Batch, DatabaseName, FieldType, Generation, StreamId, TableName, TableRows, TableSchema, TimestampNs, TokenId,
    WriteId,
};
use tidewell_wal::{LogTarget, entry, object};
use xxhash_rust::xxh3::xxh3_128;

use super::*;

const DAY_NS: i64 = 86_400_000_000_000;
const WRITE_ID: WriteId = WriteId::from_bytes([5; 16]);

/// One row: time, host, v, w.
type Row = (i64, &'static str, Option<f64>, Option<i64>);

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

fn table() -> TableName {
    TableName::new("m").unwrap()
}

fn schema() -> TableSchema {
    let mut schema = TableSchema::new();
    schema.add_tag("host").unwrap();
    schema.add_field("v", FieldType::Float).unwrap();
    schema.add_field("w", FieldType::Integer).unwrap();
    schema
}

async fn open(store: &Store, seed: u64) -> Manifest {
    Manifest::open(store.clone(), env(seed), DatabaseName::new("d").unwrap()).await.unwrap()
}

async fn commit(manifest: &Manifest, intent: Intent) {
    manifest.commit(move |_| Ok(Some(intent.clone()))).await.unwrap();
}

fn author() -> Author {
    Author { generation: Generation::ZERO, writer: WriterId::from_bytes([1; 16]) }
}

/// A store whose database has the table.
async fn database() -> Store {
    let store = Store::open(&StoreUrl::Memory, env(1), &StoreOptions::default()).unwrap();
    commit(&open(&store, 2).await, Intent { tables: vec![(table(), schema())], ..Intent::new(author()) }).await;
    store
}

fn stream(writer: u8) -> StreamId {
    StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([writer; 16]) }
}

fn batch(rows: &[Row]) -> Batch {
    let host: DictionaryArray<Int32Type> = rows.iter().map(|row| Some(row.1)).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("host", Arc::new(host)),
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.0)))),
        ("v", Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>())),
        ("w", Arc::new(rows.iter().map(|row| row.3).collect::<Int64Array>())),
    ];
    Batch { tables: vec![TableRows { table: table(), rows: RecordBatch::try_from_iter(columns).unwrap() }] }
}

fn entry_of(source: Source, seq: u64, stamp: u64, rows: &[Row]) -> Entry {
    Entry { source, seq: Seq::new(seq), stamp: Stamp::from_ns(stamp), batch: batch(rows), tokens: Vec::new() }
}

/// Logs rows as an entry of a stream, acknowledged.
async fn log(store: &Store, writer: u8, seq: u64, stamp: u64, rows: &[Row]) {
    let layout = tidewell_storage::DatabaseLayout::new(&DatabaseName::new("d").unwrap());
    let entry = entry_of(Source::Objects(stream(writer)), seq, stamp, rows);
    let body = entry::encode(&entry, WRITE_ID).unwrap();
    object::append(store, &layout, stream(writer), Seq::new(seq), body, WRITE_ID).await.unwrap();
}

/// One process that folds.
struct Process {
    folder: Folder,
    manifest: Manifest,
    buffer: Arc<Buffer>,
}

async fn process(store: &Store, seed: u64, local: Option<LocalFold>) -> Process {
    let manifest = open(store, seed).await;
    let buffer = Arc::new(Buffer::new());
    let log = LogStores::single(store.clone());
    let folder = Folder::new(log, env(seed + 500), manifest.clone(), Arc::clone(&buffer), local, 1 << 20);
    Process { folder, manifest, buffer }
}

/// Every row of every live segment, sorted by time and host; each segment is what its entry says.
async fn segment_rows(store: &Store) -> Vec<(i64, String, Option<f64>, Option<i64>)> {
    let state = open(store, 900).await.state();
    let mut rows = Vec::new();
    for segment in state.tables.values().flat_map(|table| table.segments.fresh()) {
        let bytes = store.get(&ObjectName::foreign(&segment.object).unwrap()).await.unwrap().unwrap();
        assert_eq!((segment.file_bytes, segment.digest), (bytes.len() as u64, xxh3_128(&bytes)));
        let footer = Footer::parse(bytes.clone(), segment.file_bytes).unwrap();
        let mut decoder = SegmentDecoder::new(&footer, &schema().arrow(), None, 100).unwrap();
        let before = rows.len();
        loop {
            match decoder.step().unwrap() {
                DecodeStep::Need(ranges) => {
                    let data = ranges.iter().map(|range| bytes.slice(range.start as usize..range.end as usize));
                    let data = data.collect();
                    decoder.push(&ranges, data).unwrap();
                }
                DecodeStep::Batch(batch) => rows.extend(read_rows(&batch)),
                DecodeStep::Done => break,
            }
        }
        assert_eq!(segment.row_count as usize, rows.len() - before);
        let times = rows[before..].iter().map(|row| row.0);
        assert_eq!(
            (times.clone().min(), times.max()),
            (Some(segment.time.min.as_ns()), Some(segment.time.max.as_ns()))
        );
    }
    rows.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    rows
}

fn read_rows(batch: &RecordBatch) -> Vec<(i64, String, Option<f64>, Option<i64>)> {
    let times = batch["time"].as_primitive::<TimestampNanosecondType>().values();
    let hosts = batch["host"].as_dictionary::<Int32Type>().downcast_dict::<arrow_array::StringArray>().unwrap();
    let v = batch["v"].as_primitive::<Float64Type>().iter();
    let w = batch["w"].as_primitive::<Int64Type>().iter();
    let hosts = hosts.into_iter().map(|host| host.unwrap().to_owned());
    times.iter().zip(hosts).zip(v.zip(w)).map(|((time, host), (v, w))| (*time, host, v, w)).collect()
}

async fn segment_objects(store: &Store) -> Vec<String> {
    let manifest = open(store, 901).await;
    let listed = store.list(&manifest.layout().segment_prefix(Tier::Hot)).await.unwrap();
    listed.into_iter().map(|object| object.key).collect()
}

/// The objects of the live segments, sorted as a listing is.
async fn live_objects(store: &Store) -> Vec<String> {
    let state = open(store, 902).await.state();
    let segments = state.tables.values().flat_map(|table| table.segments.fresh());
    let mut objects: Vec<String> = segments.map(|segment| segment.object.clone()).collect();
    objects.sort();
    objects
}

fn one(time: i64) -> Row {
    (time, "a", Some(time as f64), None)
}

fn expected(times: impl IntoIterator<Item = i64>) -> Vec<(i64, String, Option<f64>, Option<i64>)> {
    times.into_iter().map(|time| (time, "a".to_owned(), Some(time as f64), None)).collect()
}

#[tokio::test(start_paused = true)]
async fn rows_of_all_writers_become_segments_once() {
    let store = database().await;
    log(&store, 1, 0, 10, &[one(1), one(2)]).await;
    log(&store, 2, 0, 11, &[one(3)]).await;
    log(&store, 1, 1, 12, &[one(DAY_NS + 4)]).await;
    let process = process(&store, 3, None).await;
    let summary = process.folder.fold().await.unwrap();
    assert_eq!(summary.outcome, FoldOutcome::Folded);
    assert_eq!((summary.entry_count, summary.row_count, summary.segment_count), (3, 4, 2));
    assert_eq!(summary.version, Version::new(2));
    assert_eq!(segment_rows(&store).await, expected([1, 2, 3, DAY_NS + 4]));
    let objects = live_objects(&store).await;
    assert!(objects[0].contains("/hot/00000000/m/1970-01-01/") && objects[1].contains("/m/1970-01-02/"), "{objects:?}");
    assert_eq!(process.buffer.totals().entries, 0);
    let state = process.manifest.state();
    assert_eq!((state.streams[&stream(1)].get(), state.streams[&stream(2)].get()), (2, 1));
    assert_eq!(state.stamp_max, Stamp::from_ns(12));

    let again = process.folder.fold().await.unwrap();
    assert_eq!((again.outcome, again.version), (FoldOutcome::Empty, Version::new(2)));
    log(&store, 2, 1, 13, &[one(9)]).await;
    assert_eq!(process.folder.fold().await.unwrap().row_count, 1);
    assert_eq!(segment_rows(&store).await, expected([1, 2, 3, 9, DAY_NS + 4]));
}

/// influxdb #27548: the value of an overwritten point depended on the plan: buffer or Parquet first.
#[tokio::test(start_paused = true)]
async fn later_write_of_the_same_point_wins_field_by_field() {
    let store = database().await;
    log(&store, 2, 0, 20, &[(7, "a", Some(2.0), None)]).await;
    log(&store, 1, 0, 10, &[(7, "a", Some(1.0), Some(5)), (7, "b", None, Some(6))]).await;
    log(&store, 1, 1, 30, &[(7, "b", Some(3.0), None)]).await;
    let summary = process(&store, 3, None).await.folder.fold().await.unwrap();
    assert_eq!((summary.row_count, summary.segment_count), (2, 1));
    let rows = [(7, "a".to_owned(), Some(2.0), Some(5)), (7, "b".to_owned(), Some(3.0), Some(6))];
    assert_eq!(segment_rows(&store).await, rows);
}

#[tokio::test(start_paused = true)]
async fn own_write_that_came_after_the_listing_waits_for_what_the_listing_missed() {
    for is_sealing in [false, true] {
        let store = database().await;
        log(&store, 1, 0, 10, &[one(1)]).await;
        let slow = store.with_faults(|attempted| match attempted.operation {
            Operation::Get if attempted.key.contains("/log/") => Fault::Delay(Duration::from_secs(10)),
            _ => Fault::Pass,
        });
        let process = process(&slow, 3, None).await;
        let own = [Source::Memory(WriterId::from_bytes([9; 16])), Source::Objects(stream(3))];
        let writes = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            // Another process's write is acknowledged, then this process takes two of the same point.
            log(&store, 2, 0, 20, &[(7, "a", Some(1.0), None)]).await;
            log(&store, 3, 0, 30, &[(7, "a", Some(2.0), None)]).await;
            for (stamp, source) in [30, 31].into_iter().zip(own.iter().rev()) {
                let row = (7, "a", Some(f64::from(stamp - 28)), None);
                process.buffer.apply(Arc::new(entry_of(*source, 0, u64::from(stamp as u32), &[row])));
            }
        };
        let folding = async {
            match is_sealing {
                true => process.folder.fold_sealing().await,
                false => process.folder.fold().await,
            }
        };
        let (folded, ()) = tokio::join!(folding, writes);
        assert_eq!(folded.unwrap().entry_count, 1, "{is_sealing}");
        assert_eq!(process.folder.fold().await.unwrap().entry_count, 3, "{is_sealing}");
        let rows = segment_rows(&store).await;
        assert_eq!(rows[1], (7, "a".to_owned(), Some(3.0), None), "{is_sealing}");
    }
}

#[tokio::test(start_paused = true)]
async fn entries_behind_a_gap_wait() {
    let store = database().await;
    log(&store, 1, 0, 10, &[one(1)]).await;
    log(&store, 1, 2, 12, &[one(3)]).await;
    let process = process(&store, 3, None).await;
    assert_eq!(process.folder.fold().await.unwrap().row_count, 1);
    assert_eq!(process.folder.fold().await.unwrap().outcome, FoldOutcome::Empty);
    log(&store, 1, 1, 11, &[one(2)]).await;
    assert_eq!(process.folder.fold().await.unwrap().row_count, 2);
    assert_eq!(segment_rows(&store).await, expected([1, 2, 3]));
}

/// `store` where requests take different times, so that what runs at once interleaves.
fn jittery(store: &Store, seed: u64) -> Store {
    let count = AtomicU64::new(seed);
    store.with_faults(move |_| {
        let draw = count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        Fault::Delay(Duration::from_millis(draw % 30))
    })
}

#[tokio::test(start_paused = true)]
async fn folders_at_once_leave_every_row_in_one_segment_and_no_segment_behind() {
    for seed in 0..10 {
        let store = database().await;
        let (a, b) =
            (process(&jittery(&store, seed * 100), 3, None).await, process(&jittery(&store, seed), 4, None).await);
        let mut elsewhere = 0;
        for round in 0..5u64 {
            for writer in 1..=3u8 {
                let time = (round * 10) as i64 + i64::from(writer);
                log(&store, writer, round, 100 * round + u64::from(writer), &[one(time)]).await;
            }
            let (a, b) = tokio::join!(a.folder.fold(), b.folder.fold());
            let outcomes = [a.unwrap().outcome, b.unwrap().outcome];
            assert!(outcomes.contains(&FoldOutcome::Folded), "{outcomes:?}");
            elsewhere += outcomes.iter().filter(|outcome| **outcome == FoldOutcome::Elsewhere).count();
        }
        assert!(elsewhere > 0);
        let times = (0..5).flat_map(|round| (1..=3).map(move |writer| round * 10 + writer));
        assert_eq!(segment_rows(&store).await, expected(times));
        assert_eq!(segment_objects(&store).await, live_objects(&store).await);
    }
}

#[tokio::test(start_paused = true)]
async fn fold_that_dies_before_its_commit_is_done_by_the_next() {
    let store = database().await;
    log(&store, 1, 0, 10, &[one(1), one(2)]).await;
    let dying = store.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/log/") => Fault::Hang,
        _ => Fault::Pass,
    });
    let dead = process(&dying, 3, None).await;
    // The process is gone before the store answers: nothing of it is awaited any more.
    assert!(tokio::time::timeout(Duration::from_secs(1), dead.folder.fold()).await.is_err());
    assert_eq!((segment_objects(&store).await.len(), live_objects(&store).await.len()), (1, 0));
    let next = process(&store, 4, None).await;
    assert_eq!(next.folder.fold().await.unwrap().row_count, 2);
    assert_eq!(segment_rows(&store).await, expected([1, 2]));
    assert_eq!((segment_objects(&store).await.len(), live_objects(&store).await.len()), (2, 1));
}

/// lance #7722, #8123, #8137: the own commit was taken for another's after an error, and the committed data deleted; an
/// append counted twice.
#[tokio::test(start_paused = true)]
async fn fold_of_unknown_outcome_deletes_nothing_and_is_exact_when_tried_again() {
    for fault in [Fault::ApplyThenLose, Fault::FailBefore] {
        let store = database().await;
        log(&store, 1, 0, 10, &[one(1)]).await;
        let faulty = store.with_faults(move |attempted| {
            let is_record = attempted.key.ends_with("/log/fffffffffffffffd");
            match attempted.operation {
                Operation::Create if is_record && attempted.attempt < 100 => fault,
                Operation::Get if is_record && (3..100).contains(&attempted.attempt) => Fault::FailBefore,
                _ => Fault::Pass,
            }
        });
        let process = process(&faulty, 3, None).await;
        let error = process.folder.fold().await.unwrap_err();
        assert!(matches!(error, MaintainError::Commit(CommitError::Unknown { .. })), "{error}");
        assert_eq!(segment_objects(&store).await.len(), 1);
        let healthy =
            Folder { log: store.clone().into(), manifest: process.manifest.through(store.clone()), ..process.folder };
        let again = healthy.fold().await.unwrap().outcome;
        let expected_outcome = if fault == Fault::FailBefore { FoldOutcome::Folded } else { FoldOutcome::Empty };
        assert_eq!(again, expected_outcome, "{fault:?}");
        assert_eq!(segment_rows(&store).await, expected([1]), "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fold_that_stands_still_until_its_commit_is_collected_deletes_nothing() {
    let store = database().await;
    log(&store, 1, 0, 10, &[one(1)]).await;
    // Between its create and the look at the floor.
    let is_created = AtomicBool::new(false);
    let freezing = store.with_faults(move |attempted| match attempted.operation {
        Operation::Create if attempted.key.ends_with("/log/fffffffffffffffd") => {
            is_created.store(true, Ordering::Relaxed);
            Fault::Pass
        }
        Operation::Get if attempted.key.ends_with("/floor") && is_created.swap(false, Ordering::Relaxed) => {
            Fault::Delay(Duration::from_secs(8))
        }
        _ => Fault::Pass,
    });
    let frozen = process(&freezing, 3, None).await;
    let others = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let other = process(&store, 4, None).await;
        log(&store, 1, 1, 11, &[one(2)]).await;
        assert_eq!(other.folder.fold().await.unwrap().outcome, FoldOutcome::Folded);
        for _ in 0..2 {
            other.manifest.checkpoint(&other.manifest.state()).await.unwrap();
        }
        let collector = gc::Collector::new(store.clone(), env(5), other.manifest.clone(), gc::GcOptions::default());
        let summary = collector.collect().await.unwrap();
        assert!(summary.floor >= Version::new(2) && summary.of(gc::GcKind::Commits).deleted > 1, "{summary:?}");
    };
    let (outcome, ()) = tokio::join!(frozen.folder.fold(), others);
    let error = outcome.unwrap_err();
    assert!(matches!(error, MaintainError::Commit(CommitError::Unknown { .. })), "{error}");
    assert_eq!(segment_objects(&store).await, live_objects(&store).await);
    assert_eq!(segment_rows(&store).await, expected([1, 2]));
}

#[tokio::test(start_paused = true)]
async fn refused_store_leaves_the_rows_in_the_log() {
    let store = database().await;
    log(&store, 1, 0, 10, &[one(1)]).await;
    let denied = store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/hot/") => Fault::Denied,
        _ => Fault::Pass,
    });
    let error = process(&denied, 3, None).await.folder.fold().await.unwrap_err();
    assert!(matches!(error, MaintainError::Storage(_)), "{error}");
    assert_eq!(process(&store, 4, None).await.folder.fold().await.unwrap().row_count, 1);
}

#[tokio::test(start_paused = true)]
async fn memory_entries_outlive_a_fold_that_loses() {
    let store = database().await;
    log(&store, 1, 0, 10, &[one(1)]).await;
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/hot/") => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Pass,
    });
    let (loser, winner) = (process(&slow, 3, None).await, process(&store, 4, None).await);
    let memory = Source::Memory(WriterId::from_bytes([9; 16]));
    loser.buffer.apply(Arc::new(entry_of(memory, 0, 11, &[one(2)])));
    let late = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        // Written while the fold is under way: neither lost nor taken by it.
        loser.buffer.apply(Arc::new(entry_of(memory, 1, 12, &[one(3)])));
        winner.folder.fold().await.unwrap()
    };
    let (lost, won) = tokio::join!(loser.folder.fold(), late);
    assert_eq!((won.outcome, won.row_count), (FoldOutcome::Folded, 1));
    assert_eq!((lost.as_ref().unwrap().outcome, lost.unwrap().row_count), (FoldOutcome::Folded, 2));
    assert_eq!(segment_rows(&store).await, expected([1, 2, 3]));
    assert_eq!(segment_objects(&store).await, live_objects(&store).await);
    assert_eq!(loser.buffer.totals().entries, 0);
    assert_eq!(loser.folder.fold().await.unwrap().outcome, FoldOutcome::Empty);
}

#[tokio::test(start_paused = true)]
async fn memory_entries_of_a_failed_fold_stay() {
    let store = database().await;
    let denied = store.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/log/") => Fault::Denied,
        _ => Fault::Pass,
    });
    let process = process(&denied, 3, None).await;
    let memory = Source::Memory(WriterId::from_bytes([9; 16]));
    process.buffer.apply(Arc::new(entry_of(memory, 0, 11, &[one(2)])));
    let error = process.folder.fold().await.unwrap_err();
    assert!(matches!(error, MaintainError::Commit(CommitError::Manifest(ManifestError::Storage(_)))), "{error}");
    assert_eq!(process.buffer.totals().rows, 1);
}

/// `store` where the answer to the create of version 2 is lost and it cannot be read, until the switch is turned off; `fault` is
/// what becomes of the create.
fn silent(store: &Store, fault: Fault) -> (Store, Arc<AtomicBool>) {
    let is_silent = Arc::new(AtomicBool::new(true));
    let (switch, is_tried) = (Arc::clone(&is_silent), AtomicBool::new(false));
    let silent = store.with_faults(move |attempted| {
        let is_record = attempted.key.ends_with("/log/fffffffffffffffd") && switch.load(Ordering::Relaxed);
        match attempted.operation {
            Operation::Create if is_record && !is_tried.swap(true, Ordering::Relaxed) => fault,
            Operation::Create | Operation::Get if is_record && is_tried.load(Ordering::Relaxed) => Fault::FailBefore,
            _ => Fault::Pass,
        }
    });
    (silent, is_silent)
}

#[tokio::test(start_paused = true)]
async fn memory_of_a_fold_of_unknown_outcome_is_folded_once_and_never_over_later_writes() {
    for (fault, counted) in [
        (Fault::ApplyThenLose, true),
        (Fault::FailBefore, false),
        (Fault::ApplyLater(Duration::from_secs(35)), true),
        (Fault::ApplyLater(Duration::from_secs(600)), false),
    ] {
        let store = database().await;
        let (silent, is_silent) = silent(&store, fault);
        let (unsure, other) = (process(&silent, 3, None).await, process(&store, 4, None).await);
        let memory = Source::Memory(WriterId::from_bytes([9; 16]));
        unsure.buffer.apply(Arc::new(entry_of(memory, 0, 11, &[(1, "a", Some(1.0), Some(1)), one(2)])));
        let error = unsure.folder.fold().await.unwrap_err();
        assert!(matches!(error, MaintainError::Commit(CommitError::Unknown { .. })), "{fault:?} {error}");
        is_silent.store(false, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_secs(20)).await;
        if counted {
            // A later write to the same point, by way of another process.
            other.buffer.apply(Arc::new(entry_of(Source::Memory(WriterId::from_bytes([8; 16])), 0, 12, &[one(1)])));
            other.folder.fold().await.unwrap();
        }
        let again = unsure.folder.fold().await.unwrap();
        let expected_outcome = if counted { FoldOutcome::Empty } else { FoldOutcome::Folded };
        assert_eq!((again.outcome, unsure.buffer.totals().entries), (expected_outcome, 0), "{fault:?}");
        // Each fold's rows are in one live segment: nothing was folded twice.
        tokio::time::sleep(Duration::from_secs(900)).await;
        let mut rows = vec![(1, "a".to_owned(), Some(1.0), Some(1))];
        rows.extend(expected(if counted { vec![1, 2] } else { vec![2] }));
        assert_eq!(segment_rows(&store).await, rows, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn memory_of_a_fold_that_nobody_waited_for_is_folded_once() {
    let store = database().await;
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/log/") => Fault::Delay(Duration::from_secs(5)),
        _ => Fault::Pass,
    });
    let process = process(&slow, 3, None).await;
    let memory = Source::Memory(WriterId::from_bytes([9; 16]));
    process.buffer.apply(Arc::new(entry_of(memory, 0, 11, &[one(2)])));
    assert!(tokio::time::timeout(Duration::from_secs(1), process.folder.fold()).await.is_err());
    assert_eq!(process.folder.fold().await.unwrap().outcome, FoldOutcome::Empty);
    assert_eq!((segment_rows(&store).await, process.buffer.totals().entries), (expected([2]), 0));
}

fn local(path: &std::path::Path) -> (LocalFold, Vec<Entry>) {
    let (log, entries) = LocalLog::open(path, &Env::system()).unwrap();
    let node = log.node();
    (LocalFold { log: Arc::new(Mutex::new(log)), node, epoch: 1 }, entries)
}

async fn attach(manifest: &Manifest, node: NodeId, epoch: u64) {
    commit(manifest, Intent { attaches: vec![Attach { node, epoch }], ..Intent::new(author()) }).await;
}

fn append_local(local: &LocalFold, buffer: &Buffer, stamp: u64, row: Row) {
    let mut log = local.log.lock();
    let entry = entry_of(Source::Node(local.node), log.next_seq().get(), stamp, &[row]);
    log.append(&entry::encode(&entry, WRITE_ID).unwrap()).unwrap();
    buffer.apply(Arc::new(entry));
}

/// influxdb #25277, #25276: a snapshot removed log files whose rows were not persisted.
#[tokio::test(start_paused = true)]
async fn local_log_is_folded_by_its_holder_and_then_truncated() {
    let folder = tempfile::tempdir().unwrap();
    let store = database().await;
    let (held, _) = local(folder.path());
    attach(&open(&store, 2).await, held.node, 1).await;
    let holder = process(&store, 3, Some(held.clone())).await;
    append_local(&held, &holder.buffer, 10, one(1));
    append_local(&held, &holder.buffer, 11, one(2));
    // Another process that has read the folder leaves it to its holder.
    let other = process(&store, 4, None).await;
    for entry in tidewell_wal::read_folder(folder.path()).unwrap().unwrap().1 {
        other.buffer.apply(Arc::new(entry));
    }
    assert_eq!(other.folder.fold().await.unwrap().outcome, FoldOutcome::Empty);

    assert_eq!(holder.folder.fold().await.unwrap().row_count, 2);
    assert_eq!(segment_rows(&store).await, expected([1, 2]));
    assert!(tidewell_wal::read_folder(folder.path()).unwrap().unwrap().1.is_empty());
    append_local(&held, &holder.buffer, 12, one(3));
    assert_eq!(holder.folder.fold().await.unwrap().row_count, 1);
    assert_eq!(segment_rows(&store).await, expected([1, 2, 3]));
    assert_eq!(holder.manifest.state().nodes[&held.node].applied, Seq::new(3));
}

#[tokio::test(start_paused = true)]
async fn holder_that_another_took_over_from_folds_nothing_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = database().await;
    let (held, _) = local(folder.path());
    let manifest = open(&store, 2).await;
    attach(&manifest, held.node, 1).await;
    let holder = process(&store, 3, Some(held.clone())).await;
    append_local(&held, &holder.buffer, 10, one(1));
    attach(&manifest, held.node, 2).await;
    let error = holder.folder.fold().await.unwrap_err();
    assert!(matches!(error, MaintainError::Commit(CommitError::Refused(Refusal::NodeTaken { .. }))), "{error}");
    assert!(segment_objects(&store).await.is_empty());
    assert_eq!(tidewell_wal::read_folder(folder.path()).unwrap().unwrap().1.len(), 1);

    let heir = process(&store, 4, Some(LocalFold { epoch: 2, ..held.clone() })).await;
    heir.buffer.apply(holder.buffer.unfolded(&*manifest.state())[0].clone());
    assert_eq!(heir.folder.fold().await.unwrap().row_count, 1);
    assert_eq!(segment_rows(&store).await, expected([1]));
}

#[tokio::test(start_paused = true)]
async fn folded_log_objects_go_with_the_next_fold() {
    let store = database().await;
    let process = process(&store, 3, None).await;
    let layout = process.manifest.layout().clone();
    log(&store, 1, 0, 10, &[one(1)]).await;
    process.folder.fold().await.unwrap();
    // A reader that listed it a moment ago may still fetch it.
    assert_eq!(store.list(&layout.wal_prefix()).await.unwrap().len(), 1);
    log(&store, 1, 1, 11, &[one(2)]).await;
    log(&store, 1, 3, 13, &[one(4)]).await;
    process.folder.fold().await.unwrap();
    process.folder.fold().await.unwrap();
    let left = store.list(&layout.wal_prefix()).await.unwrap();
    let left: Vec<_> = left.iter().map(|object| layout.parse_wal(&object.key).unwrap()).collect();
    assert_eq!(left, [(stream(1), Seq::new(3))]);
    assert_eq!(segment_rows(&store).await, expected([1, 2]));
}

#[tokio::test(start_paused = true)]
async fn column_that_no_commit_added_stops_the_fold() {
    let store = Store::open(&StoreUrl::Memory, env(1), &StoreOptions::default()).unwrap();
    log(&store, 1, 0, 10, &[one(1)]).await;
    let error = process(&store, 3, None).await.folder.fold().await.unwrap_err();
    assert!(matches!(&error, MaintainError::UnknownColumn { table, .. } if table == "m"), "{error}");
    assert!(segment_objects(&store).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn tail_above_the_limit_stops_the_fold() {
    let store = database().await;
    log(&store, 1, 0, 10, &[one(1)]).await;
    let manifest = open(&store, 3).await;
    let folder = Folder::new(store.clone().into(), env(4), manifest, Arc::new(Buffer::new()), None, 100);
    let error = folder.fold().await.unwrap_err();
    assert!(matches!(error, MaintainError::Wal(tidewell_wal::WalError::TailTooLarge { .. })), "{error}");
}

#[tokio::test(start_paused = true)]
async fn fold_of_one_entry_makes_a_known_number_of_requests() {
    let store = database().await;
    log(&store, 1, 0, 10, &[one(1)]).await;
    let process = process(&store, 3, None).await;
    let before = store.meter().snapshot();
    process.folder.fold().await.unwrap();
    let used = store.meter().snapshot() - before;
    // Refresh: LIST, two GETs of catch-up, GET of the entry. Segment: PUT. Commit: three GETs and a PUT.
    assert_eq!((used.lists, used.gets, used.puts, used.deletes), (1, 2 + 1 + 3, 2, 0));
    assert_eq!(used.requests(), 9);
}

/// An entry whose rows are all one request's.
fn entry_with_token(source: Source, seq: u64, stamp: u64, rows: &[Row]) -> Entry {
    let spans = vec![RowSpan { table: 0, start: 0, count: rows.len() as u32 }];
    let tokens = vec![EntryToken { id: TokenId::from_bytes([7; 16]), spans }];
    Entry { tokens, ..entry_of(source, seq, stamp, rows) }
}

#[tokio::test(start_paused = true)]
async fn request_logged_twice_is_folded_once_and_both_entries_are_done() {
    let store = database().await;
    let layout = tidewell_storage::DatabaseLayout::new(&DatabaseName::new("d").unwrap());
    for (writer, stamp, time) in [(1, 20, 2), (2, 10, 1)] {
        let entry = entry_with_token(Source::Objects(stream(writer)), 0, stamp, &[one(time)]);
        let body = entry::encode(&entry, WRITE_ID).unwrap();
        object::append(&store, &layout, stream(writer), Seq::ZERO, body, WRITE_ID).await.unwrap();
    }
    log(&store, 1, 1, 30, &[one(3)]).await;
    let process = process(&store, 3, None).await;
    assert_eq!(process.folder.fold().await.unwrap().entry_count, 3);
    assert_eq!(segment_rows(&store).await, expected([1, 3]));
    let state = process.manifest.state();
    assert_eq!((state.streams[&stream(1)].get(), state.streams[&stream(2)].get()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn request_that_another_machines_log_holds_too_is_folded_from_the_store() {
    let store = database().await;
    let process = process(&store, 3, None).await;
    let elsewhere = Source::Node(NodeId::from_bytes([9; 16]));
    process.buffer.apply(Arc::new(entry_with_token(elsewhere, 0, 5, &[one(1)])));
    let logged = entry_with_token(Source::Objects(stream(1)), 0, 10, &[one(1)]);
    let (body, layout) = (entry::encode(&logged, WRITE_ID).unwrap(), process.manifest.layout());
    object::append(&store, layout, stream(1), Seq::ZERO, body, WRITE_ID).await.unwrap();
    process.buffer.apply(Arc::new(logged));
    assert_eq!(process.folder.fold().await.unwrap().row_count, 1);
    assert_eq!(segment_rows(&store).await, expected([1]));
}

#[tokio::test(start_paused = true)]
async fn entries_on_the_replicas_are_folded_and_then_deleted_there() {
    let store = database().await;
    let replicas = [(); 3].map(|()| Store::open(&StoreUrl::Memory, env(1), &StoreOptions::default()).unwrap());
    let log = LogStores::with_replicas(store.clone(), replicas.to_vec());
    let process = process(&store, 3, None).await;
    let process = Process { folder: Folder { log: log.clone(), ..process.folder }, ..process };
    let layout = process.manifest.layout().clone();
    for seq in 0..2 {
        let rows = [one(seq as i64 + 1)];
        let entry = entry_of(Source::Objects(stream(1)), seq, 10 + seq, &rows);
        let body = entry::encode(&entry, WRITE_ID).unwrap();
        let name = layout.wal(stream(1), Seq::new(seq));
        log.append(&env(1), &name, body, WRITE_ID, LogTarget::Replicas).await.unwrap();
        assert_eq!(process.folder.fold().await.unwrap().row_count, 1);
    }
    process.folder.fold().await.unwrap();
    assert_eq!(segment_rows(&store).await, expected([1, 2]));
    for replica in &replicas {
        assert!(replica.list(&layout.wal_prefix()).await.unwrap().is_empty());
    }
}
