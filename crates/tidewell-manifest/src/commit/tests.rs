//! Commits race, lose their answers and lose their callers: each counts exactly once, or says that it is not known.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures::future::{join_all, try_join_all};
use tidewell_storage::{Attempted, Fault, Operation, Store};
use tidewell_types::{FieldType, Source};

use super::*;
use crate::sample::{
    add, author, commit, env, fold, memory, numbers, open, removal, schema, segment, settle, stream, table,
};

/// Whether this is the record of a version.
fn is_record(attempted: &Attempted<'_>, version: u64) -> bool {
    attempted.key.ends_with(&format!("/log/{:016x}", u64::MAX - version))
}

/// `store` with faults for the attempts to create version 1, in order; what comes after them passes.
fn creating(store: &Store, faults: &[Fault]) -> Store {
    let faults = faults.to_vec();
    store.with_faults(move |attempted| match attempted.operation {
        Operation::Create if is_record(attempted, 1) => {
            faults.get(attempted.attempt as usize - 1).copied().unwrap_or(Fault::Pass)
        }
        _ => Fault::Pass,
    })
}

/// `store` where requests take different times, so that what runs at once interleaves; some answers get lost.
fn jittery(store: &Store) -> Store {
    let count = AtomicU64::new(0);
    store.with_faults(move |attempted| {
        let draw = count.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
        match (attempted.operation, draw % 16) {
            (Operation::Create, 0) => Fault::ApplyThenLose,
            (Operation::Create, 1) => Fault::FailBefore,
            (Operation::Create, 2) => Fault::Conflict409,
            _ => Fault::Delay(Duration::from_millis(draw % 23)),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn commit_without_contention_makes_three_gets_and_one_put() {
    let store = memory();
    let manifest = open(&store, 2).await;
    let before = store.meter().snapshot();
    let state = commit(&manifest, add(1)).await;
    let used = store.meter().snapshot() - before;
    assert_eq!(state.version, Version::new(1));
    // GET of the next record, GET of the floor; PUT; GET of the floor.
    assert_eq!((used.gets, used.puts, used.requests()), (3, 1, 4));
}

#[tokio::test(start_paused = true)]
async fn intent_of_nothing_makes_no_put() {
    let store = memory();
    let manifest = open(&store, 2).await;
    let before = store.meter().snapshot();
    let state = manifest.commit(|_| Ok(None)).await.unwrap();
    let used = store.meter().snapshot() - before;
    assert_eq!((state.version, used.gets, used.requests()), (Version::ZERO, 2, 2));
}

/// delta-rs #3066, #2379, #3166: blind retries under contention, after which writes were dropped.
#[tokio::test(start_paused = true)]
async fn racing_commits_get_contiguous_versions_and_count_once_each() {
    let healthy = memory();
    let store = jittery(&healthy);
    let handles = join_all((0..4).map(|seed| open(&store, seed))).await;
    let tasks = (0..16u64).map(|task| {
        let manifest = handles[task as usize % 4].clone();
        async move {
            for round in 0..10 {
                commit(&manifest, add(task * 10 + round)).await;
            }
        }
    });
    join_all(tasks).await;
    settle().await;
    let state = open(&healthy, 9).await.state();
    // One of them made a checkpoint count.
    assert_eq!(state.version, Version::new(161));
    assert_eq!(numbers(&state), (0..160).collect::<Vec<_>>());
    let checkpoint_commit = commit_of_checkpoint(&healthy, &handles[0], 161).await;
    let segments = state.tables["level"].segments.fresh();
    let mut versions: Vec<u64> = segments.iter().map(|segment| segment.added.get()).collect();
    versions.push(checkpoint_commit);
    versions.sort_unstable();
    assert_eq!(versions, (1..=161).collect::<Vec<_>>());
    for handle in &handles {
        assert_eq!(*handle.catch_up().await.unwrap(), *state);
    }
}

/// The one commit among the first so many that makes a checkpoint count.
async fn commit_of_checkpoint(store: &Store, manifest: &Manifest, commits: u64) -> u64 {
    let mut found = Vec::new();
    for version in 1..=commits {
        let bytes = store.get(&manifest.layout().log(Version::new(version))).await.unwrap().unwrap();
        let (_, record) = Record::decode(&bytes).unwrap();
        found.extend(record.intent.checkpoint.map(|_| version));
    }
    let [version] = found[..] else { panic!("{found:?}") };
    version
}

#[tokio::test(start_paused = true)]
async fn fold_raced_by_two_handles_is_won_by_one() {
    let healthy = memory();
    let store = jittery(&healthy);
    let source = Source::Objects(stream(1));
    for round in 0..20 {
        let fold_with = async |seed: u64| {
            let manifest = open(&store, 100 * round + seed).await;
            let from = manifest.state().streams.get(&stream(1)).map_or(0, |seq| seq.get());
            let intent = Intent { folds: vec![fold(source, 0, from, from + 2)], ..add(round * 10 + seed) };
            manifest.commit(move |_| Ok(Some(intent.clone()))).await
        };
        let outcomes = join_all([fold_with(1), fold_with(2)]).await;
        let refused =
            |outcome: &Result<_, _>| matches!(outcome, Err(CommitError::Refused(Refusal::FoldElsewhere { .. })));
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        assert_eq!(outcomes.iter().filter(|outcome| refused(outcome)).count(), 1, "{outcomes:?}");
    }
    let state = open(&healthy, 9).await.state();
    assert_eq!((state.streams[&stream(1)].get(), numbers(&state).len()), (40, 20));
}

#[tokio::test(start_paused = true)]
async fn refused_intent_commits_nothing() {
    let store = memory();
    let manifest = open(&store, 2).await;
    let grow = |field_type| Intent {
        tables: vec![(table("level"), schema(&[], &[("v", field_type)]))],
        ..Intent::new(author())
    };
    commit(&manifest, grow(FieldType::Float)).await;
    let stale = open(&store, 3).await;
    let refused = stale.commit(move |_| Ok(Some(grow(FieldType::Integer)))).await;
    assert!(matches!(refused, Err(CommitError::Refused(Refusal::Schema { .. }))), "{refused:?}");
    assert_eq!(stale.catch_up().await.unwrap().version, Version::new(1));
}

#[tokio::test(start_paused = true)]
async fn commit_with_unclear_answers_counts_once() {
    const HOUR: Duration = Duration::from_secs(3600);
    for faults in [
        &[Fault::ApplyThenLose][..],
        &[Fault::FailBefore],
        &[Fault::Conflict409, Fault::Conflict409],
        &[Fault::Hang],
        &[Fault::FailBefore, Fault::Hang, Fault::ApplyThenLose],
        &[Fault::ApplyLater(Duration::from_millis(700)), Fault::FailBefore],
        &[Fault::Delay(HOUR)],
    ] {
        let healthy = memory();
        let manifest = open(&creating(&healthy, faults), 2).await;
        let state = commit(&manifest, add(1)).await;
        assert_eq!((state.version, numbers(&state)), (Version::new(1), vec![1]), "{faults:?}");
        tokio::time::sleep(2 * HOUR).await;
        assert_eq!(*open(&healthy, 3).await.state(), *state, "{faults:?}");
        assert_eq!(commit(&manifest, add(2)).await.version, Version::new(2), "{faults:?}");
    }
}

/// iceberg #2317, #2328, #3717, #4673, #13443; duckdb-iceberg #1120; polaris #5458; trino #14869: what an unknown
/// commit referred to was cleaned up; the check itself raced the commit, or failed.
#[tokio::test(start_paused = true)]
async fn commit_whose_late_write_lands_after_anothers_moves_on() {
    let healthy = memory();
    let manifest = open(&creating(&healthy, &[Fault::Hang]), 2).await;
    let slow = manifest.commit(move |_| Ok(Some(add(1))));
    let other = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        commit(&open(&healthy, 3).await, add(2)).await
    };
    let (slow, _) = tokio::join!(slow, other);
    let state = slow.unwrap();
    assert_eq!((state.version, numbers(&state)), (Version::new(2), vec![1, 2]));
}

/// A store where creating version 1 never gets an answer, nor does reading it back; `fault` is what becomes of the create.
fn unanswered(store: &Store, fault: Fault) -> Store {
    store.with_faults(move |attempted| match attempted.operation {
        Operation::Create if is_record(attempted, 1) => fault,
        Operation::Get if is_record(attempted, 1) && attempted.attempt > 1 => Fault::FailBefore,
        _ => Fault::Pass,
    })
}

/// iceberg #2317, #2328, #3717, #4673, #13443; duckdb-iceberg #1120; polaris #5458; trino #14869: what an unknown
/// commit referred to was cleaned up; the check itself raced the commit, or failed.
#[tokio::test(start_paused = true)]
async fn commit_never_answered_is_unknown_and_is_found_out_later() {
    for (fault, version, segments) in [
        (Fault::FailBefore, 0, vec![]),
        (Fault::ApplyThenLose, 1, vec![1]),
        (Fault::ApplyLater(Duration::from_secs(300)), 1, vec![1]),
    ] {
        let healthy = memory();
        let source = Source::Objects(stream(1));
        let intent = Intent { folds: vec![fold(source, 0, 0, 2)], ..add(1) };
        let tried = intent.clone();
        let manifest = open(&unanswered(&healthy, fault), 2).await;
        let outcome = manifest.commit(move |_| Ok(Some(tried.clone()))).await;
        assert!(
            matches!(outcome, Err(CommitError::Unknown { version, .. }) if version == Version::new(1)),
            "{fault:?} {outcome:?}"
        );
        assert_eq!(manifest.version(), Version::ZERO);
        tokio::time::sleep(Duration::from_secs(600)).await;

        let reader = open(&healthy, 3).await;
        let state = reader.catch_up().await.unwrap();
        assert_eq!((state.version.get(), numbers(&state)), (version, segments.clone()), "{fault:?}");
        // The same intent again is exact: its precondition tells what became of the first.
        let again = reader.commit(move |_| Ok(Some(intent.clone()))).await;
        let is_refused = matches!(again, Err(CommitError::Refused(Refusal::FoldElsewhere { .. })));
        assert_eq!(is_refused, version == 1, "{fault:?}");
        assert_eq!(numbers(&reader.catch_up().await.unwrap()), [1], "{fault:?}");
    }
}

/// iceberg #2317, #2328, #3717, #4673, #13443; duckdb-iceberg #1120; polaris #5458; trino #14869: what an unknown
/// commit referred to was cleaned up; the check itself raced the commit, or failed.
#[tokio::test(start_paused = true)]
async fn commit_that_cannot_check_the_floor_is_unknown() {
    let healthy = memory();
    let manifest = open(&healthy, 2).await;
    let faulty = healthy.with_faults(|attempted| match attempted.operation {
        Operation::Get if attempted.key.ends_with("/floor") && attempted.attempt == 2 => Fault::Denied,
        _ => Fault::Pass,
    });
    let outcome = manifest.through(faulty).commit(move |_| Ok(Some(add(1)))).await;
    assert!(matches!(outcome, Err(CommitError::Unknown { .. })), "{outcome:?}");
    assert_eq!(numbers(&open(&healthy, 3).await.state()), [1]);
}

#[tokio::test(start_paused = true)]
async fn commit_that_is_denied_has_tried_nothing() {
    let healthy = memory();
    let manifest = open(&creating(&healthy, &[Fault::Denied]), 2).await;
    let outcome = manifest.commit(move |_| Ok(Some(add(1)))).await;
    assert!(matches!(outcome, Err(CommitError::Manifest(ManifestError::Storage(_)))), "{outcome:?}");
    assert_eq!(manifest.catch_up().await.unwrap().version, Version::ZERO);
}

/// slatedb #1733: a caller that went away cut a commit in half.
#[tokio::test(start_paused = true)]
async fn commit_dropped_by_its_caller_still_completes() {
    let healthy = memory();
    let manifest = open(&creating(&healthy, &[Fault::Delay(Duration::from_secs(2))]), 2).await;
    let waiting = tokio::time::timeout(Duration::from_millis(10), manifest.commit(move |_| Ok(Some(add(1))))).await;
    assert!(waiting.is_err());
    assert_eq!(manifest.version(), Version::ZERO);
    tokio::time::sleep(Duration::from_secs(5)).await;
    assert_eq!(manifest.version(), Version::new(1));
    assert_eq!(numbers(&open(&healthy, 3).await.state()), [1]);
}

/// slatedb #1646, #1657; lance #3718: the same of the numbers of manifests.
#[tokio::test(start_paused = true)]
async fn commit_stalled_until_its_number_was_collected_lands_at_the_head() {
    for floor in [1, 4] {
        let healthy = memory();
        let stalled = open(&creating(&healthy, &[Fault::Delay(Duration::from_secs(8))]), 2).await;
        let zombie = stalled.commit(move |_| Ok(Some(add(1000))));
        let others = async {
            let manifest = open(&healthy, 3).await;
            for number in 1..=6 {
                commit(&manifest, add(number)).await;
            }
            collect(&healthy, &manifest, floor).await;
        };
        let (outcome, ()) = tokio::join!(zombie, others);
        let state = outcome.unwrap();
        assert_eq!((state.version, numbers(&state)), (Version::new(7), vec![1, 2, 3, 4, 5, 6, 1000]));
        // Its first attempt did create record 1, at or below the floor, where nobody believes it.
        assert!(healthy.get(&stalled.layout().log(Version::new(1))).await.unwrap().is_some());
        assert_eq!(*open(&healthy, 4).await.state(), *state);
    }
}

/// `store` where whoever has created version 1 stands still before it asks for the floor.
fn freezing_after_create(store: &Store) -> Store {
    let is_created = AtomicBool::new(false);
    store.with_faults(move |attempted| match attempted.operation {
        Operation::Create if is_record(attempted, 1) => {
            is_created.store(true, Ordering::Relaxed);
            Fault::Pass
        }
        Operation::Get if attempted.key.ends_with("/floor") && is_created.swap(false, Ordering::Relaxed) => {
            Fault::Delay(Duration::from_secs(8))
        }
        _ => Fault::Pass,
    })
}

/// What happens while version 1 is committed by a process that stands still: `then`, further commits, and a collection of
/// record 1.
async fn overtake(healthy: &Store, frozen: &Store, intent: Intent, then: impl AsyncFnOnce(&Manifest)) -> CommitError {
    let frozen = open(frozen, 2).await;
    let committing = frozen.commit(move |_| Ok(Some(intent.clone())));
    let others = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let manifest = open(healthy, 3).await;
        assert_eq!(manifest.version(), Version::new(1), "it counts");
        then(&manifest).await;
        for number in 11..=14 {
            commit(&manifest, add(number)).await;
        }
        collect(healthy, &manifest, 2).await;
    };
    let (outcome, ()) = tokio::join!(committing, others);
    outcome.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn commit_that_counted_and_was_collected_before_its_check_is_unknown() {
    let source = Source::Objects(stream(1));
    // What stands in the way the second time is the first one's own effect, and no reason to delete its segments.
    for intent in [add(1), Intent { folds: vec![fold(source, 0, 0, 2)], ..add(1) }] {
        let healthy = memory();
        let error = overtake(&healthy, &freezing_after_create(&healthy), intent, async |_| {}).await;
        let CommitError::Unknown { version, source } = &error else { panic!("{error}") };
        assert!(*version == Version::new(1) && source.is_unknown(), "{error}");
        assert_eq!(numbers(&open(&healthy, 4).await.state()), [1, 11, 12, 13, 14]);
    }
}

#[tokio::test(start_paused = true)]
async fn commit_that_counted_and_was_undone_before_its_check_is_not_made_again() {
    let healthy = memory();
    let undo = async |manifest: &Manifest| {
        let remove = Intent { removes: vec![removal(&manifest.state(), 1)], ..Intent::new(author()) };
        commit(manifest, remove).await;
        let ids = vec![segment(1).id];
        commit(manifest, Intent { condemns: ids.clone(), ..Intent::new(author()) }).await;
        commit(manifest, Intent { burials: ids, ..Intent::new(author()) }).await;
    };
    let error = overtake(&healthy, &freezing_after_create(&healthy), add(1), undo).await;
    assert!(matches!(error, CommitError::Unknown { .. }), "{error}");
    assert_eq!(numbers(&open(&healthy, 4).await.state()), [11, 12, 13, 14], "its object is gone");
}

#[tokio::test(start_paused = true)]
async fn commit_whose_record_was_collected_and_created_by_another_is_unknown() {
    let healthy = memory();
    let count = AtomicU64::new(0);
    // The answer to the create is lost, and it takes long until its maker looks what is there.
    let slow = healthy.with_faults(move |attempted| match attempted.operation {
        Operation::Create if is_record(attempted, 1) => Fault::ApplyThenLose,
        Operation::Get if is_record(attempted, 1) && count.fetch_add(1, Ordering::Relaxed) == 1 => {
            Fault::Delay(Duration::from_secs(8))
        }
        _ => Fault::Pass,
    });
    let recreate = async |manifest: &Manifest| {
        let (store, name) = (healthy.clone(), manifest.layout().log(Version::new(1)));
        env(9).spawn(async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            store.put(&name, "what a zombie believed to be version 1".into()).await
        });
    };
    let error = overtake(&healthy, &slow, add(1), recreate).await;
    assert!(matches!(error, CommitError::Unknown { .. }), "{error}");
    assert_eq!(numbers(&open(&healthy, 4).await.state()), [1, 11, 12, 13, 14]);
}

/// What a collector does: a checkpoint, then the floor, then the records up to it go.
async fn collect(store: &Store, manifest: &Manifest, to: u64) {
    manifest.write_checkpoint(&manifest.state()).await.unwrap();
    assert_eq!(manifest.raise_floor(Version::new(to)).await.unwrap(), Version::new(to));
    let names: Vec<_> = (1..=to).map(|version| manifest.layout().log(Version::new(version))).collect();
    store.delete(&names).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn stale_handle_commits_at_the_head_after_its_records_were_collected() {
    let store = memory();
    let (stale, manifest) = (open(&store, 2).await, open(&store, 3).await);
    for number in 1..=6 {
        commit(&manifest, add(number)).await;
    }
    collect(&store, &manifest, 6).await;
    let state = commit(&stale, add(1000)).await;
    assert_eq!((state.version, numbers(&state).len()), (Version::new(7), 7));
    assert_eq!(*open(&store, 4).await.state(), *state);
    assert_eq!(*manifest.catch_up().await.unwrap(), *state);
}

#[tokio::test(start_paused = true)]
async fn every_hundredth_commit_writes_a_checkpoint_and_the_hint() {
    let store = memory();
    let manifest = open(&store, 2).await;
    for number in 1..=99 {
        commit(&manifest, add(number)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(store.get(&manifest.layout().hint()).await.unwrap(), None);
    let state = commit(&manifest, add(100)).await;
    settle().await;
    let hint = store.get(&manifest.layout().hint()).await.unwrap().unwrap();
    let hinted = crate::checkpoint::decode_hint(&hint).unwrap();
    assert_eq!(manifest.open_checkpoint(hinted).await.unwrap(), *state);
    // It counts from the next commit on.
    assert_eq!((manifest.version(), manifest.state().checkpoints.clone()), (Version::new(101), vec![hinted]));
    assert_eq!(*open(&store, 3).await.state(), *manifest.state());
}

#[tokio::test(start_paused = true)]
async fn checkpoint_that_fails_costs_no_commit() {
    let healthy = memory();
    let faulty = healthy.with_faults(|attempted| match attempted.key.contains("/ckpt/") {
        true => Fault::Denied,
        false => Fault::Pass,
    });
    let manifest = open(&faulty, 2).await;
    for number in 1..=101 {
        commit(&manifest, add(number)).await;
    }
    assert_eq!(open(&healthy, 3).await.version(), Version::new(101));
}

#[tokio::test]
async fn commits_from_several_threads_count_once_each() {
    let store = memory();
    let runtime = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
        runtime.block_on(async {
            let handles = try_join_all((0..4).map(|seed| {
                Manifest::open(store.clone(), env(seed), tidewell_types::DatabaseName::new("harbour").unwrap())
            }));
            let handles = handles.await.unwrap();
            let tasks = (0..16u64).map(|task| {
                let manifest = handles[task as usize % 4].clone();
                manifest.inner.env.clone().spawn(async move { commit(&manifest, add(task)).await.version })
            });
            let mut versions: Vec<u64> =
                join_all(tasks).await.into_iter().map(|version| version.unwrap().get()).collect();
            versions.sort_unstable();
            assert_eq!(versions, (1..=16).collect::<Vec<_>>());
            assert_eq!(handles[0].catch_up().await.unwrap().segment_count(), 16);
        });
    });
    runtime.await.unwrap();
    assert_eq!(segment(3).file_bytes, 1003);
}
