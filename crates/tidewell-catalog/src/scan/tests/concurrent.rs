//! Scanners at once.

use super::*;

#[tokio::test]
async fn scanners_of_different_folders_at_once_all_land() {
    let world = World::new();
    for folder in 0..8 {
        world.put(&format!("f{folder}/a/x.parquet"), readings(0, &["s"])).await;
        world.put(&format!("f{folder}/b/x.parquet"), readings(0, &["s", "t"])).await;
    }
    let scans = (0..8).map(|folder| {
        let scanner = world.scanner(ScanOptions::of(&format!("f{folder}")));
        world.env.spawn(async move { scanner.run(&Progress::new(), &Cancel::new()).await.unwrap() })
    });
    let summaries = futures::future::join_all(scans).await;
    let mut sequences: Vec<u64> = summaries.into_iter().map(|summary| summary.unwrap().sequence).collect();
    sequences.sort_unstable();
    assert_eq!(sequences, (1..=8).collect::<Vec<_>>());
    assert_eq!(world.open().datasets().await.unwrap().len(), 16);
    // What lost races and older heads left is all that may go.
    let head = world.open().head().await.unwrap().unwrap();
    let layout = world.scanner(ScanOptions::of("")).place.layout.clone();
    let indexes = world.catalog.list(&layout.catalog_index_prefix()).await.unwrap();
    let garbage = crate::garbage(&layout, &head, indexes.iter().map(|object| object.key.as_str()));
    assert_eq!(garbage.len(), indexes.len() - 1);
    world.catalog.delete(&garbage).await.unwrap();
    assert_eq!(world.open().datasets().await.unwrap().len(), 16);
}

#[tokio::test]
async fn scanners_of_one_folder_at_once_find_the_same() {
    let world = World::new();
    for dataset in 0..4 {
        world.put(&format!("d{dataset}/x.parquet"), readings(dataset, &["s", "t"])).await;
    }
    let scans = (0..4).map(|_| {
        let scanner = world.scanner(ScanOptions::of(""));
        world.env.spawn(async move { scanner.run(&Progress::new(), &Cancel::new()).await.unwrap() })
    });
    for summary in futures::future::join_all(scans).await {
        assert_eq!(summary.unwrap().datasets.len(), 4);
    }
    let contents = world.contents().await;
    assert_eq!(contents.len(), 4);
    assert!(contents.iter().all(|(dataset, _)| dataset.record.row_count == 2));
}

#[tokio::test]
async fn reader_whose_index_was_collected_looks_at_the_head_again() {
    let world = World::new();
    world.put("a/x.parquet", readings(0, &["s"])).await;
    world.scan_all().await;
    let old = world.open();
    assert_eq!(old.datasets().await.unwrap().len(), 1);
    world.put("b/x.parquet", readings(0, &["s"])).await;
    world.scan_all().await;
    let place = world.scanner(ScanOptions::of("")).place;
    let first = world.catalog.list(&place.layout.catalog_index_prefix()).await.unwrap();
    let head = world.open().head().await.unwrap().unwrap();
    let garbage = crate::garbage(&place.layout, &head, first.iter().map(|object| object.key.as_str()));
    world.catalog.delete(&garbage).await.unwrap();
    assert_eq!(old.datasets().await.unwrap().len(), 2);
}

#[tokio::test]
async fn catalog_cold_search_takes_two_requests_and_a_warm_one_takes_one() {
    let world = World::new();
    for dataset in 0..30 {
        world.put(&format!("d{dataset}/x.parquet"), readings(dataset, &["crane", "winch"])).await;
    }
    world.scan_all().await;
    let world = world.counted();
    let catalog = world.open();
    let answer = catalog.search(&crate::Query::of("crane")).await.unwrap();
    assert_eq!((answer.dataset_count, answer.hits.len()), (30, 20));
    assert_eq!(world.catalog.meter().snapshot().requests(), 2);
    catalog.search(&crate::Query::of("winch")).await.unwrap();
    assert_eq!(world.catalog.meter().snapshot().requests(), 3);
    // While its last look is young enough, none.
    let patient = Catalog::open(world.env.clone(), world.catalog.clone(), &database(), Duration::from_secs(3600));
    for _ in 0..3 {
        patient.search(&crate::Query::of("crane")).await.unwrap();
    }
    assert_eq!(world.catalog.meter().snapshot().requests(), 5);
}
