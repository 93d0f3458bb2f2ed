//! Requests with an idempotency key: the rows of one count, whatever became of the others.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

use arrow_array::cast::AsArray as _;
use arrow_array::types::Float64Type;

use super::*;
use crate::token_of_key;

/// A line without a timestamp: logged twice it would be two points.
pub(super) const LINE: &str = "m v=1";

pub(super) fn keyed(key: &str, body: &str) -> WriteRequest {
    WriteRequest { token: Some(token_of_key(key)), ..request(body) }
}

impl Bench {
    async fn write_keyed(&self, key: &str, body: &str) -> Result<WriteOutcome, IngestError> {
        self.ingest.write(keyed(key, body)).await
    }
}

#[tokio::test(start_paused = true)]
async fn repeated_request_is_answered_as_the_first_without_a_request_to_the_store() {
    let store = memory();
    let bench = Bench::objects(&store, 2).await;
    let first = bench.write_keyed("k", "m v=1\nm v=\nn v=2").await.unwrap();
    let before = store.meter().snapshot();
    let second = bench.write_keyed("k", "m v=1\nm v=\nn v=2").await.unwrap();
    assert_eq!((store.meter().snapshot() - before).requests(), 0);
    assert_eq!((first.is_duplicate, second.is_duplicate), (false, true));
    assert_eq!((first.row_count, &first.rejected, first.token), (2, &second.rejected, second.token));
    assert_eq!((second.row_count, bench.rows(), rows_elsewhere(&store).await), (2, 2, 2));
    let other = bench.write_keyed("l", LINE).await.unwrap();
    assert_eq!((other.is_duplicate, rows_elsewhere(&store).await), (false, 3));
}

#[tokio::test(start_paused = true)]
async fn repeated_request_is_answered_though_the_buffer_is_full() {
    let limits = IngestConfig { buffer_bytes_max: 1000, ..config(AckLevel::None) };
    let bench = Bench::start(&memory(), 2, limits, None).await;
    let body = "m v=2 2\n".repeat(200);
    bench.write_keyed("k", &body).await.unwrap();
    assert!(matches!(bench.write_keyed("l", &body).await, Err(IngestError::Busy(_))));
    assert!(bench.write_keyed("k", &body).await.unwrap().is_duplicate);
}

#[tokio::test(start_paused = true)]
async fn requests_at_once_with_one_key_are_logged_once() {
    for level in [AckLevel::None, AckLevel::Object] {
        let bench = Bench::start(&memory(), 2, config(level), None).await;
        bench.write("m v=0 1").await.unwrap();
        let writes = ["k", "l", "k", "k", "l"].map(|key| bench.write_keyed(key, LINE));
        let (keyed, plain) = futures::join!(join_all(writes), bench.write("m v=2 2"));
        assert!(!plain.unwrap().is_duplicate);
        let keyed: Vec<_> = keyed.into_iter().map(Result::unwrap).collect();
        assert_eq!(
            keyed.iter().map(|outcome| outcome.is_duplicate).collect::<Vec<_>>(),
            [false, false, true, true, true]
        );
        assert!(keyed.iter().all(|outcome| outcome.row_count == 1 && outcome.token == keyed[0].token), "{keyed:?}");
        assert_eq!(bench.buffer.totals().rows, 4, "{level}");
    }
}

#[tokio::test(start_paused = true)]
async fn request_repeated_while_the_first_is_on_its_way_waits_for_its_answer() {
    let store = memory();
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/wal/") => Fault::Delay(Duration::from_secs(3)),
        _ => Fault::Pass,
    });
    let bench = Bench::objects(&slow, 2).await;
    let later = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        bench.write_keyed("k", LINE).await.unwrap()
    };
    let (first, second) = futures::join!(bench.write_keyed("k", LINE), later);
    assert_eq!((second.is_duplicate, second.token), (true, first.unwrap().token));
    assert_eq!((bench.objects_listed().await, rows_elsewhere(&store).await), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn request_of_unknown_outcome_that_is_repeated_counts_once() {
    for fault in [Fault::FailBefore, Fault::ApplyThenLose, Fault::ApplyLater(Duration::from_secs(40))] {
        for through_another in [false, true] {
            let healthy = memory();
            let (store, is_broken) = breakable(&healthy, fault);
            let bench = Bench::objects(&store, 2).await;
            bench.write("m v=0 1").await.unwrap();
            is_broken.store(true, Ordering::Relaxed);
            let unknown = bench.write_keyed("k", LINE).await;
            assert!(matches!(unknown, Err(IngestError::Unknown(_))), "{fault:?} {unknown:?}");
            is_broken.store(false, Ordering::Relaxed);
            let other = Bench::objects(&healthy, 5).await;
            let again = if through_another { &other } else { &bench };
            assert!(!again.write_keyed("k", LINE).await.unwrap().is_duplicate);
            assert!(again.write_keyed("k", LINE).await.unwrap().is_duplicate);
            assert_eq!(rows_elsewhere(&healthy).await, 2, "{fault:?} {through_another}");
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert_eq!(rows_elsewhere(&healthy).await, 2, "{fault:?} {through_another}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn request_with_a_key_is_logged_in_the_store_whatever_the_level() {
    for level in [AckLevel::None, AckLevel::OsDefault, AckLevel::Periodic, AckLevel::EveryWrite] {
        let (folder, log) = local_log();
        let log = (level != AckLevel::None).then_some(log);
        let store = memory();
        let bench = Bench::start(&store, 2, config(level), log).await;
        let first = bench.write_keyed("k", "m v=1\nn v=2").await.unwrap();
        assert!(matches!(source(&first), Source::Objects(_)), "{level}");
        bench.write("m v=3 3").await.unwrap();
        let kept = usize::from(level != AckLevel::None);
        assert_eq!((logged_rows(&folder), rows_elsewhere(&store).await), (kept, 2), "{level}");
        for asked in [AckLevel::None, AckLevel::EveryWrite, AckLevel::Object] {
            let again = WriteRequest { level: Some(asked), ..keyed("k", "m v=1\nn v=2") };
            let again = bench.ingest.write(again).await.unwrap();
            assert_eq!((again.is_duplicate, again.token), (true, first.token), "{level} {asked}");
        }
        assert_eq!(bench.rows(), 3, "{level}");
    }
}

#[tokio::test(start_paused = true)]
async fn request_whose_first_try_lies_in_a_sealed_generation_is_logged_anew() {
    let store = memory();
    let bench = Bench::objects(&store, 2).await;
    bench.write_keyed("k", LINE).await.unwrap();
    let other = Manifest::open(store.clone(), env(3), DatabaseName::new("d").unwrap()).await.unwrap();
    seal(&other, Generation::ZERO, GenerationState::Sealing).await;
    // Without a fold, which is this test's doing: the entry is void.
    seal(&other, Generation::ZERO, GenerationState::Sealed).await;
    bench.manifest.catch_up().await.unwrap();
    assert!(!bench.write_keyed("k", LINE).await.unwrap().is_duplicate);
    assert_eq!((bench.rows(), rows_elsewhere(&store).await), (1, 1));
}

fn draw(seed: u64, of: impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    (seed, of).hash(&mut hasher);
    hasher.finish()
}

/// A store of which this process never hears what became of some log objects.
fn lossy(store: &Store, seed: u64) -> Store {
    store.with_faults(move |attempted| {
        let draw = draw(seed, attempted.key);
        if !attempted.key.contains("/wal/") || !draw.is_multiple_of(3) {
            return Fault::Delay(Duration::from_millis(draw % 40));
        }
        match (attempted.operation, draw / 3 % 4) {
            (Operation::Get, _) | (_, 0) => Fault::FailBefore,
            (_, 1) => Fault::ApplyThenLose,
            (_, later) => Fault::ApplyLater(Duration::from_secs(25 * later)),
        }
    })
}

/// The values of `v` that a new process reads, sorted.
async fn values(store: &Store) -> Vec<u64> {
    let entries = entries_in(&LogStores::single(store.clone())).await;
    let rows = entries.iter().flat_map(|entry| &entry.batch.tables).map(|table| &table.rows);
    let mut values: Vec<u64> =
        rows.flat_map(|rows| rows["v"].as_primitive::<Float64Type>().values().to_vec()).map(|v| v as u64).collect();
    values.sort_unstable();
    values
}

/// delta-rs #2279, #268: a success was reported as an error, and the repetition counted twice.
#[tokio::test(start_paused = true)]
async fn requests_repeated_until_acknowledged_count_once_each_through_any_processes() {
    const KEYS: u64 = 12;
    let mut unknown = 0;
    for seed in 0..12 {
        let store = memory();
        let mut processes = Vec::new();
        for process in 0..3 {
            processes.push(Bench::objects(&lossy(&store, seed * 10 + process), 10 * seed + process).await);
        }
        Bench::objects(&store, 500 + seed).await.write("m v=1000 1").await.unwrap();
        let (processes, unknown) = (&processes, &mut unknown);
        let clients = (0..KEYS).map(|key| async move {
            let mut unknown = 0;
            for attempt in 0.. {
                let process = &processes[(draw(seed, (key, attempt)) % 3) as usize];
                match process.write_keyed(&key.to_string(), &format!("m v={key}")).await {
                    Ok(_) => return unknown,
                    Err(IngestError::Unknown(_)) => unknown += 1,
                    Err(error) => panic!("seed {seed}: {error}"),
                }
            }
            unknown
        });
        *unknown += join_all(clients).await.into_iter().sum::<u32>();
        let expected: Vec<u64> = (0..KEYS).chain([1000]).collect();
        assert_eq!(values(&store).await, expected, "seed {seed}");
        // What was on its way lands.
        tokio::time::sleep(Duration::from_secs(200)).await;
        assert_eq!(values(&store).await, expected, "seed {seed}");
    }
    assert!(unknown > 10, "{unknown} unknown outcomes are too few to prove anything");
}
