//! Generations: opened while something is written, sealed without losing what was acknowledged, whoever seals or dies.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tidewell_storage::{Fault, Operation, Store};
use tidewell_wal::tail;

use super::*;
use crate::bench::{Bench, Process, TAIL_BYTES_MAX, author, commit, layout, stream};

const HOUR: Duration = Duration::from_secs(3600);

async fn generation(bench: &Bench, number: u32) -> GenerationState {
    bench.open(950).await.state().generation(Generation::new(number))
}

fn sealer(process: &Process) -> Sealer {
    process.sealer(SealOptions::default())
}

/// A database with generations 0 and 1 open and `count` acknowledged, unfolded rows in generation 0.
async fn two_generations(count: u64) -> (Bench, Process) {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    for seq in 0..count {
        process.log(stream(0, 1), seq, &[seq as i64]).await;
    }
    process.open_generation(1).await;
    (bench, process)
}

#[tokio::test(start_paused = true)]
async fn idle_database_opens_nothing_and_makes_two_requests() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let version = process.manifest.version();
    let before = bench.store.meter().snapshot();
    for _ in 0..50 {
        tokio::time::advance(HOUR).await;
        assert_eq!(sealer(&process).open_next().await.unwrap(), None);
    }
    assert_eq!((bench.store.meter().snapshot() - before).requests(), 100);
    assert_eq!(process.manifest.catch_up().await.unwrap().version, version);
}

#[tokio::test(start_paused = true)]
async fn database_that_was_written_to_moves_on_once_and_comes_to_rest() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    process.log(stream(0, 1), 0, &[1]).await;
    process.folder.fold().await.unwrap();
    let sealer = sealer(&process);
    // No commit opened the first generation, so its age is not known.
    assert_eq!(sealer.open_next().await.unwrap(), Some(Generation::new(1)));
    let mut sealed = Vec::new();
    for _ in 0..50 {
        tokio::time::advance(HOUR).await;
        sealed.extend(sealer.run().await.unwrap().sealed);
    }
    assert_eq!(sealed, [Generation::ZERO]);
    let state = process.manifest.catch_up().await.unwrap();
    assert_eq!((state.open_generation(), state.streams.len()), (Generation::new(1), 0));
    assert_eq!(process.manifest.end_of(&state, stream(0, 1)).await.unwrap(), Seq::new(1));
    assert_eq!(bench.rows().await, [1]);
}

#[tokio::test(start_paused = true)]
async fn generation_in_use_is_followed_by_the_next_after_its_time_and_not_before() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    process.open_generation(1).await;
    let added = process.stage(&[1]).await;
    process.add(vec![added]).await;
    let sealer = sealer(&process);
    tokio::time::advance(HOUR - Duration::from_secs(1)).await;
    assert_eq!(sealer.open_next().await.unwrap(), None);
    tokio::time::advance(Duration::from_secs(1)).await;
    let (a, b) = (bench.process(4).await, bench.process(5).await);
    let (a, b) = (super::tests::sealer(&a), super::tests::sealer(&b));
    let (a, b) = tokio::join!(a.open_next(), b.open_next());
    assert!([a.unwrap(), b.unwrap()].contains(&Some(Generation::new(2))));
    let state = bench.open(6).await.state();
    assert_eq!((state.open_generation(), state.generations.len()), (Generation::new(2), 2));
}

#[tokio::test(start_paused = true)]
async fn generation_is_sealed_a_day_after_its_successor_was_opened() {
    let (bench, process) = two_generations(3).await;
    let sealer = sealer(&process);
    tokio::time::advance(24 * HOUR - Duration::from_secs(1)).await;
    assert_eq!(sealer.seal_due().await.unwrap(), []);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(sealer.seal_due().await.unwrap(), [Generation::ZERO]);
    assert_eq!(generation(&bench, 0).await, GenerationState::Sealed);
    assert_eq!(bench.rows().await, [0, 1, 2]);
    let state = process.manifest.state();
    assert_eq!(process.manifest.end_of(&state, stream(0, 1)).await.unwrap(), Seq::new(3));
}

#[tokio::test(start_paused = true)]
async fn generations_that_nobody_has_heard_of_are_sealed_together() {
    let (bench, process) = two_generations(2).await;
    process.log(stream(7, 1), 0, &[7]).await;
    process.open_generation(600).await;
    tokio::time::advance(24 * HOUR).await;
    let before = process.manifest.version();
    let sealed = sealer(&process).seal_due().await.unwrap();
    assert_eq!(sealed, (0..600).map(Generation::new).collect::<Vec<_>>());
    let state = process.manifest.catch_up().await.unwrap();
    // A fold, and two commits for each 256.
    assert_eq!(state.version.get() - before.get(), 1 + 2 * 3);
    assert_eq!(bench.keys_of(&layout().watermarks_prefix()).await.len(), 2);
    for (generation, end) in [(0, 2), (7, 1), (8, 0)] {
        assert_eq!(process.manifest.end_of(&state, stream(generation, 1)).await.unwrap(), Seq::new(end));
    }
    assert_eq!(bench.rows().await, [0, 1, 7]);
}

#[tokio::test(start_paused = true)]
async fn newest_generation_is_never_sealed() {
    let (bench, process) = two_generations(1).await;
    let state = sealer(&process).seal(Generation::new(1)).await.unwrap();
    assert_eq!(state.generation(Generation::new(1)), GenerationState::Open);
    assert_eq!(generation(&bench, 1).await, GenerationState::Open);
}

#[tokio::test(start_paused = true)]
async fn log_that_cannot_be_read_leaves_the_generation_open() {
    let (bench, process) = two_generations(1).await;
    bench.store.put(&layout().wal(stream(0, 2), Seq::ZERO), "damaged".into()).await.unwrap();
    let error = sealer(&process).seal(Generation::ZERO).await.unwrap_err();
    assert!(matches!(error, MaintainError::Wal(WalError::Damaged { .. })), "{error}");
    assert_eq!(generation(&bench, 0).await, GenerationState::Open);
}

#[tokio::test(start_paused = true)]
async fn entries_behind_a_gap_are_not_part_of_the_sealed_generation() {
    let (bench, process) = two_generations(2).await;
    process.log_unchecked(stream(0, 1), 3, &[3]).await.unwrap();
    sealer(&process).seal(Generation::ZERO).await.unwrap();
    assert_eq!(bench.rows().await, [0, 1]);
    assert!(!process.is_acknowledged(stream(0, 1), 3).await);
}

/// `store` whose process stops for good before (or after) its `nth` write to the store: every request from there on hangs.
fn dying(store: &Store, nth: u64, is_applied: bool) -> Store {
    let (writes, is_dead) = (AtomicU64::new(0), AtomicBool::new(false));
    store.with_faults(move |attempted| {
        let is_write =
            matches!(attempted.operation, Operation::Put | Operation::Create | Operation::Replace | Operation::Delete);
        if is_dead.load(Ordering::Relaxed) {
            return Fault::Hang;
        }
        if is_write && writes.fetch_add(1, Ordering::Relaxed) + 1 == nth {
            is_dead.store(true, Ordering::Relaxed);
            return if is_applied { Fault::ApplyThenLose } else { Fault::Hang };
        }
        Fault::Pass
    })
}

#[tokio::test(start_paused = true)]
async fn sealer_that_dies_at_any_write_is_finished_by_another_and_loses_no_row() {
    let mut half_sealed = 0;
    for is_applied in [false, true] {
        for nth in 1..=5 {
            let (bench, process) = two_generations(2).await;
            let doomed = bench.process_in(&dying(&bench.store, nth, is_applied), 10).await;
            let sealer_of_doomed = sealer(&doomed);
            // Its writes: a segment, the fold, `sealing`, where the streams end, `sealed`.
            let sealing = tokio::time::timeout(Duration::from_secs(5), sealer_of_doomed.seal(Generation::ZERO)).await;
            assert!(!matches!(sealing, Ok(Ok(_))), "{nth}");
            let state = generation(&bench, 0).await;
            half_sealed += u32::from(state == GenerationState::Sealing);
            let next = bench.process(11).await;
            sealer(&next).finish_all().await.unwrap();
            sealer(&next).seal(Generation::ZERO).await.unwrap();
            assert_eq!(generation(&bench, 0).await, GenerationState::Sealed, "{nth}");
            assert_eq!(bench.rows().await, [0, 1], "{nth} {is_applied}");
            assert!(process.is_acknowledged(stream(0, 1), 1).await);
        }
    }
    assert_eq!(half_sealed, 4);
}

/// `store` where requests take different times, so that what runs at once interleaves.
fn jittery(store: &Store, seed: u64) -> Store {
    let count = AtomicU64::new(seed);
    store.with_faults(move |_| {
        let draw = count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        Fault::Delay(Duration::from_millis(draw % 40))
    })
}

#[tokio::test(start_paused = true)]
async fn rows_acknowledged_while_any_number_seal_and_fold_are_there_once() {
    let mut appended_again = 0;
    for seed in 0..20u64 {
        let (bench, _) = two_generations(0).await;
        let (a, b) = (
            bench.process_in(&jittery(&bench.store, seed * 7), 10).await,
            bench.process_in(&jittery(&bench.store, seed * 13 + 1), 11).await,
        );
        let folding = bench.process_in(&jittery(&bench.store, seed * 3 + 2), 12).await;
        let (sealer_a, sealer_b) = (sealer(&a), sealer(&b));
        let write = async |number: u64| {
            let process = bench.process_in(&jittery(&bench.store, seed + number * 31), 20 + number).await;
            let mut acknowledged = Vec::new();
            let (mut stream, mut seq) = (stream(0, number as u8 + 1), 0);
            for index in 0..6u64 {
                let time = (number * 100 + index) as i64;
                loop {
                    process.log_unchecked(stream, seq, &[time]).await.unwrap();
                    if process.is_acknowledged(stream, seq).await {
                        break;
                    }
                    stream = StreamId { generation: Generation::new(1), writer: process.env.writer_id() };
                    seq = 0;
                    acknowledged.push(-1);
                    if acknowledged.len() > 20 {
                        panic!("appended again and again");
                    }
                    continue;
                }
                seq += 1;
                acknowledged.push(time);
            }
            acknowledged
        };
        let sealing = async {
            bench.env(1).sleep(Duration::from_millis(seed * 10)).await;
            let (a, b) = tokio::join!(sealer_a.seal(Generation::ZERO), sealer_b.seal(Generation::ZERO));
            (a.unwrap(), b.unwrap())
        };
        let folds = async {
            for _ in 0..10 {
                // A fold that meets a half sealed generation for too long says so, and is called again.
                let _ = folding.folder.fold().await;
            }
        };
        let (one, two, _, ()) = tokio::join!(write(1), write(2), sealing, folds);
        assert_eq!(generation(&bench, 0).await, GenerationState::Sealed);
        let mut written: Vec<i64> = one.into_iter().chain(two).collect();
        appended_again += written.iter().filter(|time| **time == -1).count();
        written.retain(|time| *time >= 0);
        written.sort_unstable();
        assert_eq!(bench.rows().await, written, "{seed}");
    }
    assert!(appended_again > 0);
}

/// slatedb #352, #1622: gc deleted the entry that kept a stalled writer out; its create succeeded, was acknowledged,
/// and was ignored at recovery.
#[tokio::test(start_paused = true)]
async fn object_that_appears_after_the_listing_never_counts_and_its_writer_knows() {
    let (bench, process) = two_generations(1).await;
    // The second entry's PUT is on its way while the generation is sealed, and lands a day later.
    let slow = bench.store.with_faults(|attempted| match (attempted.operation, attempted.attempt) {
        (Operation::Create, 1) => Fault::ApplyLater(24 * HOUR),
        (Operation::Create, _) => Fault::FailBefore,
        _ => Fault::Pass,
    });
    let writer = bench.process_in(&slow, 10).await;
    assert!(writer.log_unchecked(stream(0, 1), 1, &[1]).await.is_err());
    sealer(&process).seal(Generation::ZERO).await.unwrap();
    tokio::time::advance(25 * HOUR).await;
    tokio::time::sleep(Duration::from_millis(1)).await;
    assert!(bench.has(layout().wal(stream(0, 1), Seq::new(1)).as_str()).await);
    assert_eq!(bench.rows().await, [0]);
    process.folder.fold().await.unwrap();
    assert_eq!(bench.rows().await, [0]);
    assert!(!process.is_acknowledged(stream(0, 1), 1).await);
    assert!(process.is_acknowledged(stream(0, 1), 0).await);
}

#[tokio::test(start_paused = true)]
async fn sealer_whose_watermarks_are_outrun_by_a_fold_writes_them_again() {
    let (bench, _) = two_generations(1).await;
    // It listed one entry and wrote down where the stream ends, then froze before its last commit.
    let slow = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/gen/") && attempted.attempt == 1 => Fault::Delay(HOUR),
        _ => Fault::Pass,
    });
    let frozen = bench.process_in(&slow, 10).await;
    let frozen_sealer = sealer(&frozen);
    let meanwhile = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        assert_eq!(generation(&bench, 0).await, GenerationState::Sealing);
        let other = bench.process(11).await;
        other.log_unchecked(stream(0, 1), 1, &[1]).await.unwrap();
        assert_eq!(other.folder.fold_sealing().await.unwrap().outcome, FoldOutcome::Folded);
    };
    let (sealed, ()) = tokio::join!(frozen_sealer.seal(Generation::ZERO), meanwhile);
    let state = sealed.unwrap();
    assert_eq!(frozen.manifest.end_of(&state, stream(0, 1)).await.unwrap(), Seq::new(2));
    assert_eq!(bench.keys_of(&layout().watermarks_prefix()).await.len(), 2);
    assert_eq!(bench.rows().await, [0, 1]);
}

#[tokio::test(start_paused = true)]
async fn entries_of_a_half_sealed_generation_never_enter_the_shared_buffer() {
    let (bench, process) = two_generations(0).await;
    let change = GenerationChange { generation: Generation::ZERO, state: GenerationState::Sealing, watermarks: None };
    commit(&process.manifest, move |state| Intent { generations: vec![change], ..Intent::new(author(state)) }).await;
    process.log_unchecked(stream(0, 1), 0, &[1]).await.unwrap();
    // Its fold stops at the commit: what it has fetched must not be seen by this process's queries.
    let stuck = bench.store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/hot/") => Fault::Hang,
        _ => Fault::Pass,
    });
    let stuck = bench.process_in(&stuck, 10).await;
    assert!(tokio::time::timeout(Duration::from_secs(1), stuck.folder.fold_sealing()).await.is_err());
    assert_eq!(stuck.buffer.totals().entries, 0);
    // A reader waits until somebody has finished it, and then sees the row.
    let env = bench.env(30);
    let (layout, buffer) = (layout(), tidewell_buffer::Buffer::new());
    let log = tidewell_wal::LogStores::single(bench.store.clone());
    let tail = tail::Tail { log: &log, layout: &layout, buffer: &buffer, env: &env, bytes_max: TAIL_BYTES_MAX };
    let catch_up = || {
        let manifest = process.manifest.clone();
        async move { Ok::<_, MaintainError>(manifest.catch_up().await?) }
    };
    let finish = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        sealer(&process).finish_sealing(Generation::ZERO).await.unwrap();
    };
    let (seen, ()) = tokio::join!(tail::refresh(&tail, catch_up), finish);
    let (state, _) = seen.unwrap();
    assert_eq!((state.generation(Generation::ZERO), buffer.totals().entries), (GenerationState::Sealed, 0));
    assert_eq!(bench.rows().await, [1]);
}

#[tokio::test(start_paused = true)]
async fn own_memory_entries_are_folded_along_with_a_sealing_generation() {
    let (bench, process) = two_generations(1).await;
    let memory = tidewell_types::Source::Memory(WriterId::from_bytes([9; 16]));
    let logged = tidewell_buffer::Entry {
        source: memory,
        seq: Seq::ZERO,
        stamp: tidewell_types::Stamp::from_ns(1),
        batch: crate::bench::rows_of(&[7]),
        tokens: Vec::new(),
    };
    process.buffer.apply(Arc::new(logged));
    let summary = process.folder.fold_sealing().await.unwrap();
    assert_eq!((summary.outcome, summary.entry_count), (FoldOutcome::Folded, 2));
    assert_eq!(process.buffer.totals().entries, 0);
    assert_eq!(bench.rows().await, [0, 7]);
}

#[tokio::test(start_paused = true)]
async fn folds_end_generations_sooner_while_very_many_keys_are_remembered() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let take = |numbers: std::ops::Range<u64>| {
        let token = |number: u64| {
            let mut bytes = [0; 16];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            tidewell_types::TokenId::from_bytes(bytes)
        };
        numbers.map(token).collect::<Vec<_>>()
    };
    let most = tidewell_manifest::TOKENS_MANY as u64;
    let minutes = async |count: u32, seq: &mut u64| {
        // Something is written each minute, by a process of its own.
        for _ in 0..count {
            let generation = process.manifest.state().open_generation().get();
            process.log(stream(generation, 1 + *seq as u8), 0, &[*seq as i64]).await;
            process.folder.fold().await.unwrap();
            *seq += 1;
            tokio::time::advance(Duration::from_secs(60)).await;
        }
    };
    let mut seq = 0;
    let first = take(0..most);
    commit(&process.manifest, move |state| Intent { tokens: first.clone(), ..Intent::new(author(state)) }).await;
    minutes(3, &mut seq).await;
    assert_eq!(process.manifest.state().open_generation(), Generation::ZERO, "that many are no reason");
    let more = take(most..most + 1);
    commit(&process.manifest, move |state| Intent { tokens: more.clone(), ..Intent::new(author(state)) }).await;
    minutes(1, &mut seq).await;
    assert_eq!(process.manifest.state().open_generation(), Generation::new(1));
    minutes(15, &mut seq).await;
    assert_eq!(process.manifest.state().tokens.len() as u64, most + 1, "entries may still be on their way");
    minutes(15, &mut seq).await;
    let state = process.manifest.state();
    assert!(state.tokens.is_empty() && state.generation(Generation::new(1)) == GenerationState::Sealed);
    let newest = state.open_generation();
    minutes(40, &mut seq).await;
    assert_eq!(process.manifest.state().open_generation(), newest, "no hurry any more");
}
