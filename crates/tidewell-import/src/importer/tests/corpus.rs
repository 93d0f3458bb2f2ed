//! Files of other projects, when the corpus is beside the repository: each is stored with all its rows, or refused by name with
//! nothing left behind.

use serde_json::Value;
use tidewell_csv::CsvOptions;
use tidewell_segment::foreign::{ForeignOptions, OnRefused};

use super::*;
use crate::options::Format;

fn folder(format: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus").join(format)
}

/// The files of a format; none, said on stderr, where there is no corpus.
fn cases(format: &str) -> Vec<Value> {
    let Ok(manifest) = std::fs::read(folder(format).join("manifest.json")) else {
        eprintln!("skipped: no ../shared/corpus/{format}");
        return Vec::new();
    };
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    manifest["files"].as_array().unwrap().clone()
}

/// Imports a file of the corpus from a store of its own into another.
async fn import(format: &str, case: &Value, options: &ImportOptions) -> (Store, ImportSummary) {
    let name = case["file"].as_str().unwrap();
    let (from, into) = (memory(), memory());
    let bytes = std::fs::read(folder(format).join(name)).unwrap();
    from.put(&tidewell_storage::ObjectName::foreign(name).unwrap(), bytes.into()).await.unwrap();
    let source = crate::Source::Store { store: from, key: name.to_owned() };
    let files = crate::find(&[source], format, &Env::system()).await.unwrap();
    let summary = run(&into, &files, options).await.unwrap();
    (into, summary)
}

/// Nothing is stored, and what is said names the file.
async fn assert_refused(store: &Store, summary: &ImportSummary, name: &str) {
    assert_eq!((summary.files_imported, summary.segments, summary.rows_imported), (0, 0, 0), "{name}: {summary:?}");
    let failures: Vec<_> = summary.failures.iter().collect();
    let [failure] = failures[..] else { panic!("{name}: {summary:?}") };
    assert!(failure.file.ends_with(name) && !failure.reason.is_empty() && !failure.is_unknown, "{failure:?}");
    assert!(!failure.reason.contains("report it"), "{failure:?}");
    assert_eq!(manifest(store).await.state().totals().row_count, 0, "{name}");
    assert!(objects(store).await.is_empty(), "{name}");
}

/// A column that can be the time as it is: no NULL, and an instant or else a plain integer.
fn time_column(case: &Value) -> Option<String> {
    let of = |wanted: &str| {
        let mut columns = case["columns"].as_array().into_iter().flatten();
        let fits = |column: &&Value| {
            let (name, file_type) = (column[0].as_str().unwrap(), column[1].as_str().unwrap());
            file_type.starts_with(wanted) && case["expect"][name]["nulls"].as_u64().is_none_or(|nulls| nulls == 0)
        };
        columns.find(fits).map(|column| column[0].as_str().unwrap().to_owned())
    };
    of("timestamp").or_else(|| of("int"))
}

#[tokio::test]
async fn parquet_files_of_others_are_stored_wholly_or_refused_by_name() {
    let cases = cases("parquet");
    let (mut imported, mut refused) = (0, 0);
    for case in &cases {
        let name = case["file"].as_str().unwrap();
        for memory_bytes_max in [16 << 20, 1 << 30] {
            let foreign = ForeignOptions {
                time_column: time_column(case),
                flatten: true,
                on_refused: OnRefused::LeaveOut,
                ..ForeignOptions::default()
            };
            let mut options = ImportOptions::new(table(), Format::Parquet(foreign));
            options.memory_bytes_max = memory_bytes_max;
            options.hive = false;
            let (store, summary) = import("parquet", case, &options).await;
            if summary.failures.is_empty() {
                assert_ne!(case["cls"], "refuse", "{name}: {summary:?}");
                assert_eq!(Some(summary.rows_imported), case["rows"].as_u64(), "{name}");
                assert_eq!(manifest(&store).await.state().totals().row_count, summary.segment_rows, "{name}");
                assert_eq!(orphans(&store).await, 0, "{name}");
                imported += 1;
                continue;
            }
            assert_refused(&store, &summary, name).await;
            let reason = &summary.failures[0].reason;
            let has_no_time = time_column(case).is_none() && reason.contains("time");
            let is_too_large = memory_bytes_max < 1 << 30 && reason.contains("allow more");
            assert!(case["cls"] == "refuse" || has_no_time || is_too_large, "{name}: {reason}");
            refused += 1;
        }
    }
    eprintln!("{imported} imported, {refused} refused");
    assert!(cases.is_empty() || imported >= 40 && refused >= 36, "{imported} imported, {refused} refused");
}

fn words(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn csv_options(case: &Value) -> CsvOptions {
    let given = &case["options"];
    CsvOptions {
        skip_lines: given["skip_lines"].as_u64().unwrap(),
        time_columns: words(&given["time_columns"]),
        time_format: given["time_format"].as_str().unwrap().parse().unwrap(),
        tags: words(&given["tags"]),
        ..CsvOptions::default()
    }
}

#[tokio::test]
async fn csv_files_of_others_are_stored_with_all_their_rows() {
    for case in &cases("csv") {
        let id = case["id"].as_str().unwrap();
        // In parts of 400 bytes and all at once.
        for memory_bytes_max in [64 << 10, 1 << 30] {
            let options = ImportOptions::new(table(), Format::Csv(csv_options(case)));
            let options = ImportOptions { memory_bytes_max, ..options };
            let (store, summary) = import("csv", case, &options).await;
            assert_eq!((summary.failures.len(), summary.rows_rejected), (0, 0), "{id}: {summary:?}");
            assert_eq!(Some(summary.rows_imported), case["expect"]["csv_rows"].as_u64(), "{id}");
            assert_eq!(Some(summary.segment_rows), case["expect"]["stored_rows"].as_u64(), "{id}");
            assert_eq!(manifest(&store).await.state().totals().row_count, summary.segment_rows, "{id}");
        }
    }
}

/// Cuts and changed bytes of the corpus' CSV files: rows or a refusal, and nothing between.
#[tokio::test]
async fn damaged_csv_files_are_stored_wholly_or_refused_by_name() {
    for case in &cases("csv") {
        let name = case["file"].as_str().unwrap();
        let bytes = std::fs::read(folder("csv").join(name)).unwrap();
        let mut draw = 0x7464_6577_u64;
        for round in 0..6_usize {
            let mut damaged = bytes[..bytes.len() * (round + 1) / 6].to_vec();
            for _ in 0..=round {
                draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let at = (draw >> 33) as usize % damaged.len();
                damaged[at] = [b'"', b',', b'\n', 0, 0xff, b'\r', b'9', b' '][(draw >> 20) as usize % 8];
            }
            let (from, into) = (memory(), memory());
            from.put(&tidewell_storage::ObjectName::foreign(name).unwrap(), damaged.into()).await.unwrap();
            let source = crate::Source::Store { store: from, key: name.to_owned() };
            let files = crate::find(&[source], "csv", &Env::system()).await.unwrap();
            let options = ImportOptions::new(table(), Format::Csv(csv_options(case)));
            let options = ImportOptions { memory_bytes_max: 64 << 10, ..options };
            let summary = run(&into, &files, &options).await.unwrap();
            match summary.failures.is_empty() {
                false => assert_refused(&into, &summary, name).await,
                true => {
                    assert_eq!(summary.rows_read, summary.rows_imported + summary.rows_rejected, "{name}: {summary:?}");
                    assert_eq!(manifest(&into).await.state().totals().row_count, summary.segment_rows, "{name}");
                    assert_eq!(orphans(&into).await, 0, "{name}");
                }
            }
        }
    }
}
