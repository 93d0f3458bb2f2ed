//! Snapshots: what was there when one was made is what it shows and what it puts back, whatever happens in between.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tidewell_manifest::{GenerationChange, ManifestError};
use tidewell_segment::EncodeOptions;
use tidewell_storage::{Fault, Operation, Store};
use tidewell_types::{Generation, GenerationState, TimeBounds};

use super::*;
use crate::delete::{DeleteRequest, delete};
use crate::read_back::{
    DAY_NS, Process, Rows, Writer, author, batch, commit, database, jittery, log, one, open as open_manifest, plain,
    process, put_segment, rewrite, rows, rows_of, silent_commits, span,
};

async fn make(process: &Process, name: &str) -> Result<Snapshot, MaintainError> {
    create(&process.folder, &process.manifest, &process.env, process.writer, name).await
}

async fn put_back(process: &Process, name: &str) -> Result<Version, MaintainError> {
    restore(&process.folder, &process.manifest, process.writer, name).await
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, MaintainError>) -> SnapshotError {
    match outcome {
        Err(MaintainError::Snapshot(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// What a snapshot shows to a process that has just started.
async fn shown(store: &Store, name: &str) -> Rows {
    let manifest = open_manifest(store, 700).await;
    let state = open(&manifest, name).await.unwrap();
    rows_of(store, &manifest, &state).await
}

async fn delete_all(process: &Process, min_ns: i64, max_ns: i64) {
    let request = DeleteRequest { tables: None, time: span(min_ns, max_ns), tags: Vec::new() };
    delete(&process.folder, &process.manifest, &process.env, process.writer, request).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn snapshot_shows_and_puts_back_what_was_acknowledged() {
    let store = database().await;
    let process = process(&store, 3).await;
    let writer = Writer::new(&store, 1);
    writer.write("m", &[one(1), one(2)]).await;
    process.folder.fold().await.unwrap();
    writer.write("m", &[one(3)]).await;
    let snapshot = make(&process, "before").await.unwrap();
    assert_eq!((snapshot.name.as_str(), list(&process.manifest.state())), ("before", vec![snapshot.clone()]));

    writer.write("m", &[(2, Some("a"), Some(-2.0), None), one(4)]).await;
    writer.write("n", &[one(1)]).await;
    process.folder.fold().await.unwrap();
    delete_all(&process, 1, 1).await;
    rewrite(&store, &process, "m").await;
    let later = rows(&store).await;
    assert_eq!(later.len(), 3);
    assert_eq!(shown(&store, "before").await, plain(1..=3));

    // What is in the log only when it is put back counts no more.
    writer.write("m", &[one(5)]).await;
    let version = put_back(&process, "before").await.unwrap();
    assert!(version > snapshot.checkpoint.version);
    assert_eq!(rows(&store).await, plain(1..=3));
    writer.write("m", &[(2, Some("a"), None, Some(9)), one(6)]).await;
    process.folder.fold().await.unwrap();
    let mut expected = plain([1, 2, 3, 6]);
    expected.insert(("m".into(), 2, Some("a".into())), (Some(2.0), Some(9)));
    assert_eq!(rows(&store).await, expected);
    assert_eq!(shown(&store, "before").await, plain(1..=3));
    rewrite(&store, &process, "m").await;
    assert_eq!(rows(&store).await, expected);
}

#[tokio::test(start_paused = true)]
async fn snapshots_are_put_back_in_any_order() {
    let store = database().await;
    let process = process(&store, 3).await;
    let writer = Writer::new(&store, 1);
    for (time, name) in [(1, "one"), (2, "two"), (3, "three")] {
        writer.write("m", &[one(time)]).await;
        make(&process, name).await.unwrap();
        rewrite(&store, &process, "m").await;
    }
    for (name, last) in [("one", 1), ("three", 3), ("two", 2), ("one", 1), ("two", 2)] {
        put_back(&process, name).await.unwrap();
        assert_eq!(rows(&store).await, plain(1..=last), "{name}");
        assert_eq!(shown(&store, "three").await, plain(1..=3));
        // A compaction after a restore does not take from the snapshots.
        if last > 1 {
            rewrite(&store, &process, "m").await;
        }
    }
    delete_all(&process, i64::MIN, i64::MAX).await;
    assert_eq!(rows(&store).await, Rows::new());
    put_back(&process, "three").await.unwrap();
    assert_eq!(rows(&store).await, plain(1..=3));
}

#[tokio::test(start_paused = true)]
async fn snapshot_of_deletes_that_are_not_carried_out_hides_the_rows_again() {
    let store = database().await;
    let process = process(&store, 3).await;
    let writer = Writer::new(&store, 1);
    writer.write("m", &[one(1), one(2)]).await;
    delete_all(&process, 2, 2).await;
    make(&process, "deleted").await.unwrap();
    writer.write("m", &[one(2)]).await;
    process.folder.fold().await.unwrap();
    rewrite(&store, &process, "m").await;
    assert_eq!(rows(&store).await, plain([1, 2]));
    assert_eq!(shown(&store, "deleted").await, plain([1]));
    put_back(&process, "deleted").await.unwrap();
    assert_eq!(rows(&store).await, plain([1]));
    writer.write("m", &[one(2)]).await;
    process.folder.fold().await.unwrap();
    assert_eq!(rows(&store).await, plain([1, 2]));
}

#[tokio::test(start_paused = true)]
async fn snapshot_keeps_its_segments_until_it_is_dropped() {
    let store = database().await;
    let process = process(&store, 3).await;
    log(&store, (1, 0, 10), "m", &[one(1)]).await;
    process.folder.fold().await.unwrap();
    make(&process, "kept").await.unwrap();
    rewrite(&store, &process, "m").await;
    let grave = process.manifest.state().graves.keys().next().copied().unwrap();
    let condemn = move |_: &State| Ok(Some(Intent { condemns: vec![grave], ..Intent::new(author()) }));
    let refused = process.manifest.commit(condemn).await.unwrap_err();
    assert!(
        matches!(&refused, CommitError::Refused(Refusal::SnapshotNeeds { name, .. }) if name == "kept"),
        "{refused}"
    );
    drop(&process.manifest, process.writer, "kept").await.unwrap();
    let unknown = SnapshotError::Unknown { name: "kept".into(), known: "there are none".into() };
    assert_eq!(refusal(drop(&process.manifest, process.writer, "kept").await), unknown);
    assert_eq!(refusal(open(&process.manifest, "kept").await), unknown);
    assert_eq!(refusal(put_back(&process, "kept").await), unknown);
    process.manifest.commit(condemn).await.unwrap();
    assert_eq!(rows(&store).await, plain([1]));
    // The version before the condemned segment was removed can be named no more; the present one can.
    make(&process, "again").await.unwrap();
    assert_eq!(shown(&store, "again").await, plain([1]));
}

#[tokio::test(start_paused = true)]
async fn snapshot_names_are_checked_and_told() {
    let store = database().await;
    let process = process(&store, 3).await;
    for name in ["", "a b", "ü", "a/b", "a\n", &"x".repeat(129)] {
        let error = refusal(make(&process, name).await);
        assert!(matches!(error, SnapshotError::Name { .. }), "{name}: {error}");
    }
    for name in ["A-z_0.9", ".", &"x".repeat(128)] {
        make(&process, name).await.unwrap();
    }
    let before = process.manifest.version();
    assert_eq!(refusal(make(&process, ".").await), SnapshotError::Exists { name: ".".into() });
    assert_eq!(process.manifest.version(), before);
    let error = refusal(open(&process.manifest, "y").await).to_string();
    assert!(error.contains("\"y\"") && error.contains("A-z_0.9"), "{error}");
    for number in 0..20 {
        make(&process, &format!("n{number:02}")).await.unwrap();
    }
    let error = refusal(open(&process.manifest, "y").await).to_string();
    assert!(error.ends_with("and 3 more"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn snapshots_beyond_the_limit_are_refused() {
    let store = database().await;
    let process = process(&store, 3).await;
    let first = make(&process, "first").await.unwrap();
    let named = |number| Snapshot { name: format!("n{number}"), ..first.clone() };
    commit(&process.manifest, Intent { snapshots: (1..1000).map(named).collect(), ..Intent::new(author()) }).await;
    assert_eq!(refusal(make(&process, "more").await), SnapshotError::TooMany);
    drop(&process.manifest, process.writer, "n1").await.unwrap();
    make(&process, "more").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn snapshot_names_that_race_are_given_once() {
    for seed in 0..6 {
        let store = database().await;
        log(&store, (1, 0, 10), "m", &[one(1)]).await;
        let (a, b) = (process(&jittery(&store, seed), 3).await, process(&jittery(&store, seed * 7 + 3), 4).await);
        let outcomes = tokio::join!(make(&a, "x"), make(&b, "x"));
        let outcomes = [outcomes.0, outcomes.1];
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
        let lost = outcomes.into_iter().find(Result::is_err).unwrap();
        assert_eq!(refusal(lost), SnapshotError::Exists { name: "x".into() });
        assert_eq!(shown(&store, "x").await, plain([1]));
    }
}

#[tokio::test(start_paused = true)]
async fn snapshot_with_writers_and_rewrites_at_once_is_a_prefix_of_the_writes() {
    for seed in 0..8 {
        let store = database().await;
        let (taker, other) =
            (process(&jittery(&store, seed), 3).await, process(&jittery(&store, seed * 13 + 1), 4).await);
        let writer = Writer::new(&jittery(&store, seed + 50), 1);
        for time in 0..4 {
            writer.write("m", &[one(time)]).await;
        }
        other.folder.fold().await.unwrap();
        let writing = async {
            for time in 4..12 {
                writer.write("m", &[one(time)]).await;
            }
        };
        let working = async {
            for _ in 0..3 {
                other.folder.fold().await.unwrap();
                rewrite(&store, &other, "m").await;
                let state = other.manifest.state();
                // A newer checkpoint makes the one that a snapshot is about to name stale.
                let _ = other.manifest.checkpoint(&state).await;
            }
        };
        let (snapshot, (), ()) = tokio::join!(make(&taker, "s"), writing, working);
        snapshot.unwrap();
        let seen = shown(&store, "s").await;
        let count = seen.len() as i64;
        assert!(count >= 4, "{seed}");
        assert_eq!(seen, plain(0..count), "{seed}");
        other.folder.fold().await.unwrap();
        rewrite(&store, &other, "m").await;
        assert_eq!(shown(&store, "s").await, plain(0..count), "{seed}");
        put_back(&taker, "s").await.unwrap();
        assert_eq!(rows(&store).await, plain(0..count), "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn snapshot_whose_version_went_stale_takes_the_newest_again() {
    let store = database().await;
    log(&store, (1, 0, 10), "m", &[one(1)]).await;
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/ckpt/") => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Pass,
    });
    let (taker, other) = (process(&slow, 3).await, process(&store, 4).await);
    let late = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        log(&store, (1, 1, 11), "m", &[one(2)]).await;
        other.folder.fold().await.unwrap();
        rewrite(&store, &other, "m").await;
        let condemns = other.manifest.state().graves.keys().copied().collect();
        commit(&other.manifest, Intent { condemns, ..Intent::new(author()) }).await;
        let seal = |state| GenerationChange { generation: Generation::ZERO, state, watermarks: None };
        let generations = vec![seal(GenerationState::Sealing), seal(GenerationState::Sealed)];
        commit(&other.manifest, Intent { generations, ..Intent::new(author()) }).await;
    };
    let (snapshot, ()) = tokio::join!(make(&taker, "s"), late);
    assert_eq!(snapshot.unwrap().checkpoint.version, other.manifest.version());
    assert_eq!(shown(&store, "s").await, plain([1, 2]));
}

#[tokio::test(start_paused = true)]
async fn snapshot_that_never_finds_a_kept_version_gives_up() {
    let store = database().await;
    let (taker, other) = (process(&store, 3).await, process(&store, 4).await);
    let state = other.manifest.catch_up().await.unwrap();
    let stale = Snapshot {
        name: "s".into(),
        checkpoint: taker.manifest.write_checkpoint(&state).await.unwrap(),
        created_at: taker.env.now(),
    };
    other.manifest.checkpoint(&state).await.unwrap();
    let error = super::commit(&taker.manifest, taker.writer, &state, stale).await.unwrap_err();
    assert!(is_stale(&error), "{error}");
    assert!(list(&taker.manifest.catch_up().await.unwrap()).is_empty());
}

#[tokio::test(start_paused = true)]
async fn snapshot_of_many_segments_is_read_and_put_back_through_lists() {
    let store = database().await;
    let process = process(&store, 3).await;
    let mut adds = Vec::new();
    for day in 0..530 {
        adds.push(put_segment(&store, &process.env, "m", batch(&[one(day * DAY_NS)]), (0, EncodeOptions::hot())).await);
    }
    commit(&process.manifest, Intent { adds, ..Intent::new(author()) }).await;
    make(&process, "many").await.unwrap();
    let all = plain((0..530).map(|day| day * DAY_NS));
    rewrite(&store, &process, "m").await;
    let opened = open(&process.manifest, "many").await.unwrap();
    assert_eq!(opened.tables["m"].segments.leaves().len(), 1);
    let some = process.manifest.select(&opened.tables["m"].segments, &span(0, DAY_NS)).await.unwrap();
    assert_eq!(some.len(), 2);
    assert_eq!(shown(&store, "many").await, all);
    delete_all(&process, 0, i64::MAX).await;
    put_back(&process, "many").await.unwrap();
    assert_eq!(rows(&store).await, all);
    let live = process.manifest.state();
    let live = process.manifest.select(&live.tables["m"].segments, &TimeBounds::ALL).await.unwrap();
    assert_eq!(live.len(), 530);
    // The lists that were put back outlive the snapshot.
    drop(&process.manifest, process.writer, "many").await.unwrap();
    assert_eq!(rows(&store).await, all);
}

#[tokio::test(start_paused = true)]
async fn snapshot_whose_answers_are_lost_is_made_once() {
    for fault in [Fault::ApplyThenLose, Fault::FailBefore, Fault::Conflict409] {
        let store = database().await;
        log(&store, (1, 0, 10), "m", &[one(1)]).await;
        let faulty = store.with_faults(move |attempted| match attempted.operation {
            Operation::Create if attempted.attempt == 1 => fault,
            _ => Fault::Pass,
        });
        let process = process(&faulty, 3).await;
        make(&process, "s").await.unwrap();
        assert_eq!(shown(&store, "s").await, plain([1]), "{fault:?}");
        put_back(&process, "s").await.unwrap();
        drop(&process.manifest, process.writer, "s").await.unwrap();
        assert_eq!(rows(&store).await, plain([1]), "{fault:?}");
    }
    let store = database().await;
    let error = make(&process(&silent_commits(&store), 3).await, "s").await.unwrap_err();
    assert!(matches!(error, MaintainError::Commit(CommitError::Unknown { .. })), "{error}");
    let error = refusal(make(&process(&store, 4).await, "s").await);
    assert_eq!(error, SnapshotError::Exists { name: "s".into() });
    assert_eq!(shown(&store, "s").await, Rows::new());
}

#[tokio::test(start_paused = true)]
async fn restore_of_a_snapshot_that_is_dropped_meanwhile_changes_nothing() {
    let store = database().await;
    let process = process(&store, 3).await;
    log(&store, (1, 0, 10), "m", &[one(1)]).await;
    make(&process, "s").await.unwrap();
    log(&store, (1, 1, 11), "m", &[one(2)]).await;
    let slow = store.with_faults(|attempted| match attempted.operation {
        Operation::Get if attempted.key.contains("/ckpt/") => Fault::Delay(Duration::from_secs(5)),
        _ => Fault::Pass,
    });
    let restorer = crate::read_back::process(&slow, 5).await;
    for make_anew in [false, true] {
        let change = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(&process.manifest, process.writer, "s").await.unwrap();
            if make_anew {
                make(&process, "s").await.unwrap();
            }
        };
        if make_anew {
            make(&process, "s").await.unwrap();
        }
        let (outcome, ()) = tokio::join!(put_back(&restorer, "s"), change);
        let error = refusal(outcome);
        match make_anew {
            true => assert_eq!(error, SnapshotError::Changed { name: "s".into() }),
            false => assert!(matches!(error, SnapshotError::Unknown { .. }), "{error}"),
        }
        assert_eq!(rows(&store).await, plain([1, 2]));
    }
}

#[tokio::test(start_paused = true)]
async fn snapshot_whose_checkpoint_was_lost_says_which_object() {
    let store = database().await;
    let process = process(&store, 3).await;
    let snapshot = make(&process, "s").await.unwrap();
    let name = process.manifest.layout().checkpoint(snapshot.checkpoint.version, snapshot.checkpoint.write_id);
    store.delete(std::slice::from_ref(&name)).await.unwrap();
    for outcome in [open(&process.manifest, "s").await.map(|_| ()), put_back(&process, "s").await.map(|_| ())] {
        let error = outcome.unwrap_err();
        let is_named = |object: &str| object == name.as_str();
        assert!(
            matches!(&error, MaintainError::Manifest(ManifestError::Collected { object }) if is_named(object)),
            "{error}"
        );
    }
}
