//! A checkpoint counts only if nothing that it refers to can be collected, however late its commit comes.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tidewell_storage::{Fault, Operation, Store};
use tidewell_types::{GenerationState, TimestampNs};

use super::*;
use crate::sample::{author, change, commit, find, live, memory, open_small, second, settle};
use crate::{Restore, Snapshot};

fn adds(numbers: std::ops::Range<u64>) -> Intent {
    Intent { adds: numbers.map(second).collect(), ..Intent::new(author()) }
}

fn snapshot(checkpoint: CheckpointRef) -> Intent {
    let snapshot = Snapshot { name: "monday".into(), checkpoint, created_at: TimestampNs::from_ns(0) };
    Intent { snapshots: vec![snapshot], ..Intent::new(author()) }
}

fn counts(checkpoint: CheckpointRef) -> Intent {
    Intent { checkpoint: Some(checkpoint), ..Intent::new(author()) }
}

async fn refusal(manifest: &Manifest, intent: Intent) -> Option<Refusal> {
    match manifest.commit(move |_| Ok(Some(intent.clone()))).await {
        Ok(_) => None,
        Err(CommitError::Refused(refusal)) => Some(refusal),
        Err(error) => panic!("{error}"),
    }
}

/// A database with lists, of which a checkpoint counts; another process that stands on it.
async fn database() -> (Store, Manifest, Manifest) {
    let store = memory();
    let manifest = open_small(&store, 2).await;
    commit(&manifest, adds(1..30)).await;
    manifest.checkpoint(&manifest.state()).await.unwrap();
    let other = open_small(&store, 3).await;
    assert!(other.state().has_lists());
    (store, manifest, other)
}

/// Another checkpoint that counts, of lists that are all new.
async fn move_on(manifest: &Manifest, from: u64) {
    let state = commit(manifest, adds(from..from + 10)).await;
    manifest.checkpoint(&state).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn checkpoint_is_lists_a_root_a_commit_and_the_hint() {
    let store = memory();
    let manifest = open_small(&store, 2).await;
    let state = commit(&manifest, adds(1..30)).await;
    let before = store.meter().snapshot();
    let checkpoint = manifest.checkpoint(&state).await.unwrap();
    let used = store.meter().snapshot() - before;
    // Four lists of at most eight, the root, the record, the hint; the commit's three GETs, then the root and one record.
    assert_eq!((used.puts, used.gets, used.requests()), (4 + 1 + 1 + 1, 3 + 2, 12));
    let now = manifest.state();
    assert_eq!(
        (now.version.get(), now.checkpoints.clone(), now.basis.checkpoint()),
        (2, vec![checkpoint], Some(checkpoint))
    );
    assert_eq!(now.tables["level"].segments.loose(), 0);
    assert_eq!(live(&manifest, &now).await, (1..30).collect::<Vec<_>>());
    assert_eq!(*open_small(&store, 3).await.state(), *now);
}

#[tokio::test(start_paused = true)]
async fn checkpoint_of_a_small_database_moves_nothing() {
    let store = memory();
    let manifest = open_small(&store, 2).await;
    let state = commit(&manifest, adds(1..4)).await;
    let before = store.meter().snapshot();
    manifest.checkpoint(&state).await.unwrap();
    let used = store.meter().snapshot() - before;
    assert_eq!((used.puts, used.gets, used.requests()), (3, 3, 6));
    assert_eq!(manifest.state().tables, state.tables);
}

#[tokio::test(start_paused = true)]
async fn checkpoint_older_than_one_that_counts_is_refused() {
    let (_, manifest, other) = database().await;
    let frozen = other.write_checkpoint(&other.state()).await.unwrap();
    move_on(&manifest, 100).await;
    assert_eq!(refusal(&other, counts(frozen)).await, Some(Refusal::CheckpointStale(frozen.version.get())));
    let earlier = manifest.open_checkpoint(manifest.state().checkpoints[0]).await.unwrap();
    let outcome = other.checkpoint(&earlier).await;
    assert!(matches!(outcome, Err(CommitError::Refused(Refusal::CheckpointStale(_)))), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn checkpoint_whose_generation_was_sealed_meanwhile_is_refused() {
    let (_, manifest, other) = database().await;
    commit(&other, adds(100..110)).await;
    let frozen = other.write_checkpoint(&other.state()).await.unwrap();
    commit(&manifest, Intent { generations: vec![change(1, GenerationState::Open, None)], ..Intent::new(author()) })
        .await;
    let later = Author { generation: Generation::new(1), ..author() };
    let seal = vec![change(0, GenerationState::Sealed, None)];
    commit(&manifest, Intent { generations: seal, ..Intent::new(later) }).await;
    // Neither under its own generation nor under one that is open by now.
    for author in [author(), later] {
        for intent in [counts(frozen), snapshot(frozen)] {
            let refused = refusal(&other, Intent { author, ..intent }).await;
            assert!(matches!(refused, Some(Refusal::GenerationClosed(0) | Refusal::OtherGeneration(_))), "{refused:?}");
        }
    }
    let state = other.catch_up().await.unwrap();
    assert!(other.checkpoint(&state).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn checkpoint_that_refers_to_lists_of_one_that_counts_no_more_is_refused() {
    let (_, manifest, other) = database().await;
    // Taken of a newer version than those that come to count, but on an older one's lists.
    let head = commit(&manifest, adds(100..110)).await;
    let seen = other.catch_up().await.unwrap();
    let frozen = other.write_checkpoint(&seen).await.unwrap();
    let earlier = manifest.open_checkpoint(head.checkpoints[0]).await.unwrap();
    for _ in 0..2 {
        // Newer by its write id alone, as checkpoints of one version are.
        loop {
            let checkpoint = manifest.write_checkpoint(&earlier).await.unwrap();
            if refusal(&manifest, counts(checkpoint)).await.is_none() {
                break;
            }
        }
    }
    let now = manifest.state();
    assert!(!now.keeps(&head.checkpoints[0]) && now.checkpoints.iter().all(|checkpoint| *checkpoint < frozen));
    let stale = Some(Refusal::CheckpointStale(frozen.version.get()));
    assert_eq!(refusal(&other, counts(frozen)).await, stale);
    assert_eq!(refusal(&other, snapshot(frozen)).await, stale);
    // The same state on a checkpoint that counts is as good as ever.
    let state = other.catch_up().await.unwrap();
    assert!(other.checkpoint(&state).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn checkpoint_is_kept_by_a_name_alone() {
    let (store, manifest, other) = database().await;
    let state = commit(&other, adds(100..110)).await;
    let named = other.write_checkpoint(&state).await.unwrap();
    assert_eq!(refusal(&other, snapshot(named)).await, None);
    for from in [200, 300, 400] {
        move_on(&manifest, from).await;
    }
    let now = other.catch_up().await.unwrap();
    assert!(now.keeps(&named) && !now.checkpoints.contains(&named));
    let kept = other.open_checkpoint(named).await.unwrap();
    assert_eq!(live(&other, &kept).await, (1..30).chain(100..110).collect::<Vec<_>>());
    assert!(store.get(&manifest.layout().checkpoint(named.version, named.write_id)).await.unwrap().is_some());
    // And may come to count no more, since it is old.
    assert!(matches!(refusal(&other, counts(named)).await, Some(Refusal::CheckpointStale(_))));
}

#[tokio::test(start_paused = true)]
async fn checkpoint_after_a_restore_refers_to_what_it_brought() {
    let (_, manifest, other) = database().await;
    let named = manifest.state().checkpoints[0];
    commit(&manifest, snapshot(named)).await;
    for from in [100, 200, 300] {
        move_on(&manifest, from).await;
    }
    let restore = Restore::of(&manifest.open_checkpoint(named).await.unwrap());
    commit(&manifest, Intent { restore: Some(restore.clone()), ..Intent::new(author()) }).await;
    commit(&manifest, Intent { snapshot_drops: vec!["monday".into()], ..Intent::new(author()) }).await;
    // Nothing but the record of the restore names those lists now.
    let (one, two) = (manifest.state(), other.catch_up().await.unwrap());
    assert!(one.lists_are_kept() && two.lists_are_kept() && !one.keeps(&named));
    let (first, second) = (manifest.write_checkpoint(&one).await.unwrap(), other.write_checkpoint(&two).await.unwrap());
    assert_eq!(refusal(&manifest, counts(first)).await, None);
    // From now on the lists are kept by the first, which the second knows nothing of.
    let outcome = refusal(&other, counts(second)).await;
    assert!(matches!(outcome, Some(Refusal::CheckpointStale(_))), "{outcome:?}");
    assert_eq!(live(&other, &other.catch_up().await.unwrap()).await, (1..30).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn commit_of_a_checkpoint_frozen_before_its_create_is_refused_when_it_thaws() {
    let (store, manifest, _) = database().await;
    // The create of its record arrives ten seconds later, when others have moved on twice.
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.attempt == 1 && attempted.key.contains("/log/") => {
            Fault::Delay(Duration::from_secs(10))
        }
        _ => Fault::Pass,
    });
    let frozen = open_small(&slow, 9).await;
    let state = frozen.state();
    let thawing = frozen.checkpoint(&state);
    let others = async {
        settle().await;
        for from in [100, 200] {
            move_on(&manifest, from).await;
        }
    };
    let (outcome, ()) = tokio::join!(thawing, others);
    assert!(matches!(outcome, Err(CommitError::Refused(Refusal::CheckpointStale(_)))), "{outcome:?}");
    let hint = store.get(&manifest.layout().hint()).await.unwrap().unwrap();
    assert_eq!(checkpoint::decode_hint(&hint).unwrap(), *manifest.state().checkpoints.last().unwrap());
}

#[tokio::test(start_paused = true)]
async fn checkpoint_that_cannot_be_written_counts_never() {
    let (store, _, _) = database().await;
    for part in ["/idx/", "/ckpt/"] {
        let faulty = store.with_faults(move |attempted| match attempted.operation {
            Operation::Put if attempted.key.contains(part) => Fault::Denied,
            _ => Fault::Pass,
        });
        let manifest = open_small(&faulty, 9).await;
        let state = commit(&manifest, adds(100..110)).await;
        let outcome = manifest.checkpoint(&state).await;
        assert!(matches!(outcome, Err(CommitError::Manifest(ManifestError::Storage(_)))), "{part}: {outcome:?}");
        let now = open_small(&store, 4).await.state();
        assert_eq!((now.version, now.checkpoints.len()), (state.version, 1));
        let removes = vec![find(&manifest, &state, 105).await];
        commit(&manifest, Intent { removes, ..Intent::new(author()) }).await;
        let rest: Vec<_> = state.tables["level"].segments.fresh().iter().map(|entry| entry.id).collect();
        let mut removes = Vec::new();
        for id in rest.iter().filter(|id| crate::sample::number(id) != 105) {
            removes.push(find(&manifest, &state, crate::sample::number(id)).await);
        }
        commit(&manifest, Intent { removes, ..Intent::new(author()) }).await;
        // What was removed is on its way out, and its identity is used up.
        let graves = Intent { condemns: rest.clone(), burials: rest, ..Intent::new(author()) };
        commit(&manifest, graves).await;
    }
}

#[test]
fn what_was_written_long_ago_is_forgotten() {
    let staged = Staged::default();
    let needs = Needs { generation: Generation::ZERO, basis: None };
    for number in 0..STAGED_MAX as u64 + 10 {
        let checkpoint =
            CheckpointRef { version: Version::new(number), write_id: tidewell_types::WriteId::from_bytes([1; 16]) };
        staged.insert(checkpoint, needs);
    }
    let kept = staged.0.lock();
    assert_eq!((kept.len(), kept.first_key_value().unwrap().0.version.get()), (STAGED_MAX, 10));
}
