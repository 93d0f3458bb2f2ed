//! Deletes: what matches and was acknowledged is hidden at once, and nothing else, whoever writes and folds meanwhile.
#![allow(clippy::unwrap_used)]

use std::time::Duration;

use tidewell_manifest::CommitError;
use tidewell_storage::{Fault, Operation, Store};

use super::*;
use crate::read_back::{
    DAY_NS, Process, Rows, Writer, author, commit, database, env, jittery, log, one, open, plain, process, rewrite,
    rows, schema, silent_commits, span, table,
};

async fn run(process: &Process, request: DeleteRequest) -> Result<DeleteSummary, MaintainError> {
    delete(&process.folder, &process.manifest, &process.env, process.writer, request).await
}

fn of_table(name: &str, min_ns: i64, max_ns: i64, tags: &[(&str, &[&str])]) -> DeleteRequest {
    DeleteRequest { tables: Some(vec![table(name)]), ..of_all(min_ns, max_ns, tags) }
}

fn of_all(min_ns: i64, max_ns: i64, tags: &[(&str, &[&str])]) -> DeleteRequest {
    let tag = |(tag, values): &(&str, &[&str])| TagMatch {
        tag: (*tag).to_owned(),
        values: values.iter().map(|value| (*value).to_owned()).collect(),
    };
    DeleteRequest { tables: None, time: span(min_ns, max_ns), tags: tags.iter().map(tag).collect() }
}

fn times(rows: &Rows) -> Vec<(String, i64)> {
    rows.keys().map(|(table, time, host)| (format!("{table}/{}", host.as_deref().unwrap_or("-")), *time)).collect()
}

fn refusal(outcome: Result<DeleteSummary, MaintainError>) -> DeleteError {
    match outcome {
        Err(MaintainError::Delete(error)) => error,
        other => panic!("{other:?}"),
    }
}

/// Table m has hosts a, b and none at times 1 to 3, table n host a at 1 and 2, one row of each in the log only.
async fn two_tables() -> (Store, Process) {
    let store = database().await;
    let process = process(&store, 3).await;
    let of = |host: Option<&'static str>| move |time: i64| (time, host, Some(1.0), Some(time));
    log(&store, (1, 0, 10), "m", &[1, 2].map(of(Some("a")))).await;
    log(&store, (1, 1, 11), "m", &[1, 2, 3].map(of(Some("b")))).await;
    log(&store, (1, 2, 12), "n", &[1].map(of(Some("a")))).await;
    process.folder.fold().await.unwrap();
    log(&store, (1, 3, 13), "m", &[3].map(of(Some("a")))).await;
    log(&store, (2, 0, 14), "m", &[1, 2, 3].map(of(None))).await;
    log(&store, (2, 1, 15), "n", &[2].map(of(Some("a")))).await;
    (store, process)
}

#[tokio::test(start_paused = true)]
async fn delete_hides_what_was_written_and_not_what_comes_after() {
    let (store, process) = two_tables().await;
    let summary = run(&process, of_table("m", 2, 3, &[("host", &["a"])])).await.unwrap();
    assert_eq!((summary.tables, summary.folded_row_count), (vec![table("m")], 5));
    assert_eq!(summary.version, process.manifest.version());
    let expected = [("m/-", 1), ("m/a", 1), ("m/b", 1), ("m/-", 2), ("m/b", 2), ("m/-", 3), ("m/b", 3)];
    let expected = |more: &[(&str, i64)]| {
        let mut all: Vec<_> = expected.iter().chain(more).map(|(row, time)| (row.to_string(), *time)).collect();
        all.sort_by_key(|(row, time)| (row.clone(), *time));
        all
    };
    let sorted = |rows: Rows| {
        let mut times = times(&rows);
        times.sort();
        times
    };
    assert_eq!(sorted(rows(&store).await), expected(&[("n/a", 1), ("n/a", 2)]));

    log(&store, (1, 4, 20), "m", &[(2, Some("a"), None, Some(7))]).await;
    process.folder.fold().await.unwrap();
    let seen = rows(&store).await;
    // A row that is written again is a new row: its deleted field does not shine through.
    assert_eq!(seen[&("m".to_owned(), 2, Some("a".to_owned()))], (None, Some(7)));
    assert_eq!(sorted(seen.clone()), expected(&[("m/a", 2), ("n/a", 1), ("n/a", 2)]));
    rewrite(&store, &process, "m").await;
    assert!(process.manifest.state().tables["m"].tombstones.is_empty());
}

#[tokio::test(start_paused = true)]
async fn delete_carried_out_by_a_rewrite_shows_the_same_rows() {
    let (store, process) = two_tables().await;
    run(&process, of_all(1, 2, &[("host", &["b", ""])])).await.unwrap();
    let before = rows(&store).await;
    assert_eq!(times(&before).len(), 3 + 1 + 1 + 2);
    rewrite(&store, &process, "m").await;
    assert_eq!(rows(&store).await, before);
    assert_eq!(process.manifest.state().tables["m"].segments.fresh().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn delete_of_all_tables_is_one_commit() {
    let (store, process) = two_tables().await;
    process.folder.fold().await.unwrap();
    let before = process.manifest.version();
    let summary = run(&process, of_all(i64::MIN, 2, &[])).await.unwrap();
    assert_eq!((summary.tables, summary.version.get()), (vec![table("m"), table("n")], before.get() + 1));
    assert_eq!(times(&rows(&store).await), [("m/-".into(), 3), ("m/a".into(), 3), ("m/b".into(), 3)]);
}

#[tokio::test(start_paused = true)]
async fn delete_that_no_row_can_match_commits_nothing() {
    let (store, process) = two_tables().await;
    process.folder.fold().await.unwrap();
    let before = (process.manifest.version(), rows(&store).await);
    for request in [
        of_table("m", 4, i64::MAX, &[]),
        of_table("m", i64::MIN, 0, &[("host", &["a"])]),
        of_table("m", 1, 3, &[("rack", &["r"])]),
        of_table("m", 1, 3, &[("host", &[])]),
        of_all(1, 3, &[("v", &["1"])]),
        DeleteRequest { tables: Some(vec![]), ..of_all(1, 3, &[]) },
    ] {
        let summary = run(&process, request.clone()).await.unwrap();
        assert_eq!((summary.tables, summary.version), (vec![], before.0), "{request:?}");
    }
    assert_eq!(rows(&store).await, before.1);
    // Every row lacks a tag that the table does not have.
    let summary = run(&process, of_table("n", 1, 1, &[("rack", &["", "r"])])).await.unwrap();
    assert_eq!(summary.tables, [table("n")]);
    assert_eq!(rows(&store).await.len(), before.1.len() - 1);
}

#[tokio::test(start_paused = true)]
async fn delete_that_makes_no_sense_is_refused_by_name() {
    let (store, process) = two_tables().await;
    let unknown = refusal(run(&process, of_table("o", 1, 3, &[])).await);
    assert_eq!(unknown, DeleteError::UnknownTable { table: "o".into() });
    for (column, word) in [("v", "float field"), ("time", "time")] {
        let error = refusal(run(&process, of_table("m", 1, 3, &[(column, &["1"])])).await);
        assert!(matches!(&error, DeleteError::NotATag { .. }) && error.to_string().contains(word), "{error}");
    }
    let error = refusal(run(&process, of_table("m", 3, 2, &[])).await);
    assert_eq!(error, DeleteError::EmptySpan { start_ns: 3, stop_ns: 2 });
    let many: Vec<&str> = vec!["x"; 1001];
    let error = refusal(run(&process, of_table("m", 1, 3, &[("host", &many)])).await);
    assert_eq!(error, DeleteError::TooManyValues { found: 1001 });
    process.folder.fold().await.unwrap();
    assert_eq!(rows(&store).await.len(), 3 + 3 + 3 + 2);
}

#[tokio::test(start_paused = true)]
async fn deletes_beyond_the_limit_wait_for_a_compaction() {
    let store = database().await;
    let process = process(&store, 3).await;
    log(&store, (1, 0, 10), "m", &[one(1), one(2)]).await;
    process.folder.fold().await.unwrap();
    let tombstone = |number: u64| {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&number.to_le_bytes());
        let time = span(1, 1);
        (table("m"), Tombstone { id: WriteId::from_bytes(id), time, tags: Vec::new(), version: Version::ZERO })
    };
    let tombstones = (0..999).map(tombstone).collect();
    commit(&process.manifest, Intent { tombstones, ..Intent::new(author()) }).await;
    run(&process, of_table("m", 1, 1, &[])).await.unwrap();
    let error = refusal(run(&process, of_table("m", 2, 2, &[])).await);
    assert!(error == DeleteError::TooMany { table: "m".into() } && error.to_string().contains("compact"), "{error}");
    assert_eq!(rows(&store).await, plain([2]));
    rewrite(&store, &process, "m").await;
    run(&process, of_table("m", 2, 2, &[])).await.unwrap();
    assert!(rows(&store).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn delete_with_writers_and_folds_at_once_hides_all_that_was_acknowledged_before() {
    for seed in 0..8 {
        let store = database().await;
        let (one_process, other) =
            (process(&jittery(&store, seed), 3).await, process(&jittery(&store, seed * 31 + 7), 4).await);
        let writer = Writer::new(&jittery(&store, seed + 99), 1);
        for time in 0..5 {
            writer.write("m", &[one(time)]).await;
        }
        let writing = async {
            for time in 5..15 {
                writer.write("m", &[one(time)]).await;
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let folding = async {
            for _ in 0..6 {
                other.folder.fold().await.unwrap();
            }
        };
        let deleted = run(&one_process, of_table("m", i64::MIN, i64::MAX, &[]));
        let (deleted, (), ()) = tokio::join!(deleted, writing, folding);
        deleted.unwrap();
        // What is written once the delete is done stays.
        writer.write("m", &[one(100)]).await;
        other.folder.fold().await.unwrap();
        let left: Vec<i64> = rows(&store).await.keys().map(|(_, time, _)| *time).collect();
        assert!(left.iter().all(|time| *time >= 5) && left.contains(&100), "{seed}: {left:?}");
        // Writes are hidden or shown in the order in which they were acknowledged.
        let first = left[0];
        assert_eq!(left, (first..15).chain([100]).filter(|time| *time >= first).collect::<Vec<_>>(), "{seed}");
    }
}

#[tokio::test(start_paused = true)]
async fn delete_whose_answers_are_lost_counts_once() {
    for fault in [Fault::ApplyThenLose, Fault::FailBefore, Fault::Conflict409] {
        let store = database().await;
        log(&store, (1, 0, 10), "m", &[one(1), one(2)]).await;
        let faulty = store.with_faults(move |attempted| match attempted.operation {
            Operation::Create if attempted.attempt == 1 => fault,
            _ => Fault::Pass,
        });
        let process = process(&faulty, 3).await;
        let summary = run(&process, of_table("m", 1, 1, &[])).await.unwrap();
        assert_eq!(summary.tables, [table("m")], "{fault:?}");
        assert_eq!(rows(&store).await, plain([2]), "{fault:?}");
        assert_eq!(open(&store, 5).await.state().tables["m"].tombstones.len(), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn delete_of_unknown_outcome_says_so_and_may_be_made_again() {
    let store = database().await;
    log(&store, (1, 0, 10), "m", &[one(1), one(2)]).await;
    process(&store, 3).await.folder.fold().await.unwrap();
    let silent = silent_commits(&store);
    let error = run(&process(&silent, 4).await, of_table("m", 1, 1, &[])).await.unwrap_err();
    assert!(matches!(error, MaintainError::Commit(CommitError::Unknown { .. })), "{error}");
    run(&process(&store, 5).await, of_table("m", 1, 1, &[])).await.unwrap();
    assert_eq!(rows(&store).await, plain([2]));
}

#[tokio::test(start_paused = true)]
async fn delete_that_cannot_fold_hides_nothing() {
    let store = database().await;
    log(&store, (1, 0, 10), "m", &[one(1), one(2)]).await;
    let denied = store.with_faults(|attempted| match attempted.operation {
        Operation::Put => Fault::Denied,
        _ => Fault::Pass,
    });
    let error = run(&process(&denied, 3).await, of_table("m", 1, 1, &[])).await.unwrap_err();
    assert!(matches!(error, MaintainError::Storage(_)), "{error}");
    process(&store, 4).await.folder.fold().await.unwrap();
    assert_eq!(rows(&store).await, plain([1, 2]));
}

#[tokio::test(start_paused = true)]
async fn delete_reaches_rows_of_segments_that_are_in_lists() {
    let store = database().await;
    let process = process(&store, 3).await;
    let mut adds = Vec::new();
    let options = tidewell_segment::EncodeOptions::hot();
    for day in 0..520 {
        let rows = crate::read_back::batch(&[one(day * DAY_NS)]);
        adds.push(crate::read_back::put_segment(&store, &env(day as u64 + 1000), "m", rows, (0, options)).await);
    }
    let state = commit(&process.manifest, Intent { adds, ..Intent::new(author()) }).await;
    process.manifest.checkpoint(&state).await.unwrap();
    let listed = open(&store, 8).await.state();
    assert!(!listed.tables["m"].segments.leaves().is_empty() && listed.tables["m"].segments.fresh().is_empty());
    assert_eq!(listed.tables["m"].schema.tags(), schema().tags());
    let summary = run(&process, of_table("m", DAY_NS, 518 * DAY_NS, &[("host", &["a"])])).await.unwrap();
    assert_eq!(summary.tables, [table("m")]);
    assert_eq!(rows(&store).await, plain([0, 519 * DAY_NS]));
    let nothing = run(&process, of_table("m", 520 * DAY_NS, i64::MAX, &[])).await.unwrap();
    assert_eq!(nothing.tables, []);
}
