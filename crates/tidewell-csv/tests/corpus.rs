//! Public data sets: rows, bounds, sums and single rows as other readers have them.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, Int64Type, TimestampNanosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_schema::DataType;
use serde_json::Value;
use tidewell_csv::{CsvOptions, CsvReader, Decimal, infer};

/// Tags and time to the numbers of a row.
type Stored = BTreeMap<(BTreeMap<String, String>, i64), BTreeMap<String, f64>>;

fn words(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
}

fn options_of(case: &Value) -> CsvOptions {
    let given = &case["options"];
    CsvOptions {
        delimiter: Some(given["delimiter"].as_str().unwrap().as_bytes()[0]),
        header: given["header"].as_bool(),
        skip_lines: given["skip_lines"].as_u64().unwrap(),
        time_columns: words(&given["time_columns"]),
        time_format: given["time_format"].as_str().unwrap().parse().unwrap(),
        timezone: given["timezone"].as_str().unwrap().parse().unwrap(),
        tags: words(&given["tags"]),
        missing: Some(words(&given["na_values"])),
        decimal: if given["decimal"] == "," { Decimal::Comma } else { Decimal::Point },
        ..CsvOptions::default()
    }
}

fn number(column: &dyn Array, row: usize) -> Option<f64> {
    if column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Float64 => Some(column.as_primitive::<Float64Type>().value(row)),
        DataType::Int64 => Some(column.as_primitive::<Int64Type>().value(row) as f64),
        _ => None,
    }
}

fn store(batches: &[RecordBatch], tags: &[String]) -> Stored {
    let mut stored = Stored::new();
    for batch in batches {
        let times = batch.column_by_name("time").unwrap().as_primitive::<TimestampNanosecondType>();
        for row in 0..batch.num_rows() {
            let tag_of = |tag: &String| {
                let column = batch.column_by_name(tag).unwrap().as_dictionary::<Int32Type>();
                let texts = column.values().as_string::<i32>();
                (tag.clone(), texts.value(usize::try_from(column.keys().value(row)).unwrap()).to_owned())
            };
            let fields = stored.entry((tags.iter().map(tag_of).collect(), times.value(row))).or_default();
            for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
                if let Some(value) = number(column, row) {
                    fields.insert(field.name().clone(), value);
                }
            }
        }
    }
    stored
}

fn assert_close(found: f64, expected: &Value, what: &str) {
    let expected = expected.as_f64().unwrap();
    assert!((found - expected).abs() <= expected.abs().max(1e-12) * 1e-9, "{what}: {found} is not {expected}");
}

fn assert_expected(stored: &Stored, expect: &Value, id: &str) {
    assert_eq!(stored.len() as u64, expect["stored_rows"].as_u64().unwrap(), "{id}");
    let times = || stored.keys().map(|(_, time)| *time);
    assert_eq!(times().min(), expect["min_time_ns"].as_i64(), "{id}");
    assert_eq!(times().max(), expect["max_time_ns"].as_i64(), "{id}");
    for (name, column) in expect["columns"].as_object().unwrap() {
        if column["type"] != "number" {
            continue;
        }
        let values: Vec<f64> = stored.values().filter_map(|fields| fields.get(name)).copied().collect();
        assert_eq!(values.len() as u64, column["count"].as_u64().unwrap(), "{id} {name}");
        assert_close(values.iter().sum(), &column["sum"], &format!("{id} {name} sum"));
        assert_close(values.iter().copied().fold(f64::MAX, f64::min), &column["min"], &format!("{id} {name} min"));
        assert_close(values.iter().copied().fold(f64::MIN, f64::max), &column["max"], &format!("{id} {name} max"));
    }
    for spot in expect["spot_rows"].as_array().unwrap() {
        let tags = spot["tags"].as_object().unwrap().iter();
        let tags = tags.map(|(tag, value)| (tag.clone(), value.as_str().unwrap().to_owned())).collect();
        let fields = &stored[&(tags, spot["time_ns"].as_i64().unwrap())];
        for (name, value) in spot["fields"].as_object().unwrap() {
            if let Ok(value) = value.as_str().unwrap_or_default().replace(',', ".").parse::<f64>() {
                assert_eq!(fields[name].to_bits(), value.to_bits(), "{id} {name}");
            }
        }
    }
}

fn read(bytes: &[u8], options: &CsvOptions, sample_bytes: usize) -> Option<Vec<RecordBatch>> {
    let sample = &bytes[..bytes.len().min(sample_bytes)];
    let mut reader = CsvReader::new(infer(sample, sample.len() == bytes.len(), options).ok()?);
    let mut batches = Vec::new();
    for chunk in bytes.chunks(4096) {
        batches.extend(reader.push(chunk).ok()?);
    }
    let end = reader.finish().ok()?;
    batches.extend(end.batches);
    println!("{} rejected", end.rejections.count);
    (end.rejections.count == 0).then(|| batches.into_iter().map(|batch| end.plan.fit(batch).unwrap()).collect())
}

#[test]
fn corpus_files_give_their_rows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/csv");
    if !folder.is_dir() {
        println!("skipped: no ../shared/corpus/csv");
        return;
    }
    let manifest: Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join("manifest.json")).unwrap()).unwrap();
    let cases = manifest["files"].as_array().unwrap();
    assert!(cases.len() >= 7, "only {} cases", cases.len());
    for case in cases {
        let id = case["id"].as_str().unwrap();
        let bytes = std::fs::read(folder.join(case["file"].as_str().unwrap())).unwrap();
        let given = options_of(case);
        let found = CsvOptions { tags: given.tags.clone(), skip_lines: given.skip_lines, ..CsvOptions::default() };
        for (options, sample_bytes) in [(&given, usize::MAX), (&given, 500), (&found, usize::MAX), (&found, 500)] {
            match read(&bytes, options, sample_bytes) {
                Some(batches) => {
                    assert_eq!(case["cls"], "import", "{id}");
                    assert_expected(&store(&batches, &options.tags), &case["expect"], id);
                }
                None => assert_eq!(case["cls"], "refuse", "{id}"),
            }
        }
    }
}
