//! One dataset that fails, and stores that fail for now.

use std::sync::atomic::{AtomicU32, Ordering};

use arrow_array::{Int32Array, Int64Array};
use tidewell_storage::{Attempted, Fault, Operation};

use super::*;

fn reason(summary: &ScanSummary, root: &str) -> String {
    let dataset = summary.datasets.iter().find(|dataset| dataset.root == root).unwrap();
    match &dataset.state {
        DatasetState::Failed { reason, .. } => reason.clone(),
        state => panic!("{root}: {state:?}"),
    }
}

#[tokio::test]
async fn scan_of_bad_datasets_names_their_reasons_and_finishes_the_others() {
    let world = World::new();
    world.put("good/x.parquet", readings(0, &["s"])).await;
    world.put("torn/1.parquet", readings(0, &["s"])).await;
    world.put("torn/2.parquet", readings(0, &["s"]).slice(..100)).await;
    world.put("empty/x.parquet", "").await;
    world.put("yaml/x.parquet", readings(0, &["s"])).await;
    world.put("yaml/tidewell.yaml", "name: [unclosed").await;
    world.put("tags/x.parquet", readings(0, &["s"])).await;
    world.put("tags/tidewell.yaml", "tags: {a: {b: c}}").await;
    world.put("column/x.parquet", readings(0, &["s"])).await;
    world.put("column/tidewell.yaml", "series_id: nowhere").await;
    let numbers: ArrayRef = Arc::new(Int32Array::from(vec![1]));
    world.put("timeless/x.parquet", file(vec![("v", numbers)])).await;
    world.put("crowded/x.parquet", readings(0, &["a", "b", "c", "d"])).await;
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
    world.put("floats/x.parquet", file(vec![("time", times(0, 1)), ("f", floats)])).await;
    world.put("floats/tidewell.yaml", "series_id: f").await;
    let options = ScanOptions { series_max: 3, ..ScanOptions::of("") };
    let summary = world.scan(options).await.unwrap();
    assert_eq!(summary.failed_count(), 8);
    for (root, part) in [
        ("torn", "torn/2.parquet: "),
        ("empty", "empty/x.parquet: "),
        ("yaml", "yaml/tidewell.yaml: "),
        ("tags", "tags are neither a map"),
        ("column", "there is no column \"nowhere\""),
        ("timeless", "name it as time_column; it has v (int32)"),
        ("crowded", "more than 3 series"),
        ("floats", "a tag is text"),
    ] {
        assert!(reason(&summary, root).contains(part), "{root}: {}", reason(&summary, root));
    }
    assert_eq!(world.contents().await.len(), 1);
    assert_eq!(world.open().datasets_named("good").await.unwrap().len(), 1);
}

#[tokio::test]
async fn scan_of_a_footer_that_lies_about_its_rows_fails() {
    // The file of three rows with the metadata of the one of four: as long, and with other counts.
    let of = |count: usize| {
        let ids: ArrayRef = Arc::new(Int64Array::from(vec![7; count]));
        file(vec![("time", Arc::new(Int64Array::from(vec![5; count]))), ("id", ids)])
    };
    let (three, four) = (of(3), of(4));
    let footer = |file: &Bytes| {
        let length = u32::from_le_bytes(file[file.len() - 8..file.len() - 4].try_into().unwrap()) as usize;
        file.len() - 8 - length
    };
    assert_eq!(footer(&three), footer(&four), "data of the same length");
    let lying = [&three[..footer(&three)], &four[footer(&four)..]].concat();
    let world = World::new();
    world.put("lie/x.parquet", lying).await;
    world.put("truth/x.parquet", three).await;
    let summary = world.scan(ScanOptions::of("")).await.unwrap();
    assert!(reason(&summary, "lie").starts_with("lie/x.parquet: "), "{}", reason(&summary, "lie"));
    assert_eq!(summary.failed_count(), 1);
}

#[tokio::test]
async fn scan_that_fails_for_a_dataset_keeps_what_an_older_one_found() {
    let world = World::new();
    world.put("a/x.parquet", readings(0, &["s"])).await;
    world.scan_all().await;
    world.put("a/x.parquet", "broken").await;
    let summary = world.scan(ScanOptions::of("")).await.unwrap();
    assert!(matches!(&summary.datasets[0].state, DatasetState::Failed { is_older_kept: true, .. }));
    assert_eq!(summary.datasets[0].record.as_ref().unwrap().row_count, 1);
    assert_eq!(world.contents().await[0].1, [("s".to_owned(), 1)]);
    world.put("a/x.parquet", readings(0, &["s", "t"])).await;
    assert_eq!(states(&world.scan_all().await), [("a", &scanned(1))]);
}

#[tokio::test(start_paused = true)]
async fn scan_of_a_store_that_throttles_waits_and_goes_on() {
    let world = World::new();
    for number in 0..4 {
        world.put(&format!("a/{number}.parquet"), readings(number, &["s"])).await;
    }
    // Everything is refused twice before it succeeds.
    let source = world.source.with_faults(|attempted: &Attempted<'_>| match attempted.attempt {
        1 | 2 => Fault::FailBefore,
        _ => Fault::Pass,
    });
    let throttled = World { source, catalog: world.catalog.clone(), env: world.env.clone() };
    let progress = Progress::new();
    let summary = throttled.scanner(ScanOptions::of("")).run(&progress, &Cancel::new()).await.unwrap();
    assert_eq!(states(&summary), [("a", &scanned(4))]);
    assert_eq!(progress.snapshot().retries, 2 * 5);
}

#[tokio::test(start_paused = true)]
async fn scan_of_a_file_that_is_never_given_fails_only_its_dataset() {
    let world = World::new();
    world.put("a/x.parquet", readings(0, &["s"])).await;
    world.put("b/x.parquet", readings(0, &["s"])).await;
    let source = world.source.with_faults(|attempted: &Attempted<'_>| match attempted.key {
        "a/x.parquet" => Fault::FailBefore,
        _ => Fault::Pass,
    });
    let failing = World { source, catalog: world.catalog.clone(), env: world.env.clone() };
    let summary = failing.scan(ScanOptions { retries_max: 3, ..ScanOptions::of("") }).await.unwrap();
    assert_eq!(summary.failed_count(), 1);
    assert!(reason(&summary, "a").contains("try again"), "{}", reason(&summary, "a"));
    assert_eq!(failing.source.meter().snapshot().gets, 4 + 1);
}

#[tokio::test(start_paused = true)]
async fn commit_whose_answer_is_lost_counts_once() {
    let world = World::new();
    world.put("a/x.parquet", readings(0, &["s"])).await;
    let lost = AtomicU32::new(0);
    let catalog = world.catalog.with_faults(move |attempted: &Attempted<'_>| match attempted.operation {
        Operation::Replace if lost.fetch_add(1, Ordering::Relaxed) == 0 => Fault::ApplyThenLose,
        _ => Fault::Pass,
    });
    let losing = World { source: world.source.clone(), catalog, env: world.env.clone() };
    assert_eq!(losing.scan_all().await.sequence, 1);
    assert_eq!(world.contents().await.len(), 1);
    assert_eq!(world.open().head().await.unwrap().unwrap().sequence, 1);
}

#[tokio::test(start_paused = true)]
async fn commit_whose_outcome_stays_unknown_is_found_by_its_index() {
    let world = World::new();
    world.put("a/x.parquet", readings(0, &["s"])).await;
    let late = AtomicU32::new(0);
    let catalog = world.catalog.with_faults(move |attempted: &Attempted<'_>| match attempted.operation {
        Operation::Replace if late.fetch_add(1, Ordering::Relaxed) == 0 => Fault::ApplyThenLose,
        // Longer than settling waits for a read, and no longer than a view does.
        Operation::Get if attempted.key.ends_with("head") && attempted.attempt > 1 => {
            Fault::Delay(Duration::from_secs(15))
        }
        _ => Fault::Pass,
    });
    let losing = World { source: world.source.clone(), catalog, env: world.env.clone() };
    assert_eq!(losing.scan_all().await.sequence, 1);
    assert_eq!(world.contents().await.len(), 1);
}
