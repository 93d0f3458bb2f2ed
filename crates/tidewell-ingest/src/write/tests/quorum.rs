//! The level `quorum`: several stores take a write, and a minority of them may be gone.

use super::repeat::{LINE, keyed};
use super::*;

/// A main store, three others, and switches that cut each of these off.
struct Stores {
    log: LogStores,
    healthy: LogStores,
    main: Store,
    is_down: [Arc<AtomicBool>; 3],
}

impl Stores {
    fn new(fault: Fault) -> Self {
        let (main, disks) = (memory(), [(); 3].map(|()| memory()));
        let is_down = [(); 3].map(|()| Arc::new(AtomicBool::new(false)));
        let replicas = disks.iter().zip(&is_down).map(|(disk, is_down)| {
            let is_down = Arc::clone(is_down);
            disk.with_faults(move |_| if is_down.load(Ordering::Relaxed) { fault } else { Fault::Pass })
        });
        let log = LogStores::with_replicas(main.clone(), replicas.collect());
        let healthy = LogStores::with_replicas(main.clone(), disks.into());
        Self { log, healthy, main, is_down }
    }

    fn set(&self, down: impl IntoIterator<Item = usize>) {
        let down: Vec<usize> = down.into_iter().collect();
        for (index, is_down) in self.is_down.iter().enumerate() {
            is_down.store(down.contains(&index), Ordering::Relaxed);
        }
    }

    async fn start(&self, seed: u64, level: AckLevel) -> Bench {
        Bench::start_on(self.log.clone(), seed, config(level), None).await
    }

    async fn objects_in_main(&self, bench: &Bench) -> usize {
        self.main.list(&bench.manifest.layout().wal_prefix()).await.unwrap().len()
    }
}

#[tokio::test(start_paused = true)]
async fn write_at_quorum_is_acknowledged_and_seen_with_any_store_down() {
    for fault in [Fault::FailBefore, Fault::Hang, Fault::Denied] {
        for down in 0..3 {
            let stores = Stores::new(fault);
            let bench = stores.start(2, AckLevel::Quorum).await;
            bench.write("m v=0 1").await.unwrap();
            stores.set([down]);
            let started = tokio::time::Instant::now();
            let outcome = bench.write("m v=1 2").await.unwrap();
            assert!(started.elapsed() < Duration::from_millis(200), "{fault:?}");
            assert!(matches!(source(&outcome), Source::Objects(_)));
            assert_eq!((bench.rows(), stores.objects_in_main(&bench).await), (2, 0));
            for down_later in 0..3 {
                stores.set([down_later]);
                assert_eq!(rows_in(&stores.log).await, 2, "{fault:?} {down} {down_later}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn request_asks_for_quorum_by_itself_and_keeps_to_streams_of_its_own() {
    let stores = Stores::new(Fault::Denied);
    let bench = stores.start(2, AckLevel::Object).await;
    let plain = bench.write("m v=1 1").await.unwrap();
    let quorum = bench.write_at(AckLevel::Quorum, "m v=2 2").await.unwrap();
    let plain_again = bench.write("m v=3 3").await.unwrap();
    let quorum_again = bench.write_at(AckLevel::Quorum, "m v=4 4").await.unwrap();
    assert_ne!(source(&plain), source(&quorum));
    assert_eq!((source(&plain), source(&quorum)), (source(&plain_again), source(&quorum_again)));
    assert_eq!(stores.objects_in_main(&bench).await, 2);
    assert_eq!((bench.rows(), rows_in(&stores.log).await), (4, 4));
    let memory_only = stores.start(3, AckLevel::None).await;
    assert!(matches!(source(&memory_only.write("m v=5 5").await.unwrap()), Source::Memory(_)));
    memory_only.write_at(AckLevel::Quorum, "m v=6 6").await.unwrap();
    assert_eq!(rows_in(&stores.log).await, 5);
}

#[tokio::test(start_paused = true)]
async fn write_without_a_majority_is_unknown_and_counts_once_when_repeated() {
    for fault in [Fault::FailBefore, Fault::ApplyThenLose, Fault::Hang] {
        let stores = Stores::new(fault);
        let bench = stores.start(2, AckLevel::Quorum).await;
        bench.write("m v=0 1").await.unwrap();
        stores.set([0, 2]);
        let unknown = bench.ingest.write(keyed("k", LINE)).await;
        assert!(matches!(unknown, Err(IngestError::Unknown(_))), "{fault:?} {unknown:?}");
        assert_eq!(bench.rows(), 1);
        stores.set([]);
        let other = stores.start(5, AckLevel::Quorum).await;
        assert!(!other.ingest.write(keyed("k", LINE)).await.unwrap().is_duplicate);
        assert!(other.ingest.write(keyed("k", LINE)).await.unwrap().is_duplicate);
        for down in 0..3 {
            stores.set([down]);
            assert_eq!(rows_in(&stores.log).await, 2, "{fault:?} {down}");
        }
        assert_eq!(rows_in(&stores.healthy).await, 2, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn write_refused_by_a_majority_is_plainly_not_stored() {
    let stores = Stores::new(Fault::Denied);
    let bench = stores.start(2, AckLevel::Quorum).await;
    stores.set(0..3);
    let refused = bench.write("m v=1 1").await;
    assert!(matches!(refused, Err(IngestError::Unavailable(_))), "{refused:?}");
    stores.set([]);
    bench.write("m v=2 2").await.unwrap();
    assert_eq!(rows_in(&stores.log).await, 1);
}

#[tokio::test(start_paused = true)]
async fn request_in_the_main_store_stands_for_one_at_quorum() {
    let stores = Stores::new(Fault::Denied);
    let bench = stores.start(2, AckLevel::Object).await;
    let first = bench.ingest.write(keyed("k", LINE)).await.unwrap();
    let at_quorum = WriteRequest { level: Some(AckLevel::Quorum), ..keyed("k", LINE) };
    let again = bench.ingest.write(at_quorum).await.unwrap();
    assert_eq!((again.is_duplicate, again.token), (true, first.token));
}

#[tokio::test(start_paused = true)]
async fn write_at_quorum_costs_an_object_in_each_store_and_one_check() {
    let stores = Stores::new(Fault::Pass);
    let bench = stores.start(2, AckLevel::Quorum).await;
    bench.write("m v=0 1").await.unwrap();
    let before = stores.log.usage();
    let cost = bench.write("m v=1 2").await.unwrap().cost;
    assert_eq!((cost.entry.puts, cost.entry.gets, cost.entry.requests()), (3, 2, 5));
    assert_eq!(cost.entry, stores.log.usage() - before);
}
