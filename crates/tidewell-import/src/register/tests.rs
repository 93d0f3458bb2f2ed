//! Metadata of foreign files: one small read each, refusals by file.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tidewell_manifest::{Author, Intent};
use tidewell_storage::{Fault, ObjectName, Store, StoreOptions, StoreUrl};
use tidewell_types::WriterId;

use super::*;
use crate::sample::*;
use crate::{Source, find};

#[tokio::test]
async fn files_are_looked_at_with_one_read_each_and_conflicts_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = store_in(&folder);
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

fn store_in(folder: &tempfile::TempDir) -> Store {
    Store::open(&StoreUrl::Folder(folder.path().to_owned()), Env::system(), &StoreOptions::default()).unwrap()
}

/// The commit of a registration; how many requests it took.
async fn commit(found: &ForeignFiles) -> tidewell_storage::Usage {
    let (env, store) = (Env::system(), memory());
    let manifest = manifest(&store).await;
    let candidates: Vec<_> = found.files.iter().map(|file| file.candidate(env.segment_id(), false)).collect();
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
    let store = store_in(&folder);
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
    let store = store_in(&folder);
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

#[tokio::test]
async fn many_files_of_this_machine_and_of_a_store_are_all_found_in_their_order_or_refused_by_name() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = store_in(&other);
    for file in 0..100 {
        let rows: Vec<Row> = (0..=file).map(|row| (row, "a", Some(1.0), Some(row))).collect();
        let bytes = if file % 40 == 7 { b"PAR1 and no more".to_vec() } else { parquet_bytes(&[batch(&rows)]) };
        write(folder.path(), &format!("{file:03}.parquet"), &bytes);
        store.put(&ObjectName::foreign(&format!("in/{file:03}.parquet")).unwrap(), bytes.into()).await.unwrap();
    }
    let crate::Format::Parquet(options) = parquet().format else { unreachable!() };
    let here = || Source::Local(folder.path().to_str().unwrap().to_owned());
    let there = Source::Store { store, key: "in".to_owned() };
    let mut files = find(&[here(), there], "parquet", &Env::system()).await.unwrap();
    let first = files.remove(0);
    files.push(first);
    let found = foreign_files(&Env::system(), &files, &options, true, 4, &TableSchema::new()).await;
    let refused: Vec<&str> = found.failures.iter().map(|failure| failure.file.rsplit('/').next().unwrap()).collect();
    assert_eq!(refused, ["007.parquet", "047.parquet", "087.parquet"].repeat(2));
    let rows: Vec<u64> = found.files.iter().map(|file| file.footer.row_count()).collect();
    let whole = |from: u64| (from..=100).filter(|rows| (rows - 1) % 40 != 7);
    assert_eq!(rows, whole(2).chain(whole(1)).chain([1]).collect::<Vec<_>>());
    let urls: Vec<&str> = found.files.iter().map(|file| file.source.url()).collect();
    let wanted: Vec<&str> = files
        .iter()
        .map(SourceFile::url)
        .filter(|url| !found.failures.iter().any(|failure| failure.file == *url))
        .collect();
    assert_eq!(urls, wanted);
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_changed_since_it_was_found_is_refused_and_a_link_is_named_by_what_it_leads_to() {
    let folder = tempfile::tempdir().unwrap();
    let rows: Vec<Row> = (0..9).map(|row| (row, "a", Some(1.0), Some(row))).collect();
    for name in ["in/a.parquet", "elsewhere/b.parquet"] {
        write(folder.path(), name, &parquet_bytes(&[batch(&rows)]));
    }
    std::os::unix::fs::symlink(folder.path().join("elsewhere/b.parquet"), folder.path().join("in/link.parquet"))
        .unwrap();
    let crate::Format::Parquet(options) = parquet().format else { unreachable!() };
    let source = Source::Local(folder.path().join("in").to_str().unwrap().to_owned());
    let files = find(&[source], "parquet", &Env::system()).await.unwrap();
    write(folder.path(), "in/a.parquet", &parquet_bytes(&[batch(&rows[..5])]));
    let found = foreign_files(&Env::system(), &files, &options, true, 4, &TableSchema::new()).await;
    assert!(found.failures[0].reason.contains("changed"), "{:?}", found.failures);
    let candidate = found.files[0].candidate(Env::system().segment_id(), false);
    assert!(candidate.file.url.ends_with("/elsewhere/b.parquet"), "{}", candidate.file.url);
    assert_eq!((found.files.len(), candidate.row_count), (1, 9));
}
