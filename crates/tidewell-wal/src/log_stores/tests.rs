//! The quorum log: what was acknowledged is seen with any minority of the replicas down, slow or wiped, and nothing is shown
//! that could be taken back.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_buffer::{Buffer, Entry};
use tidewell_env::Clock;
use tidewell_storage::{DatabaseLayout, Fault, StoreOptions, StoreUrl};
use tidewell_types::{
    Batch, DatabaseName, Generation, GenerationState, Seq, Source, Stamp, StreamId, TimestampNs, TokenId, Watermarks,
    WriterId,
};

use super::*;
use crate::entry;
use crate::tail::{Tail, refresh, refresh_session};

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

fn env() -> Env {
    Env::seeded(1, Arc::new(RuntimeClock(tokio::time::Instant::now())))
}

fn memory() -> Store {
    Store::open(&StoreUrl::Memory, env(), &StoreOptions::default()).unwrap()
}

#[derive(Clone, Debug, Default)]
struct View {
    applied: u64,
    generation: Option<GenerationState>,
}

impl Watermarks for View {
    fn applied(&self, _: &Source) -> Seq {
        Seq::new(self.applied)
    }

    fn generation(&self, _: Generation) -> GenerationState {
        self.generation.unwrap_or(GenerationState::Open)
    }

    fn has_token(&self, _: &TokenId) -> bool {
        false
    }
}

/// A store, and what becomes of every request that comes through the network.
struct Machine {
    disk: Store,
    fault: Arc<Mutex<Fault>>,
    network: Store,
}

impl Machine {
    fn new() -> Self {
        let (disk, fault) = (memory(), Arc::new(Mutex::new(Fault::Pass)));
        let script = Arc::clone(&fault);
        let network = disk.with_faults(move |_| *script.lock());
        Self { disk, fault, network }
    }

    fn set(&self, fault: Fault) {
        *self.fault.lock() = fault;
    }
}

/// A main store and replicas.
struct Cluster {
    main: Machine,
    replicas: Vec<Machine>,
    log: LogStores,
    layout: DatabaseLayout,
    env: Env,
}

fn stream(writer: u8) -> StreamId {
    StreamId { generation: Generation::ZERO, writer: WriterId::from_bytes([writer; 16]) }
}

fn write_id(byte: u8) -> WriteId {
    WriteId::from_bytes([byte; 16])
}

fn encoded(writer: u8, seq: u64, write: u8) -> Bytes {
    let (source, stamp) = (Source::Objects(stream(writer)), Stamp::from_ns(100 + seq));
    let entry = Entry { source, seq: Seq::new(seq), stamp, batch: Batch::default(), tokens: Vec::new() };
    entry::encode(&entry, write_id(write)).unwrap()
}

impl Cluster {
    fn new(replicas: usize) -> Self {
        let main = Machine::new();
        let replicas: Vec<Machine> = (0..replicas).map(|_| Machine::new()).collect();
        let stores = replicas.iter().map(|replica| replica.network.clone()).collect();
        let log = LogStores::with_replicas(main.network.clone(), stores);
        let layout = DatabaseLayout::new(&DatabaseName::new("d").unwrap());
        Self { main, replicas, log, layout, env: env() }
    }

    async fn append(&self, writer: u8, seq: u64) -> Result<(), WalError> {
        self.append_as(writer, seq, 1).await
    }

    async fn append_as(&self, writer: u8, seq: u64, write: u8) -> Result<(), WalError> {
        let body = encoded(writer, seq, write);
        self.log.append(&self.env, &self.name(writer, seq), body, write_id(write), LogTarget::Replicas).await
    }

    async fn append_to_main(&self, writer: u8, seq: u64) {
        let body = encoded(writer, seq, 1);
        self.log.append(&self.env, &self.name(writer, seq), body, write_id(1), LogTarget::Main).await.unwrap();
    }

    fn name(&self, writer: u8, seq: u64) -> ObjectName {
        self.layout.wal(stream(writer), Seq::new(seq))
    }

    /// Puts an entry on one replica, as a writer that died then left it.
    async fn leave_on(&self, replica: usize, writer: u8, seq: u64, write: u8) {
        self.replicas[replica].disk.put(&self.name(writer, seq), encoded(writer, seq, write)).await.unwrap();
    }

    async fn wipe(&self, replica: usize) {
        let disk = &self.replicas[replica].disk;
        let all = disk.list(&self.layout.wal_prefix()).await.unwrap();
        let names: Vec<_> = all.iter().map(|object| ObjectName::foreign(&object.key).unwrap()).collect();
        disk.delete(&names).await.unwrap();
    }

    /// On which replicas an entry is.
    async fn holders(&self, writer: u8, seq: u64) -> Vec<usize> {
        let mut holders = Vec::new();
        for (index, replica) in self.replicas.iter().enumerate() {
            if replica.disk.get(&self.name(writer, seq)).await.unwrap().is_some() {
                holders.push(index);
            }
        }
        holders
    }

    /// What a process that starts now sees.
    async fn seen(&self) -> Result<Vec<(u8, u64)>, WalError> {
        self.seen_at(View::default).await
    }

    async fn seen_at(&self, view: impl Fn() -> View) -> Result<Vec<(u8, u64)>, WalError> {
        let buffer = Buffer::new();
        let catch_up = || async { Ok::<_, WalError>(Arc::new(view())) };
        let (view, _) = refresh(&self.tail(&buffer), catch_up).await?;
        let place = |entry: &Arc<Entry>| match entry.source {
            Source::Objects(stream) => (stream.writer.as_bytes()[0], entry.seq.get()),
            other => panic!("{other:?}"),
        };
        Ok(buffer.unfolded(&*view).iter().map(place).collect())
    }

    async fn session(&self, writer: u8, seq: u64) -> Result<bool, WalError> {
        let source = Source::Objects(stream(writer));
        refresh_session(&self.tail(&Buffer::new()), &View::default(), source, Seq::new(seq)).await
    }

    fn tail<'a>(&'a self, buffer: &'a Buffer) -> Tail<'a> {
        Tail { log: &self.log, layout: &self.layout, buffer, env: &self.env, bytes_max: 1 << 20 }
    }
}

const DOWN: [Fault; 3] = [Fault::FailBefore, Fault::Hang, Fault::Denied];

#[tokio::test(start_paused = true)]
async fn entry_acknowledged_with_one_of_three_down_is_seen_with_any_one_down_afterwards() {
    for fault in DOWN {
        for down in 0..3 {
            for down_later in 0..3 {
                let cluster = Cluster::new(3);
                cluster.replicas[down].set(fault);
                let started = tokio::time::Instant::now();
                cluster.append(1, 0).await.unwrap();
                cluster.append(1, 1).await.unwrap();
                assert!(started.elapsed() < Duration::from_millis(10), "{fault:?}");
                cluster.replicas[down].set(Fault::Pass);
                cluster.replicas[down_later].set(fault);
                let case = format!("{fault:?} {down} {down_later}");
                assert_eq!(cluster.seen().await.unwrap(), [(1, 0), (1, 1)], "{case}");
                assert!(cluster.session(1, 1).await.unwrap(), "{case}");
                // Whatever was shown stays: the next reader may miss any other one.
                for down_last in 0..3 {
                    cluster.replicas[down_later].set(Fault::Pass);
                    cluster.replicas[down_last].set(fault);
                    assert_eq!(cluster.seen().await.unwrap(), [(1, 0), (1, 1)], "{case} {down_last}");
                    cluster.replicas[down_last].set(Fault::Pass);
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn entry_reaches_a_slow_replica_after_it_is_acknowledged() {
    let cluster = Cluster::new(3);
    cluster.replicas[1].set(Fault::Delay(Duration::from_secs(5)));
    cluster.append(1, 0).await.unwrap();
    assert_eq!(cluster.holders(1, 0).await, [0, 2]);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(cluster.holders(1, 0).await, [0, 1, 2]);
    assert!(cluster.main.disk.list(&cluster.layout.wal_prefix()).await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn append_whose_answers_are_lost_is_settled_as_ours() {
    let cluster = Cluster::new(3);
    let first_lost = |machine: &Machine| {
        machine.disk.with_faults(|attempted| match (attempted.operation, attempted.attempt) {
            (Operation::Create, 1) => Fault::ApplyThenLose,
            _ => Fault::Pass,
        })
    };
    let lossy = cluster.replicas.iter().map(first_lost).collect();
    let log = LogStores::with_replicas(cluster.main.disk.clone(), lossy);
    let cluster = Cluster { log, ..cluster };
    cluster.append(1, 0).await.unwrap();
    assert_eq!(cluster.seen().await.unwrap(), [(1, 0)]);
}

#[tokio::test(start_paused = true)]
async fn append_without_a_majority_is_unknown_unless_nothing_can_have_happened() {
    for (faults, is_unknown) in [
        ([Fault::Denied, Fault::Denied, Fault::Denied], false),
        ([Fault::Denied, Fault::Denied, Fault::Pass], true),
        ([Fault::Denied, Fault::Denied, Fault::FailBefore], true),
        ([Fault::Denied, Fault::Hang, Fault::Hang], true),
        ([Fault::ApplyThenLose, Fault::Denied, Fault::Denied], true),
    ] {
        let cluster = Cluster::new(3);
        cluster.replicas.iter().zip(faults).for_each(|(replica, fault)| replica.set(fault));
        let error = cluster.append(1, 0).await.unwrap_err();
        let WalError::Storage(error) = &error else { panic!("{error}") };
        assert_eq!(error.is_unknown(), is_unknown, "{faults:?} {error}");
        assert!(error.is_transient(), "{error}");
        assert!(error.to_string().contains("of 3 replicas of the log answered and 2 are needed"), "{error}");
    }
}

/// slatedb #1682: a new writer's fence landed where nobody looked any more, and the old one wrote on under the same
/// identity.
#[tokio::test(start_paused = true)]
async fn append_over_anothers_entry_on_any_replica_says_that_the_identity_is_taken() {
    let cluster = Cluster::new(3);
    cluster.append(1, 0).await.unwrap();
    cluster.append(1, 0).await.unwrap();
    let taken = cluster.append_as(1, 0, 2).await;
    assert!(matches!(taken, Err(WalError::IdentityTaken { .. })), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn log_without_replicas_appends_to_the_main_store() {
    let cluster = Cluster::new(0);
    assert!(!cluster.log.has_replicas());
    cluster.append(1, 0).await.unwrap();
    assert_eq!(cluster.seen().await.unwrap(), [(1, 0)]);
    assert!(cluster.main.disk.get(&cluster.name(1, 0)).await.unwrap().is_some());
}

#[tokio::test(start_paused = true)]
async fn entries_of_the_main_store_and_of_the_replicas_are_one_log() {
    let cluster = Cluster::new(3);
    cluster.append_to_main(2, 0).await;
    cluster.append(1, 0).await.unwrap();
    cluster.append(1, 1).await.unwrap();
    assert_eq!(cluster.seen().await.unwrap(), [(1, 0), (2, 0), (1, 1)]);
    let listed = cluster.log.list(&cluster.env, &cluster.layout).await.unwrap();
    let keys: Vec<_> = listed.iter().map(|object| object.key.as_str()).collect();
    let expected = [(1, 0), (1, 1), (2, 0)].map(|(writer, seq)| cluster.name(writer, seq).to_string());
    let mut sorted = expected.to_vec();
    sorted.sort();
    assert_eq!(keys, sorted);
    assert!(cluster.session(2, 0).await.unwrap() && cluster.session(1, 1).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn replica_that_was_wiped_costs_nothing_but_copies() {
    for wiped in 0..3 {
        let cluster = Cluster::new(3);
        cluster.replicas[2].set(Fault::Denied);
        cluster.append(1, 0).await.unwrap();
        cluster.replicas[2].set(Fault::Pass);
        cluster.wipe(wiped).await;
        assert_eq!(cluster.seen().await.unwrap(), [(1, 0)], "{wiped}");
        assert!(cluster.holders(1, 0).await.len() >= 2, "{wiped}");
    }
}

#[tokio::test(start_paused = true)]
async fn entry_on_a_minority_is_on_a_majority_before_it_is_shown() {
    for holder in 0..3 {
        let cluster = Cluster::new(3);
        cluster.leave_on(holder, 1, 0, 1).await;
        // Too little to be shown without a repair.
        assert!(!cluster.session(1, 0).await.unwrap());
        assert_eq!(cluster.seen().await.unwrap(), [(1, 0)]);
        assert!(cluster.holders(1, 0).await.len() >= 2);
        cluster.replicas[holder].set(Fault::Hang);
        assert_eq!(cluster.seen().await.unwrap(), [(1, 0)]);

        let cluster = Cluster::new(3);
        cluster.leave_on(holder, 1, 0, 1).await;
        assert_eq!(cluster.log.list(&cluster.env, &cluster.layout).await.unwrap().len(), 1);
        assert!(cluster.holders(1, 0).await.len() >= 2);
    }
}

#[tokio::test(start_paused = true)]
async fn entry_on_a_minority_that_cannot_be_copied_is_an_error_and_not_shown() {
    let cluster = Cluster::new(3);
    cluster.leave_on(0, 1, 0, 1).await;
    let read_only = |machine: &Machine| {
        machine.disk.with_faults(|attempted| match attempted.operation {
            Operation::Create => Fault::Denied,
            _ => Fault::Pass,
        })
    };
    let log = LogStores::with_replicas(memory(), cluster.replicas.iter().map(read_only).collect());
    let cluster = Cluster { log, ..cluster };
    let refused = cluster.seen().await;
    assert!(matches!(refused, Err(WalError::Storage(_))), "{refused:?}");
    assert_eq!(cluster.holders(1, 0).await, [0]);
}

#[tokio::test(start_paused = true)]
async fn view_is_read_again_after_a_repair() {
    let cluster = Cluster::new(3);
    cluster.leave_on(0, 1, 0, 1).await;
    let reads = AtomicU64::new(0);
    // Whoever sealed the generation between listing and repair did not see the entry: it must not be shown.
    let view = || View {
        generation: (reads.fetch_add(1, Ordering::Relaxed) > 0).then_some(GenerationState::Sealed),
        ..View::default()
    };
    assert!(cluster.seen_at(&view).await.unwrap().is_empty());
    assert_eq!(reads.load(Ordering::Relaxed), 2);
    // Nothing to repair, nothing to read again.
    let cluster = Cluster::new(3);
    cluster.append(1, 0).await.unwrap();
    let reads = AtomicU64::new(0);
    let view = || {
        reads.fetch_add(1, Ordering::Relaxed);
        View::default()
    };
    assert_eq!(cluster.seen_at(view).await.unwrap(), [(1, 0)]);
    assert_eq!(reads.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn folded_entry_that_one_replica_kept_is_not_copied() {
    let cluster = Cluster::new(3);
    cluster.leave_on(0, 1, 0, 1).await;
    assert!(cluster.seen_at(|| View { applied: 1, ..View::default() }).await.unwrap().is_empty());
    assert_eq!(cluster.holders(1, 0).await, [0]);
}

#[tokio::test(start_paused = true)]
async fn listing_needs_the_main_store_and_a_majority_and_names_those_that_are_missing() {
    for fault in [Fault::FailBefore, Fault::Denied] {
        let cluster = Cluster::new(3);
        cluster.append(1, 0).await.unwrap();
        cluster.replicas[0].set(fault);
        cluster.replicas[2].set(fault);
        let error = cluster.log.list(&cluster.env, &cluster.layout).await.unwrap_err().to_string();
        assert!(error.contains("1 of 3 replicas of the log answered and 2 are needed"), "{error}");
        assert!(error.contains("list of \"db/d/wal\" in memory://, memory:// failed"), "{error}");
        cluster.replicas[0].set(Fault::Pass);
        cluster.main.set(fault);
        assert!(cluster.log.list(&cluster.env, &cluster.layout).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn listing_waits_a_little_for_a_slow_replica_and_no_longer() {
    let cluster = Cluster::new(3);
    cluster.leave_on(0, 1, 0, 1).await;
    cluster.replicas[0].set(Fault::Delay(Duration::from_millis(300)));
    assert_eq!(cluster.log.list(&cluster.env, &cluster.layout).await.unwrap().len(), 1);
    let cluster = Cluster::new(3);
    cluster.append(1, 0).await.unwrap();
    cluster.replicas[0].set(Fault::Hang);
    let started = tokio::time::Instant::now();
    assert_eq!(cluster.log.list(&cluster.env, &cluster.layout).await.unwrap().len(), 1);
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn entry_is_missing_only_when_the_main_store_and_a_majority_say_so() {
    let cluster = Cluster::new(3);
    let name = cluster.name(1, 0);
    assert_eq!(cluster.log.get(&cluster.env, &name).await.unwrap(), None);
    cluster.replicas[0].set(Fault::Denied);
    assert_eq!(cluster.log.get(&cluster.env, &name).await.unwrap(), None);
    cluster.replicas[1].set(Fault::Denied);
    assert!(cluster.log.get(&cluster.env, &name).await.is_err());
    cluster.replicas[0].set(Fault::Pass);
    cluster.replicas[1].set(Fault::Pass);
    cluster.main.set(Fault::Denied);
    assert!(cluster.log.get(&cluster.env, &name).await.is_err());
    cluster.append(1, 0).await.unwrap();
    assert_eq!(cluster.log.get(&cluster.env, &name).await.unwrap(), Some(encoded(1, 0, 1)));
    cluster.main.set(Fault::Pass);
    cluster.main.disk.put(&cluster.name(2, 0), encoded(2, 0, 1)).await.unwrap();
    cluster.replicas.iter().for_each(|replica| replica.set(Fault::Denied));
    assert_eq!(cluster.log.get(&cluster.env, &cluster.name(2, 0)).await.unwrap(), Some(encoded(2, 0, 1)));
}

#[tokio::test(start_paused = true)]
async fn entry_that_two_processes_wrote_under_one_identity_is_the_majoritys() {
    for (a, b) in [([0, 1], 2), ([0, 2], 1), ([1, 2], 0)] {
        let cluster = Cluster::new(3);
        cluster.leave_on(b, 1, 0, 2).await;
        for replica in a {
            cluster.leave_on(replica, 1, 0, 1).await;
        }
        let name = cluster.name(1, 0);
        assert_eq!(cluster.log.get(&cluster.env, &name).await.unwrap(), Some(encoded(1, 0, 1)));
        assert_eq!(cluster.seen().await.unwrap(), [(1, 0)]);
    }
    // One each: whoever gets the third has it, for every reader.
    let cluster = Cluster::new(3);
    cluster.leave_on(0, 1, 0, 1).await;
    cluster.leave_on(2, 1, 0, 2).await;
    assert_eq!(cluster.seen().await.unwrap(), [(1, 0)]);
    let settled = cluster.log.get(&cluster.env, &cluster.name(1, 0)).await.unwrap();
    for down in 0..3 {
        cluster.replicas[down].set(Fault::Denied);
        if let Ok(Some(seen)) = cluster.log.get(&cluster.env, &cluster.name(1, 0)).await {
            assert_eq!(Some(seen), settled, "{down}");
        }
        cluster.replicas[down].set(Fault::Pass);
    }
    // With two replicas there is no third: nobody was acknowledged, and nobody may guess.
    let cluster = Cluster::new(2);
    cluster.leave_on(0, 1, 0, 1).await;
    cluster.leave_on(1, 1, 0, 2).await;
    let refused = cluster.seen().await;
    assert!(matches!(refused, Err(WalError::IdentityTaken { .. })), "{refused:?}");
}

#[tokio::test(start_paused = true)]
async fn copy_that_is_damaged_gives_way_to_a_whole_one() {
    let cluster = Cluster::new(3);
    let mut damaged = encoded(1, 0, 1).to_vec();
    damaged[50] ^= 1;
    cluster.replicas[0].disk.put(&cluster.name(1, 0), damaged.into()).await.unwrap();
    let only_damaged = cluster.seen().await;
    assert!(matches!(only_damaged, Err(WalError::Damaged { .. })), "{only_damaged:?}");
    cluster.leave_on(1, 1, 0, 1).await;
    // Two objects by name, one entry that can be read: it takes the third replica to have a majority.
    cluster.log.settle(&cluster.env, &cluster.name(1, 0)).await.unwrap();
    assert_eq!(cluster.holders(1, 0).await, [0, 1, 2]);
    assert_eq!(cluster.seen().await.unwrap(), [(1, 0)]);
}

#[tokio::test(start_paused = true)]
async fn entries_are_deleted_from_all_stores_and_a_replica_that_is_down_is_no_error() {
    for fault in [Fault::FailBefore, Fault::Denied, Fault::Hang] {
        let cluster = Cluster::new(3);
        cluster.append(1, 0).await.unwrap();
        tokio::time::sleep(Duration::from_secs(1)).await;
        cluster.append_to_main(2, 0).await;
        cluster.replicas[1].set(fault);
        let names = [cluster.name(1, 0), cluster.name(2, 0)];
        cluster.log.delete(&cluster.env, &names).await.unwrap();
        assert_eq!(cluster.holders(1, 0).await, [1], "{fault:?}");
        assert!(cluster.main.disk.list(&cluster.layout.wal_prefix()).await.unwrap().is_empty());
        cluster.replicas[1].set(Fault::Pass);
        let left = cluster.log.locate(&cluster.env, &cluster.layout).await.unwrap();
        assert_eq!(left.iter().map(|object| object.copies).collect::<Vec<_>>(), [1]);
        cluster.log.delete(&cluster.env, &names).await.unwrap();
        assert!(cluster.holders(1, 0).await.is_empty());
        cluster.main.set(Fault::Denied);
        assert!(cluster.log.delete(&cluster.env, &names).await.is_err());
    }
}

#[tokio::test(start_paused = true)]
async fn requests_to_all_stores_are_counted_for_one_caller_and_in_total() {
    let cluster = Cluster::new(3);
    let metered = cluster.log.metered();
    let one = Cluster { log: metered.clone(), ..Cluster::new(0) };
    one.append(1, 0).await.unwrap();
    one.log.list(&one.env, &one.layout).await.unwrap();
    let used = metered.usage();
    assert_eq!((used.puts, used.lists, used.gets), (3, 4, 0));
    assert_eq!((metered.replica_usage().puts, metered.replica_usage().lists), (3, 3));
    assert_eq!(cluster.log.usage(), used);
    assert_eq!(cluster.log.metered().usage(), Usage::default());
    let main = cluster.log.main().metered();
    let through = cluster.log.through(main.clone());
    through.list(&cluster.env, &cluster.layout).await.unwrap();
    assert_eq!((main.meter().snapshot().lists, through.replica_usage().lists), (1, 3));
    assert_eq!(cluster.log.usage().lists, 8);
}

/// slatedb #684, #2003, #2042; influxdb #26716: a replay of many small log objects took minutes, or all memory.
#[tokio::test(start_paused = true)]
async fn replica_far_behind_is_left_out_and_holds_no_more_entries_in_memory() {
    let cluster = Cluster::new(3);
    cluster.replicas[1].set(Fault::Hang);
    let append = async |seq: u64| {
        let body = Bytes::from(vec![seq as u8; 30 << 20]);
        cluster.log.append(&cluster.env, &cluster.name(1, seq), body, write_id(1), LogTarget::Replicas).await
    };
    for seq in 0..3 {
        append(seq).await.unwrap();
    }
    cluster.replicas[2].set(Fault::Denied);
    let error = append(3).await.unwrap_err().to_string();
    assert!(error.contains("62914560 bytes of earlier entries are still on their way to it"), "{error}");
    cluster.replicas[2].set(Fault::Pass);
    cluster.replicas[1].set(Fault::Pass);
    // The two that were begun end at last, and make room.
    tokio::time::sleep(Duration::from_secs(120)).await;
    cluster.append(2, 0).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!((cluster.holders(2, 0).await, cluster.holders(1, 2).await), (vec![0, 1, 2], vec![0, 2]));
}

fn draw(state: &mut u64, below: u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) % below
}

/// Writers and readers with a different minority of the replicas cut off at every step: acknowledged is seen from then on,
/// and whatever was seen once stays.
#[tokio::test(start_paused = true)]
async fn log_on_changing_majorities_loses_nothing_that_was_acknowledged_or_shown() {
    let (mut acknowledged_count, mut shown_unacknowledged) = (0, 0);
    for seed in 1..=24u64 {
        let replica_count = [3, 5, 2][(seed % 3) as usize];
        let cluster = Cluster::new(replica_count);
        let mut random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut streams: Vec<(u8, u64)> = vec![(0, 0), (1, 0)];
        let mut acknowledged = Vec::new();
        let mut shown: Vec<(u8, u64)> = Vec::new();
        for _ in 0..40 {
            let faults = [Fault::Denied, Fault::ApplyThenLose, Fault::FailBefore, Fault::Hang, Fault::Pass];
            let later = Fault::ApplyLater(Duration::from_secs(draw(&mut random, 100)));
            cluster.replicas.iter().for_each(|replica| replica.set(Fault::Pass));
            let is_write = draw(&mut random, 3) < 2;
            // A writer may meet any number of broken stores, a reader a minority.
            let broken = if is_write { replica_count } else { (replica_count - 1) / 2 };
            for _ in 0..broken {
                let (at, fault) = (draw(&mut random, replica_count as u64), draw(&mut random, 6));
                let fault = faults.get(fault as usize).copied().unwrap_or(later);
                cluster.replicas[at as usize].set(fault);
            }
            if is_write {
                let writer = draw(&mut random, 2) as usize;
                let (id, seq) = streams[writer];
                match cluster.append(id, seq).await {
                    Ok(()) => {
                        acknowledged.push((id, seq));
                        streams[writer] = (id, seq + 1);
                    }
                    Err(WalError::Storage(_)) => {
                        streams[writer] = (streams.iter().map(|(id, _)| id + 1).max().unwrap(), 0)
                    }
                    Err(error) => panic!("seed {seed}: {error}"),
                }
            } else {
                let seen = cluster.seen().await.unwrap();
                for place in acknowledged.iter().chain(&shown) {
                    assert!(seen.contains(place), "seed {seed}: {place:?} is missing");
                }
                shown_unacknowledged += seen.iter().filter(|place| !acknowledged.contains(place)).count();
                shown = seen;
            }
        }
        acknowledged_count += acknowledged.len();
    }
    assert!(acknowledged_count > 100 && shown_unacknowledged > 20, "{acknowledged_count} {shown_unacknowledged}");
}
