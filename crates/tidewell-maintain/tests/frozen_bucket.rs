//! The bucket that was frozen in format 1 is read to its last object; `tests/frozen_bucket.rs` asks it questions.
#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tidewell_env::Env;
use tidewell_manifest::{Manifest, State};
use tidewell_segment::{DecodeStep, Footer, SegmentDecoder};
use tidewell_storage::{DatabaseLayout, ObjectName, Prefix, Store, StoreOptions, StoreUrl};
use tidewell_types::{DatabaseName, GenerationState, TimeBounds, Watermarks as _};
use tidewell_wal::{entry, read_folder};
use xxhash_rust::xxh3::xxh3_128;

fn frozen() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/format-v1")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

/// A copy of the store, since opening one in a folder may leave files there.
fn thawed() -> (TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    copy(&frozen().join("store"), folder.path());
    let url: StoreUrl = folder.path().display().to_string().parse().unwrap();
    let store = Store::open(&url, Env::system(), &StoreOptions::default()).unwrap();
    (folder, store)
}

async fn open(store: &Store, database: &str) -> (Manifest, std::sync::Arc<State>) {
    let manifest = Manifest::open(store.clone(), Env::system(), DatabaseName::new(database).unwrap()).await.unwrap();
    let state = manifest.catch_up().await.unwrap();
    (manifest, state)
}

/// The rows of each table of a state, every segment checked against what the manifest says of it.
async fn rows(store: &Store, manifest: &Manifest, state: &State) -> BTreeMap<String, u64> {
    let mut rows = BTreeMap::new();
    for (name, table) in &state.tables {
        let mut sum = 0;
        for live in manifest.select(&table.segments, &TimeBounds::ALL).await.unwrap() {
            let entry = live.entry;
            let object = ObjectName::foreign(&entry.object).unwrap();
            let file = store.get(&object).await.unwrap().unwrap_or_else(|| panic!("{object} is gone"));
            assert_eq!((file.len() as u64, xxh3_128(&file)), (entry.file_bytes, entry.digest), "{object}");
            let footer = Footer::parse(file.clone(), entry.file_bytes).unwrap();
            assert_eq!(footer.metadata().table, *name);
            let mut decoder = SegmentDecoder::new(&footer, &table.schema.arrow(), None, 1000).unwrap();
            let mut decoded = 0;
            loop {
                match decoder.step().unwrap() {
                    DecodeStep::Need(ranges) => {
                        let piece = |range: &std::ops::Range<u64>| file.slice(range.start as usize..range.end as usize);
                        let data = ranges.iter().map(piece).collect();
                        decoder.push(&ranges, data).unwrap();
                    }
                    DecodeStep::Batch(batch) => decoded += batch.num_rows() as u64,
                    DecodeStep::Done => break,
                }
            }
            assert_eq!(decoded, entry.row_count, "{object}");
            sum += decoded;
        }
        rows.insert(name.to_string(), sum);
    }
    rows
}

fn counts(rows: &[(&str, u64)]) -> BTreeMap<String, u64> {
    rows.iter().map(|(table, count)| ((*table).to_owned(), *count)).collect()
}

#[tokio::test]
async fn bucket_of_format_1_has_all_of_its_segments_in_every_version_that_counts() {
    let (_folder, store) = thawed();
    let (manifest, state) = open(&store, "harbour").await;
    let head = rows(&store, &manifest, &state).await;
    let expected =
        counts(&[("extremes", 2), ("gauge", 24), ("orders", 0), ("ticks", 26), ("weather", 8), ("潮位, inner", 1)]);
    assert_eq!(head, expected);
    assert!(state.tables.values().any(|table| !table.segments.leaves().is_empty()), "no list of segments");
    assert_eq!(state.snapshots.keys().map(String::as_str).collect::<Vec<_>>(), ["early", "late", "thinned"]);
    for (snapshot, gauge) in [("early", None), ("thinned", Some(24)), ("late", Some(24))] {
        let version = manifest.open_checkpoint(state.snapshots[snapshot].checkpoint).await.unwrap();
        let then = rows(&store, &manifest, &version).await;
        assert_eq!(then.get("gauge").copied(), gauge, "{snapshot}");
    }
    for database in ["local", "logged"] {
        let (manifest, state) = open(&store, database).await;
        let rows = rows(&store, &manifest, &state).await;
        assert_eq!(rows.values().sum::<u64>(), if database == "local" { 2 } else { 0 });
    }
}

#[tokio::test]
async fn bucket_of_format_1_has_generations_that_are_sealed_and_says_where_their_streams_ended() {
    let (_folder, store) = thawed();
    let (manifest, state) = open(&store, "harbour").await;
    let mut ended = 0;
    for listed in store.list(&Prefix::root()).await.unwrap() {
        let Some((generation, _)) = manifest.layout().parse_watermarks(&listed.key) else { continue };
        assert_eq!(state.generation(generation), GenerationState::Sealed);
        assert!(state.generation_entry(generation).watermarks.is_some());
        ended += 1;
    }
    assert_eq!(ended, 2);
    assert_eq!(state.generation(state.open_generation()), GenerationState::Open);
}

#[tokio::test]
async fn bucket_of_format_1_has_entries_in_its_log_and_in_that_of_a_disk() {
    let (_folder, store) = thawed();
    let harbour = DatabaseLayout::new(&DatabaseName::new("harbour").unwrap());
    let (mut entries, mut tokens) = (Vec::new(), Vec::new());
    for listed in store.list(&Prefix::root()).await.unwrap() {
        let Some((stream, seq)) = harbour.parse_wal(&listed.key) else { continue };
        let entry = entry::decode(&store.get(&harbour.wal(stream, seq)).await.unwrap().unwrap()).unwrap();
        assert_eq!((entry.source, entry.seq), (tidewell_types::Source::Objects(stream), seq));
        tokens.extend(entry.tokens.iter().map(|token| token.id));
        entries.push(stream);
    }
    assert_eq!((entries.len(), entries.iter().collect::<BTreeSet<_>>().len()), (5, 2));
    assert_eq!((tokens.len(), tokens.iter().collect::<BTreeSet<_>>().len()), (4, 3), "one request is logged twice");

    let folder = tempfile::tempdir().unwrap();
    copy(&frozen().join("wal/local"), folder.path());
    let (_, entries) = read_folder(folder.path()).unwrap().unwrap();
    assert_eq!(entries.iter().map(|entry| entry.batch.tables[0].rows.num_rows()).collect::<Vec<_>>(), [2]);
}
