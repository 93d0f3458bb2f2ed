//! What the catalog gives up goes as everything else does, and nothing else goes by its word.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use tidewell_storage::{CatalogIndexName, CatalogPartName};
use tidewell_types::WriteId;

use super::*;
use crate::bench::{Bench, layout};
use crate::gc::{GcOptions, GcSummary};

type GivenUp = Result<Vec<(ObjectName, u64)>, String>;

fn index(sequence: u64) -> ObjectName {
    layout().catalog_index(CatalogIndexName { sequence, write_id: WriteId::from_bytes([1; 16]) })
}

fn part(sequence: u64) -> ObjectName {
    layout().catalog_part(CatalogPartName { sequence, dataset: [2; 16], content: [3; 16] })
}

/// A database with three objects of a catalog, and what a run that is given some names says.
async fn collected(options: GcOptions, given_up: GivenUp) -> (Bench, GcSummary) {
    let bench = Bench::new().await;
    for name in [index(1), index(2), part(1)] {
        bench.put(name.as_str()).await;
    }
    let collector = bench.process(3).await.collector(options);
    let summary = collector.collect_with(std::future::ready(given_up)).await.unwrap();
    (bench, summary)
}

#[tokio::test(start_paused = true)]
async fn given_up_objects_are_deleted_and_counted_with_their_bytes() {
    let options = GcOptions { keys_listed_max: 10, ..GcOptions::default() };
    let (bench, summary) = collected(options, Ok(vec![(index(1), 10), (part(1), 5)])).await;
    let count = summary.of(GcKind::CatalogObjects);
    assert_eq!((count.examined, count.deleted, count.deleted_bytes, count.failed), (2, 2, 15, 0));
    assert_eq!(summary.deleted_keys, [index(1).to_string(), part(1).to_string()]);
    let left = bench.keys().await;
    assert!(left.contains(index(2).as_str()) && !left.contains(index(1).as_str()) && !left.contains(part(1).as_str()));
}

#[tokio::test(start_paused = true)]
async fn dry_run_counts_given_up_objects_and_leaves_them() {
    let options = GcOptions { dry_run: true, ..GcOptions::default() };
    let (bench, summary) = collected(options, Ok(vec![(index(1), 10)])).await;
    assert_eq!(summary.of(GcKind::CatalogObjects).deleted, 1);
    assert!(bench.keys().await.contains(index(1).as_str()));
}

#[tokio::test(start_paused = true)]
async fn names_that_are_no_objects_of_a_catalog_are_reported_and_stay() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    let segment = process.stage(&[100]).await;
    let state = process.add(vec![segment]).await;
    process.manifest.write_checkpoint(&state).await.unwrap();
    let all: Vec<ObjectName> = bench.keys().await.iter().filter_map(|key| ObjectName::foreign(key)).collect();
    let head = layout().catalog_head();
    let given_up: Vec<_> = all.iter().cloned().chain([head.clone()]).map(|name| (name, 1)).collect();
    let expected = given_up.len() as u64;
    let options = GcOptions { dry_run: true, ..GcOptions::default() };
    let otherwise = process.collector(options).collect().await.unwrap();
    let collector = process.collector(GcOptions { dry_run: true, ..GcOptions::default() });
    let summary = collector.collect_with(std::future::ready(GivenUp::Ok(given_up))).await.unwrap();
    assert_eq!(summary.of(GcKind::CatalogObjects).deleted, 0);
    assert_eq!(summary.unparsed_count, otherwise.unparsed_count + expected);
    assert!(summary.unparsed.contains(&head.to_string()));
}

#[tokio::test(start_paused = true)]
async fn catalog_that_cannot_be_read_is_in_the_summary_and_does_not_stop_the_rest() {
    let bench = Bench::new().await;
    let process = bench.process(3).await;
    process.log(crate::bench::stream(0, 1), 0, &[100]).await;
    process.folder.fold().await.unwrap();
    let collector = process.collector(GcOptions::default());
    let summary = collector.collect_with(std::future::ready(GivenUp::Err("no head".to_owned()))).await.unwrap();
    assert_eq!(summary.failures, [("catalog-objects".to_owned(), "no head".to_owned())]);
    assert_eq!(summary.of(GcKind::LogEntries).deleted, 1);
}
