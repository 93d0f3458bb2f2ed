//! Imports end to end: rows by their identities, whole files or nothing.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tempfile::tempdir;

use super::*;
use crate::sample::*;

mod corpus;

fn rows(file: i64, count: i64) -> Vec<Row> {
    let hosts = ["b", "a", "c"];
    (0..count)
        .map(|row| {
            let time = DAY_NS * (row % 3) + row * SECOND_NS / 7;
            (time, hosts[(row % 3) as usize], Some((file * 1000 + row) as f64), (row % 2 == 0).then_some(file))
        })
        .collect()
}

#[tokio::test]
async fn parquet_files_become_segments_with_the_last_value_of_each_identity() {
    let (folder, store) = (tempdir().unwrap(), memory());
    let files = [rows(1, 50), rows(2, 20), rows(3, 30)];
    for (name, rows) in ["a.parquet", "b.parquet", "c/d.parquet"].into_iter().zip(&files) {
        write(folder.path(), name, &parquet_bytes(&[batch(rows)]));
    }
    let found = find_in(folder.path(), "parquet").await;
    let summary = run(&store, &found, &parquet()).await.unwrap();
    assert_eq!((summary.files_imported, summary.rows_imported, summary.commits), (3, 100, 1), "{summary:?}");
    assert!(summary.failures.is_empty() && summary.warnings.is_empty());
    assert_eq!(answer(&store).await, merged(files.iter().flatten()));
    assert_eq!(orphans(&store).await, 0);
}

#[tokio::test]
async fn an_import_after_another_wins_over_it() {
    let (folder, store) = (tempdir().unwrap(), memory());
    write(
        folder.path(),
        "a.parquet",
        &parquet_bytes(&[batch(&[(1, "a", Some(1.0), Some(1)), (2, "a", Some(2.0), None)])]),
    );
    run(&store, &find_in(folder.path(), "parquet").await, &parquet()).await.unwrap();
    let csv_folder = tempdir().unwrap();
    write(csv_folder.path(), "b.csv", b"time,host,v\n1970-01-01T00:00:00.000000001Z,a,7.5\n");
    let summary = run(&store, &find_in(csv_folder.path(), "csv").await, &csv()).await.unwrap();
    assert_eq!(summary.rows_imported, 1);
    let expected = merged(&[(1, "a", Some(7.5), Some(1)), (2, "a", Some(2.0), None)]);
    assert_eq!(answer(&store).await, expected);
}

#[tokio::test]
async fn a_bad_file_is_left_out_and_the_others_are_stored() {
    let (folder, store) = (tempdir().unwrap(), memory());
    let good = rows(1, 10);
    let mut damaged = parquet_bytes(&[batch(&rows(2, 4000))]);
    // The first page's header: values alone have no checksum in Parquet.
    damaged[4..304].fill(0xff);
    write(folder.path(), "a.parquet", b"no parquet at all");
    write(folder.path(), "b.parquet", &damaged);
    write(folder.path(), "c.parquet", &parquet_bytes(&[batch(&good)]));
    write(folder.path(), "_temporary/d.parquet", b"not looked at");
    let found = find_in(folder.path(), "parquet").await;
    let summary = run(&store, &found, &parquet()).await.unwrap();
    let failed: Vec<&str> = summary.failures.iter().map(|failure| failure.file.rsplit('/').next().unwrap()).collect();
    assert_eq!((failed, summary.files_imported), (vec!["a.parquet", "b.parquet"], 1), "{summary:?}");
    assert_eq!(answer(&store).await, merged(&good));
    assert_eq!(orphans(&store).await, 0);
}

#[tokio::test]
async fn a_column_of_another_type_is_refused_by_name() {
    let (folder, store) = (tempdir().unwrap(), memory());
    write(folder.path(), "a.csv", b"time,host,v\n2024-01-01,a,1.5\n");
    write(folder.path(), "b.csv", b"time,host,v\n2024-01-01,a,text\n");
    let summary = run(&store, &find_in(folder.path(), "csv").await, &csv()).await.unwrap();
    assert_eq!(summary.files_imported, 1);
    assert!(summary.failures[0].reason.contains("\"v\""), "{summary:?}");
    let folder = tempdir().unwrap();
    let integers: Vec<Row> = vec![(1, "a", Some(1.0), Some(2))];
    write(folder.path(), "a.parquet", &parquet_bytes(&[batch(&integers).project(&[0, 1, 3]).unwrap()]));
    let renamed = arrow_array::RecordBatch::try_from_iter([
        ("host", batch(&integers)["host"].clone()),
        ("time", batch(&integers)["time"].clone()),
        ("v", batch(&integers)["w"].clone()),
    ]);
    write(folder.path(), "b.parquet", &parquet_bytes(&[renamed.unwrap()]));
    let summary = run(&store, &find_in(folder.path(), "parquet").await, &parquet()).await.unwrap();
    assert_eq!((summary.files_imported, summary.failures.len()), (1, 1), "{summary:?}");
    assert!(summary.failures[0].reason.contains("\"v\""), "{summary:?}");
}

#[tokio::test]
async fn folders_with_names_and_values_become_tags() {
    let (folder, store) = (tempdir().unwrap(), memory());
    write(folder.path(), "region=eu/a.csv", b"time,host,v\n2024-01-01,a,1.5\n");
    write(folder.path(), "region=us/a.csv", b"time,host,v\n2024-01-01,a,2.5\n");
    let summary = run(&store, &find_in(folder.path(), "csv").await, &csv()).await.unwrap();
    assert_eq!(summary.files_imported, 2, "{summary:?}");
    let keys: Vec<String> = answer(&store).await.into_keys().map(|(tags, _)| tags).collect();
    assert_eq!(keys, ["eu,a", "us,a"]);
}

#[tokio::test]
async fn a_dry_run_reads_everything_and_stores_nothing() {
    let (folder, store) = (tempdir().unwrap(), memory());
    write(folder.path(), "a.csv", b"time,host,v\n2024-01-01,a,1.5\n2024-01-01,a,x\n");
    let options = ImportOptions { dry_run: true, ..csv() };
    let summary = run(&store, &find_in(folder.path(), "csv").await, &options).await.unwrap();
    assert_eq!((summary.files_imported, summary.rows_read), (1, 2), "{summary:?}");
    assert_eq!(manifest(&store).await.version().get(), 0);
    assert!(objects(&store).await.is_empty());
}

#[tokio::test]
async fn a_cancelled_import_stores_whole_files_only() {
    let (folder, store) = (tempdir().unwrap(), memory());
    write(folder.path(), "a.parquet", &parquet_bytes(&[batch(&rows(1, 10))]));
    let progress = Arc::new(Progress::new());
    progress.cancel();
    let files = find_in(folder.path(), "parquet").await;
    let summary = importer(&store).await.run(&files, &parquet(), &progress).await.unwrap();
    assert!(summary.is_cancelled && summary.files_imported == 0, "{summary:?}");
    assert_eq!((answer(&store).await, orphans(&store).await), (Answer::new(), 0));
}

/// Rows of one file, as CSV: time, host, v, w.
fn csv_bytes(rows: &[Row]) -> Vec<u8> {
    let mut text = String::from("time,host,v,w\n");
    let cell = |value: Option<String>| value.unwrap_or_default();
    for (time, host, v, w) in rows {
        text += &format!("{time},{host},{},{}\n", cell(v.map(|v| format!("{v:.1}"))), cell(w.map(|w| w.to_string())));
    }
    text.into_bytes()
}

fn epoch_csv() -> ImportOptions {
    let mut options = csv();
    if let crate::Format::Csv(csv) = &mut options.format {
        csv.time_columns = vec!["time".to_owned()];
        csv.time_format = tidewell_csv::TimeFormat::Epoch(Some(tidewell_csv::EpochUnit::Nanoseconds));
    }
    options
}

/// Rows in no order, a third of them written twice or more.
fn shuffled(count: i64) -> Vec<Row> {
    let hosts = ["a", "b", "c", "d", ""];
    let mut seed = 7_u64;
    let mut draw = |below: i64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as i64 % below
    };
    (0..count)
        .map(|row| {
            let time = draw(count / 4) * 40 * SECOND_NS;
            let v = (draw(3) > 0).then_some(row as f64 + 0.5);
            (time, hosts[draw(5) as usize], v, Some(row))
        })
        .collect()
}

#[tokio::test]
async fn a_file_beyond_memory_is_sorted_in_runs_and_its_last_values_win() {
    let (folder, store) = (tempdir().unwrap(), memory());
    let rows = shuffled(12_000);
    write(folder.path(), "a.csv", &csv_bytes(&rows));
    let options = ImportOptions { memory_bytes_max: 256 << 10, batch_rows: 500, ..epoch_csv() };
    let summary = run(&store, &find_in(folder.path(), "csv").await, &options).await.unwrap();
    assert_eq!((summary.files_imported, summary.commits, summary.rows_imported), (1, 1, 12_000), "{summary:?}");
    assert!(summary.read_bytes_peak <= options.read_bytes_max(), "{summary:?}");
    assert_eq!(answer(&store).await, merged(&rows));
    assert_eq!(orphans(&store).await, 0);
}

#[tokio::test]
async fn a_large_file_in_order_of_time_is_put_once_and_not_merged() {
    let (folder, store) = (tempdir().unwrap(), memory());
    let hosts = ["a", "b", "c", "d", "e"];
    let rows: Vec<Row> = (0..9000)
        .map(|row| (row / 5 * SECOND_NS, hosts[row as usize % 5], Some(row as f64 + 0.5), Some(row)))
        .collect();
    write(folder.path(), "a.csv", &csv_bytes(&rows));
    let deletes = Arc::new(std::sync::atomic::AtomicU64::new(0));
    let counted = Arc::clone(&deletes);
    let watched = store.with_faults(move |attempted| {
        let is_delete = attempted.operation == tidewell_storage::Operation::Delete;
        counted.fetch_add(u64::from(is_delete), Ordering::Relaxed);
        tidewell_storage::Fault::Pass
    });
    let options = ImportOptions { memory_bytes_max: 256 << 10, batch_rows: 300, ..epoch_csv() };
    let summary = run(&watched, &find_in(folder.path(), "csv").await, &options).await.unwrap();
    assert_eq!((summary.segment_rows, summary.commits), (9000, 1), "{summary:?}");
    assert!(summary.segments > 3 && deletes.load(Ordering::Relaxed) == 0, "{summary:?}");
    assert_eq!(answer(&store).await, merged(&rows));
}

#[tokio::test]
async fn a_bad_end_of_a_large_file_takes_back_what_was_staged() {
    let (folder, store) = (tempdir().unwrap(), memory());
    let mut bytes = csv_bytes(&shuffled(12_000));
    bytes.extend_from_slice(b"1,\"a");
    bytes.extend_from_slice(&vec![b'x'; 200 << 10]);
    write(folder.path(), "a.csv", &bytes);
    write(folder.path(), "b.csv", &csv_bytes(&[(1, "b", Some(1.5), Some(1))]));
    let mut options = ImportOptions { memory_bytes_max: 256 << 10, batch_rows: 500, ..epoch_csv() };
    if let crate::Format::Csv(csv) = &mut options.format {
        csv.record_bytes_max = 100 << 10;
    }
    let summary = run(&store, &find_in(folder.path(), "csv").await, &options).await.unwrap();
    assert_eq!((summary.files_imported, summary.failures.len()), (1, 1), "{summary:?}");
    assert_eq!(answer(&store).await, merged(&[(1, "b", Some(1.5), Some(1))]));
    assert_eq!(orphans(&store).await, 0);
}

/// Twenty files whose identities all differ, small enough that several share a commit.
fn twenty(folder: &std::path::Path) -> Vec<Row> {
    let mut all = Vec::new();
    for file in 0..20_i64 {
        let rows: Vec<Row> =
            (0..60).map(|row| ((file * 100 + row) * SECOND_NS, "a", Some(row as f64 + 0.5), Some(file))).collect();
        write(folder, &format!("{file:02}.csv"), &csv_bytes(&rows));
        all.extend(rows);
    }
    all
}

fn small() -> ImportOptions {
    // A bundle for every few files.
    ImportOptions { memory_bytes_max: 64 << 10, ..epoch_csv() }
}

#[tokio::test]
async fn an_import_that_is_killed_at_any_request_and_resumed_stores_every_row_once() {
    let folder = tempdir().unwrap();
    let rows = twenty(folder.path());
    let files = find_in(folder.path(), "csv").await;
    let mut killed = 0;
    for kill_at in (0..400).step_by(3) {
        let store = memory();
        let requests = Arc::new(std::sync::atomic::AtomicU64::new(0));
        let counted = Arc::clone(&requests);
        // One request is carried out and never answered, and the process dies with it.
        let (dying, dies) = tokio::sync::oneshot::channel::<()>();
        let dying = parking_lot::Mutex::new(Some(dying));
        let mortal = store.with_faults(move |_| {
            if counted.fetch_add(1, Ordering::Relaxed) == kill_at {
                drop(dying.lock().take());
            }
            tidewell_storage::Fault::Pass
        });
        let options = small();
        let first = Box::pin(run(&mortal, &files, &options));
        let outcome = futures::future::select(dies, first).await;
        let is_through = matches!(outcome, futures::future::Either::Right(_));
        drop(outcome);
        let stored_before = answer(&store).await.len();
        assert_eq!(stored_before % 60, 0, "whole files only");
        let options = ImportOptions { resume: true, ..small() };
        let summary = run(&store, &files, &options).await.unwrap();
        assert_eq!(summary.files_imported + summary.files_skipped, 20, "{summary:?}");
        assert!(summary.files_skipped as usize >= stored_before / 60, "{summary:?}");
        assert_eq!(answer(&store).await, merged(&rows), "killed at {kill_at}");
        let stored = manifest(&store).await.state().totals().row_count;
        assert_eq!(stored, rows.len() as u64, "killed at {kill_at}: a file was stored twice");
        killed += usize::from(!is_through);
        if is_through {
            break;
        }
    }
    assert!(killed > 10, "{killed}");
}

#[tokio::test]
async fn a_run_that_was_taken_for_dead_is_stopped_by_the_one_that_resumes_it() {
    let folder = tempdir().unwrap();
    let rows = twenty(folder.path());
    let files = find_in(folder.path(), "csv").await;
    let store = memory();
    let seed = std::sync::atomic::AtomicU64::new(0);
    let slow = store.with_faults(move |_| {
        let draw = seed.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 61;
        tidewell_storage::Fault::Delay(std::time::Duration::from_millis(draw))
    });
    let options = small();
    let resuming = ImportOptions { resume: true, ..small() };
    let second = async {
        // Once the first has begun.
        let prefix = manifest(&store).await.layout().import_prefix();
        while store.list(&prefix).await.unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        run(&store, &files, &resuming).await
    };
    let (first, second) = futures::future::join(run(&slow, &files, &options), second).await;
    second.unwrap();
    assert!(matches!(&first, Err(ImportError::TakenOver) | Ok(_)), "{first:?}");
    assert_eq!(answer(&store).await, merged(&rows));
    assert_eq!(manifest(&store).await.state().totals().row_count, rows.len() as u64);
}

#[tokio::test]
async fn two_imports_and_other_commits_at_once_do_not_disturb_each_other() {
    let (one, other) = (tempdir().unwrap(), tempdir().unwrap());
    let rows = twenty(one.path());
    let others: Vec<Row> = (0..50).map(|row| (row * SECOND_NS, "z", Some(row as f64 + 0.5), None)).collect();
    write(other.path(), "z.csv", &csv_bytes(&others));
    let store = memory();
    let busy = async {
        let manifest = manifest(&store).await;
        for round in 0..10_u8 {
            let author = tidewell_manifest::Author {
                generation: manifest.state().open_generation(),
                writer: tidewell_types::WriterId::from_bytes([round; 16]),
            };
            let intent = tidewell_manifest::Intent::new(author);
            manifest.commit(move |_| Ok::<_, tidewell_manifest::Refusal>(Some(intent.clone()))).await.unwrap();
        }
    };
    let (one, other) = (find_in(one.path(), "csv").await, find_in(other.path(), "csv").await);
    let (options, other_options) = (small(), epoch_csv());
    let imports = futures::future::join(run(&store, &one, &options), run(&store, &other, &other_options));
    let ((first, second), ()) = futures::future::join(imports, busy).await;
    assert_eq!((first.unwrap().files_imported, second.unwrap().files_imported), (20, 1));
    assert_eq!(answer(&store).await, merged(rows.iter().chain(&others)));
}

#[tokio::test]
async fn a_commit_of_unknown_outcome_stops_the_import_and_resuming_finds_out() {
    let folder = tempdir().unwrap();
    let rows = twenty(folder.path());
    let files = find_in(folder.path(), "csv").await;
    for is_applied in [true, false] {
        let options = tidewell_storage::StoreOptions {
            settle_timeout: std::time::Duration::from_millis(200),
            attempt_timeout: std::time::Duration::from_millis(50),
            ..tidewell_storage::StoreOptions::default()
        };
        let store = Store::open(&tidewell_storage::StoreUrl::Memory, Env::system(), &options).unwrap();
        run(&store, &files[..1], &small()).await.unwrap();
        let target = tidewell_storage::DatabaseLayout::new(manifest(&store).await.database());
        let version = tidewell_types::Version::new(manifest(&store).await.version().get() + 2);
        let key = target.log(version).to_string();
        let unclear = store.with_faults(move |attempted| match (attempted.key == key, attempted.operation) {
            (true, tidewell_storage::Operation::Create) if is_applied => tidewell_storage::Fault::ApplyThenLose,
            (true, _) if attempted.attempt > 1 || attempted.operation == tidewell_storage::Operation::Create => {
                tidewell_storage::Fault::FailBefore
            }
            _ => tidewell_storage::Fault::Pass,
        });
        let summary = run(&unclear, &files, &small()).await.unwrap();
        assert!(summary.failures.iter().any(|failure| failure.is_unknown), "{summary:?}");
        let resumed = run(&store, &files, &ImportOptions { resume: true, ..small() }).await.unwrap();
        assert_eq!(resumed.files_imported + resumed.files_skipped, 20, "{resumed:?}");
        assert_eq!(answer(&store).await, merged(&rows));
    }
}

#[tokio::test]
async fn repeated_values_are_dropped_across_files_and_across_a_resumption() {
    let folder = tempdir().unwrap();
    write(folder.path(), "a.csv", b"time,host,v\n1,a,1.5\n2,a,1.5\n3,b,2.5\n");
    write(folder.path(), "b.csv", b"time,host,v\n4,c,1.5\n5,c,\n6,c,\n7,c,3.5\n");
    let files = find_in(folder.path(), "csv").await;
    let options = ImportOptions { dedup_column: Some("v".to_owned()), ..epoch_csv() };
    let store = memory();
    let summary = run(&store, &files, &options).await.unwrap();
    assert_eq!((summary.rows_imported, summary.rows_dropped, summary.rows_read), (5, 2, 7), "{summary:?}");
    let times: Vec<i64> = answer(&store).await.into_keys().map(|(_, time)| time).collect();
    assert_eq!(times, [1, 3, 5, 6, 7]);
    let halves = memory();
    run(&halves, &files[..1], &options).await.unwrap();
    let resumed = run(&halves, &files, &ImportOptions { resume: true, ..options.clone() }).await.unwrap();
    assert_eq!((resumed.files_skipped, resumed.rows_dropped), (1, 1), "{resumed:?}");
    assert_eq!(answer(&halves).await, answer(&store).await);
    let by_tag = memory();
    let options = ImportOptions { dedup_column: Some("host".to_owned()), ..epoch_csv() };
    let summary = run(&by_tag, &files, &options).await.unwrap();
    assert_eq!((summary.rows_imported, summary.rows_dropped), (3, 4), "{summary:?}");
    let absent = ImportOptions { dedup_column: Some("nowhere".to_owned()), ..epoch_csv() };
    let summary = run(&memory(), &files, &absent).await.unwrap();
    assert_eq!((summary.rows_imported, summary.warnings.len()), (7, 2), "{summary:?}");
}

#[tokio::test]
async fn whole_numbers_that_turn_out_to_be_fractions_become_floats_even_after_runs_were_staged() {
    let (folder, store) = (tempdir().unwrap(), memory());
    let mut text = String::from("time,host,v\n");
    for row in 0..150_000 {
        text += &format!("{row},a,{row}\n");
    }
    text += "150000,a,0.5\n";
    write(folder.path(), "a.csv", text.as_bytes());
    let options = ImportOptions { memory_bytes_max: 8 << 20, ..epoch_csv() };
    let summary = run(&store, &find_in(folder.path(), "csv").await, &options).await.unwrap();
    assert_eq!((summary.files_imported, summary.segment_rows), (1, 150_001), "{summary:?}");
    let schema = crate::schema::table_schema(&manifest(&store).await.state(), &table());
    assert_eq!(schema.fields().get("v"), Some(&tidewell_types::FieldType::Float));
    assert_eq!(orphans(&store).await, 0);
}

#[tokio::test]
async fn rejected_rows_are_counted_and_listed_with_their_lines() {
    let (folder, store) = (tempdir().unwrap(), memory());
    write(folder.path(), "a.csv", b"time,host,v\n1,a,1.5\n2,a,2.5\n3,a,1.5,9\nno time,a,1\n");
    let summary = run(&store, &find_in(folder.path(), "csv").await, &epoch_csv()).await.unwrap();
    assert_eq!((summary.rows_imported, summary.rows_rejected), (2, 2), "{summary:?}");
    let lines: Vec<u64> = summary.rejections[0].rejections.listed.iter().map(|rejected| rejected.line).collect();
    assert_eq!(lines, [4, 5]);
}

#[tokio::test]
async fn a_type_that_changes_in_the_middle_of_a_large_file_has_it_read_once_more() {
    let (folder, store) = (tempdir().unwrap(), memory());
    let row = |row: i64| match row {
        ..150_000 => format!("{row},a,{row}\n"),
        _ => format!("{row},a,{row}.5\n"),
    };
    let text: String = (0..250_000).map(row).collect();
    write(folder.path(), "a.csv", format!("time,host,v\n{text}").as_bytes());
    let options = ImportOptions { memory_bytes_max: 8 << 20, ..epoch_csv() };
    let summary = run(&store, &find_in(folder.path(), "csv").await, &options).await.unwrap();
    assert_eq!((summary.files_imported, summary.segment_rows), (1, 250_000), "{summary:?}");
    assert_eq!(orphans(&store).await, 0);
}

#[tokio::test]
async fn whole_numbers_of_a_later_file_become_the_floats_that_the_table_has() {
    let (folder, store) = (tempdir().unwrap(), memory());
    write(folder.path(), "a.csv", b"time,host,v\n1,a,1.5\n");
    write(folder.path(), "b.csv", b"time,host,v\n2,a,7\n");
    let summary = run(&store, &find_in(folder.path(), "csv").await, &epoch_csv()).await.unwrap();
    assert_eq!((summary.files_imported, summary.failures.len()), (2, 0), "{summary:?}");
    assert_eq!(answer(&store).await, merged(&[(1, "a", Some(1.5), None), (2, "a", Some(7.0), None)]));
}
