//! Registered files under every verb: looked at, passed by, and touched by none unless they were given to us.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use tidewell_manifest::{ForeignFile, Refusal};
use tidewell_segment::ParquetExport;
use tidewell_segment::foreign::ForeignOptions;
use tidewell_storage::{FileUrl, Store, StoreOptions, StoreUrl};
use tidewell_types::{TIME_COLUMN, TimeBounds, TimestampNs};

use super::*;
use crate::expire::Expirer;
use crate::gc::{Collector, GcOptions};
use crate::rewrite::sample::{
    Row, add, author, batch, commit, database, delete, env, env_at, live, open, schema, segment_rows, table,
};
use crate::{CompactOptions, Compactor};

fn stores() -> ForeignStores {
    ForeignStores::new(env(5), StoreOptions::default())
}

/// Rows as a file of others, in the order given.
async fn candidate(path: &Path, rows: &[Row], is_owned: bool) -> Candidate {
    let rows = batch(rows);
    let mut export = ParquetExport::new(&rows.schema()).unwrap();
    export.write(&rows).unwrap();
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, export.finish().unwrap()).unwrap();
    let url: FileUrl = StoreUrl::Folder(path.to_owned()).to_string().parse().unwrap();
    let (store, name) = stores().locate(&url, &Meter::new()).unwrap();
    let pin = store.pin(&name).await.unwrap().unwrap();
    let mapping = ForeignOptions {
        time_column: Some(TIME_COLUMN.to_owned()),
        tags: vec!["host".to_owned()],
        ..ForeignOptions::default()
    };
    let id = path.to_str().unwrap().bytes().fold(1u128, |sum, byte| sum.wrapping_mul(257).wrapping_add(byte.into()));
    Candidate {
        id: SegmentId::from_bytes(id.to_le_bytes()),
        file: ForeignFile { url: url.to_string(), tag: pin.tag.to_string(), mapping, is_owned, checked: None },
        file_bytes: pin.bytes,
        footer_bytes: 8,
        row_count: 77,
        schema: schema(),
        facts: None,
    }
}

async fn registered(manifest: &Manifest, candidates: Vec<Candidate>) -> Version {
    register(manifest, author().writer, &table(), candidates).await.unwrap()
}

async fn checked(store: &Store) -> CheckSummary {
    let manifest = open(store, 300).await;
    check(&manifest, &env(301), author().writer, &stores(), &Meter::new()).await.unwrap()
}

async fn compact(store: &Store) -> u64 {
    let manifest = open(store, 302).await;
    let compactor = Compactor::new(store.clone(), env_at(303, i64::MAX / 2), manifest, CompactOptions::default());
    compactor.compact(&|_| {}).await.unwrap().job_count
}

fn urls(state: &State) -> usize {
    state.registered().count()
}

/// Four small segments of one minute.
async fn segments(store: &Store, manifest: &Manifest) {
    for n in 0..4 {
        add(store, manifest, &[(n, "a", Some(n as f64), None), (n + 10, "b", None, Some(n))]).await;
    }
}

#[tokio::test]
async fn files_are_looked_at_once_and_those_that_changed_are_told() {
    let (folder, (store, manifest)) = (TempDir::new().unwrap(), database().await);
    let rows: [Row; 3] = [(5, "c", Some(1.0), None), (2, "a", None, Some(1)), (2, "a", Some(3.0), None)];
    let good = candidate(&folder.path().join("good.parquet"), &rows, false).await;
    let bad = candidate(&folder.path().join("bad.parquet"), &rows, false).await;
    registered(&manifest, vec![good.clone(), bad.clone()]).await;
    fs::write(folder.path().join("bad.parquet"), "other").unwrap();
    let summary = checked(&store).await;
    assert_eq!((summary.checked_count, summary.known_count, summary.unreadable.len()), (1, 0, 1));
    let (url, problem) = &summary.unreadable[0];
    assert!(*url == bad.file.url && problem.contains("has changed"), "{problem}");
    let state = open(&store, 10).await.state();
    let entry = state.registered().find(|entry| entry.has_facts()).unwrap();
    assert_eq!((entry.row_count, entry.time.min.as_ns(), entry.time.max.as_ns(), entry.rank.get()), (3, 2, 5, 2));
    assert_eq!((entry.tags[0].min.as_deref(), entry.tags[0].max.as_deref()), (Some("a"), Some("c")));
    assert!(!entry.foreign.as_ref().unwrap().checked.unwrap().is_sorted);
    let again = checked(&store).await;
    assert_eq!((again.checked_count, again.known_count, again.unreadable.len()), (0, 1, 1));
    assert_eq!(open(&store, 11).await.version(), state.version, "nothing to commit");
}

#[tokio::test]
async fn columns_that_do_not_agree_are_refused_and_nothing_is_registered() {
    let (folder, (store, manifest)) = (TempDir::new().unwrap(), database().await);
    let mut wrong = candidate(&folder.path().join("a.parquet"), &[(1, "a", None, None)], false).await;
    wrong.schema = TableSchema::new();
    wrong.schema.add_field("host", tidewell_types::FieldType::Float).unwrap();
    let refused = register(&manifest, author().writer, &table(), vec![wrong]).await.unwrap_err();
    assert!(matches!(&refused, CommitError::Refused(Refusal::Schema { .. })), "{refused}");
    assert_eq!(urls(&open(&store, 10).await.state()), 0);
}

#[tokio::test]
async fn compaction_passes_by_files_of_others_and_keeps_deletes_that_concern_them() {
    let (folder, (store, manifest)) = (TempDir::new().unwrap(), database().await);
    let path = folder.path().join("a.parquet");
    let late: [Row; 1] = [(1_000_000_000_000_000, "a", Some(1.0), None)];
    add(&store, &manifest, &[(0, "z", None, Some(1))]).await;
    registered(&manifest, vec![candidate(&path, &late, false).await]).await;
    segments(&store, &manifest).await;
    delete(&manifest, 9, (0, i64::MAX), &["a"]).await;
    let bytes = fs::read(&path).unwrap();
    checked(&store).await;
    while compact(&store).await > 0 {}
    let found = live(&store).await;
    let ours = found.iter().filter(|segment| segment.entry.foreign.is_none()).count();
    assert_eq!((ours, found.len()), (1, 2), "its true bounds let rewrites pass");
    let state = open(&store, 10).await.state();
    assert_eq!(state.tables[&table()].tombstones.len(), 1, "it hides rows of the file");
    assert_eq!(fs::read(&path).unwrap(), bytes);
    unregister(&manifest, author().writer, &table(), vec![StoreUrl::Folder(path.clone()).to_string()]).await.unwrap();
    compact(&store).await;
    assert!(open(&store, 11).await.state().tables[&table()].tombstones.is_empty());
    collect(&store).await;
    assert_eq!(fs::read(&path).unwrap(), bytes);
    let missing = unregister(&manifest, author().writer, &table(), vec!["s3://a/b".to_owned()]).await.unwrap_err();
    assert!(missing.to_string().contains("s3://a/b is not registered"), "{missing}");
}

#[tokio::test]
async fn rewrite_never_joins_segments_across_a_file_that_nobody_looked_at() {
    let (folder, (store, manifest)) = (TempDir::new().unwrap(), database().await);
    segments(&store, &manifest).await;
    let file = candidate(&folder.path().join("a.parquet"), &[(3, "a", Some(100.0), None)], false).await;
    let version = registered(&manifest, vec![file]).await;
    segments(&store, &manifest).await;
    while compact(&store).await > 0 {}
    let found = live(&store).await;
    let ranks: Vec<bool> = found.iter().map(|segment| segment.entry.rank < version).collect();
    assert_eq!(ranks, [true, false, false], "one before it, itself, one after it");
}

async fn collect(store: &Store) -> crate::GcSummary {
    let options = GcOptions { reader_grace_ms: 0, ..GcOptions::default() };
    let collector = Collector::new(store.clone(), env_at(77, i64::MAX / 2), open(store, 304).await, options);
    collector.collect().await.unwrap()
}

#[tokio::test]
async fn owned_file_is_rewritten_and_deleted_where_it_lies_in_the_store_alone() {
    for is_inside in [true, false] {
        let (folder, other) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let store = Store::open(&StoreUrl::Folder(folder.path().into()), env(1), &StoreOptions::default()).unwrap();
        let manifest = open(&store, 2).await;
        commit(&manifest, Intent { tables: vec![(table(), schema())], ..Intent::new(author()) }).await;
        let path = if is_inside { folder.path() } else { other.path() }.join("in/a.parquet");
        segments(&store, &manifest).await;
        let rows: [Row; 3] = [(3, "b", Some(5.0), None), (1, "a", Some(9.0), None), (1, "a", None, Some(8))];
        registered(&manifest, vec![candidate(&path, &rows, true).await]).await;
        assert_eq!(checked(&store).await.checked_count, 1);
        while compact(&store).await > 0 {}
        let found = live(&store).await;
        assert_eq!((found.len(), urls(&open(&store, 10).await.state())), (1, 0));
        let rows = segment_rows(&store, &found[0].entry).await;
        assert!(rows.contains(&(1, "a".to_owned(), Some(9.0), Some(8))), "{rows:?}");
        assert!(rows.contains(&(3, "b".to_owned(), Some(5.0), None)) && rows.len() == 9, "{rows:?}");
        assert!(path.exists(), "readers of older versions may need it");
        collect(&store).await;
        assert_eq!(path.exists(), !is_inside);
        assert!(open(&store, 11).await.state().graves.is_empty());
    }
}

#[tokio::test]
async fn retention_hides_rows_of_a_file_and_leaves_it_registered() {
    let (folder, (store, manifest)) = (TempDir::new().unwrap(), database().await);
    let path = folder.path().join("a.parquet");
    registered(&manifest, vec![candidate(&path, &[(5, "a", Some(1.0), None)], false).await]).await;
    checked(&store).await;
    let expirer = Expirer::new(env_at(9, 1_000_000), open(&store, 12).await);
    expirer.expire_to(&table(), TimestampNs::from_ns(100)).await.unwrap();
    let state = open(&store, 10).await.state();
    assert_eq!((urls(&state), path.exists()), (1, true));
}

#[tokio::test]
async fn file_that_nobody_looked_at_may_hold_any_span() {
    let (folder, (_, manifest)) = (TempDir::new().unwrap(), database().await);
    let file = candidate(&folder.path().join("a.parquet"), &[(5, "a", Some(1.0), None)], false).await;
    registered(&manifest, vec![file]).await;
    let span = TimeBounds { min: TimestampNs::from_ns(90), max: TimestampNs::from_ns(99) };
    let state = manifest.state();
    let met = manifest.select(&state.tables[&table()].segments, &span).await.unwrap();
    assert_eq!(met.len(), 1);
}
