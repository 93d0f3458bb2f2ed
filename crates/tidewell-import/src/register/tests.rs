//! Metadata of foreign files: one small read each, refusals by file.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tidewell_manifest::{Author, Candidate, ForeignFile as ManifestFile, Intent};
use tidewell_storage::{Fault, ObjectName, Store, StoreOptions, StoreUrl};
use tidewell_types::WriterId;

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

/// The commit of a registration; how many requests it took.
async fn commit(found: &ForeignFiles) -> tidewell_storage::Usage {
    let (env, store) = (Env::system(), memory());
    let manifest = manifest(&store).await;
    let mut candidates = Vec::new();
    for file in &found.files {
        let (url, pin) = file.source.pinned(&env).await.unwrap();
        let mapping = file.plan.options().clone();
        candidates.push(Candidate {
            id: env.segment_id(),
            file: ManifestFile {
                url: url.to_string(),
                tag: pin.tag.to_string(),
                mapping,
                is_owned: false,
                checked: None,
            },
            file_bytes: pin.bytes,
            footer_bytes: file.footer.footer_bytes(),
            row_count: file.footer.row_count(),
            schema: file.plan.schema().clone(),
            facts: None,
        });
    }
    let before = store.meter().snapshot();
    let register = move |state: &tidewell_manifest::State| {
        let author = Author { generation: state.open_generation(), writer: WriterId::from_bytes([1; 16]) };
        Intent::register(state, author, &table(), &candidates)
    };
    let state = manifest.commit(register).await.unwrap();
    assert_eq!(state.registered().count(), found.files.len());
    store.meter().snapshot() - before
}

#[tokio::test]
async fn thousand_files_take_a_listing_one_small_read_each_and_one_commit() {
    let folder = tempfile::tempdir().unwrap();
    let store =
        Store::open(&StoreUrl::Folder(folder.path().to_owned()), Env::system(), &StoreOptions::default()).unwrap();
    let rows: Vec<Row> = (0..20).map(|row| (row, "a", Some(1.0), Some(row))).collect();
    let small = parquet_bytes(&[batch(&rows)]);
    for file in 0..1000 {
        write(folder.path(), &format!("in/{:02}/{file:04}.parquet", file % 30), &small);
    }
    let crate::Format::Parquet(options) = parquet().format else { unreachable!() };
    let before = store.meter().snapshot();
    let source = Source::Store { store: store.clone(), key: "in".to_owned() };
    let files = find(&[source], "parquet", &Env::system()).await.unwrap();
    let listed = store.meter().snapshot() - before;
    // Whether the name is that of one file, and a page for each thousand.
    assert_eq!((listed.heads, listed.lists, listed.requests()), (1, 1, 2));

    let before = store.meter().snapshot();
    let found = foreign_files(&Env::system(), &files, &options, true, 8, &TableSchema::new()).await;
    assert_eq!((found.files.len(), found.failures.len()), (1000, 0));
    let committed = commit(&found).await;
    let read = store.meter().snapshot() - before;
    assert_eq!((read.gets, read.requests()), (1000, 1000));
    assert_eq!(read.bytes_in, 1000 * small.len() as u64);
    assert_eq!(committed.puts, 1);
    assert!(committed.requests() <= 5, "{committed:?}");
}

#[tokio::test]
async fn one_named_file_of_any_size_takes_one_head_and_one_read_of_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let store =
        Store::open(&StoreUrl::Folder(folder.path().to_owned()), Env::system(), &StoreOptions::default()).unwrap();
    let mix = |row: i64| (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) as f64;
    let rows: Vec<Row> = (0..50_000).map(|row| (row, "a", Some(mix(row)), Some(row))).collect();
    let large = parquet_bytes(&[batch(&rows)]);
    assert!(large.len() > 256 << 10);
    write(folder.path(), "a.parquet", &large);
    let crate::Format::Parquet(options) = parquet().format else { unreachable!() };
    let source = Source::Store { store: store.clone(), key: "a.parquet".to_owned() };
    let files = find(&[source], "parquet", &Env::system()).await.unwrap();
    let found = foreign_files(&Env::system(), &files, &options, true, 8, &TableSchema::new()).await;
    commit(&found).await;
    let used = store.meter().snapshot();
    assert_eq!((used.heads, used.gets, used.requests()), (1, 1, 2));
    assert_eq!(used.bytes_in, 64 << 10);
}
