//! Random work of several processes over a store that loses and delays answers: whatever is rewritten, deleted, expired, tiered,
//! put back and collected at once, a cold reader finds what a map of all rows would hold.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_buffer::{Buffer, Entry};
use tidewell_manifest::TagMatch;
use tidewell_storage::{Attempted, Fault, Operation};
use tidewell_types::{Batch, GenerationState, Seq, Source, Stamp, StreamId, TableRows, Watermarks as _};
use tidewell_wal::{LogStores, WalError, entry, tail};

use super::*;
use crate::bench::{self, Bench, Process, TAIL_BYTES_MAX};
use crate::delete::{self, DeleteRequest};
use crate::gc::GcOptions;
use crate::rewrite::sample::{Answer, HOUR_NS, batch, read_rows, schema, segment_rows, time};
use crate::seal::SealOptions;
use crate::seeds::{Draw, seeds};
use crate::{CompactOptions, Compactor, Expirer, TierOptions, Tierer, snapshot};

const SEEDS: u64 = 32;
const STEPS: u64 = 24;
const PROCESSES: u64 = 3;

/// What a process's requests meet.
struct Weather {
    draw: Draw,
    /// A record whose create nobody hears of for a while, and until when.
    silent: Option<(String, Duration)>,
}

impl Weather {
    fn fault(&mut self, attempted: &Attempted<'_>, now: Duration) -> Fault {
        let later = |draw: &mut Draw| Fault::ApplyLater(Duration::from_millis(draw.below(4000)));
        let much_later = |draw: &mut Draw| Fault::ApplyLater(Duration::from_secs(draw.below(7200)));
        if self.silent.as_ref().is_some_and(|(key, until)| now < *until && key == attempted.key) {
            return Fault::FailBefore;
        }
        let draw = &mut self.draw;
        match (attempted.operation, draw.below(100)) {
            (Operation::Create, 0) if attempted.key.contains("/log/") => {
                self.silent = Some((attempted.key.to_owned(), now + Duration::from_secs(35)));
                match draw.below(3) {
                    0 => Fault::ApplyThenLose,
                    1 => Fault::FailBefore,
                    _ => much_later(draw),
                }
            }
            (Operation::Put | Operation::Create | Operation::Replace, 1..=3) => Fault::ApplyThenLose,
            (Operation::Put | Operation::Create | Operation::Replace, 4..=6) => later(draw),
            (Operation::Put | Operation::Create | Operation::Replace, 7) => much_later(draw),
            (Operation::Delete, 1..=4) => Fault::ApplyThenLose,
            (Operation::Delete, 5..=9) => much_later(draw),
            (_, 10) => Fault::FailBefore,
            _ => Fault::Delay(Duration::from_millis(draw.below(25))),
        }
    }
}

/// The requests of a process, which go wrong while `is_rough`.
fn rough(bench: &Bench, seed: u64, is_rough: &Arc<AtomicBool>) -> tidewell_storage::Store {
    let weather = Mutex::new(Weather { draw: Draw(seed), silent: None });
    let (env, is_rough) = (bench.env(seed), Arc::clone(is_rough));
    bench.store.with_faults(move |attempted| match is_rough.load(Ordering::Relaxed) {
        true => weather.lock().fault(attempted, env.monotonic()),
        false => Fault::Pass,
    })
}

struct World {
    bench: Bench,
    draw: Draw,
    is_rough: Arc<AtomicBool>,
    processes: Vec<Process>,
    /// Where the next entry goes.
    stream: StreamId,
    seq: u64,
    stamp: u64,
    /// What a reader must find.
    rows: Answer,
    floor: i64,
    snapshots: Vec<(String, Answer)>,
    names: u64,
    reached: BTreeSet<&'static str>,
}

/// Whether a verb may end like this on a store that fails.
fn is_passing(error: &MaintainError) -> bool {
    matches!(
        error,
        MaintainError::Storage(_)
            | MaintainError::Wal(WalError::Storage(_) | WalError::Restless)
            | MaintainError::Manifest(tidewell_manifest::ManifestError::Storage(_))
            | MaintainError::Commit(
                CommitError::Unknown { .. }
                    | CommitError::Manifest(tidewell_manifest::ManifestError::Storage(_))
                    | CommitError::Refused(Refusal::GenerationClosed(_))
            )
            | MaintainError::Contended { .. }
            | MaintainError::Restless
    )
}

fn passing<T>(outcome: Result<T, MaintainError>) -> Option<T> {
    match outcome {
        Ok(done) => Some(done),
        Err(error) => {
            assert!(is_passing(&error), "{error}");
            None
        }
    }
}

fn seal_options() -> SealOptions {
    SealOptions { generation_ms: 600_000, seal_after_ms: 1_800_000, ..SealOptions::default() }
}

/// One verb of a process, with options from a seed; what it reached.
async fn maintain(process: &Process, verb: u64, seed: u64) -> &'static str {
    let Process { store, env, manifest, .. } = process;
    let mut draw = Draw(seed);
    let target = [2000, 6000, 15_000, 64 << 20][draw.below(4) as usize];
    let (rows_max, inputs_max) = ([10, 1 << 20][draw.below(2) as usize], [2, 3, 64][draw.below(3) as usize]);
    let quiet = Duration::from_secs(draw.below(1200));
    match verb {
        0 => passing(process.folder.fold().await).map_or("", |_| "folded"),
        1..=2 => {
            let options = CompactOptions {
                segment_bytes_target: target,
                segment_rows_max: rows_max,
                inputs_max,
                quiet_after: quiet,
                jobs_max: Some(20),
                ..CompactOptions::default()
            };
            let compactor = Compactor::new(store.clone(), env.clone(), manifest.clone(), options);
            match passing(compactor.compact(&|_| {}).await) {
                Some(summary) if summary.lost_count > 0 => "a compaction lost a race",
                Some(summary) if summary.segments_out > summary.job_count => "a compaction cut its rows",
                Some(summary) if summary.lifted_count > 0 => "a delete was carried out",
                _ => "",
            }
        }
        3 => {
            let options = TierOptions {
                segment_bytes_target: target,
                segment_rows_max: rows_max,
                inputs_max,
                jobs_max: Some(20),
                ..TierOptions::new(Duration::from_secs(7200))
            };
            let tierer = Tierer::new(store.clone(), env.clone(), manifest.clone(), options);
            match passing(tierer.tier(&|_| {}).await) {
                Some(summary) if summary.job_count > 0 => "segments became cold",
                _ => "",
            }
        }
        4 => match passing(process.sealer(seal_options()).run().await) {
            Some(summary) if !summary.sealed.is_empty() => "a generation was sealed",
            _ => "",
        },
        5 => {
            let state = manifest.state();
            match manifest.checkpoint(&state).await {
                // Its state was an old one.
                Err(CommitError::Refused(_) | CommitError::Manifest(ManifestError::Collected { .. })) => "",
                outcome => passing(outcome.map_err(MaintainError::from)).map_or("", |_| ""),
            }
        }
        _ => {
            let reader_grace_ms = draw.below(3) * 300_000;
            let options = GcOptions { reader_grace_ms, deleted_fraction_max: 1.0, ..GcOptions::default() };
            match passing(process.collector(options).collect().await) {
                Some(summary) if summary.deleted() > 0 => "garbage was collected",
                _ => "",
            }
        }
    }
}

/// A verb that its process may not live to see the end of.
async fn maintain_for_a_while(process: &Process, verb: u64, seed: u64) -> &'static str {
    let life = match Draw(seed ^ 0xdead).below(4) {
        0 => Duration::from_millis(Draw(seed).below(300)),
        _ => Duration::from_secs(86_400),
    };
    tokio::time::timeout(life, maintain(process, verb, seed)).await.unwrap_or("a verb was killed")
}

impl World {
    async fn new(seed: u64) -> Self {
        let bench = Bench::new().await;
        let columns = vec![(table(), schema())];
        let manifest = bench.open(3).await;
        bench::commit(&manifest, move |state| Intent { tables: columns.clone(), ..Intent::new(bench::author(state)) })
            .await;
        let is_rough = Arc::new(AtomicBool::new(false));
        let mut processes = Vec::new();
        for index in 0..PROCESSES {
            let store = rough(&bench, seed * 1000 + index, &is_rough);
            processes.push(bench.process_in(&store, 10 + index).await);
        }
        is_rough.store(true, Ordering::Relaxed);
        Self {
            bench,
            draw: Draw(seed),
            is_rough,
            processes,
            stream: bench::stream(0, 1),
            seq: 0,
            stamp: 0,
            rows: Answer::new(),
            floor: i64::MIN,
            snapshots: Vec::new(),
            names: 0,
            reached: BTreeSet::new(),
        }
    }

    /// Two verbs of other processes than the first, for what goes on meanwhile.
    fn verbs(&mut self) -> [(u64, u64); 2] {
        [0, 1].map(|_| (self.draw.below(7), self.draw.below(u64::MAX)))
    }

    /// A row of an hour, or of any.
    fn row(&mut self, hour: Option<u64>) -> Row {
        let host = ["a", "b", ""][self.draw.below(3) as usize];
        let hour = hour.unwrap_or_else(|| self.draw.below(6));
        let at = hour as i64 * HOUR_NS + self.draw.below(4) as i64;
        let number = self.stamp as i64;
        match self.draw.below(3) {
            0 => (at, host, Some(number as f64), None),
            1 => (at, host, None, Some(number)),
            _ => (at, host, Some(number as f64), Some(number)),
        }
    }

    async fn step(&mut self) {
        match self.draw.below(14) {
            0..=4 => self.write_at_once().await,
            5 => self.delete().await,
            6 => self.expire().await,
            7 => self.snapshot().await,
            8 => self.restore().await,
            9..=10 => tokio::time::sleep(Duration::from_secs(self.draw.below(5400))).await,
            _ => self.maintain_and_read().await,
        }
    }

    /// Writes one after another, while two processes maintain.
    async fn write_at_once(&mut self) {
        let mut written = Vec::new();
        let hour = (self.draw.below(4) > 0).then(|| self.draw.below(6));
        for _ in 0..=self.draw.below(5) {
            self.stamp += 1;
            let rows: Vec<Row> = (0..=self.draw.below(2)).map(|_| self.row(hour)).collect();
            written.push((self.stamp, rows));
        }
        let [one, two] = self.verbs();
        let writer = self.bench.process(60).await;
        let place = (self.stream, self.seq);
        let (place, a, b) = tokio::join!(
            write(&writer, place, &written),
            maintain_for_a_while(&self.processes[1], one.0, one.1),
            maintain_for_a_while(&self.processes[2], two.0, two.1),
        );
        if place.0 != self.stream {
            self.reached.insert("a writer moved to another generation");
        }
        (self.stream, self.seq) = place;
        self.reached.extend([a, b]);
        for (at, host, v, w) in written.iter().flat_map(|(_, rows)| rows).filter(|row| row.0 >= self.floor) {
            let row = self.rows.entry(((*host).to_owned(), *at)).or_default();
            *row = (v.or(row.0), w.or(row.1));
        }
    }

    /// Does something until it is known to be done, while two processes maintain.
    async fn meanwhile<T>(&mut self, work: impl AsyncFn(&Process) -> Option<T>) -> T {
        let [one, two] = self.verbs();
        let persist = async {
            loop {
                if let Some(done) = work(&self.processes[0]).await {
                    return done;
                }
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let (done, a, b) = tokio::join!(
            persist,
            maintain_for_a_while(&self.processes[1], one.0, one.1),
            maintain_for_a_while(&self.processes[2], two.0, two.1),
        );
        self.reached.extend([a, b]);
        done
    }

    async fn delete(&mut self) {
        let (from, len) = (self.draw.below(6) as i64 * HOUR_NS, self.draw.below(2) as i64 * HOUR_NS + 2);
        let host = ["a", "b", "", "all"][self.draw.below(4) as usize];
        let tag = |host: &str| TagMatch { tag: "host".to_owned(), values: vec![host.to_owned()] };
        let tags = if host == "all" { Vec::new() } else { vec![tag(host)] };
        let request = DeleteRequest { tables: Some(vec![table()]), time: time((from, from + len)), tags };
        self.meanwhile(async |process| {
            let Process { folder, manifest, env, .. } = process;
            passing(delete::delete(folder, manifest, env, env.writer_id(), request.clone()).await)
        })
        .await;
        self.rows.retain(|(of, at), _| !((host == "all" || host == of.as_str()) && (from..=from + len).contains(at)));
        self.reached.insert("rows were deleted");
    }

    async fn expire(&mut self) {
        self.floor = self.floor.max(0) + self.draw.below(30) as i64 * HOUR_NS / 60;
        let floor = self.floor;
        self.meanwhile(async |process| {
            let expirer = Expirer::new(process.env.clone(), process.manifest.clone());
            passing(expirer.expire_to(&table(), TimestampNs::from_ns(floor)).await)
        })
        .await;
        self.rows.retain(|(_, at), _| *at >= floor);
    }

    async fn snapshot(&mut self) {
        self.names += 1;
        let name = format!("s{}", self.names);
        let is_made = self
            .meanwhile(async |process| {
                let Process { folder, manifest, env, .. } = process;
                match snapshot::create(folder, manifest, env, env.writer_id(), &name).await {
                    // An earlier try of unknown outcome.
                    Err(MaintainError::Snapshot(snapshot::SnapshotError::Exists { .. })) => Some(true),
                    Err(MaintainError::Commit(CommitError::Refused(_))) => Some(false),
                    outcome => passing(outcome).map(|_| true),
                }
            })
            .await;
        if is_made {
            self.snapshots.push((name, self.rows.clone()));
        }
    }

    async fn restore(&mut self) {
        let Some((name, rows)) = self.snapshots.pop() else { return };
        self.meanwhile(async |process| {
            let Process { folder, manifest, env, .. } = process;
            passing(snapshot::restore(folder, manifest, env.writer_id(), &name).await)
        })
        .await;
        self.rows = rows;
        let floor = self.floor;
        self.rows.retain(|(_, at), _| *at >= floor);
        self.meanwhile(async |process| match snapshot::drop(&process.manifest, process.env.writer_id(), &name).await {
            Err(MaintainError::Snapshot(snapshot::SnapshotError::Unknown { .. })) => Some(()),
            outcome => passing(outcome),
        })
        .await;
        self.reached.insert("an earlier version was put back");
    }

    /// Everybody maintains, and a reader looks in between.
    async fn maintain_and_read(&mut self) {
        let [one, two] = self.verbs();
        let (bench, rows) = (&self.bench, &self.rows);
        let read = async {
            for _ in 0..4 {
                tokio::time::sleep(Duration::from_millis(60)).await;
                assert_eq!(answer(bench).await, *rows, "in between");
            }
        };
        let (a, b, ()) = tokio::join!(
            maintain_for_a_while(&self.processes[0], one.0, one.1),
            maintain_for_a_while(&self.processes[1], two.0, two.1),
            read,
        );
        self.reached.extend([a, b]);
    }

    /// Lets everything come to rest: nothing is left that nothing needs.
    async fn quiet(&mut self) {
        self.is_rough.store(false, Ordering::Relaxed);
        // What was carried out late has been by then.
        tokio::time::sleep(Duration::from_secs(3 * 3600)).await;
        let process = self.bench.process(70).await;
        process.sealer(seal_options()).finish_all().await.unwrap();
        process.folder.fold().await.unwrap();
        for (name, _) in std::mem::take(&mut self.snapshots) {
            snapshot::drop(&process.manifest, process.env.writer_id(), &name).await.unwrap();
        }
        let Process { store, env, manifest, .. } = &process;
        let compactor = Compactor::new(store.clone(), env.clone(), manifest.clone(), CompactOptions::default());
        assert!(compactor.compact(&|_| {}).await.unwrap().is_done);
        let newest = process.manifest.catch_up().await.unwrap().open_generation().get();
        process.open_generation(newest + 1).await;
        for generation in 0..=newest {
            let state = process.sealer(seal_options()).seal(Generation::new(generation)).await.unwrap();
            assert_eq!(state.generation(Generation::new(generation)), GenerationState::Sealed);
        }
        tokio::time::sleep(Duration::from_secs(3600)).await;
        process.checkpoint_twice().await;
        // The first run condemns and raises the floor, and the second knows of it.
        let options = GcOptions { reader_grace_ms: 0, deleted_fraction_max: 1.0, ..GcOptions::default() };
        for _ in 0..2 {
            process.collector(options.clone()).collect().await.unwrap();
        }
        let (keys, reachable) = (self.bench.keys().await, self.bench.reachable().await);
        assert_eq!(reachable.difference(&keys).next(), None);
        let state = self.bench.open(71).await.state();
        let opened = state.generation_entry(state.open_generation()).opened;
        for key in keys.difference(&reachable) {
            // Every hundredth commit brings one, which took the place of one of the two.
            let checkpoint = process.manifest.layout().parse_checkpoint(key);
            assert!(checkpoint.is_some_and(|(version, _)| version >= opened), "{key}");
        }
        assert!(state.graves.is_empty());
        assert!(state.tables[&table()].tombstones.is_empty(), "every delete is carried out");
        assert!(state.segment_count() <= 8, "{}", state.segment_count());
    }
}

/// Logs rows, one entry after the other, as the write path does: where it ends.
async fn write(process: &Process, place: (StreamId, u64), written: &[(u64, Vec<Row>)]) -> (StreamId, u64) {
    let (mut stream, mut seq) = place;
    for (stamp, rows) in written {
        let batch = Batch { tables: vec![TableRows { table: table(), rows: batch(rows) }] };
        loop {
            let (source, batch) = (Source::Objects(stream), batch.clone());
            let logged = Entry { source, seq: Seq::new(seq), stamp: Stamp::from_ns(*stamp), batch, tokens: Vec::new() };
            let write_id = process.env.write_id();
            let body = entry::encode(&logged, write_id).unwrap();
            let layout = process.manifest.layout();
            tidewell_wal::object::append(&process.store, layout, stream, Seq::new(seq), body, write_id).await.unwrap();
            if is_acknowledged(process, stream, seq).await {
                seq += 1;
                break;
            }
            let generation = process.manifest.state().open_generation();
            (stream, seq) = (StreamId { generation, writer: process.env.writer_id() }, 0);
        }
        process.env.sleep(Duration::from_millis(40)).await;
    }
    (stream, seq)
}

/// Whether an entry counts; finishes what a killed process has left half sealed.
async fn is_acknowledged(process: &Process, stream: StreamId, seq: u64) -> bool {
    loop {
        let asked = tokio::time::timeout(Duration::from_secs(2), process.is_acknowledged(stream, seq)).await;
        match asked {
            Ok(is_acknowledged) => return is_acknowledged,
            Err(_) => passing(process.sealer(seal_options()).finish_all().await).map_or((), drop),
        }
    }
}

/// What a process that has just started finds, in segments and in the log.
async fn answer(bench: &Bench) -> Answer {
    for _ in 0..20 {
        if let Some(answer) = try_answer(bench).await {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("what a reader plans with is always gone");
}

/// `None` where what the reader planned with is gone, or a generation stays half sealed.
async fn try_answer(bench: &Bench) -> Option<Answer> {
    let process = bench.process(900).await;
    let (manifest, buffer) = (&process.manifest, Buffer::new());
    let log = LogStores::single(bench.store.clone());
    let (layout, env, bytes_max) = (manifest.layout(), &process.env, TAIL_BYTES_MAX);
    let tail = tail::Tail { log: &log, layout, buffer: &buffer, env, bytes_max };
    let catch_up = || {
        let manifest = manifest.clone();
        async move { Ok::<_, WalError>(manifest.catch_up().await.unwrap()) }
    };
    let (state, _) = match tail::refresh(&tail, catch_up).await {
        Err(WalError::Restless) => {
            passing(process.sealer(seal_options()).finish_all().await);
            return None;
        }
        refreshed => refreshed.unwrap(),
    };
    let found = &state.tables[&table()];
    let live = match manifest.select(&found.segments, &TimeBounds::ALL).await {
        Err(ManifestError::Collected { .. }) => return None,
        live => live.unwrap(),
    };
    let is_kept = |at: i64| found.time_floor.is_none_or(|floor| at >= floor.as_ns());
    let mut answer = Answer::new();
    let mut put = |(at, host, v, w): (i64, String, Option<f64>, Option<i64>)| {
        let row = answer.entry((host, at)).or_default();
        *row = (v.or(row.0), w.or(row.1));
    };
    for segment in live {
        let entry = &segment.entry;
        bench.store.head(&object(entry)).await.unwrap()?;
        let hides: Vec<_> = found.tombstones.iter().filter(|tombstone| tombstone.concerns(entry)).collect();
        for row in segment_rows(&bench.store, entry).await {
            let is_hidden = hides.iter().any(|tombstone| {
                (tombstone.time.min.as_ns()..=tombstone.time.max.as_ns()).contains(&row.0)
                    && tombstone.tags.iter().all(|tag| tag.values.contains(&row.1))
            });
            if !is_hidden && is_kept(row.0) {
                put(row);
            }
        }
    }
    let unfolded = buffer.unfolded(&*state);
    for table in unfolded.iter().flat_map(|entry| &entry.batch.tables) {
        read_rows(&table.rows).into_iter().filter(|row| is_kept(row.0)).for_each(&mut put);
    }
    Some(answer)
}

#[tokio::test(start_paused = true)]
async fn answers_stay_the_same_whatever_is_done_to_segments_at_once() {
    let mut reached = BTreeSet::new();
    for seed in seeds(SEEDS) {
        let mut world = World::new(seed).await;
        for step in 0..STEPS {
            world.step().await;
            assert_eq!(answer(&world.bench).await, world.rows, "seed {seed}, step {step}");
        }
        world.quiet().await;
        assert_eq!(answer(&world.bench).await, world.rows, "seed {seed}, at rest");
        reached.extend(world.reached);
    }
    reached.remove("");
    assert_eq!(reached.len(), 11, "{reached:?}");
}
