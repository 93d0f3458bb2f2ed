//! What each fault does to a request, and what the network hears of it.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::time::Duration;

use tidewell_env::Clock;
use tidewell_types::{DatabaseName, Seq, StreamId, TimestampNs, WriterId};
use tokio::time::Instant;

use super::*;
use crate::{Created, DatabaseLayout, ObjectName, Operation, StorageError, StoreOptions, StoreUrl};

struct RuntimeClock(Instant);

impl Clock for RuntimeClock {
    fn now(&self) -> TimestampNs {
        TimestampNs::from_ns(self.0.elapsed().as_nanos() as i64)
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }
}

fn healthy() -> Store {
    let env = Env::seeded(1, Arc::new(RuntimeClock(Instant::now())));
    Store::open(&StoreUrl::Memory, env, &StoreOptions::default()).unwrap()
}

fn layout() -> DatabaseLayout {
    DatabaseLayout::new(&DatabaseName::new("x").unwrap())
}

fn entry(seq: u64) -> ObjectName {
    let stream = StreamId { generation: tidewell_types::Generation::ZERO, writer: WriterId::from_bytes([1; 16]) };
    layout().wal(stream, Seq::new(seq))
}

async fn keys(store: &Store) -> usize {
    store.list(&layout().wal_prefix()).await.unwrap().len()
}

/// The same fault for everything of one operation.
fn always(operation: Operation, fault: Fault) -> impl Fn(&Attempted<'_>) -> Fault + Send + Sync + 'static {
    move |attempted| if attempted.operation == operation { fault } else { Fault::Pass }
}

/// A network that writes down what it hears.
struct Scribe {
    journey: Journey,
    heard: Mutex<Vec<String>>,
}

impl Network for Scribe {
    fn journey(&self, _: &Attempted<'_>) -> Journey {
        self.journey
    }

    fn carried_out(&self, effect: &Effect<'_>) {
        let did = match effect.did {
            Did::Read { found, .. } => format!("read {found}"),
            Did::Wrote { body, is_conditional, .. } => format!("wrote {} {is_conditional}", body.len()),
            Did::Refused { body, .. } => format!("refused {}", body.len()),
            Did::Deleted { keys } => format!("deleted {}", keys.len()),
            Did::Listed { count, .. } => format!("listed {count}"),
        };
        self.heard.lock().push(if effect.is_repeat { format!("{did} again") } else { did });
    }
}

fn scribe(journey: Journey) -> Arc<Scribe> {
    Arc::new(Scribe { journey, heard: Mutex::default() })
}

#[tokio::test(start_paused = true)]
async fn journey_takes_its_time_and_outlives_its_caller() {
    let store = healthy();
    let second = Duration::from_secs(1);
    let network = scribe(Journey { there: second, fault: Fault::Pass, back: 2 * second });
    let far = store.with_network(Arc::clone(&network) as Arc<dyn Network>);
    let started = Instant::now();
    far.put(&entry(0), "a".into()).await.unwrap();
    assert_eq!(started.elapsed(), 3 * second);
    let gone = tokio::time::timeout(second / 2, far.put(&entry(1), "b".into())).await;
    assert!(gone.is_err());
    assert_eq!(keys(&store).await, 1, "it is on its way");
    tokio::time::sleep(second).await;
    assert_eq!(keys(&store).await, 2);
    assert_eq!(*network.heard.lock(), ["wrote 1 false", "wrote 1 false"]);
}

#[tokio::test(start_paused = true)]
async fn network_hears_of_every_effect() {
    let store = healthy();
    let network = scribe(Fault::Pass.into());
    let heard = store.with_network(Arc::clone(&network) as Arc<dyn Network>);
    let write_id = tidewell_types::WriteId::from_bytes([1; 16]);
    assert_eq!(heard.create(&entry(0), "abc".into(), write_id).await.unwrap(), Created::Mine);
    assert!(matches!(heard.create(&entry(0), "de".into(), write_id).await.unwrap(), Created::Other(_)));
    heard.list(&layout().wal_prefix()).await.unwrap();
    heard.delete(&[entry(0), entry(1)]).await.unwrap();
    heard.get(&entry(0)).await.unwrap();
    let expected = ["wrote 3 true", "refused 2", "read true", "listed 1", "deleted 2", "read false"];
    assert_eq!(*network.heard.lock(), expected);
}

#[tokio::test(start_paused = true)]
async fn put_delivered_twice_comes_back_after_a_delete() {
    let store = healthy();
    let faulty = store.with_faults(always(Operation::Put, Fault::Twice(Duration::from_secs(60))));
    faulty.put(&entry(0), "a".into()).await.unwrap();
    store.delete(&[entry(0)]).await.unwrap();
    assert_eq!(keys(&store).await, 0);
    tokio::time::sleep(Duration::from_secs(61)).await;
    assert_eq!(keys(&store).await, 1);
}

#[tokio::test(start_paused = true)]
async fn body_cut_short_or_flipped_is_another_body() {
    let store = healthy();
    store.put(&entry(0), "0123456789".into()).await.unwrap();
    let cut = store.with_faults(always(Operation::Get, Fault::CutBody(500)));
    assert_eq!(cut.get(&entry(0)).await.unwrap().unwrap(), "01234");
    let flipped = store.with_faults(always(Operation::Get, Fault::FlipBit(8 * 12 + 1)));
    assert_eq!(flipped.get(&entry(0)).await.unwrap().unwrap(), "0103456789");
    assert_eq!(store.get(&entry(0)).await.unwrap().unwrap(), "0123456789", "at rest it is whole");
}

#[tokio::test(start_paused = true)]
async fn ranges_cut_short_are_an_error() {
    let store = healthy();
    store.put(&entry(0), "0123456789".into()).await.unwrap();
    let cut = store.with_faults(always(Operation::GetRanges, Fault::CutBody(500)));
    let error = cut.get_ranges(&entry(0), &[2..6, 4..4]).await.unwrap_err();
    assert!(matches!(error, StorageError::Corrupt { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn delete_that_leaves_some_names_them() {
    let store = healthy();
    let names: Vec<ObjectName> = (0..20).map(entry).collect();
    for name in &names {
        store.put(name, "a".into()).await.unwrap();
    }
    let faulty = store.with_faults(always(Operation::Delete, Fault::LeaveSome(3)));
    let Err(StorageError::Undeleted { failures, .. }) = faulty.delete(&names).await else {
        panic!("some of twenty are left")
    };
    assert_eq!(keys(&store).await, failures.len());
    store.delete(&names).await.unwrap();
    assert_eq!(keys(&store).await, 0);
}

#[tokio::test(start_paused = true)]
async fn raced_listing_misses_new_names_of_its_first_half_only() {
    let store = healthy();
    for seq in [2, 4, 6, 8] {
        store.put(&entry(seq), "a".into()).await.unwrap();
    }
    let faulty = store.with_faults(always(Operation::List, Fault::RaceList(Duration::from_secs(9))));
    let changing = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        for seq in [1, 7] {
            store.put(&entry(seq), "a".into()).await.unwrap();
        }
        store.delete(&[entry(2), entry(8)]).await.unwrap();
    };
    let folder = layout().wal_prefix();
    let (listed, ()) = tokio::join!(faulty.list(&folder), changing);
    let seqs: Vec<u64> =
        listed.unwrap().iter().map(|listed| layout().parse_wal(&listed.key).unwrap().1.get()).collect();
    assert_eq!(seqs, [2, 4, 6, 7]);
}

#[tokio::test(start_paused = true)]
async fn store_that_forgets_answers_as_if_it_had_written() {
    let store = healthy();
    let faulty = store.with_faults(always(Operation::Create, Fault::Forget));
    let write_id = tidewell_types::WriteId::from_bytes([1; 16]);
    assert_eq!(faulty.create(&entry(0), "a".into(), write_id).await.unwrap(), Created::Mine);
    assert_eq!(keys(&store).await, 0);
    assert_eq!(faulty.meter().snapshot().puts, 1);
}

#[tokio::test(start_paused = true)]
async fn blind_reader_finds_nothing_although_it_is_there() {
    let store = healthy();
    store.put(&entry(0), "a".into()).await.unwrap();
    let faulty = store.with_faults(always(Operation::Get, Fault::Blind));
    assert_eq!(faulty.get(&entry(0)).await.unwrap(), None);
    assert_eq!(store.get(&entry(0)).await.unwrap(), Some("a".into()));
}

#[tokio::test(start_paused = true)]
async fn store_with_another_env_reaches_the_same_objects() {
    let store = healthy();
    let other = store.with_env(Env::seeded(2, Arc::new(RuntimeClock(Instant::now()))));
    other.put(&entry(0), "a".into()).await.unwrap();
    assert_eq!(keys(&store).await, 1);
    assert_eq!(store.meter().snapshot().puts, 0, "its counters are its own");
}
