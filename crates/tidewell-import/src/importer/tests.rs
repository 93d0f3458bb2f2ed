//! Imports end to end: rows by their identities, whole files or nothing.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tempfile::tempdir;

use super::*;
use crate::sample::*;

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
    let middle = damaged.len() / 3;
    damaged[middle..middle + 300].fill(0);
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
