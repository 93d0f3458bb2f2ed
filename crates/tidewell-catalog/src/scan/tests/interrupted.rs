//! A scan that dies at any request goes on where it ended.

use std::sync::atomic::{AtomicU64, Ordering};

use tidewell_storage::{Attempted, Fault};

use super::*;

async fn planted() -> World {
    let world = World::new();
    for dataset in ["a", "b", "c", "d"] {
        for number in 0..2 {
            world.put(&format!("{dataset}/{number}.parquet"), readings(number, &["x", dataset])).await;
        }
    }
    world.put("d/dataset.yaml", "name: dee").await;
    world
}

fn slow() -> ScanOptions {
    ScanOptions { datasets_parallel: 1, files_parallel: 1, ..ScanOptions::of("") }
}

/// Scans through stores of which the `last` request that both get together is never answered, or carried out and not
/// answered; drops the scan then. Whether it was dropped.
async fn scan_until(world: &World, last: u64, is_carried_out: bool) -> bool {
    let count = Arc::new(AtomicU64::new(0));
    let decide = move |_: &Attempted<'_>| match count.fetch_add(1, Ordering::Relaxed) + 1 {
        number if number < last => Fault::Pass,
        number if number == last && is_carried_out => Fault::ApplyThenLose,
        _ => Fault::Hang,
    };
    let (source, catalog) = (decide.clone(), decide);
    let dying = World {
        source: world.source.with_faults(source),
        catalog: world.catalog.with_faults(catalog),
        env: world.env.clone(),
    };
    let span = Duration::from_millis(200);
    let scanned = tokio::time::timeout(span, dying.scan(slow())).await;
    scanned.map_or(true, |scanned| scanned.is_err())
}

#[tokio::test(start_paused = true)]
async fn scan_killed_at_each_request_is_resumed_without_reading_a_dataset_twice() {
    let clean = planted().await.counted();
    clean.scan(slow()).await.unwrap();
    let requests = clean.source.meter().snapshot().requests() + clean.catalog.meter().snapshot().requests();
    let expected = clean.contents().await;
    for is_carried_out in [false, true] {
        let mut last = 1;
        loop {
            let world = planted().await;
            let was_killed = scan_until(&world, last, is_carried_out).await;
            let world = world.counted();
            let parts = world.scanner(slow()).place.layout.catalog_part_prefix();
            let kept = world.catalog.list(&parts).await.unwrap().len() as u64;
            let head = world.open().head().await.unwrap();
            let summary = world.scan_all().await;
            assert_eq!(world.contents().await, expected, "{last}");
            if head.is_some() {
                assert_eq!(world.source.meter().snapshot().gets, 0, "{last}: it had been committed");
            } else {
                let resumed = summary.datasets.iter().filter(|dataset| dataset.state == DatasetState::Resumed).count();
                assert_eq!(resumed as u64, kept, "{last}");
                // Two small files a dataset, and the YAML file of the last.
                let yaml = u64::from(kept < 4);
                assert_eq!(world.source.meter().snapshot().gets, 2 * (4 - kept) + yaml, "{last}");
            }
            if !was_killed {
                break;
            }
            last += 1;
        }
        assert_eq!(last, requests + 1);
    }
}

#[tokio::test]
async fn scan_that_is_cancelled_keeps_what_it_has_read() {
    let world = planted().await;
    let cancel = Cancel::new();
    let stop = cancel.clone();
    let source = world.source.with_faults(move |attempted: &Attempted<'_>| {
        if attempted.key.starts_with("c/") {
            stop.cancel();
        }
        Fault::Pass
    });
    let watched = World { source, catalog: world.catalog.clone(), env: world.env.clone() };
    let error = watched.scanner(slow()).run(&Progress::new(), &cancel).await.unwrap_err();
    assert!(matches!(error, CatalogError::Cancelled), "{error}");
    assert_eq!(world.open().head().await.unwrap(), None);
    let summary = world.scan_all().await;
    let resumed = summary.datasets.iter().filter(|dataset| dataset.state == DatasetState::Resumed).count();
    assert!(resumed >= 2, "{summary:?}");
}

#[tokio::test]
async fn part_that_is_damaged_is_read_again() {
    let world = planted().await;
    assert!(scan_until_parts(&world).await);
    let prefix = world.scanner(slow()).place.layout.catalog_part_prefix();
    let listed = world.catalog.list(&prefix).await.unwrap();
    assert_eq!(listed.len(), 4);
    for (at, part) in listed.iter().enumerate() {
        let name = ObjectName::foreign(&part.key).unwrap();
        let mut body = world.catalog.get(&name).await.unwrap().unwrap().to_vec();
        let place = body.len() * (at + 1) / 6;
        body[place] ^= 4;
        world.catalog.put(&name, body.into()).await.unwrap();
    }
    let summary = world.scan_all().await;
    assert!(summary.datasets.iter().all(|dataset| dataset.state == scanned(2)), "{summary:?}");
}

/// Scans, and fails to commit.
async fn scan_until_parts(world: &World) -> bool {
    let catalog = world.catalog.with_faults(|attempted: &Attempted<'_>| match attempted.key.contains("index") {
        true => Fault::Denied,
        false => Fault::Pass,
    });
    let denied = World { source: world.source.clone(), catalog, env: world.env.clone() };
    denied.scan(slow()).await.is_err()
}

#[tokio::test]
async fn progress_counts_what_is_found_and_done() {
    let world = planted().await;
    world.put("e/x.parquet", "broken").await;
    let progress = Progress::new();
    world.scanner(slow()).run(&progress, &Cancel::new()).await.unwrap();
    let snapshot = progress.snapshot();
    assert_eq!((snapshot.datasets_found, snapshot.datasets_done, snapshot.datasets_failed), (5, 5, 1));
    assert_eq!((snapshot.files_found, snapshot.files_done, snapshot.rows_done), (9, 8, 16));
    assert_eq!(snapshot.bytes_found - snapshot.bytes_done, 6);
}
