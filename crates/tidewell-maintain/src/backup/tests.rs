//! Backups: the target is the version that was acknowledged, at every moment one version, and a store that works.
#![allow(clippy::unwrap_used)]

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tidewell_manifest::{GenerationChange, Intent, ManifestError};
use tidewell_segment::EncodeOptions;
use tidewell_storage::{Fault, ObjectName, Operation};
use tidewell_types::{Generation, GenerationState, Seq, TimeBounds};

use super::*;
use crate::delete::{DeleteRequest, delete};
use crate::read_back::{
    DAY_NS, Process, Rows, Writer, author, batch, collect, commit, database, database_name, env, failing_after,
    jittery, keys, layout, log, memory, memory_of, one, open, plain, process, put_segment, rewrite, rows, rows_of,
    span, stream, table,
};

const QUIET: OnProgress<'static> = &|_| {};

async fn back_up_with(
    process: &Process,
    source: &Store,
    target: &Store,
    options: BackupOptions,
    progress: OnProgress<'_>,
) -> Result<BackupSummary, MaintainError> {
    let Process { folder, manifest, env, writer } = process;
    backup(&Backup { folder, manifest, source, target, env, writer: *writer }, options, progress).await
}

async fn back_up(process: &Process, source: &Store, target: &Store) -> Result<BackupSummary, MaintainError> {
    back_up_with(process, source, target, BackupOptions::default(), QUIET).await
}

async fn put_back(source: &Store, target: &Store) -> Result<BackupSummary, MaintainError> {
    restore_backup(source, target, &env(77), &database_name(), BackupOptions::default(), QUIET).await
}

fn refusal<T: std::fmt::Debug>(outcome: Result<T, MaintainError>) -> BackupError {
    match outcome {
        Err(MaintainError::Backup(error)) => error,
        other => panic!("{other:?}"),
    }
}

async fn segment_keys(store: &Store) -> Vec<String> {
    keys(store, &layout().segment_prefix(tidewell_storage::Tier::Hot)).await
}

#[tokio::test(start_paused = true)]
async fn backup_holds_what_was_acknowledged_and_is_a_store_that_works() {
    let (source, target) = (database().await, memory());
    let process = process(&source, 3).await;
    log(&source, (1, 0, 10), "m", &[one(1), one(2), one(3)]).await;
    process.folder.fold().await.unwrap();
    let request = DeleteRequest { tables: None, time: span(2, 2), tags: Vec::new() };
    delete(&process.folder, &process.manifest, &process.env, process.writer, request).await.unwrap();
    crate::snapshot::create(&process.folder, &process.manifest, &process.env, process.writer, "kept").await.unwrap();
    let stores = Intent { log_stores: Some(vec!["memory://".to_owned()]), ..Intent::new(author()) };
    commit(&process.manifest, stores).await;
    log(&source, (1, 1, 11), "n", &[(1, None, None, Some(5))]).await;

    let summary = back_up(&process, &source, &target).await.unwrap();
    assert_eq!((summary.segment_count, summary.copied_count, summary.foreign_count), (2, 2, 0));
    assert_eq!(summary.snapshot_left, None);
    assert_eq!(process.manifest.state().snapshots.keys().collect::<Vec<_>>(), ["kept"]);
    assert_eq!(source.read_format().await.unwrap().unwrap(), target.read_format().await.unwrap().unwrap());

    let there = open(&target, 5).await;
    let state = there.state();
    assert_eq!((state.version, state.is_planted()), (summary.version, true));
    // What is about objects elsewhere stays there.
    assert!(state.snapshots.is_empty() && state.graves.is_empty() && state.log_stores.is_empty());
    let expected = rows(&source).await;
    assert_eq!(rows_of(&target, &there, &state).await, expected);
    assert_eq!(expected.len(), 3);
    assert_eq!(keys(&target, &layout().prefix()).await.len(), 2 + 4);

    let there = crate::read_back::process(&target, 6).await;
    log(&target, (7, 0, 20), "m", &[one(2), (3, Some("a"), None, Some(1))]).await;
    assert_eq!(there.folder.fold().await.unwrap().version.get(), summary.version.get() + 1);
    let mut expected = expected;
    expected.extend(plain([2]));
    expected.insert(("m".into(), 3, Some("a".into())), (Some(3.0), Some(1)));
    assert_eq!(rows(&target).await, expected);
    rewrite(&target, &there, "m").await;
    assert_eq!(rows(&target).await, expected);
}

#[tokio::test(start_paused = true)]
async fn backup_has_the_rollups_and_what_is_still_to_be_computed_of_them() {
    let (source, target) = (database().await, memory());
    let process = process(&source, 3).await;
    let definition = tidewell_manifest::RollupDefinition {
        source: table("m"),
        target: table("hours"),
        interval_ms: 3_600_000,
        settle_ms: 0,
        tags: None,
        fields: None,
        aggregates: vec![tidewell_manifest::Aggregate::Count],
    };
    let since = tidewell_types::TimestampNs::from_ns(0);
    crate::rollup::create(&process.manifest, &process.env, "hours", definition, since).await.unwrap();
    log(&source, (1, 0, 10), "m", &[one(-DAY_NS)]).await;
    process.folder.fold().await.unwrap();
    back_up(&process, &source, &target).await.unwrap();
    let (here, there) = (process.manifest.state(), open(&target, 5).await.state());
    assert_eq!((here.rollups.len(), here.rollups["hours"].dirty.spans().len()), (1, 2));
    assert_eq!(there.rollups, here.rollups);
    let elsewhere = memory();
    put_back(&target, &elsewhere).await.unwrap();
    assert_eq!(open(&elsewhere, 6).await.state().rollups, here.rollups);
}

#[tokio::test(start_paused = true)]
async fn backup_again_copies_what_is_new_and_old_readers_follow() {
    let (source, target) = (database().await, memory());
    let process = process(&source, 3).await;
    let writer = Writer::new(&source, 1);
    writer.write("m", &[one(1)]).await;
    writer.write("n", &[one(1)]).await;
    assert_eq!(back_up(&process, &source, &target).await.unwrap().copied_count, 2);
    let reader = open(&target, 5).await;
    let first = reader.state();
    let first_rows = rows(&source).await;

    for round in 0..3 {
        writer.write("m", &[one(10 + round)]).await;
        process.folder.fold().await.unwrap();
        rewrite(&source, &process, "m").await;
        collect(&source, &process).await;
        collect(&source, &process).await;
        assert!(source.get(&layout().log(first.version)).await.unwrap().is_none());
        let summary = back_up(&process, &source, &target).await.unwrap();
        assert_eq!((summary.segment_count, summary.copied_count), (2, 1), "{round}");
        let expected = rows(&source).await;
        assert_eq!(expected.len() as i64, 3 + round);
        assert_eq!(rows(&target).await, expected, "{round}");
        // A reader of an older backup goes on with it, and finds the newer one when it looks.
        assert_eq!(rows_of(&target, &reader, &first).await, first_rows, "{round}");
        let followed = reader.catch_up().await.unwrap();
        assert_eq!(followed.version, summary.version, "{round}");
        assert_eq!(rows_of(&target, &reader, &followed).await, expected, "{round}");
        // With nothing but listings as well.
        target.delete(&[layout().hint()]).await.unwrap();
        assert_eq!(rows(&target).await, expected, "{round}");
    }
    let summary = back_up(&process, &source, &target).await.unwrap();
    assert_eq!((summary.copied_count, summary.copied_bytes), (0, 0));
}

/// A target with a backup, and the source with one more segment of each table.
async fn backed_up_and_grown() -> (Store, Store, Process, Rows) {
    let (source, target) = (database().await, memory());
    let process = process(&source, 3).await;
    let writer = Writer::new(&source, 1);
    writer.write("m", &[one(1)]).await;
    writer.write("n", &[one(1)]).await;
    back_up(&process, &source, &target).await.unwrap();
    let before = rows(&source).await;
    writer.write("m", &[one(2)]).await;
    writer.write("n", &[one(2)]).await;
    process.folder.fold().await.unwrap();
    (source, target, process, before)
}

#[tokio::test(start_paused = true)]
async fn backup_interrupted_anywhere_leaves_a_whole_version() {
    let mut states = Vec::new();
    for nth in 1..20 {
        let (source, target, process, before) = backed_up_and_grown().await;
        let outcome = back_up(&process, &source, &failing_after(&target, nth)).await;
        // An interrupted backup leaves no snapshot behind, and the version before or the new one, never a part of it.
        assert!(crate::snapshot::list(&process.manifest.catch_up().await.unwrap()).is_empty(), "{nth}");
        let (seen, all) = (rows(&target).await, rows(&source).await);
        assert!(seen == before || seen == all, "{nth}: {seen:?}");
        states.push((outcome.is_ok(), seen == all));
        let healthy = back_up(&process, &source, &target).await.unwrap();
        assert!(healthy.copied_count <= 2, "{nth}");
        assert_eq!(rows(&target).await, all, "{nth}");
        assert_eq!(open(&target, 5).await.version(), healthy.version, "{nth}");
        if outcome.is_ok() {
            break;
        }
    }
    // Two segments, checkpoint, record, floor, hint: only from the record on does the new version count.
    let expected =
        [(false, false), (false, false), (false, false), (false, false), (false, true), (false, true), (true, true)];
    assert_eq!(states, expected);
}

#[tokio::test(start_paused = true)]
async fn backup_whose_answers_are_lost_is_whole() {
    for fault in [Fault::ApplyThenLose, Fault::FailBefore, Fault::Conflict409] {
        let (source, target, process, _) = backed_up_and_grown().await;
        let faulty = target.with_faults(move |attempted| match attempted.operation {
            Operation::Create | Operation::Replace if attempted.attempt == 1 => fault,
            _ => Fault::Pass,
        });
        back_up(&process, &source, &faulty).await.unwrap();
        assert_eq!(rows(&target).await, rows(&source).await, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn backup_that_is_killed_leaves_a_snapshot_that_is_found() {
    let (source, target, process, before) = backed_up_and_grown().await;
    let stuck = target.with_faults(|attempted| match attempted.operation {
        Operation::Put if attempted.key.contains("/hot/") => Fault::Hang,
        _ => Fault::Pass,
    });
    let killed = tokio::time::timeout(Duration::from_secs(60), back_up(&process, &source, &stuck)).await;
    assert!(killed.is_err());
    let left = crate::snapshot::list(&process.manifest.catch_up().await.unwrap());
    assert!(left.len() == 1 && left[0].name.starts_with("backup-"), "{left:?}");
    assert_eq!(rows(&target).await, before);
    back_up(&process, &source, &target).await.unwrap();
    assert_eq!(rows(&target).await, rows(&source).await);
    assert_eq!(crate::snapshot::list(&process.manifest.state()), left);
    crate::snapshot::drop(&process.manifest, process.writer, &left[0].name).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn backup_whose_snapshot_cannot_be_dropped_says_so() {
    let (source, target, process, _) = backed_up_and_grown().await;
    let creates = AtomicU64::new(0);
    let denied = source.with_faults(move |attempted| match attempted.operation {
        Operation::Create if creates.fetch_add(1, Ordering::Relaxed) > 0 => Fault::Denied,
        _ => Fault::Pass,
    });
    let through = crate::read_back::process(&denied, 9).await;
    let summary = back_up(&through, &denied, &target).await.unwrap();
    let left = summary.snapshot_left.unwrap();
    assert!(process.manifest.catch_up().await.unwrap().snapshots.contains_key(&left));
    assert_eq!(rows(&target).await, rows(&source).await);
}

#[tokio::test(start_paused = true)]
async fn backup_with_writers_rewrites_and_collections_at_once_is_a_prefix_of_the_writes() {
    for seed in 0..6 {
        let (source, target) = (database().await, memory());
        let copier = process(&jittery(&source, seed), 3).await;
        let other = process(&jittery(&source, seed * 17 + 5), 4).await;
        let writer = Writer::new(&jittery(&source, seed + 40), 1);
        let mut last = 0;
        for round in 0..3 {
            for time in last..last + 4 {
                writer.write("m", &[one(time)]).await;
            }
            let acknowledged = last + 4;
            let writing = async {
                for time in acknowledged..acknowledged + 6 {
                    writer.write("m", &[one(time)]).await;
                }
            };
            let working = async {
                for _ in 0..2 {
                    other.folder.fold().await.unwrap();
                    rewrite(&source, &other, "m").await;
                    collect(&source, &other).await;
                }
            };
            let slow = jittery(&target, seed + round);
            let (copied, (), ()) = tokio::join!(back_up(&copier, &source, &slow), writing, working);
            copied.unwrap();
            let seen = rows(&target).await;
            let count = seen.len() as i64;
            assert!(count >= acknowledged, "{seed}: {count} of {acknowledged}");
            assert_eq!(seen, plain(0..count), "{seed}");
            last = acknowledged + 6;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn backup_of_a_damaged_or_missing_segment_names_it() {
    for change in ["bytes", "length", "gone"] {
        let (source, target, process, before) = backed_up_and_grown().await;
        let copied = segment_keys(&target).await;
        let fresh = segment_keys(&source).await.into_iter().find(|key| !copied.contains(key)).unwrap();
        let name = ObjectName::foreign(&fresh).unwrap();
        let mut body = source.get(&name).await.unwrap().unwrap().to_vec();
        match change {
            "gone" => source.delete(std::slice::from_ref(&name)).await.unwrap(),
            _ => {
                body[9] ^= 1;
                body.truncate(if change == "length" { 100 } else { body.len() });
                source.overwrite(&name, body.into()).await.unwrap();
            }
        }
        let error = refusal(back_up(&process, &source, &target).await);
        match (&error, change) {
            (BackupError::Missing { object, .. }, "gone") => assert_eq!(*object, fresh),
            (BackupError::Damaged { object, problem, .. }, word) => {
                assert!(*object == fresh && (word == "length") == problem.contains("length"), "{error}");
            }
            _ => panic!("{error}"),
        }
        assert!(process.manifest.catch_up().await.unwrap().snapshots.is_empty());
        assert_eq!(rows(&target).await, before);
    }
}

#[tokio::test(start_paused = true)]
async fn backup_into_a_store_that_is_something_else_is_refused() {
    let (source, target, process, _) = backed_up_and_grown().await;
    let version = process.manifest.version();

    let other = memory_of(50);
    other.ensure_format().await.unwrap();
    assert!(matches!(refusal(back_up(&process, &source, &other).await), BackupError::OtherStore { .. }));
    // Into itself.
    let own = refusal(back_up(&process, &source, &source.clone()).await);
    assert!(matches!(own, BackupError::Plant(PlantError::Grown { .. })), "{own}");
    // Into a backup that somebody has begun to write to.
    log(&target, (9, 0, 5), "m", &[one(50)]).await;
    crate::read_back::process(&target, 8).await.folder.fold().await.unwrap();
    let before = rows(&target).await;
    let grown = refusal(back_up(&process, &source, &target).await);
    assert!(matches!(grown, BackupError::Plant(PlantError::Grown { .. })), "{grown}");
    assert_eq!(rows(&target).await, before);
    // Nothing was written to the source for any of them.
    assert_eq!(process.manifest.catch_up().await.unwrap().version, version);

    let nothing = memory();
    let error = refusal(back_up(&crate::read_back::process(&nothing, 4).await, &nothing, &memory()).await);
    assert!(matches!(error, BackupError::Empty { .. }), "{error}");
}

#[tokio::test(start_paused = true)]
async fn backup_of_an_older_history_does_not_cover_a_newer_one() {
    let (source, early, process, _) = backed_up_and_grown().await;
    let late = memory();
    let writer = Writer::new(&source, 2);
    for time in 0..5 {
        writer.write("m", &[one(100 + time)]).await;
        process.folder.fold().await.unwrap();
    }
    back_up(&process, &source, &late).await.unwrap();
    let newest = rows(&late).await;
    // The store is lost and put back from the early backup: its versions are lower than those of the late one.
    let restored = memory();
    put_back(&early, &restored).await.unwrap();
    let heir = crate::read_back::process(&restored, 20).await;
    log(&restored, (3, 0, 50), "m", &[one(7)]).await;
    let error = refusal(back_up(&heir, &restored, &late).await);
    assert!(matches!(error, BackupError::Plant(PlantError::NotOlder { .. })), "{error}");
    assert_eq!(rows(&late).await, newest);
    // Once it has come further than the late one, what the target holds of the other history is left behind.
    let beyond = open(&late, 5).await.version();
    let heir_writer = Writer::new(&restored, 4);
    for time in 0.. {
        heir_writer.write("m", &[one(200 + time)]).await;
        if heir.folder.fold().await.unwrap().version.get() > beyond.get() + 1 {
            break;
        }
    }
    let reader = open(&late, 6).await;
    back_up(&heir, &restored, &late).await.unwrap();
    let expected = rows(&restored).await;
    assert!(expected.keys().all(|(_, time, _)| *time < 100 || *time >= 200));
    assert_eq!(rows(&late).await, expected);
    assert_eq!(rows_of(&late, &reader, &reader.catch_up().await.unwrap()).await, expected);
}

#[tokio::test(start_paused = true)]
async fn backup_that_races_another_into_one_target_leaves_the_newer() {
    for seed in 0..6 {
        let (source, target, process, _) = backed_up_and_grown().await;
        let other = crate::read_back::process(&jittery(&source, seed), 30).await;
        let writing = async {
            log(&source, (5, 0, 60), "m", &[one(60)]).await;
        };
        let (slow, slower) = (jittery(&target, seed + 1), jittery(&target, seed * 3 + 2));
        let (a, b, ()) = tokio::join!(back_up(&process, &source, &slow), back_up(&other, &source, &slower), writing);
        let versions: Vec<Version> = [&a, &b].into_iter().flatten().map(|summary| summary.version).collect();
        assert!(!versions.is_empty(), "{a:?} {b:?}");
        for outcome in [a, b] {
            let Err(error) = outcome else { continue };
            assert!(matches!(error, MaintainError::Backup(BackupError::Plant(_))), "{error}");
        }
        assert_eq!(open(&target, 5).await.version(), *versions.iter().max().unwrap());
        let seen = rows(&target).await;
        assert!(seen.len() >= 4, "{seen:?}");
        back_up(&process, &source, &target).await.unwrap();
        assert_eq!(rows(&target).await, rows(&source).await);
    }
}

#[tokio::test(start_paused = true)]
async fn backup_of_many_segments_believes_the_lists_it_copied() {
    let (source, target) = (database().await, memory());
    let process = process(&source, 3).await;
    let mut adds = Vec::new();
    for day in 0..530 {
        adds.push(
            put_segment(&source, &process.env, "m", batch(&[one(day * DAY_NS)]), (0, EncodeOptions::hot())).await,
        );
    }
    commit(&process.manifest, Intent { adds, ..Intent::new(author()) }).await;
    process.manifest.checkpoint(&process.manifest.state()).await.unwrap();
    crate::snapshot::create(&process.folder, &process.manifest, &process.env, process.writer, "all").await.unwrap();
    // One segment of the list is live no more.
    let state = process.manifest.state();
    let gone = process.manifest.select(&state.tables["m"].segments, &span(DAY_NS, DAY_NS)).await.unwrap();
    commit(&process.manifest, Intent { removes: vec![gone[0].removal()], ..Intent::new(author()) }).await;

    let progress = Mutex::new(Vec::new());
    let note = |step: Progress| progress.lock().push(step);
    let summary = back_up_with(&process, &source, &target, BackupOptions::default(), &note).await.unwrap();
    assert_eq!((summary.segment_count, summary.copied_count, summary.copied_list_count), (529, 529, 1));
    let last = progress.lock().last().copied().unwrap();
    assert_eq!((last.done_count, last.segment_count, last.copied_bytes), (529, 529, summary.copied_bytes));
    assert_eq!(rows(&target).await, rows(&source).await);

    log(&source, (1, 0, 10), "m", &[one(5)]).await;
    let before = target.meter().snapshot();
    progress.lock().clear();
    let summary = back_up_with(&process, &source, &target, BackupOptions::default(), &note).await.unwrap();
    let used = target.meter().snapshot() - before;
    assert_eq!((summary.copied_count, summary.copied_list_count), (1, 0));
    assert!(used.requests() < 40, "{used:?}");
    assert_eq!(progress.lock().last().unwrap().done_count, 530);
    assert_eq!(rows(&target).await, rows(&source).await);

    // The removed segment is live again, by way of the same list.
    crate::snapshot::restore(&process.folder, &process.manifest, process.writer, "all").await.unwrap();
    let summary = back_up(&process, &source, &target).await.unwrap();
    assert_eq!((summary.segment_count, summary.copied_count, summary.copied_list_count), (530, 1, 0));
    assert_eq!(rows(&target).await, plain((0..530).map(|day| day * DAY_NS)));

    // An object that went away at the target is missed by a full look only.
    let lost = ObjectName::foreign(&segment_keys(&target).await[7]).unwrap();
    target.delete(std::slice::from_ref(&lost)).await.unwrap();
    assert_eq!(back_up(&process, &source, &target).await.unwrap().copied_count, 0);
    let full = BackupOptions { is_full: true, concurrency: 0 };
    let summary = back_up_with(&process, &source, &target, full, QUIET).await.unwrap();
    assert_eq!((summary.copied_count, summary.copied_list_count), (1, 1));
    assert_eq!(rows(&target).await, plain((0..530).map(|day| day * DAY_NS)));
    let restored = memory();
    assert_eq!(put_back(&target, &restored).await.unwrap().copied_count, 530);
    let state = open(&restored, 5).await;
    let live = state.select(&state.state().tables["m"].segments, &TimeBounds::ALL).await.unwrap();
    assert_eq!(live.len(), 530);
}

#[tokio::test(start_paused = true)]
async fn backup_of_sealed_generations_knows_where_their_streams_end() {
    let (source, target) = (database().await, memory());
    let process = process(&source, 3).await;
    log(&source, (1, 0, 10), "m", &[one(1)]).await;
    log(&source, (1, 1, 11), "m", &[one(2)]).await;
    process.folder.fold().await.unwrap();
    let state = process.manifest.state();
    let ends = process.manifest.write_watermarks(&state, Generation::ZERO).await.unwrap();
    let change = |generation: u32, state, watermarks| GenerationChange {
        generation: Generation::new(generation),
        state,
        watermarks,
    };
    let generations = vec![
        change(1, GenerationState::Open, None),
        change(0, GenerationState::Sealing, None),
        change(0, GenerationState::Sealed, Some(ends)),
    ];
    commit(&process.manifest, Intent { generations, ..Intent::new(author()) }).await;
    back_up(&process, &source, &target).await.unwrap();
    let there = open(&target, 5).await;
    assert_eq!(there.end_of(&there.state(), stream(1)).await.unwrap(), Seq::new(2));
    assert_eq!(there.state().open_generation(), Generation::new(1));
    let before = target.meter().snapshot();
    back_up(&process, &source, &target).await.unwrap();
    // It is not copied again: checkpoint, record, floor and hint alone.
    assert_eq!((target.meter().snapshot() - before).puts, 4);
    assert_eq!(rows(&target).await, plain([1, 2]));
}

#[tokio::test(start_paused = true)]
async fn segment_that_is_no_object_of_the_database_stays_where_it_is() {
    let (source, target) = (database().await, memory());
    let process = process(&source, 3).await;
    let entry = put_segment(&source, &process.env, "m", batch(&[one(1)]), (0, EncodeOptions::hot())).await;
    let foreign = tidewell_manifest::SegmentEntry { object: "s3://elsewhere/a.parquet".into(), ..entry };
    commit(&process.manifest, Intent { adds: vec![foreign], ..Intent::new(author()) }).await;
    let summary = back_up(&process, &source, &target).await.unwrap();
    assert_eq!((summary.segment_count, summary.copied_count, summary.foreign_count), (1, 0, 1));
    assert!(segment_keys(&target).await.is_empty());
    let state = open(&target, 5).await.state();
    assert_eq!(state.tables[&table("m")].segments.fresh()[0].object, "s3://elsewhere/a.parquet");
}

#[tokio::test(start_paused = true)]
async fn restored_backup_is_the_database_and_goes_its_own_way() {
    let (source, target, process, before) = backed_up_and_grown().await;
    let restored = memory();
    let summary = put_back(&target, &restored).await.unwrap();
    assert_eq!((summary.segment_count, summary.copied_count), (2, 2));
    assert_eq!(rows(&restored).await, before);
    assert_eq!(restored.read_format().await.unwrap(), source.read_format().await.unwrap());
    let heir = crate::read_back::process(&restored, 21).await;
    log(&restored, (8, 0, 1), "m", &[one(9)]).await;
    heir.folder.fold().await.unwrap();
    let mut expected = before.clone();
    expected.extend(plain([9]));
    assert_eq!(rows(&restored).await, expected);
    assert_eq!(rows(&target).await, before);

    let occupied = refusal(put_back(&target, &restored).await);
    assert!(matches!(occupied, BackupError::Occupied { .. }), "{occupied}");
    let live = refusal(put_back(&source, &memory()).await);
    assert!(matches!(live, BackupError::NoBackup { .. }), "{live}");
    let empty = refusal(put_back(&memory(), &memory()).await);
    assert!(matches!(empty, BackupError::Empty { .. }), "{empty}");
    let other = memory_of(50);
    other.ensure_format().await.unwrap();
    let other = refusal(put_back(&target, &other).await);
    assert!(matches!(other, BackupError::OtherStore { .. }), "{other}");
    // The backup is a target as before.
    back_up(&process, &source, &target).await.unwrap();
    assert_eq!(rows(&target).await, rows(&source).await);
}

#[tokio::test(start_paused = true)]
async fn restore_interrupted_anywhere_has_no_database_or_all_of_it() {
    let (_, target, _, before) = backed_up_and_grown().await;
    for nth in 1..20 {
        let restored = memory();
        let outcome = put_back(&target, &failing_after(&restored, nth)).await;
        let opened = open(&restored, 5).await;
        match opened.version() {
            Version::ZERO => {
                put_back(&target, &restored).await.unwrap();
            }
            _ => assert!(opened.state().is_planted()),
        }
        assert_eq!(rows(&restored).await, before, "{nth}");
        if outcome.is_ok() {
            return;
        }
    }
    panic!("it never succeeds");
}

#[tokio::test(start_paused = true)]
async fn restore_needs_nothing_but_reads_of_the_backup() {
    let (_, target, _, before) = backed_up_and_grown().await;
    let read_only = target.with_faults(|attempted| match attempted.operation {
        Operation::Get | Operation::Head | Operation::List | Operation::GetRanges | Operation::Open => Fault::Pass,
        _ => Fault::Denied,
    });
    let restored = memory();
    put_back(&read_only, &restored).await.unwrap();
    assert_eq!(rows(&restored).await, before);
    let gone = layout().log(open(&target, 5).await.version());
    target.delete(&[gone]).await.unwrap();
    let error = put_back(&target, &memory()).await.unwrap_err();
    assert!(
        matches!(
            error,
            MaintainError::Backup(BackupError::Empty { .. }) | MaintainError::Manifest(ManifestError::Collected { .. })
        ),
        "{error}"
    );
}

/// A catalog that must not be asked what it gives up.
async fn unasked() -> Result<Vec<(ObjectName, u64)>, String> {
    panic!("the catalog of a planted database was asked");
}

#[tokio::test(start_paused = true)]
async fn collection_in_the_target_leaves_what_the_next_backup_brings() {
    let (source, target) = (database().await, memory());
    let process = process(&source, 3).await;
    let Process { folder, manifest, env, writer } = &process;
    log(&source, (1, 0, 10), "m", &[one(1)]).await;
    crate::snapshot::create(folder, manifest, env, *writer, "first").await.unwrap();
    let first = rows(&source).await;
    // The segment is replaced, and its generation ends, before the first backup; after it the segment is live again.
    log(&source, (1, 1, 11), "m", &[one(2)]).await;
    folder.fold().await.unwrap();
    rewrite(&source, &process, "m").await;
    let open_next = GenerationChange { generation: Generation::new(1), state: GenerationState::Open, watermarks: None };
    commit(manifest, Intent { generations: vec![open_next], ..Intent::new(author()) }).await;
    let options = crate::SealOptions::default();
    crate::Sealer::new(env.clone(), manifest.clone(), folder, options).seal(Generation::ZERO).await.unwrap();
    back_up(&process, &source, &target).await.unwrap();
    crate::snapshot::restore(&process.folder, manifest, *writer, "first").await.unwrap();

    // Everything is there but the record that makes it count.
    let slow = target.with_faults(|attempted| match attempted.operation {
        Operation::Create if attempted.key.contains("/log/") => Fault::Delay(Duration::from_secs(2)),
        _ => Fault::Pass,
    });
    let collect_there = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let options = crate::GcOptions { deleted_fraction_max: 1.0, ..crate::GcOptions::default() };
        let there = open(&target, 5).await;
        let before = keys(&target, &layout().prefix()).await;
        let collector = crate::Collector::new(target.clone(), self::env(6), there, options);
        let summary = collector.collect_with(unasked()).await.unwrap();
        assert!(summary.is_planted && summary.deleted() == 0, "{summary:?}");
        assert_eq!(keys(&target, &layout().prefix()).await, before);
    };
    let (backed_up, ()) = tokio::join!(back_up(&process, &source, &slow), collect_there);
    assert_eq!(backed_up.unwrap().copied_count, 1);
    assert_eq!((rows(&target).await, rows(&source).await), (first.clone(), first));
}

#[tokio::test(start_paused = true)]
async fn backup_that_became_a_database_of_its_own_is_collected() {
    let (source, target) = (database().await, memory());
    let process = process(&source, 3).await;
    log(&source, (1, 0, 10), "m", &[one(1)]).await;
    back_up(&process, &source, &target).await.unwrap();
    log(&target, (7, 0, 20), "m", &[one(2)]).await;
    let there = crate::read_back::process(&target, 6).await;
    there.folder.fold().await.unwrap();
    rewrite(&target, &there, "m").await;
    let options = crate::GcOptions { reader_grace_ms: 0, ..crate::GcOptions::default() };
    let collector = crate::Collector::new(target.clone(), env(7), there.manifest.clone(), options);
    let summary = collector.collect().await.unwrap();
    assert_eq!((summary.is_planted, summary.of(crate::GcKind::RemovedSegments).deleted), (false, 2));
    assert_eq!(rows(&target).await, plain([1, 2]));
}
