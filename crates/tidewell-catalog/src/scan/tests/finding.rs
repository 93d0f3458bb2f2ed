//! Which datasets there are, and what is counted in them.

use std::sync::Arc;

use arrow_array::Int64Array;

use super::*;
use crate::{ColumnRecord, TimeSpan};

#[tokio::test]
async fn scan_of_a_folder_counts_rows_series_lengths_times_and_bytes_exactly() {
    let world = World::new();
    let first = readings(10, &["a", "b", "a", "a"]);
    let second = readings(-5, &["c", "a"]);
    world.put("data/weather/1.parquet", first.clone()).await;
    world.put("data/weather/2.PARQUET", second.clone()).await;
    world.put("data/weather/_SUCCESS", "").await;
    world.put("data/weather/_temporary/3.parquet", "no parquet").await;
    let summary = world.scan_all().await;
    assert_eq!(states(&summary), [("data/weather", &scanned(2))]);
    let (dataset, series) = world.contents().await.pop().unwrap();
    let record = &dataset.record;
    assert_eq!((record.name.as_str(), record.root.as_str()), ("data/weather", "data/weather"));
    assert_eq!((record.row_count, record.series_count, record.file_count), (6, 3, 2));
    assert_eq!((record.series_rows_min, record.series_rows_avg(), record.series_rows_max), (1, 2.0, 4));
    assert_eq!(record.time, Some(TimeSpan { min_ns: -5, max_ns: 13 }));
    assert_eq!(record.bytes, (first.len() + second.len()) as u64);
    assert_eq!(record.mapping.series_columns, ["sensor_id"]);
    assert!(record.mapping.is_guessed && record.estimate.is_none());
    let column = |name: &str, file_type: &str| ColumnRecord {
        name: name.to_owned(),
        types: vec![file_type.to_owned()],
        file_count: 2,
    };
    let columns = [column("timestamp", "timestamp(ns)"), column("sensor_id", "string"), column("value", "float64")];
    assert_eq!(record.columns, columns);
    assert_eq!(series, [("a".to_owned(), 4), ("b".to_owned(), 1), ("c".to_owned(), 1)]);
    let files: Vec<_> = dataset.files.iter().map(|file| (file.key.as_str(), file.row_count)).collect();
    assert_eq!(files, [("data/weather/1.parquet", Some(4)), ("data/weather/2.PARQUET", Some(2))]);
    assert!(dataset.files.iter().all(|file| file.stamp.is_some()));
}

#[tokio::test]
async fn scan_of_name_value_folders_is_one_dataset_and_a_folder_may_be_the_id() {
    let world = World::new();
    for (symbol, day) in [("AAPL", 1), ("AAPL", 2), ("MSFT", 1)] {
        let prices: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
        let body = file(vec![("ts", times(day, 2)), ("price", prices)]);
        world.put(&format!("ticks/symbol={symbol}/day=2024-01-0{day}/x.parquet"), body).await;
    }
    world.put("ticks.parquet", readings(0, &["s"])).await;
    world.scan_all().await;
    let contents = world.contents().await;
    assert_eq!(contents.len(), 2);
    let (dataset, series) = &contents[1];
    assert_eq!(dataset.record.root, "ticks");
    assert_eq!(dataset.record.mapping.partitions, ["symbol", "day"]);
    assert_eq!(dataset.record.mapping.series_columns, ["symbol"]);
    assert_eq!(dataset.record.mapping.time_column, "ts");
    assert_eq!(*series, [("AAPL".to_owned(), 4), ("MSFT".to_owned(), 2)]);
    let key = &dataset.files[0].key;
    let options = dataset.record.mapping.foreign_options("ticks", key).unwrap();
    let tag = |name: &str, value: &str| (name.to_owned(), Some(value.to_owned()));
    assert_eq!(options.path_tags, [tag("symbol", "AAPL"), tag("day", "2024-01-01")]);
    assert_eq!(options.tags, [""; 0]);
}

#[tokio::test]
async fn scan_with_a_yaml_file_takes_its_name_tags_time_and_composite_id() {
    let world = World::new();
    let yaml = "name: Harbour cranes\ndescription: Loads, and winds.\ntags:\n  owner: port\n  kind: [load, wind]\n\
                series_id: [site, crane]\ntime_column: at\ntime_unit: s\n";
    world.put("cranes/tidewell.yaml", yaml).await;
    for year in ["2023", "2024"] {
        let at: ArrayRef = Arc::new(Int64Array::from(vec![1, 2, 3]));
        let body = file(vec![
            ("at", at),
            ("crane", texts(&["1", "1", "a,b"])),
            ("site", Arc::new(StringArray::from(vec![Some("north"), None, Some("x=y")]))),
        ]);
        world.put(&format!("cranes/{year}/deep/x.parquet"), body).await;
    }
    world.scan_all().await;
    let (dataset, series) = world.contents().await.pop().unwrap();
    let record = dataset.record;
    assert_eq!(record.name, "Harbour cranes");
    assert_eq!(record.description.as_deref(), Some("Loads, and winds."));
    let tag = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut tags = record.tags.clone();
    tags.sort_unstable();
    assert_eq!(tags, [tag("kind", "load"), tag("kind", "wind"), tag("owner", "port")]);
    assert_eq!(record.sidecar.as_deref(), Some("cranes/tidewell.yaml"));
    assert_eq!(record.time, Some(TimeSpan { min_ns: 1_000_000_000, max_ns: 3_000_000_000 }));
    assert!(!record.mapping.is_guessed);
    let expected = [("crane=1", 2), ("site=north,crane=1", 2), ("site=x\\=y,crane=a\\,b", 2)];
    assert_eq!(series, expected.map(|(id, rows)| (id.to_owned(), rows)));
}

#[tokio::test]
async fn scan_options_name_what_no_yaml_file_names() {
    let world = World::new();
    let body = file(vec![
        ("seen", times(7, 3)),
        ("timestamp", times(0, 3)),
        ("kind", texts(&["a", "b", "b"])),
        ("sensor_id", texts(&["1", "1", "1"])),
    ]);
    world.put("plain/x.parquet", body.clone()).await;
    world.put("said/x.parquet", body).await;
    world.put("said/dataset.yml", "series_id: sensor_id").await;
    let options = ScanOptions {
        series_columns: Some(vec!["kind".to_owned()]),
        time_column: Some("seen".to_owned()),
        ..ScanOptions::of("")
    };
    assert_eq!(world.scan(options).await.unwrap().failed_count(), 0);
    let contents = world.contents().await;
    assert_eq!(contents[0].1, [("a".to_owned(), 1), ("b".to_owned(), 2)]);
    assert_eq!(contents[0].0.record.time, Some(TimeSpan { min_ns: 7, max_ns: 9 }));
    assert_eq!(contents[1].1, [("1".to_owned(), 3)]);
}

#[tokio::test]
async fn scan_without_any_id_column_is_one_series() {
    let world = World::new();
    world.put("one/x.parquet", file(vec![("time", times(0, 150)), ("note", texts(&["n"; 150]))])).await;
    world.scan_all().await;
    let (dataset, series) = world.contents().await.pop().unwrap();
    assert_eq!(dataset.record.mapping.series_columns, [""; 0]);
    assert_eq!(series, [(String::new(), 150)]);
}

#[tokio::test]
async fn scan_of_an_empty_folder_commits_nothing() {
    let world = World::new();
    let summary = world.scan(ScanOptions::of("nothing/here")).await.unwrap();
    assert_eq!(summary, ScanSummary::default());
    assert_eq!(world.catalog.meter().snapshot().puts, 0);
    assert_eq!(world.open().datasets().await.unwrap(), []);
    let error = world.scan(ScanOptions::of("a/../b")).await.unwrap_err();
    assert!(matches!(error, CatalogError::Prefix { .. }), "{error}");
}

#[tokio::test]
async fn scan_of_a_folder_on_disk_finds_what_one_in_memory_finds() {
    let folder = tempfile::tempdir().unwrap();
    let memory = World::new();
    let url = StoreUrl::Folder(folder.path().to_owned());
    let disk = Store::open(&url, memory.env.clone(), &StoreOptions::default()).unwrap();
    let disk = World { source: disk.clone(), catalog: disk, env: memory.env.clone() };
    for world in [&memory, &disk] {
        world.put("in/a/k=1/x.parquet", readings(0, &["s", "t"])).await;
        world.put("in/b/x.parquet", readings(5, &["u"])).await;
        world.put("in/b/metadata.yaml", "name: bee\nts_id:\n  - name: sensor_id\n    type: str\n").await;
        let summary = world.scan(ScanOptions::of("in")).await.unwrap();
        assert_eq!(summary.failed_count(), 0, "{summary:?}");
    }
    let plain = |contents: Vec<(Dataset, Vec<(String, u64)>)>| {
        let plain = contents.into_iter().map(|(mut dataset, series)| {
            dataset.record.source.clear();
            dataset.files.iter_mut().for_each(|file| file.stamp = None);
            (dataset, series)
        });
        plain.collect::<Vec<_>>()
    };
    assert_eq!(plain(disk.contents().await), plain(memory.contents().await));
    // A file that is written again has another stamp, though its bytes are the same.
    let again = disk.scan(ScanOptions::of("in")).await.unwrap();
    assert_eq!(states(&again), [("in/a", &DatasetState::Unchanged), ("in/b", &DatasetState::Unchanged)]);
    disk.put("in/b/x.parquet", readings(5, &["u"])).await;
    let again = disk.scan(ScanOptions::of("in")).await.unwrap();
    assert_eq!(states(&again), [("in/a", &DatasetState::Unchanged), ("in/b", &scanned(1))]);
}
