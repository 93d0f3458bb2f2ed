//! Metadata of foreign files: one small read each, refusals by file.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tidewell_storage::{Fault, ObjectName};

use super::*;
use crate::sample::*;
use crate::{Source, find};

#[tokio::test]
async fn files_are_looked_at_with_one_read_each_and_conflicts_are_refused() {
    let store = memory();
    let rows: Vec<Row> = (0..1000).map(|row| (row, "a", Some(1.0), Some(row))).collect();
    let renamed = |name: &str| {
        let rows = batch(&rows);
        arrow_array::RecordBatch::try_from_iter([
            ("host", rows["host"].clone()),
            ("time", rows["time"].clone()),
            (name, rows["w"].clone()),
        ])
    };
    for (key, rows) in
        [("a.parquet", batch(&rows)), ("b.parquet", renamed("v").unwrap()), ("c.parquet", renamed("x").unwrap())]
    {
        store.put(&ObjectName::foreign(key).unwrap(), Bytes::from(parquet_bytes(&[rows]))).await.unwrap();
    }
    store.put(&ObjectName::foreign("d.parquet").unwrap(), Bytes::from_static(b"nothing")).await.unwrap();
    let reads = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&reads);
    let watched = store.with_faults(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Fault::Pass
    });
    let source = Source::Store { store: watched, key: String::new() };
    let files = find(&[source], "parquet", &Env::system()).await.unwrap();
    assert_eq!(reads.swap(0, Ordering::Relaxed), 1, "one listing");
    let crate::Format::Parquet(options) = parquet().format else { unreachable!() };
    let found = foreign_files(&Env::system(), &files, &options, true, 3, &TableSchema::new()).await;
    assert_eq!(reads.load(Ordering::Relaxed), 4);
    let names: Vec<&str> = found.files.iter().map(|file| file.source.url().rsplit('/').next().unwrap()).collect();
    assert_eq!(names, ["a.parquet", "c.parquet"]);
    assert!(found.failures[0].reason.contains("\"v\""), "{:?}", found.failures);
    assert_eq!((found.failures.len(), found.files[0].footer.row_count()), (2, 1000));
    assert!(found.table.kind("x").is_some());
}
