//! Compaction: answers stay the same, files become few, whoever else is at work.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;

use parking_lot::Mutex;
use tidewell_buffer::{Buffer, Entry};
use tidewell_manifest::{Intent, State};
use tidewell_storage::{Fault, Operation, Tier};
use tidewell_types::{Batch, Seq, Source, Stamp, TableRows, TimestampNs, WriterId};

use super::*;
use crate::expire::Expirer;
use crate::fold::{FoldOutcome, Folder};
use crate::rewrite::sample::{
    Answer, DAY_NS, HOUR_NS, Row, add, answer, author, batch, commit, database, delete, env_at, jittery, live, merged,
    object, objects, open, staged, table,
};

const NOW_NS: i64 = 1000 * DAY_NS;

async fn compactor(store: &Store, seed: u64, options: CompactOptions) -> Compactor {
    compactor_of(store, open(store, seed + 1000).await, seed, options)
}

fn compactor_of(store: &Store, manifest: Manifest, seed: u64, options: CompactOptions) -> Compactor {
    Compactor::new(store.clone(), env_at(seed, NOW_NS), manifest, options)
}

async fn compact(store: &Store, seed: u64) -> RewriteSummary {
    compactor(store, seed, CompactOptions::default()).await.compact(&|_| {}).await.unwrap()
}

/// Adds segments of these rows, ranked in their order, with few commits.
async fn add_many(store: &Store, manifest: &Manifest, all: &[Vec<Row>]) {
    add_ranked(store, manifest, all, 1).await;
}

async fn add_ranked(store: &Store, manifest: &Manifest, all: &[Vec<Row>], rank_first: u64) {
    let mut ranks = rank_first..;
    for many in all.chunks(250) {
        let mut adds = Vec::new();
        for (rows, rank) in many.iter().zip(&mut ranks) {
            adds.push(staged(store, manifest, rows, rank).await);
        }
        commit(manifest, Intent { adds, ..Intent::new(author()) }).await;
    }
}

fn draw(counter: u64) -> u64 {
    let mut x = counter.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x ^= x >> 31;
    x = x.wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x ^ (x >> 27)
}

/// As many tiny segments of some minute of 100 days, one after another in no order at all.
fn backfill(count: u64) -> Vec<Vec<Row>> {
    let hosts = ["a", "b", "c"];
    let segment = |number: u64| {
        let start = (draw(number) % (100 * 24 * 60)) as i64 * 60_000_000_000;
        let row = |n: i64| (start + n, hosts[(draw(number) % 3) as usize], Some(number as f64), Some(n));
        (0..2).map(row).collect()
    };
    (0..count).map(segment).collect()
}

#[tokio::test(start_paused = true)]
async fn thousands_of_tiny_segments_in_random_order_become_a_few() {
    let (store, manifest) = database().await;
    let all = backfill(3500);
    add_many(&store, &manifest, &all).await;
    // Most of them are in lists of their own by then.
    manifest.checkpoint(&manifest.state()).await.unwrap();
    assert!(!open(&store, 5).await.state().tables[&table()].segments.leaves().is_empty());
    assert_eq!(live(&store).await.len(), 3500);
    let expected = merged(all.iter().flatten());
    assert_eq!(answer(&store).await, expected);
    let calls = Mutex::new(0);
    let compactor = compactor(&store, 7, CompactOptions::default()).await;
    let summary = compactor.compact(&|summary| *calls.lock() = summary.job_count).await.unwrap();
    let live = live(&store).await;
    assert!(live.len() <= 6, "{}", live.len());
    assert!(summary.is_done && summary.job_count < 80, "{summary:?}");
    assert_eq!(*calls.lock(), summary.job_count);
    assert!(summary.bytes_in < 3 * all.len() as u64 * 3000, "each is read a few times: {summary:?}");
    assert_eq!(answer(&store).await, expected);
    assert_eq!(compact(&store, 8).await.job_count, 0, "nothing is left to do");
}

#[tokio::test(start_paused = true)]
async fn backfill_into_what_is_compacted_leaves_a_few_after_every_run() {
    let (store, manifest) = database().await;
    let all = backfill(1200);
    let (mut rank, mut segments_in) = (1, 0);
    for (run, portion) in (0..).zip(all.chunks(150)) {
        add_ranked(&store, &manifest, portion, rank).await;
        rank += portion.len() as u64;
        let summary = compact(&store, run).await;
        assert!(summary.is_done);
        segments_in += summary.segments_in;
        assert!(live(&store).await.len() <= 6, "run {run}: {}", live(&store).await.len());
    }
    assert!(segments_in < 1200 * 5 / 4, "few of them are read twice: {segments_in}");
    assert_eq!(answer(&store).await, merged(all.iter().flatten()));
}

#[tokio::test(start_paused = true)]
async fn run_that_reaches_a_limit_goes_on_next_time() {
    let (store, manifest) = database().await;
    let all: Vec<Vec<Row>> = (0..40)
        .map(|n| vec![(n * 30 * DAY_NS, "a", Some(1.0), None), (n * 30 * DAY_NS + 1, "b", None, Some(n))])
        .collect();
    add_many(&store, &manifest, &all).await;
    let options = CompactOptions { inputs_max: 8, jobs_max: Some(2), ..CompactOptions::default() };
    let mut counts = Vec::new();
    for seed in 0.. {
        let summary = compactor(&store, seed, options.clone()).await.compact(&|_| {}).await.unwrap();
        assert_eq!(answer(&store).await, merged(all.iter().flatten()));
        counts.push(summary.job_count);
        if summary.is_done {
            break;
        }
        assert_eq!(summary.job_count, 2);
        assert!(counts.len() < 20);
    }
    assert!(counts.len() >= 3, "{counts:?}");
    assert!(live(&store).await.len() <= 4);
    let (store, manifest) = database().await;
    add_many(&store, &manifest, &all).await;
    let options = CompactOptions { time_max: Some(Duration::ZERO), ..CompactOptions::default() };
    let summary = compactor(&store, 50, options).await.compact(&|_| {}).await.unwrap();
    assert_eq!((summary.job_count, summary.is_done), (0, false));
}

#[tokio::test(start_paused = true)]
async fn deletes_are_carried_out_and_then_forgotten() {
    let (store, manifest) = database().await;
    let rows: Vec<Row> = (0..100).map(|time| (time, if time % 2 == 0 { "a" } else { "b" }, Some(1.0), None)).collect();
    add(&store, &manifest, &rows).await;
    add(&store, &manifest, &[(10 * DAY_NS, "c", Some(1.0), None)]).await;
    delete(&manifest, 1, (10, 50), &["a"]).await;
    delete(&manifest, 2, (0, DAY_NS), &["zz"]).await;
    let before = answer(&store).await;
    let summary = compact(&store, 3).await;
    assert_eq!((summary.job_count, summary.lifted_count), (1, 2), "{summary:?}");
    assert_eq!((summary.rows_in, summary.rows_out), (100, 79));
    let state = open(&store, 9).await.state();
    assert!(state.tables[&table()].tombstones.is_empty());
    assert_eq!(answer(&store).await, before);
    assert_eq!(live(&store).await.iter().map(|segment| segment.entry.row_count).sum::<u64>(), 79 + 1);
    // What is written afterwards is not what was deleted.
    add(&store, &manifest, &[(20, "a", Some(5.0), None)]).await;
    assert_eq!(answer(&store).await[&("a".to_owned(), 20)], (Some(5.0), None));
    let version = open(&store, 9).await.version();
    assert_eq!(compact(&store, 4).await, RewriteSummary { is_done: true, ..RewriteSummary::default() });
    assert_eq!(open(&store, 9).await.version(), version, "nothing to do is no commit");
}

#[tokio::test(start_paused = true)]
async fn delete_that_a_segment_has_not_carried_out_stays() {
    let (store, manifest) = database().await;
    add(&store, &manifest, &[(1, "a", Some(1.0), None), (2, "b", Some(1.0), None)]).await;
    delete(&manifest, 1, (0, 9), &["a"]).await;
    let name = object(&live(&store).await[0].entry);
    let body = store.get(&name).await.unwrap().unwrap();
    store.overwrite(&name, body.slice(..body.len() - 1)).await.unwrap();
    let error = compactor(&store, 3, CompactOptions::default()).await.compact(&|_| {}).await.unwrap_err();
    assert!(matches!(error, MaintainError::Unreadable { .. }), "{error}");
    assert_eq!(open(&store, 9).await.state().tables[&table()].tombstones.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_damaged_segment_does_not_stop_the_others() {
    let (store, manifest) = database().await;
    for n in 0..9 {
        add(&store, &manifest, &[(n * 10, "a", Some(n as f64), None)]).await;
    }
    let bad = live(&store).await[2].entry.clone();
    store.overwrite(&object(&bad), "no segment".into()).await.unwrap();
    let error = compactor(&store, 3, CompactOptions::default()).await.compact(&|_| {}).await.unwrap_err();
    assert!(matches!(&error, MaintainError::Unreadable { object, .. } if *object == bad.object), "{error}");
    let left: Vec<_> = live(&store).await.into_iter().map(|segment| segment.entry.object.clone()).collect();
    // Its two predecessors are too few to be worth it, its six successors are one by now.
    assert!(left.len() == 2 + 1 + 1 && left.contains(&bad.object), "{left:?}");
}

#[tokio::test(start_paused = true)]
async fn tiny_table_makes_a_known_number_of_requests() {
    let (store, manifest) = database().await;
    for n in 0..5 {
        add(&store, &manifest, &[(n, "a", Some(n as f64), None)]).await;
    }
    let compactor = compactor(&store, 3, CompactOptions::default()).await;
    let before = store.meter().snapshot();
    assert_eq!(compactor.compact(&|_| {}).await.unwrap().job_count, 1);
    let used = store.meter().snapshot() - before;
    // Two rounds: two GETs each. The rewrite: two GETs, the five segments, a PUT, and a commit of three GETs and a PUT.
    assert_eq!((used.gets, used.puts, used.requests()), (2 * 2 + 2 + 5 + 3, 2, 16));
}

#[tokio::test(start_paused = true)]
async fn cold_segments_are_compacted_as_cold_ones() {
    let (store, manifest) = database().await;
    let mut adds = Vec::new();
    for n in 0..4 {
        let hot = staged(&store, &manifest, &[(n * 10, "a", Some(n as f64), None)], 0).await;
        let layout = manifest.layout();
        let name = layout.segment(Tier::Cold, manifest.state().open_generation(), &table(), 0, hot.id);
        store.put(&name, store.get(&object(&hot)).await.unwrap().unwrap()).await.unwrap();
        adds.push(tidewell_manifest::SegmentEntry {
            object: name.to_string(),
            tier: Tier::Cold,
            rank: tidewell_types::Version::new(n as u64 + 1),
            ..hot
        });
    }
    commit(&manifest, Intent { adds, ..Intent::new(author()) }).await;
    assert_eq!(compact(&store, 3).await.job_count, 1);
    let live = live(&store).await;
    assert_eq!((live.len(), live[0].entry.tier), (1, Tier::Cold));
    assert!(live[0].entry.object.contains("/cold/"));
}

/// Rows as a process's own log entries.
fn entry_of(seq: u64, rows: &[Row]) -> Entry {
    Entry {
        source: Source::Memory(WriterId::from_bytes([9; 16])),
        seq: Seq::new(seq),
        stamp: Stamp::from_ns(seq + 1),
        batch: Batch { tables: vec![TableRows { table: table(), rows: batch(rows) }] },
        tokens: Vec::new(),
    }
}

/// Every object is live, or was: none of a lost rewrite is there.
async fn assert_nothing_is_left_over(store: &Store, state: &State) {
    let mut known: Vec<String> = state.graves.values().map(|grave| grave.object.clone()).collect();
    known.extend(live(store).await.into_iter().map(|segment| segment.entry.object.clone()));
    assert!(objects(store).await.iter().all(|object| known.contains(object)));
}

/// Compacts some times in a row, while others are at work: rewrites that were thrown away, and committed.
async fn compact_again_and_again(compactor: &Compactor) -> (u64, u64) {
    let (mut lost, mut done) = (0, 0);
    for _ in 0..4 {
        let summary = compactor.compact(&|_| {}).await.unwrap();
        lost += summary.lost_count;
        done += summary.job_count;
    }
    (lost, done)
}

#[tokio::test(start_paused = true)]
async fn compactors_folds_deletes_and_expiry_at_once_leave_the_same_answer() {
    let (mut lost, mut done) = (0, 0);
    for seed in 0..8u64 {
        let (store, manifest) = database().await;
        let mut expected = Answer::new();
        let options = CompactOptions { quiet_after: Duration::from_secs(3600), ..CompactOptions::default() };
        let (a, b) = (
            compactor(&jittery(&store, seed * 100), seed * 10 + 1, options.clone()).await,
            compactor(&jittery(&store, seed * 100 + 50), seed * 10 + 2, options).await,
        );
        let buffer = Arc::new(Buffer::new());
        let fold_manifest = open(&jittery(&store, seed * 7), seed + 40).await;
        let folder = Folder::new(
            store.clone().into(),
            env_at(seed + 50, NOW_NS),
            fold_manifest,
            Arc::clone(&buffer),
            None,
            1 << 20,
        );
        let expirer = Expirer::new(env_at(seed + 60, NOW_NS), open(&jittery(&store, seed * 3), seed + 70).await);
        let mut floor = i64::MIN;
        for round in 0..6u64 {
            let writes = async {
                let mut written = Vec::new();
                for n in 0..4u64 {
                    let draw = draw(seed * 1000 + round * 10 + n);
                    let host = ["a", "b", ""][(draw % 3) as usize];
                    let time = (draw >> 8) as i64 % 5 * HOUR_NS + (draw >> 20) as i64 % 3;
                    let rows = [(time, host, Some(n as f64), None), (time + 1, "b", None, Some(round as i64))];
                    buffer.apply(Arc::new(entry_of(round * 10 + n, &rows)));
                    assert_eq!(folder.fold().await.unwrap().outcome, FoldOutcome::Folded);
                    written.extend(rows);
                }
                written
            };
            let (written, first, second) =
                tokio::join!(writes, compact_again_and_again(&a), compact_again_and_again(&b));
            (lost, done) = (lost + first.0 + second.0, done + first.1 + second.1);
            // What is written below the floor counts no more than what was there.
            for (time, host, v, w) in written.iter().filter(|row| row.0 >= floor) {
                let row = expected.entry(((*host).to_owned(), *time)).or_default();
                *row = (v.or(row.0), w.or(row.1));
            }
            assert_eq!(answer(&store).await, expected, "seed {seed} round {round}");
            let from = draw(seed + round) as i64 % 4 * HOUR_NS;
            floor = round as i64 * HOUR_NS / 3;
            let name = table();
            let (first, second, expired, _) = tokio::join!(
                compact_again_and_again(&a),
                compact_again_and_again(&b),
                expirer.expire_to(&name, TimestampNs::from_ns(floor)),
                delete(&manifest, round as u8, (from, from + HOUR_NS / 2), &["b"]),
            );
            let expired = expired.unwrap();
            lost += first.0 + second.0;
            done += first.1 + second.1;
            expected.retain(|(host, time), _| {
                *time >= floor && !(host == "b" && (from..=from + HOUR_NS / 2).contains(time))
            });
            assert_eq!(answer(&store).await, expected, "seed {seed} round {round} {expired:?}");
        }
        a.compact(&|_| {}).await.unwrap();
        assert_eq!(answer(&store).await, expected);
        let state = open(&store, 9).await.state();
        assert!(state.tables[&table()].tombstones.is_empty(), "every delete is carried out");
        assert!(live(&store).await.len() <= 6, "{}", live(&store).await.len());
        assert_nothing_is_left_over(&store, &state).await;
    }
    assert!(lost > 20 && done > 40, "{lost} {done}");
}

#[tokio::test(start_paused = true)]
async fn store_that_loses_answers_costs_work_and_no_row() {
    for seed in 0..6u64 {
        let (store, manifest) = database().await;
        let all: Vec<Vec<Row>> =
            (0..30).map(|n| vec![(n % 7, "a", Some(n as f64), None), (n, "b", None, Some(n))]).collect();
        add_many(&store, &manifest, &all).await;
        let count = std::sync::atomic::AtomicU64::new(seed * 1000);
        let faulty = store.with_faults(move |attempted| {
            let draw = draw(count.fetch_add(1, std::sync::atomic::Ordering::Relaxed));
            match (attempted.operation, draw % 8) {
                (Operation::Create, 0) => Fault::ApplyThenLose,
                (Operation::Create, 1) => Fault::FailBefore,
                (Operation::Create, 2) => Fault::ApplyLater(Duration::from_millis(300)),
                (Operation::Put | Operation::Get, 0) => Fault::FailBefore,
                (Operation::Put, 1) => Fault::ApplyThenLose,
                _ => Fault::Pass,
            }
        });
        for run in 0..5 {
            let manifest = open(&store, seed * 10 + run + 1000).await.through(faulty.clone());
            let options = CompactOptions { inputs_max: 6, ..CompactOptions::default() };
            let compactor = compactor_of(&faulty, manifest, seed * 10 + run, options);
            if let Err(error) = compactor.compact(&|_| {}).await {
                assert!(
                    matches!(error, MaintainError::Commit(_) | MaintainError::Manifest(_) | MaintainError::Storage(_)),
                    "{error}"
                );
            }
            assert_eq!(answer(&store).await, merged(all.iter().flatten()), "seed {seed} run {run}");
        }
        compact(&store, seed + 90).await;
        assert_eq!(answer(&store).await, merged(all.iter().flatten()));
        assert!(live(&store).await.len() <= 4);
    }
}
