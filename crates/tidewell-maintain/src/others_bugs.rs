//! What broke in other systems, tried here: docs/others-bugs.md has the whole list and where each is tried.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tidewell_buffer::Buffer;
use tidewell_manifest::State;
use tidewell_storage::{Fault, ObjectName, Operation, Store};
use tidewell_types::{Generation, Seq, StreamId, Version};
use tidewell_wal::{LogStores, WalError, tail};

use crate::bench::{Bench, Process, TAIL_BYTES_MAX, layout, stream};
use crate::compact::{CompactOptions, Compactor};
use crate::gc::GcOptions;
use crate::seal::SealOptions;

const DAY: Duration = Duration::from_secs(24 * 3600);

fn is_write(operation: Operation) -> bool {
    matches!(operation, Operation::Put | Operation::Create | Operation::Replace | Operation::Delete)
}

/// Collects at once whatever may ever be collected.
async fn collect(process: &Process) {
    let options = GcOptions { reader_grace_ms: 0, deleted_fraction_max: 1.0, ..GcOptions::default() };
    let summary = process.collector(options).collect().await.unwrap();
    assert!(summary.failures.is_empty(), "{:?}", summary.failures);
}

/// Numbers from a seed.
fn draw(seed: u64, bound: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) % bound
}

/// slatedb #352, #1622: gc deleted the entry that kept a stalled writer out; its create succeeded, was acknowledged, and was
/// ignored by whoever recovered.
#[tokio::test(start_paused = true)]
async fn write_frozen_until_its_place_was_collected_is_not_acknowledged_where_nobody_reads() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let old = stream(0, 1);
    process.log(old, 0, &[0]).await;
    // The first PUT lands two days later; what the frozen writer asks until then does not get through.
    let slow = bench.store.with_faults(|attempted| match (attempted.operation, attempted.attempt) {
        (Operation::Create, 1) => Fault::ApplyLater(2 * DAY),
        _ => Fault::FailBefore,
    });
    let frozen = {
        let writer = bench.process_in(&bench.store, 10).await;
        Process { store: slow, ..writer }
    };
    assert!(frozen.log_unchecked(old, 1, &[1]).await.is_err());
    process.next_generation().await;
    collect(&process).await;
    assert!(!bench.has(layout().wal(old, Seq::ZERO).as_str()).await, "the generation's log is collected");
    tokio::time::sleep(2 * DAY + Duration::from_secs(1)).await;
    assert!(bench.has(layout().wal(old, Seq::new(1)).as_str()).await, "it has landed");
    // And once more in a place that was deleted: a name has no memory.
    let thawed = bench.process(11).await;
    thawed.log_unchecked(old, 0, &[7]).await.unwrap();
    assert!(!thawed.is_acknowledged(old, 1).await);
    assert_eq!(bench.rows().await, [0]);
    thawed.log(stream(1, 2), 0, &[1]).await;
    assert_eq!(bench.rows().await, [0, 1]);
    process.folder.fold().await.unwrap();
    collect(&process).await;
    assert_eq!(bench.rows().await, [0, 1]);
    assert!(bench.keys_of(&layout().wal_prefix()).await.is_empty());
}

/// slatedb #1686: several wrote the boundary file at once, its first version included, and one regressed.
#[tokio::test(start_paused = true)]
async fn floor_raised_by_many_at_once_from_nothing_is_the_highest_that_any_wanted() {
    for seed in 0..20 {
        let bench = Bench::new().await;
        let process = bench.process(3).await;
        for row in 0..12 {
            let added = process.stage(&[row]).await;
            process.add(vec![added]).await;
        }
        process.checkpoint_twice().await;
        let count = AtomicU64::new(seed);
        let store = bench
            .store
            .with_faults(move |_| Fault::Delay(Duration::from_millis(draw(count.fetch_add(1, Ordering::Relaxed), 30))));
        let mut raises = Vec::new();
        for number in 1..=12 {
            let manifest = bench.open_in(&store, 100 + number).await;
            raises.push(async move { (number, manifest.raise_floor(Version::new(number)).await.unwrap()) });
        }
        for (wanted, risen) in futures::future::join_all(raises).await {
            assert!(risen >= Version::new(wanted), "seed {seed}");
        }
        let manifest = bench.open(200).await;
        assert_eq!(manifest.raise_floor(Version::ZERO).await.unwrap(), Version::new(12), "seed {seed}");
    }
}

/// Rows in many small segments, which a compaction puts together.
async fn many_segments(bench: &Bench) -> (Process, Vec<i64>) {
    let process = bench.process(3).await;
    let rows: Vec<i64> = (0..8).collect();
    for row in &rows {
        let added = process.stage(&[*row]).await;
        process.add(vec![added]).await;
    }
    (process, rows)
}

/// slatedb #604, #984, #1028, #1044; ZeroFS #453: gc in another process deleted what a running or just finished compaction had
/// put. thanos #1577 the same of an upload that took longer than any grace.
#[tokio::test(start_paused = true)]
async fn compaction_that_stops_for_a_month_at_any_write_loses_nothing_to_collectors() {
    for is_sealed in [false, true] {
        let mut stops = 0;
        for nth in 1.. {
            let bench = Bench::new().await;
            let (process, rows) = many_segments(&bench).await;
            let (writes, is_stopped) = (AtomicU64::new(0), Arc::new(AtomicBool::new(false)));
            let stopped = Arc::clone(&is_stopped);
            let slow = bench.store.with_faults(move |attempted| {
                let is_it = is_write(attempted.operation) && writes.fetch_add(1, Ordering::Relaxed) + 1 == nth;
                stopped.fetch_or(is_it, Ordering::Relaxed);
                if is_it { Fault::Delay(30 * DAY) } else { Fault::Pass }
            });
            let manifest = bench.open_in(&slow, 20).await;
            let compactor = Compactor::new(slow, bench.env(21), manifest, CompactOptions::default());
            let others = async {
                for day in 0..40 {
                    tokio::time::sleep(DAY).await;
                    if is_sealed && day % 10 == 3 {
                        process.next_generation().await;
                    }
                    collect(&process).await;
                    assert_eq!(bench.rows().await, rows, "write {nth}, day {day}");
                }
            };
            let (compacted, ()) = futures::future::join(compactor.compact(&|_| {}), others).await;
            // It may give its work up, and is then done anew.
            assert!(is_sealed || compacted.is_ok(), "write {nth}: {compacted:?}");
            assert_eq!(bench.rows().await, rows, "write {nth}");
            if !is_stopped.load(Ordering::Relaxed) {
                break;
            }
            stops += 1;
        }
        assert!(stops > 1, "{stops}");
    }
}

/// lance #7722, #8123, #8137: the commit of a compaction was answered with errors, taken for a conflict with another's, and what
/// it had committed was deleted as its leftovers.
#[tokio::test(start_paused = true)]
async fn compaction_whose_commit_is_answered_with_errors_deletes_nothing_that_it_may_have_committed() {
    for fault in [Fault::ApplyThenLose, Fault::ApplyLater(DAY), Fault::Conflict409, Fault::FailBefore] {
        let bench = Bench::new().await;
        let (process, rows) = many_segments(&bench).await;
        let poor = bench.store.with_faults(move |attempted| match attempted.operation {
            Operation::Create if attempted.attempt == 1 => fault,
            // Nor does it find out what became of it.
            Operation::Create => Fault::FailBefore,
            Operation::Delete => panic!("{} was deleted", attempted.key),
            _ => Fault::Pass,
        });
        let manifest = bench.open_in(&poor, 20).await;
        let compactor = Compactor::new(poor, bench.env(21), manifest, CompactOptions::default());
        // Where the look at the record finds its own, the work is done; else it is unknown.
        let outcome = compactor.compact(&|_| {}).await;
        let is_settled = matches!(fault, Fault::ApplyThenLose);
        assert_eq!(outcome.is_ok(), is_settled, "{fault:?}: {outcome:?}");
        assert_eq!(bench.rows().await, rows, "{fault:?}");
        tokio::time::sleep(2 * DAY).await;
        assert_eq!(bench.rows().await, rows, "{fault:?}, later");
        collect(&process).await;
        assert_eq!(bench.rows().await, rows, "{fault:?}, collected");
    }
}

/// slatedb RFC-0029: uploads got their ids in another order than they were published in, and a collector that went by the order
/// of ids deleted what was staged.
#[tokio::test(start_paused = true)]
async fn segments_published_in_another_order_than_they_were_put_are_all_kept() {
    for seed in 0..20 {
        let bench = Bench::new().await;
        let process = bench.process(3).await;
        let mut staged = Vec::new();
        for row in 0..6 {
            staged.push((row, process.stage(&[row]).await));
        }
        let mut published = Vec::new();
        while !staged.is_empty() {
            let (row, entry) = staged.remove(draw(seed * 10 + staged.len() as u64, staged.len() as u64) as usize);
            process.add(vec![entry]).await;
            published.push(row);
            published.sort_unstable();
            tokio::time::advance(DAY).await;
            collect(&process).await;
            assert_eq!(bench.rows().await, published, "seed {seed}");
        }
    }
}

/// A reader that goes on with what it holds from one look to the next.
struct Reader {
    process: Process,
    log: LogStores,
}

impl Reader {
    async fn in_store(bench: &Bench, store: &Store, seed: u64) -> Self {
        let process = bench.process_in(store, seed).await;
        Self { log: LogStores::single(store.clone()), process }
    }

    async fn refresh(&self) -> Arc<State> {
        let Process { manifest, buffer, env, .. } = &self.process;
        let layout = manifest.layout();
        let tail = tail::Tail { log: &self.log, layout, buffer, env, bytes_max: TAIL_BYTES_MAX };
        let catch_up = || async { Ok::<_, WalError>(manifest.catch_up().await.unwrap()) };
        tail::refresh(&tail, catch_up).await.unwrap().0
    }

    /// The rows of segments, then those of the log in the order in which they count.
    async fn read(&self, bench: &Bench) -> (Vec<i64>, Vec<i64>) {
        let state = self.refresh().await;
        let segments = bench.segment_rows(&self.process.manifest, &state).await;
        (segments, logged(&self.process.buffer, &state))
    }
}

fn logged(buffer: &Buffer, state: &State) -> Vec<i64> {
    use arrow_array::cast::AsArray as _;
    use arrow_array::types::TimestampNanosecondType;
    let entries = buffer.unfolded(state);
    let tables = entries.iter().flat_map(|entry| &entry.batch.tables);
    tables.flat_map(|table| table.rows["time"].as_primitive::<TimestampNanosecondType>().values().to_vec()).collect()
}

/// slatedb #1389, #1420: a reader that refreshed between flushes replayed the log in the wrong order, or stopped at an assertion.
#[tokio::test(start_paused = true)]
async fn reader_refreshed_between_folds_has_every_write_once_and_in_its_order() {
    for seed in 0..20 {
        let bench = Bench::new().await;
        let (folder, reader) = (bench.process(3).await, Reader::in_store(&bench, &bench.store, 4).await);
        let mut seqs = BTreeMap::from([(1, 0), (2, 0), (3, 0)]);
        let mut written = Vec::new();
        for step in 0..60 {
            tokio::time::advance(Duration::from_secs(1)).await;
            match draw(seed * 1000 + step, 6) {
                0 => drop(folder.folder.fold().await.unwrap()),
                1 => collect(&folder).await,
                number => {
                    let writer = number as u8 % 3 + 1;
                    let seq = seqs.get_mut(&writer).unwrap();
                    folder.log(stream(0, writer), *seq, &[step as i64]).await;
                    *seq += 1;
                    written.push(step as i64);
                }
            }
            if draw(seed * 7000 + step, 3) == 0 {
                let (segments, log) = reader.read(&bench).await;
                // Everything folded is earlier than everything that is not, and that is in the order of writing.
                assert_eq!([segments, log].concat(), written, "seed {seed}, step {step}");
            }
        }
    }
}

/// slatedb #958, #1625, #1857: the watermark stood still or was wrong after what was replayed had been flushed, so that each
/// restart replayed more.
#[tokio::test(start_paused = true)]
async fn process_restarted_over_and_over_replays_only_what_is_not_folded() {
    let bench = Bench::new().await;
    let reads = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&reads);
    let store = bench.store.with_faults(move |attempted| {
        let is_entry = attempted.operation == Operation::Get && attempted.key.contains("/wal/");
        counted.fetch_add(u64::from(is_entry), Ordering::Relaxed);
        Fault::Pass
    });
    let mut written = Vec::new();
    for restart in 0..20 {
        let reader = Reader::in_store(&bench, &store, 10 + restart).await;
        reads.store(0, Ordering::Relaxed);
        let (segments, log) = reader.read(&bench).await;
        assert_eq!(reads.load(Ordering::Relaxed), log.len() as u64, "restart {restart}");
        assert_eq!([segments, log].concat(), written, "restart {restart}");
        for row in 0..4 {
            let seq = written.len() as u64;
            reader.process.log(stream(0, 1), seq, &[seq as i64]).await;
            written.push(seq as i64);
            // What it replayed is folded along with what is new.
            if row == 1 && restart % 3 != 2 {
                reader.process.folder.fold().await.unwrap();
            }
        }
        let state = reader.process.manifest.state();
        assert!(state.streams.get(&stream(0, 1)).is_none_or(|applied| applied.get() <= written.len() as u64));
    }
}

/// `store` whose process stops for good before (or after) its `nth` write: every request from there on hangs.
fn dying(store: &Store, nth: u64, is_applied: bool) -> Store {
    let (writes, is_dead) = (AtomicU64::new(0), AtomicBool::new(false));
    store.with_faults(move |attempted| {
        if is_dead.load(Ordering::Relaxed) {
            return Fault::Hang;
        }
        if is_write(attempted.operation) && writes.fetch_add(1, Ordering::Relaxed) + 1 == nth {
            is_dead.store(true, Ordering::Relaxed);
            return if is_applied { Fault::ApplyThenLose } else { Fault::Hang };
        }
        Fault::Pass
    })
}

/// influxdb #25277, #25276: a snapshot removed log files whose rows were not in Parquet yet.
#[tokio::test(start_paused = true)]
async fn fold_and_collection_that_die_at_any_write_leave_every_row_somewhere() {
    for nth in 1..=12 {
        for is_applied in [false, true] {
            let bench = Bench::new().await;
            let process = bench.process(3).await;
            let rows: Vec<i64> = (0..6).collect();
            for row in &rows {
                process.log(stream(0, *row as u8 % 2), *row as u64 / 2, &[*row]).await;
            }
            let doomed = bench.process_in(&dying(&bench.store, nth, is_applied), 20).await;
            let work = async {
                let _ = doomed.folder.fold().await;
                let options = GcOptions { reader_grace_ms: 0, deleted_fraction_max: 1.0, ..GcOptions::default() };
                let _ = doomed.collector(options).collect().await;
            };
            let _ = tokio::time::timeout(DAY, work).await;
            assert_eq!(bench.rows().await, rows, "write {nth} {is_applied}");
            process.folder.fold().await.unwrap();
            collect(&process).await;
            assert_eq!(bench.rows().await, rows, "write {nth} {is_applied}, folded by another");
        }
    }
}

/// influxdb #25569: after a restart the numbers of snapshots began anew, and older ones were overwritten.
#[tokio::test(start_paused = true)]
async fn process_restarted_again_and_again_overwrites_nothing() {
    let bench = Bench::new().await;
    let mut before: BTreeMap<String, bytes::Bytes> = BTreeMap::new();
    for restart in 0..5 {
        let process = bench.process(10 + restart).await;
        let seq = restart;
        process.log(stream(0, 1), seq, &[seq as i64]).await;
        process.folder.fold().await.unwrap();
        process.checkpoint_twice().await;
        let mut after = BTreeMap::new();
        for key in bench.keys().await {
            let body = bench.store.get(&ObjectName::foreign(&key).unwrap()).await.unwrap().unwrap();
            after.insert(key, body);
        }
        let is_mutable = |key: &str| key == layout().hint().as_str() || key == layout().floor().as_str();
        for (key, body) in before.iter().filter(|(key, _)| !is_mutable(key)) {
            // A fold lets the entries go that an earlier one took.
            assert!(after.get(key).is_none_or(|now| now == body), "{key} was overwritten");
            assert!(after.contains_key(key) || key.contains("/wal/"), "{key} is gone");
        }
        before = after;
    }
    assert_eq!(bench.rows().await, [0, 1, 2, 3, 4]);
}

/// slatedb #1892: readers wrote checkpoints into the chain, some 28,000 of them in one database.
#[tokio::test(start_paused = true)]
async fn readers_write_nothing_however_often_they_look() {
    let bench = Bench::new().await;
    let writer = bench.process(3).await;
    let read_only = bench.store.with_faults(|attempted| {
        assert!(!is_write(attempted.operation), "a reader wrote {}", attempted.key);
        Fault::Pass
    });
    let reader = Reader::in_store(&bench, &read_only, 4).await;
    let snapshot = writer.snapshot("s").await.unwrap();
    let mut rows = Vec::new();
    for step in 0..130u64 {
        writer.log(stream(0, 1), step, &[step as i64]).await;
        rows.push(step as i64);
        if step % 4 == 3 {
            writer.folder.fold().await.unwrap();
        }
        if step % 50 == 49 {
            writer.checkpoint_twice().await;
            collect(&writer).await;
        }
        let (segments, log) = reader.read(&bench).await;
        assert_eq!([segments, log].concat(), rows);
        let cold = Reader::in_store(&bench, &read_only, 1000 + step).await;
        assert_eq!(cold.refresh().await.version, writer.manifest.version());
    }
    let version = reader.process.manifest.open_checkpoint(snapshot.checkpoint).await.unwrap();
    assert!(bench.segment_rows(&reader.process.manifest, &version).await.is_empty());
}

/// delta #1410: the store of locks forgot an entry after its time, and a committed log file was overwritten. Here nothing that is
/// forgotten with time is needed: not the ends of streams, not the records below the floor.
#[tokio::test(start_paused = true)]
async fn what_is_forgotten_after_years_lets_nothing_count_twice() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let mut streams: Vec<StreamId> = Vec::new();
    for year in 0..6 {
        let old = stream(year, 1);
        process.log(old, 0, &[i64::from(year)]).await;
        streams.push(old);
        process.folder.fold().await.unwrap();
        tokio::time::advance(365 * DAY).await;
        process.next_generation().await;
        process.checkpoint_twice().await;
        collect(&process).await;
    }
    let sealer = process.sealer(SealOptions::default());
    sealer.run().await.unwrap();
    assert!(process.manifest.catch_up().await.unwrap().streams.is_empty(), "the watermarks are forgotten");
    // Late copies of what was folded years ago.
    let late = bench.process(50).await;
    for (year, old) in streams.iter().enumerate() {
        late.log_unchecked(*old, 0, &[year as i64]).await.unwrap();
    }
    assert_eq!(bench.rows().await, [0, 1, 2, 3, 4, 5]);
    late.folder.fold().await.unwrap();
    collect(&late).await;
    assert_eq!(bench.rows().await, [0, 1, 2, 3, 4, 5]);
    assert!(late.is_acknowledged(streams[0], 0).await && !late.is_acknowledged(streams[0], 1).await);
    assert_eq!(
        process.manifest.state().generation_entry(Generation::ZERO).state,
        tidewell_types::GenerationState::Sealed
    );
}
