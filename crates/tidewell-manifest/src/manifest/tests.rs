//! The whole against a plain list: whatever is committed, put back, checkpointed and collected, and by whichever process.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use proptest::prelude::*;
use proptest::sample::Index;
use tidewell_types::{
    Generation, GenerationState, SegmentId, TableName, TimeBounds, TimestampNs, TokenId, Watermarks as _, WriteId,
};

use super::*;
use crate::sample::{change, memory, open_small, second, settle, table};
use crate::segments::{SegmentTotals, Segments};
use crate::{
    Author, CheckpointRef, CommitError, Intent, LiveSegment, Refusal, Restore, SegmentEntry, Snapshot, TagMatch,
    Tombstone,
};

const HANDLES: usize = 3;
const TABLES: [&str; 2] = ["level", "wind"];

/// What a process does next.
#[derive(Clone, Debug)]
enum Step {
    /// Adds segments to a table, each in its second.
    Add(usize, Vec<u8>),
    /// Adds a segment anew that was added before.
    AddAgain(Index),
    /// Removes segments that it saw, as of the state that it has, however old that is.
    Remove(Vec<Index>),
    /// Puts one segment in the place of some.
    Rewrite(Vec<Index>, u8),
    Delete(usize, u8),
    Lift(usize),
    Floor(usize, i8),
    Token(u8),
    /// Writes a checkpoint and commits that it counts.
    Checkpoint,
    /// Writes a checkpoint, for later.
    Stage,
    /// Commits that what was staged counts.
    Register,
    /// Names what was staged, or the newest checkpoint that counts.
    Snapshot(bool),
    Drop(Index),
    Restore(Index),
    CondemnAndBury,
    /// Moves a generation on: a new one is opened, the one before is sealed.
    Turn,
    /// Collects lists, checkpoints and records by the state that it has, however old that is.
    Collect,
    CatchUp,
    Reload,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<(usize, Step)>> {
    let picks = || proptest::collection::vec(any::<Index>(), 1..6);
    let step = prop_oneof![
        6 => (0..2usize, proptest::collection::vec(any::<u8>(), 1..12)).prop_map(|(table, at)| Step::Add(table, at)),
        1 => any::<Index>().prop_map(Step::AddAgain),
        4 => picks().prop_map(Step::Remove),
        2 => (picks(), any::<u8>()).prop_map(|(picks, at)| Step::Rewrite(picks, at)),
        1 => (0..2usize, any::<u8>()).prop_map(|(table, at)| Step::Delete(table, at)),
        1 => (0..2usize).prop_map(Step::Lift),
        1 => (0..2usize, any::<i8>()).prop_map(|(table, at)| Step::Floor(table, at)),
        1 => (0..6u8).prop_map(Step::Token),
        6 => Just(Step::Checkpoint),
        3 => Just(Step::Stage),
        3 => Just(Step::Register),
        3 => any::<bool>().prop_map(Step::Snapshot),
        2 => any::<Index>().prop_map(Step::Drop),
        2 => any::<Index>().prop_map(Step::Restore),
        1 => Just(Step::CondemnAndBury),
        4 => Just(Step::Turn),
        5 => Just(Step::Collect),
        2 => Just(Step::CatchUp),
        1 => Just(Step::Reload),
        1 => Just(Step::Reopen),
    ];
    proptest::collection::vec((0..HANDLES, step), 1..80)
}

/// What should be there as of one version, found the plain way.
#[derive(Clone, Debug, Default, PartialEq)]
struct Naive {
    live: BTreeMap<SegmentId, SegmentEntry>,
    tombstones: Vec<(TableName, Tombstone)>,
    floors: BTreeMap<TableName, TimestampNs>,
    tokens: BTreeMap<TokenId, Version>,
}

impl Naive {
    fn totals(&self) -> SegmentTotals {
        let mut totals = SegmentTotals::default();
        self.live.values().for_each(|entry| totals.add(entry));
        totals
    }

    fn digest(&self) -> u128 {
        self.live.values().fold(0, |sum, entry| sum.wrapping_add(entry.share()))
    }

    fn within(&self, table: &TableName, within: &TimeBounds) -> Vec<SegmentEntry> {
        let live = self.live.values().filter(|entry| entry.table == *table && entry.time.overlaps(within));
        let mut live: Vec<SegmentEntry> = live.cloned().collect();
        live.sort_by_key(|entry| (entry.rank, entry.added, entry.time.min, entry.id));
        live
    }
}

struct World {
    store: Store,
    handles: Vec<Manifest>,
    staged: Vec<Option<(CheckpointRef, Generation)>>,
    now: Naive,
    /// What was there as of each version, and its record.
    history: BTreeMap<Version, (Naive, Bytes)>,
    snapshots: BTreeMap<String, Version>,
    added: Vec<SegmentEntry>,
    opened: u64,
    /// The commits that opened a generation and sealed those before the one that was open until then.
    turns: Vec<Version>,
}

impl World {
    async fn new() -> Self {
        let store = memory();
        let mut handles = Vec::new();
        for seed in 0..HANDLES {
            handles.push(open_small(&store, seed as u64).await);
        }
        Self {
            store,
            handles,
            staged: vec![None; HANDLES],
            now: Naive::default(),
            history: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            added: Vec::new(),
            opened: HANDLES as u64,
            turns: Vec::new(),
        }
    }

    /// Commits as whoever looks at the newest generation.
    async fn commit(&self, by: usize, change: impl Fn(&mut Intent)) -> Result<Arc<State>, CommitError> {
        let writer = self.handles[by].inner.env.writer_id();
        let generation = self.handles[by].catch_up().await.unwrap().open_generation();
        let mut intent = Intent::new(Author { generation, writer });
        change(&mut intent);
        self.handles[by].commit(move |_| Ok(Some(intent.clone()))).await
    }

    fn segment(&mut self, table: &TableName, at: u8) -> SegmentEntry {
        let number = 1000 * u64::from(at) + self.added.len() as u64;
        let entry = second(u64::from(at));
        let id = crate::sample::segment(number).id;
        let entry = SegmentEntry { id, object: format!("far/{number}"), table: table.clone(), ..entry };
        self.added.push(entry.clone());
        entry
    }

    /// What a commit made of segments that it added.
    fn take(&mut self, version: Version, adds: &[SegmentEntry]) {
        for add in adds {
            let rank = if add.rank == Version::ZERO { version } else { add.rank };
            self.now.live.insert(add.id, SegmentEntry { added: version, rank, ..add.clone() });
        }
    }

    /// Segments among those that a process sees, in whatever state it is; none where its lists are collected.
    async fn plan(&self, by: usize, picks: &[Index]) -> Vec<LiveSegment> {
        let (manifest, mut seen) = (&self.handles[by], Vec::new());
        for table in manifest.state().tables.values() {
            match manifest.select(&table.segments, &TimeBounds::ALL).await {
                Ok(live) => seen.extend(live),
                Err(ManifestError::Collected { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        if seen.is_empty() {
            return Vec::new();
        }
        let picked: BTreeSet<usize> = picks.iter().map(|pick| pick.index(seen.len())).collect();
        picked.into_iter().map(|at| seen[at].clone()).collect()
    }

    async fn run(&mut self, by: usize, step: &Step) {
        match step {
            Step::Add(to, starts) => {
                let name = table(TABLES[*to]);
                let adds: Vec<_> = starts.iter().map(|at| self.segment(&name, *at)).collect();
                let state = self.commit(by, |intent| intent.adds.clone_from(&adds)).await.unwrap();
                self.take(state.version, &adds);
            }
            Step::AddAgain(pick) => self.add_again(by, pick).await,
            Step::Remove(picks) => self.rewrite(by, picks, None).await,
            Step::Rewrite(picks, at) => self.rewrite(by, picks, Some(*at)).await,
            Step::Delete(..) | Step::Lift(_) | Step::Floor(..) | Step::Token(_) => self.limit(by, step).await,
            Step::Checkpoint | Step::Stage | Step::Register => self.checkpoint(by, step).await,
            Step::Snapshot(is_staged) => self.snapshot(by, *is_staged).await,
            Step::Drop(pick) => {
                let Some(name) = self.pick_snapshot(pick) else { return };
                self.commit(by, |intent| intent.snapshot_drops.push(name.clone())).await.unwrap();
                self.snapshots.remove(&name);
            }
            Step::Restore(pick) => self.restore(by, pick).await,
            Step::CondemnAndBury => self.bury(by).await,
            Step::Turn => self.turn(by).await,
            Step::Collect => self.collect(by).await,
            Step::CatchUp => drop(self.handles[by].catch_up().await.unwrap()),
            Step::Reload => drop(self.handles[by].reload().await.unwrap()),
            Step::Reopen => {
                self.opened += 1;
                self.handles[by] = open_small(&self.store, self.opened).await;
                self.staged[by] = None;
            }
        }
    }

    async fn add_again(&mut self, by: usize, pick: &Index) {
        if self.added.is_empty() {
            return;
        }
        let add = pick.get(&self.added).clone();
        let is_live = self.now.live.contains_key(&add.id);
        let is_leaving = self.handles[by].catch_up().await.unwrap().graves.contains_key(&add.id);
        // One that is neither was forgotten on purpose: a retry comes within the time that graves are kept.
        if is_live || is_leaving {
            let outcome = self.commit(by, |intent| intent.adds.push(add.clone())).await;
            assert!(matches!(outcome, Err(CommitError::Refused(Refusal::SegmentTwice(_)))), "{outcome:?}");
        }
    }

    async fn rewrite(&mut self, by: usize, picks: &[Index], into: Option<u8>) {
        let picked = self.plan(by, picks).await;
        let Some(first) = picked.first().map(|segment| segment.entry.clone()) else { return };
        let picked: Vec<_> = picked.into_iter().filter(|segment| segment.entry.table == first.table).collect();
        let rank = picked.iter().map(|segment| segment.entry.rank).max().unwrap();
        let adds: Vec<_> = into.map(|at| SegmentEntry { rank, ..self.segment(&first.table, at) }).into_iter().collect();
        let are_live = picked.iter().all(|segment| self.now.live.get(&segment.entry.id) == Some(&*segment.entry));
        let outcome = self.commit(by, |intent| {
            intent.removes = picked.iter().map(LiveSegment::removal).collect();
            intent.adds.clone_from(&adds);
        });
        match outcome.await {
            Ok(state) => {
                assert!(are_live);
                picked.iter().for_each(|segment| drop(self.now.live.remove(&segment.entry.id)));
                self.take(state.version, &adds);
            }
            Err(CommitError::Refused(Refusal::SegmentGone(_))) => assert!(!are_live),
            Err(error) => panic!("{error}"),
        }
    }

    async fn limit(&mut self, by: usize, step: &Step) {
        match step {
            Step::Delete(of, at) => {
                let tags = vec![TagMatch { tag: "site".into(), values: vec!["Brest".into()] }];
                let id = self.handles[by].inner.env.write_id();
                let mut tombstone = Tombstone { id, time: second(u64::from(*at)).time, tags, version: Version::ZERO };
                let name = table(TABLES[*of]);
                let outcome = self.commit(by, |intent| intent.tombstones.push((name.clone(), tombstone.clone())));
                tombstone.version = outcome.await.unwrap().version;
                self.now.tombstones.push((name, tombstone));
            }
            Step::Lift(of) => {
                let name = table(TABLES[*of]);
                let Some(at) = self.now.tombstones.iter().position(|(table, _)| *table == name) else { return };
                let (_, lifted) = self.now.tombstones.remove(at);
                self.commit(by, |intent| intent.lifts.push((name.clone(), lifted.id))).await.unwrap();
            }
            Step::Floor(of, at) => {
                let (name, floor) = (table(TABLES[*of]), TimestampNs::from_ns(i64::from(*at)));
                self.commit(by, |intent| intent.time_floors.push((name.clone(), floor))).await.unwrap();
                let set = self.now.floors.entry(name).or_insert(floor);
                *set = floor.max(*set);
            }
            Step::Token(byte) => {
                let token = TokenId::from_bytes([*byte; 16]);
                let outcome = self.commit(by, |intent| intent.tokens.push(token)).await;
                match outcome {
                    Ok(state) => assert_eq!(self.now.tokens.insert(token, state.version), None),
                    Err(CommitError::Refused(Refusal::TokenTaken(_))) => assert!(self.now.tokens.contains_key(&token)),
                    Err(error) => panic!("{error}"),
                }
            }
            _ => unreachable!(),
        }
    }

    async fn checkpoint(&mut self, by: usize, step: &Step) {
        let state = self.handles[by].state();
        match step {
            Step::Stage => match self.handles[by].write_checkpoint(&state).await {
                Ok(checkpoint) => self.staged[by] = Some((checkpoint, state.open_generation())),
                Err(error) => assert!(matches!(error, ManifestError::Collected { .. }), "{error}"),
            },
            Step::Checkpoint => match self.handles[by].checkpoint(&state).await {
                Ok(_) | Err(CommitError::Manifest(ManifestError::Collected { .. })) => {}
                Err(error) => assert!(is_stale(&error), "{error}"),
            },
            _ => {
                let Some((checkpoint, generation)) = self.staged[by].take() else { return };
                let outcome = self.commit(by, |intent| {
                    intent.author.generation = generation;
                    intent.checkpoint = Some(checkpoint);
                });
                if let Err(error) = outcome.await {
                    assert!(is_stale(&error), "{error}");
                }
            }
        }
    }

    fn pick_snapshot(&self, pick: &Index) -> Option<String> {
        let names: Vec<&String> = self.snapshots.keys().collect();
        (!names.is_empty()).then(|| (*pick.get(&names)).clone())
    }

    async fn snapshot(&mut self, by: usize, is_staged: bool) {
        let newest = self.handles[by].catch_up().await.unwrap().checkpoints.last().copied();
        let staged = self.staged[by].take().map(|(checkpoint, _)| checkpoint);
        let Some(checkpoint) = (if is_staged { staged } else { newest }) else { return };
        let name = format!("{}", self.history.len());
        let created_at = TimestampNs::from_ns(0);
        let snapshot = Snapshot { name: name.clone(), checkpoint, created_at };
        match self.commit(by, |intent| intent.snapshots.push(snapshot.clone())).await {
            Ok(_) => drop(self.snapshots.insert(name, checkpoint.version)),
            Err(CommitError::Refused(Refusal::SnapshotTooOld(_))) => {}
            Err(error) => assert!(is_staged && is_stale(&error), "{error}"),
        }
    }

    async fn restore(&mut self, by: usize, pick: &Index) {
        let Some(name) = self.pick_snapshot(pick) else { return };
        let manifest = &self.handles[by];
        let checkpoint = manifest.catch_up().await.unwrap().snapshots[&name].checkpoint;
        let restore = Restore::of(&manifest.open_checkpoint(checkpoint).await.unwrap());
        self.commit(by, |intent| intent.restore = Some(restore.clone())).await.unwrap();
        let then = match self.history.get(&checkpoint.version) {
            Some((then, _)) => then.clone(),
            None => Naive::default(),
        };
        self.now = Naive { floors: self.now.floors.clone(), tokens: self.now.tokens.clone(), ..then };
    }

    async fn bury(&mut self, by: usize) {
        let state = self.handles[by].catch_up().await.unwrap();
        let needed = |grave: &crate::Grave| self.snapshots.values().any(|version| grave.is_needed_by(*version));
        for (id, grave) in state.graves.iter() {
            let outcome = self.commit(by, |intent| intent.condemns.push(*id)).await;
            let is_refused = matches!(outcome, Err(CommitError::Refused(Refusal::SnapshotNeeds { .. })));
            assert_eq!((is_refused, outcome.is_ok()), (needed(grave), !needed(grave)));
        }
        let state = self.handles[by].catch_up().await.unwrap();
        let condemned: Vec<_> =
            state.graves.values().filter(|grave| grave.is_condemned).map(|grave| grave.id).collect();
        self.commit(by, |intent| intent.burials.clone_from(&condemned)).await.unwrap();
    }

    async fn turn(&mut self, by: usize) {
        let state = self.handles[by].catch_up().await.unwrap();
        let open = state.open_generation().get();
        let is_open = |generation: &Generation| state.generation(*generation) != GenerationState::Sealed;
        let older: Vec<Generation> = (0..open).map(Generation::new).filter(is_open).collect();
        let mut changes = vec![change(open + 1, GenerationState::Open, None)];
        changes.extend(older.iter().map(|generation| change(generation.get(), GenerationState::Sealed, None)));
        let state = self.commit(by, |intent| intent.generations.clone_from(&changes)).await.unwrap();
        self.turns.push(state.version);
        if let [.., opened, _, _] = self.turns[..] {
            self.now.tokens.retain(|_, folded| *folded >= opened);
        }
    }

    /// What a collector does by the state that it has: only what nothing can need any more as of that.
    async fn collect(&mut self, by: usize) {
        let (manifest, store) = (&self.handles[by], &self.store);
        let state = manifest.state();
        let mut kept: BTreeSet<WriteId> = lists(&state);
        for checkpoint in state.checkpoints.iter().chain(state.snapshots.values().map(|kept| &kept.checkpoint)) {
            match manifest.open_checkpoint(*checkpoint).await {
                Ok(state) => kept.extend(lists(&state)),
                // Another collector is further on.
                Err(ManifestError::Collected { .. }) => return,
                Err(error) => panic!("{error}"),
            }
        }
        let (layout, mut gone) = (manifest.layout(), Vec::new());
        for object in store.list(&layout.leaf_prefix()).await.unwrap() {
            let (generation, id) = layout.parse_leaf(&object.key).unwrap();
            if state.generation(generation) == GenerationState::Sealed && !kept.contains(&id) {
                gone.push(layout.leaf(generation, id));
            }
        }
        let Some(oldest) = state.checkpoints.first().copied() else { return };
        for object in store.list(&layout.checkpoint_prefix()).await.unwrap() {
            let (version, write_id) = layout.parse_checkpoint(&object.key).unwrap();
            let checkpoint = CheckpointRef { version, write_id };
            if checkpoint < oldest && !state.keeps(&checkpoint) {
                gone.push(layout.checkpoint(version, write_id));
            }
        }
        let floor = manifest.raise_floor(oldest.version).await.unwrap();
        gone.extend((1..=floor.get()).map(|version| layout.log(Version::new(version))));
        store.delete(&gone).await.unwrap();
    }

    /// Takes down the records that came, those of the background included.
    async fn record(&mut self) {
        settle().await;
        loop {
            let next = Version::new(self.history.len() as u64 + 1);
            let Some(bytes) = self.store.get(&self.handles[0].layout().log(next)).await.unwrap() else { return };
            self.history.insert(next, (self.now.clone(), bytes));
        }
    }

    /// Whether a state says what it should as of its version.
    async fn check(&self, manifest: &Manifest, state: &State, then: &Naive) {
        assert_eq!((state.totals(), state.segments_digest), (then.totals(), then.digest()));
        assert_eq!(*state.tokens, then.tokens);
        for name in TABLES.map(table) {
            let empty = crate::TableState::default();
            let found = state.tables.get(&name).unwrap_or(&empty);
            let day =
                TimeBounds { min: TimestampNs::from_ns(40_500_000_000), max: TimestampNs::from_ns(90_000_000_000) };
            for within in [TimeBounds::ALL, day] {
                let live = manifest.select(&found.segments, &within).await.unwrap();
                let live: Vec<_> = live.iter().map(|segment| (*segment.entry).clone()).collect();
                assert_eq!(live, then.within(&name, &within));
            }
            let tombstones = then.tombstones.iter().filter(|(table, _)| *table == name);
            assert_eq!(*found.tombstones, tombstones.map(|(_, tombstone)| tombstone.clone()).collect::<Vec<_>>());
            assert_eq!(found.time_floor, then.floors.get(&name).copied());
            assert!(found.segments.leaves().iter().all(|leaf| leaf.segment_count <= 8));
        }
    }

    /// Every process at the head, and every snapshot, as they should be.
    async fn check_all(&self) {
        let head = self.handles[0].catch_up().await.unwrap();
        for manifest in &self.handles {
            let state = manifest.catch_up().await.unwrap();
            assert_eq!(outline(&state), outline(&head));
            self.check(manifest, &state, &self.now).await;
        }
        for snapshot in head.snapshots.values() {
            let version = snapshot.checkpoint.version;
            assert_eq!(self.snapshots.get(&snapshot.name), Some(&version));
            let state = self.handles[0].open_checkpoint(snapshot.checkpoint).await.unwrap();
            let empty = Naive::default();
            let then = self.history.get(&version).map_or(&empty, |(then, _)| then);
            let then = Naive { floors: floors(&state), ..then.clone() };
            self.check(&self.handles[0], &state, &then).await;
        }
        assert_eq!(head.snapshots.len(), self.snapshots.len());
    }

    /// The records from any checkpoint on, and from the first, lead to the same state.
    async fn check_replays(&self) {
        let manifest = &self.handles[0];
        let head = manifest.state();
        let mut starts = vec![State::default()];
        for object in self.store.list(&manifest.layout().checkpoint_prefix()).await.unwrap() {
            let (version, write_id) = manifest.layout().parse_checkpoint(&object.key).unwrap();
            starts.push(manifest.open_checkpoint(CheckpointRef { version, write_id }).await.unwrap());
        }
        for mut state in starts {
            for (version, (_, bytes)) in self.history.range(Version::new(state.version.get() + 1)..) {
                state = manifest.step(state, *version, bytes).unwrap();
            }
            assert_eq!(outline(&state), outline(&head));
        }
    }
}

fn is_stale(error: &CommitError) -> bool {
    matches!(
        error,
        CommitError::Refused(
            Refusal::CheckpointStale(_)
                | Refusal::GenerationClosed(_)
                | Refusal::OtherGeneration(_)
                | Refusal::SnapshotTooOld(_)
        )
    )
}

fn lists(state: &State) -> BTreeSet<WriteId> {
    state.tables.values().flat_map(|table| table.segments.leaves()).map(|leaf| leaf.id).collect()
}

fn floors(state: &State) -> BTreeMap<TableName, TimestampNs> {
    state.tables.iter().filter_map(|(name, table)| Some((name.clone(), table.time_floor?))).collect()
}

/// A state without saying which of its segments are in which list.
fn outline(state: &State) -> State {
    let mut outline = state.clone();
    for table in outline.tables.values_mut() {
        table.segments = Segments { totals: table.segments.totals, ..Segments::default() };
    }
    outline
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn database_is_what_a_plain_list_says_whatever_happens(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut world = World::new().await;
            for (by, step) in &steps {
                world.run(*by, step).await;
                world.record().await;
                let head = world.handles[*by].state();
                if matches!(step, Step::Collect | Step::Restore(_) | Step::Register | Step::Snapshot(_)) {
                    world.check_all().await;
                } else if head.version.get() == world.history.len() as u64 {
                    world.check(&world.handles[*by], &head, &world.now).await;
                }
            }
            world.check_all().await;
            world.check_replays().await;
        });
    }
}
