//! Random work of several processes, old and new, with collectors among them: every row and every snapshot is always there.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tidewell_manifest::{CommitError, Intent, Refusal, Restore, Snapshot, State};
use tidewell_storage::{Fault, Store};
use tidewell_types::{GenerationState, StreamId, TimeBounds, Watermarks as _};
use tidewell_wal::WalError;

use super::*;
use crate::bench::{author, commit, table};
use crate::seeds::{Draw, seeds};

const ROUNDS: u64 = 60;
const SEEDS: u64 = 6;

struct Writer {
    stream: StreamId,
    seq: u64,
}

struct World {
    bench: Bench,
    draw: Draw,
    processes: Vec<Process>,
    writers: Vec<Writer>,
    /// Every row that was acknowledged and not taken back by a restore.
    rows: BTreeSet<i64>,
    snapshots: BTreeMap<String, (Snapshot, BTreeSet<i64>)>,
    /// Places in the log that were folded, and a late copy of which must never count.
    folded: Vec<(StreamId, u64)>,
    names: i64,
    reached: BTreeSet<&'static str>,
}

/// `store` where requests take different times, so that what runs at once interleaves.
fn jittery(store: &Store, seed: u64) -> Store {
    let count = AtomicU64::new(seed);
    store.with_faults(move |_| {
        let mut draw = Draw(count.fetch_add(1, Ordering::Relaxed));
        Fault::Delay(Duration::from_millis(draw.below(30)))
    })
}

fn options() -> SealOptions {
    SealOptions { generation_ms: 600_000, seal_after_ms: 1_800_000, ..SealOptions::default() }
}

/// Whether maintenance may end like this while others are at work; whoever runs it calls it again.
fn is_passing(error: &MaintainError) -> bool {
    matches!(
        error,
        MaintainError::Wal(WalError::Restless)
            | MaintainError::Commit(CommitError::Refused(Refusal::GenerationClosed(_)))
    )
}

async fn maintain(process: &Process, verb: u64) {
    match verb {
        0 => {
            if let Err(error) = process.folder.fold().await {
                assert!(is_passing(&error), "{error}");
            }
        }
        1 => {
            if let Err(error) = process.sealer(options()).run().await {
                assert!(is_passing(&error), "{error}");
            }
        }
        2 => {
            let state = process.manifest.state();
            if let Err(error) = process.manifest.checkpoint(&state).await {
                assert!(matches!(error, CommitError::Refused(_)), "{error}");
            }
        }
        _ => {
            let options = GcOptions { reader_grace_ms: 600_000, deleted_fraction_max: 1.0, ..GcOptions::default() };
            let summary = process.collector(options).collect().await.unwrap();
            assert!(summary.failures.is_empty(), "{:?}", summary.failures);
        }
    }
}

/// Logs a row as the write path does, moving on where its generation has ended; how often it moved.
async fn write(process: &Process, writer: &mut Writer, time: i64) -> usize {
    for moves in 0.. {
        process.log_unchecked(writer.stream, writer.seq, &[time]).await.unwrap();
        if process.is_acknowledged(writer.stream, writer.seq).await {
            writer.seq += 1;
            return moves;
        }
        let generation = process.manifest.state().open_generation();
        *writer = Writer { stream: StreamId { generation, writer: process.env.writer_id() }, seq: 0 };
    }
    unreachable!()
}

impl World {
    async fn new(seed: u64) -> Self {
        let bench = Bench::new().await;
        let mut processes = Vec::new();
        for index in 0..3 {
            processes.push(bench.process_in(&jittery(&bench.store, seed * 1000 + index), 10 + index).await);
        }
        let writers = (1..=2).map(|writer| Writer { stream: stream(0, writer), seq: 0 }).collect();
        Self {
            bench,
            draw: Draw(seed),
            processes,
            writers,
            rows: BTreeSet::new(),
            snapshots: BTreeMap::new(),
            folded: Vec::new(),
            names: 0,
            reached: BTreeSet::new(),
        }
    }

    fn next(&mut self) -> i64 {
        self.names += 1;
        self.names
    }

    fn process(&mut self) -> usize {
        self.draw.below(3) as usize
    }

    /// Folds whatever is logged, so that the model knows what a snapshot has.
    async fn settle(&mut self) {
        let process = &self.processes[0];
        process.sealer(options()).finish_all().await.unwrap();
        process.folder.fold().await.unwrap();
        let written = self.writers.iter().filter(|writer| writer.seq > 0);
        self.folded.extend(written.map(|writer| (writer.stream, writer.seq - 1)));
    }

    async fn step(&mut self) {
        match self.draw.below(16) {
            0..=4 => self.work_at_once().await,
            5..=6 => self.maintain_one().await,
            7 => self.rewrite().await,
            8 => self.orphan().await,
            9 => self.fill().await,
            10 => self.thin_out().await,
            11 => self.snapshot().await,
            12 => self.drop_or_restore().await,
            13 => self.late_copy().await,
            _ => {
                let seconds = self.draw.below(1200);
                tokio::time::advance(Duration::from_secs(seconds)).await;
            }
        }
    }

    /// Two writers and two verbs of different processes, all at once.
    async fn work_at_once(&mut self) {
        let (times, verbs) = ([self.next(), self.next()], [self.draw.below(4), self.draw.below(4)]);
        let [one, two, three] = &self.processes[..] else { panic!() };
        let [a, b] = &mut self.writers[..] else { panic!() };
        let (moved_a, moved_b, (), ()) = tokio::join!(
            write(one, a, times[0]),
            write(two, b, times[1]),
            maintain(two, verbs[0]),
            maintain(three, verbs[1])
        );
        self.rows.extend(times);
        if moved_a + moved_b > 0 {
            self.reached.insert("a writer whose generation ended moved on");
        }
    }

    async fn maintain_one(&mut self) {
        let (index, verb) = (self.process(), self.draw.below(4));
        maintain(&self.processes[index], verb).await;
    }

    /// Replaces some segments by one with all their rows.
    async fn rewrite(&mut self) {
        let index = self.process();
        let process = &self.processes[index];
        let state = process.manifest.reload().await.unwrap();
        let Some(segments) = state.tables.get(&table()).map(|table| &table.segments) else { return };
        let mut live = process.manifest.select(segments, &TimeBounds::ALL).await.unwrap();
        live.truncate(4);
        if live.is_empty() {
            return;
        }
        let mut times = Vec::new();
        for segment in &live {
            times.extend(self.bench.read(&segment.entry).await);
        }
        let (added, removes) =
            (process.stage(&times).await, live.iter().map(|live| live.removal()).collect::<Vec<_>>());
        commit(&process.manifest, move |state| Intent {
            adds: vec![added.clone()],
            removes: removes.clone(),
            ..Intent::new(author(state))
        })
        .await;
        self.reached.insert("segments were rewritten");
    }

    async fn orphan(&mut self) {
        let (index, time) = (self.process(), self.next());
        self.processes[index].stage(&[time]).await;
    }

    /// Adds segments, now and then so many that checkpoints make lists of them.
    async fn fill(&mut self) {
        let (index, count) = (self.process(), if self.draw.below(3) == 0 { 520 } else { 20 });
        let from = self.names;
        self.names += count;
        let mut added = Vec::new();
        for time in from..from + count {
            added.push(self.processes[index].stage_filler("filler", time).await);
        }
        self.processes[index].manifest.catch_up().await.unwrap();
        match self.processes[index].try_add(added).await {
            Ok(_) => drop(self.reached.insert("many segments were added")),
            Err(error) => assert!(matches!(error, CommitError::Refused(_)), "{error}"),
        }
    }

    /// Takes out some of the segments that were added by the hundred.
    async fn thin_out(&mut self) {
        let (index, skip) = (self.process(), self.draw.below(50) as usize);
        let process = &self.processes[index];
        let state = process.manifest.reload().await.unwrap();
        let mut ids = Vec::new();
        let is_filler = |table: &tidewell_types::TableName| table.as_str() == "filler";
        let visit = |table: &_, entry: &std::sync::Arc<tidewell_manifest::SegmentEntry>| {
            if is_filler(table) {
                ids.push(entry.id);
            }
        };
        process.manifest.visit_segments(&state, visit).await.unwrap();
        let ids: Vec<_> = ids.into_iter().skip(skip).step_by(3).collect();
        if !ids.is_empty() {
            process.remove(&ids).await;
        }
    }

    async fn snapshot(&mut self) {
        self.settle().await;
        let (index, name) = (self.process(), format!("at {}", self.next()));
        if let Some(snapshot) = self.processes[index].snapshot(&name).await {
            self.snapshots.insert(name, (snapshot, self.rows.clone()));
        }
    }

    async fn drop_or_restore(&mut self) {
        let Some(name) = self.snapshots.keys().next().cloned() else { return };
        let (index, is_drop) = (self.process(), self.draw.below(2) == 0);
        self.settle().await;
        let process = &self.processes[index];
        if is_drop {
            self.snapshots.remove(&name);
            process.drop_snapshot(&name).await;
            return;
        }
        let (snapshot, rows) = self.snapshots[&name].clone();
        let earlier = process.manifest.open_checkpoint(snapshot.checkpoint).await.unwrap();
        commit(&process.manifest, move |state| {
            let restore = Some(Restore::of(&earlier));
            Intent { restore, ..Intent::new(author(state)) }
        })
        .await;
        self.rows = rows;
        self.reached.insert("an earlier version was put back");
    }

    /// A PUT of a log entry that was folded long ago is carried out once more.
    async fn late_copy(&mut self) {
        if self.folded.is_empty() {
            return;
        }
        let place = self.draw.below(self.folded.len() as u64) as usize;
        let ((stream, seq), time) = (self.folded[place], self.next());
        // Where the object still is, the store keeps that one.
        if self.processes[0].log_unchecked(stream, seq, &[time]).await.is_ok() {
            self.reached.insert("a late copy of a folded entry appeared");
        }
    }

    async fn check(&mut self, what: &str) {
        let rows = self.bench.rows().await;
        assert_eq!(rows, self.rows.iter().copied().collect::<Vec<_>>(), "{what}");
        let manifest = self.bench.open(800).await;
        for (snapshot, expected) in self.snapshots.values() {
            let state = manifest.open_checkpoint(snapshot.checkpoint).await.unwrap();
            let rows = self.bench.segment_rows(&manifest, &state).await;
            assert_eq!(rows, expected.iter().copied().collect::<Vec<_>>(), "{what}: {}", snapshot.name);
        }
        self.note(&manifest.state());
    }

    fn note(&mut self, state: &State) {
        if state.generation(Generation::new(3)) == GenerationState::Sealed {
            self.reached.insert("generations were sealed");
        }
        if state.lists().next().is_some() {
            self.reached.insert("segments were in lists");
        }
        if state.condemned_to > state.restored {
            self.reached.insert("removed segments were condemned");
        }
    }

    /// Lets everything come to rest: nothing is left that nothing needs.
    async fn quiet(&mut self) {
        self.settle().await;
        tokio::time::advance(HOUR).await;
        let process = &self.bench.process(70).await;
        let newest = process.manifest.catch_up().await.unwrap().open_generation().get();
        process.open_generation(newest + 1).await;
        for generation in 0..=newest {
            process.sealer(options()).seal(Generation::new(generation)).await.unwrap();
        }
        process.checkpoint_twice().await;
        // The first run condemns and raises the floor, and the second knows of it.
        for _ in 0..2 {
            maintain(process, 3).await;
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
        assert!(state.graves.is_empty() || !self.snapshots.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn everything_that_counts_survives_random_work_and_nothing_else_does() {
    let mut reached = BTreeSet::new();
    for seed in seeds(SEEDS) {
        let mut world = World::new(seed).await;
        for round in 0..ROUNDS {
            world.step().await;
            // What is gone stays gone, so looking now and then finds it.
            if round % 8 == 7 {
                world.check(&format!("seed {seed}, round {round}")).await;
            }
        }
        world.quiet().await;
        world.check(&format!("seed {seed}, at rest")).await;
        reached.extend(world.reached);
    }
    assert_eq!(reached.len(), 8, "{reached:?}");
}
