//! Samples of the files.

use super::*;
use crate::Sampling;

#[tokio::test]
async fn scan_with_sampling_reads_some_files_and_states_how_sure_it_is() {
    let world = World::new();
    let mut total = 0;
    for number in 0..60usize {
        let count = 3 + number * 7 % 11;
        let ids: Vec<String> = (0..count).map(|at| format!("s{}", (number * 5 + at) % 90)).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        world.put(&format!("a/{number:02}.parquet"), readings(0, &ids)).await;
        total += count as u64;
    }
    let sampling = Sampling { fraction: 0.25, files_min: 5, seed: 3 };
    let options = ScanOptions { sampling: Some(sampling), ..ScanOptions::of("") };
    let world = world.counted();
    world.scan(options.clone()).await.unwrap();
    assert_eq!(world.source.meter().snapshot().gets, 15);
    let (dataset, series) = world.contents().await.pop().unwrap();
    let record = dataset.record;
    let estimate = record.estimate.clone().unwrap();
    assert_eq!((estimate.files_read, record.file_count), (15, 60));
    assert!((estimate.rows.low..=estimate.rows.high).contains(&total), "{total} in {estimate:?}");
    assert!((estimate.rows.low..=estimate.rows.high).contains(&record.row_count));
    assert!((estimate.series.low..=estimate.series.high).contains(&record.series_count));
    assert!(estimate.series.low >= series.len() as u64);
    assert_eq!(dataset.files.iter().filter(|file| file.row_count.is_some()).count(), 15);
    // The same seed reads nothing again; an exact scan reads all.
    let again = world.counted();
    again.scan(options.clone()).await.unwrap();
    assert_eq!(again.source.meter().snapshot().gets, 0);
    again.scan_all().await;
    let record = world.contents().await.pop().unwrap().0.record;
    assert_eq!((record.row_count, record.series_count, record.estimate), (total, 90, None));
    // Where all is known, a sample tells nothing.
    let summary = world.scan(options).await.unwrap();
    assert_eq!(states(&summary), [("a", &DatasetState::Unchanged)]);
}

#[tokio::test]
async fn scan_with_sampling_of_few_files_is_exact() {
    let world = World::new();
    world.put("a/1.parquet", readings(0, &["s", "t"])).await;
    world.put("a/2.parquet", readings(0, &["s"])).await;
    let options = ScanOptions { sampling: Some(Sampling::default()), ..ScanOptions::of("") };
    world.scan(options).await.unwrap();
    let record = world.contents().await.pop().unwrap().0.record;
    assert_eq!((record.row_count, record.series_count, record.estimate), (3, 2, None));
}
