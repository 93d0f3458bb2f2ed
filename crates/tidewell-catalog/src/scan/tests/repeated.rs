//! What the next scan reads, in requests.

use tidewell_storage::Usage;

use super::*;

async fn planted() -> World {
    let world = World::new();
    for dataset in ["a", "b", "c"] {
        for number in 0..3 {
            world.put(&format!("{dataset}/{number}.parquet"), readings(number, &["x", "y"])).await;
        }
    }
    world.put("c/dataset.yaml", "name: sea").await;
    world
}

/// The requests without the bytes.
fn requests(store: &Store) -> Usage {
    Usage { bytes_in: 0, bytes_out: 0, ..store.meter().snapshot() }
}

#[tokio::test]
async fn scan_makes_the_requests_that_its_docs_say() {
    let world = planted().await.counted();
    assert_eq!(world.scan_all().await.sequence, 1);
    // One listing, a YAML file, nine small files.
    assert_eq!(requests(&world.source), Usage { lists: 1, gets: 10, ..Usage::default() });
    // The head that is not there, what interrupted scans left, three parts, the index and the head.
    assert_eq!(requests(&world.catalog), Usage { gets: 1, lists: 1, puts: 5, ..Usage::default() });
}

#[tokio::test]
async fn scan_of_what_did_not_change_reads_nothing_and_commits_nothing() {
    let world = planted().await;
    let before = world.scan_all().await;
    let world = world.counted();
    let summary = world.scan_all().await;
    assert!(summary.datasets.iter().all(|dataset| dataset.state == DatasetState::Unchanged));
    assert_eq!(summary.sequence, before.sequence);
    assert_eq!(requests(&world.source), Usage { lists: 1, ..Usage::default() });
    assert_eq!(requests(&world.catalog), Usage { gets: 2, ..Usage::default() });
}

#[tokio::test]
async fn scan_after_files_were_added_reads_only_these() {
    let world = planted().await;
    world.scan_all().await;
    world.put("a/1b.parquet", readings(-9, &["y", "z", "z"])).await;
    world.put("a/9.parquet", readings(99, &["x"])).await;
    let world = world.counted();
    let summary = world.scan_all().await;
    let extended = DatasetState::Extended { files_read: 2 };
    assert_eq!(states(&summary)[0], ("a", &extended));
    assert_eq!(requests(&world.source), Usage { lists: 1, gets: 2, ..Usage::default() });
    let extended = world.contents().await;
    // As if all had been read at once.
    let options = ScanOptions { is_full: true, ..ScanOptions::of("") };
    assert_eq!(states(&world.scan(options).await.unwrap())[0], ("a", &scanned(5)));
    assert_eq!(world.contents().await, extended);
    assert_eq!(extended[0].1, [("x", 4), ("y", 4), ("z", 2)].map(|(id, rows)| (id.to_owned(), rows)));
}

#[tokio::test]
async fn scan_after_a_file_was_replaced_or_taken_away_reads_its_dataset_again() {
    let world = planted().await;
    world.scan_all().await;
    world.put("a/1.parquet", readings(1, &["x", "q"])).await;
    world.delete("b/2.parquet").await;
    let world = world.counted();
    let summary = world.scan_all().await;
    let expected = [("a", &scanned(3)), ("b", &scanned(2)), ("c", &DatasetState::Unchanged)];
    assert_eq!(states(&summary), expected);
    assert_eq!(requests(&world.source), Usage { lists: 1, gets: 5, ..Usage::default() });
    let contents = world.contents().await;
    assert_eq!(contents[0].1, [("q", 1), ("x", 3), ("y", 2)].map(|(id, rows)| (id.to_owned(), rows)));
    assert_eq!(contents[1].1, [("x", 2), ("y", 2)].map(|(id, rows)| (id.to_owned(), rows)));
}

#[tokio::test]
async fn scan_after_the_yaml_file_changed_reads_its_dataset_again() {
    let world = planted().await;
    world.scan_all().await;
    world.put("c/dataset.yaml", "name: ocean").await;
    let summary = world.scan_all().await;
    assert_eq!(states(&summary)[2], ("c", &scanned(3)));
    assert_eq!(world.open().datasets_named("ocean").await.unwrap().len(), 1);
    assert_eq!(world.open().datasets_named("sea").await.unwrap().len(), 0);
}

#[tokio::test]
async fn scan_below_a_prefix_removes_only_what_is_gone_below_it() {
    let world = planted().await;
    world.put("ab/x.parquet", readings(0, &["x"])).await;
    world.scan_all().await;
    for key in ["a/0.parquet", "a/1.parquet", "a/2.parquet", "ab/x.parquet", "b/0.parquet"] {
        world.delete(key).await;
    }
    let summary = world.scan(ScanOptions::of("a")).await.unwrap();
    assert_eq!(summary.removed, ["a"]);
    let roots = |records: Vec<crate::DatasetRecord>| records.into_iter().map(|record| record.root).collect::<Vec<_>>();
    assert_eq!(roots(world.open().datasets().await.unwrap()), ["ab", "b", "c"]);
}

#[tokio::test]
async fn scan_of_another_store_keeps_what_is_of_the_first() {
    let world = planted().await;
    world.scan_all().await;
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Folder(folder.path().to_owned());
    let source = Store::open(&url, world.env.clone(), &StoreOptions::default()).unwrap();
    let other = World { source, catalog: world.catalog.clone(), env: world.env.clone() };
    other.put("a/0.parquet", readings(0, &["p"])).await;
    other.scan_all().await;
    let records = world.open().datasets().await.unwrap();
    assert_eq!(records.len(), 4);
    let url = other.source.url().to_string();
    assert_eq!(world.open().dataset_at(&url, "a").await.unwrap().unwrap().record.row_count, 1);
    assert_eq!(world.open().dataset_at("memory://", "a").await.unwrap().unwrap().record.row_count, 6);
}
