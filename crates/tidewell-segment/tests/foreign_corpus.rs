//! Foreign files of other projects, when the corpus is beside the repository: rows and values that three other readers
//! agree on, and damaged files that all of them refuse.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs::{File, read};
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampNanosecondType, UInt64Type};
use arrow_array::{Array, ArrayRef, RecordBatch};
use bytes::Bytes;
use serde_json::Value;
use tidewell_segment::foreign::{Footer, ForeignError, ForeignOptions, OnRefused, Plan, RowLimits, Rows, StatsCheck};
use tidewell_types::ColumnKind;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/parquet")
}

/// The files of some classes; `None`, said on stderr, where there is no corpus.
fn files(classes: &[&str]) -> Option<Vec<Value>> {
    let Ok(manifest) = read(folder().join("manifest.json")) else {
        eprintln!("skipped: no ../shared/corpus/parquet");
        return None;
    };
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let files = manifest["files"].as_array().unwrap().iter();
    Some(files.filter(|file| classes.contains(&file["cls"].as_str().unwrap())).cloned().collect())
}

fn name(file: &Value) -> &str {
    file["file"].as_str().unwrap()
}

fn footer(file: &Value) -> Result<Footer, ForeignError> {
    let bytes = Bytes::from(read(folder().join(name(file))).unwrap());
    let tail = bytes.slice(bytes.len().saturating_sub(16)..);
    let file_bytes = bytes.len() as u64;
    match Footer::parse(&tail, file_bytes) {
        Err(ForeignError::TailTooShort { needed_bytes }) => {
            Footer::parse(&bytes.slice(bytes.len() - needed_bytes as usize..), file_bytes)
        }
        outcome => outcome,
    }
}

/// Reads all rows and checks the footer's statistics against them; those that lie are said on stderr.
fn rows(file: &Value, options: &ForeignOptions) -> Result<(Plan, Vec<RecordBatch>), ForeignError> {
    let footer = footer(file)?;
    let plan = Plan::new(&footer, options)?;
    let mut source = File::open(folder().join(name(file))).unwrap();
    let mut batches = Vec::new();
    for row_group in 0..footer.row_group_rows().len() {
        let mut stats = StatsCheck::new(&plan, plan.claimed(&footer, row_group)?);
        let mut lie = None;
        let mut rows = Rows::of_groups(&footer, &plan, RowLimits::default(), [row_group])?;
        while let Some(batch) = rows.next_from(&mut source).unwrap()? {
            lie = lie.or_else(|| stats.see(&batch).err());
            batches.push(batch);
        }
        if let Some(lie) = lie.or_else(|| stats.finish().err()) {
            eprintln!("{}, row group {row_group}: {lie}", name(file));
        }
    }
    Ok((plan, batches))
}

/// Columns that can be the time as they are: no NULL, and an instant or a plain integer.
fn time_column(file: &Value) -> Option<String> {
    let columns = file["columns"].as_array().unwrap();
    let has_nulls = |name: &str| file["expect"][name]["nulls"].as_u64().is_none_or(|nulls| nulls > 0);
    let of = |wanted: &str| {
        let fits = |column: &&Value| {
            let (name, file_type) = (column[0].as_str().unwrap(), column[1].as_str().unwrap());
            file_type.starts_with(wanted) && (!has_nulls(name) || file["expect"].is_null())
        };
        columns.iter().find(fits).map(|column| column[0].as_str().unwrap().to_owned())
    };
    of("timestamp").or_else(|| of("int"))
}

fn options(file: &Value) -> ForeignOptions {
    ForeignOptions {
        time_column: time_column(file),
        flatten: true,
        on_refused: OnRefused::LeaveOut,
        ..ForeignOptions::default()
    }
}

/// What was found of a column, to compare with what the manifest expects.
#[derive(Default)]
struct Found {
    nulls: u64,
    numbers: Vec<f64>,
    integers: Vec<i128>,
    texts: BTreeSet<String>,
}

impl Found {
    /// One of the instants, written as in the manifest.
    fn instant(&self, pick: impl for<'a> FnOnce(std::slice::Iter<'a, i128>) -> Option<&'a i128>) -> Value {
        let ns = i64::try_from(*pick(self.integers.iter()).unwrap()).unwrap();
        chrono::DateTime::from_timestamp_nanos(ns).naive_utc().format("%Y-%m-%dT%H:%M:%S%.f").to_string().into()
    }
}

fn found(batches: &[RecordBatch], name: &str) -> Found {
    let mut found = Found::default();
    for batch in batches {
        let column = batch.column_by_name(name).unwrap();
        found.nulls += column.null_count() as u64;
        add(&mut found, column);
    }
    found
}

fn add(found: &mut Found, column: &ArrayRef) {
    if let Some(column) = column.as_primitive_opt::<Int64Type>() {
        found.integers.extend(column.iter().flatten().map(i128::from));
    } else if let Some(column) = column.as_primitive_opt::<TimestampNanosecondType>() {
        found.integers.extend(column.iter().flatten().map(i128::from));
    } else if let Some(column) = column.as_primitive_opt::<UInt64Type>() {
        found.integers.extend(column.iter().flatten().map(i128::from));
    } else if let Some(column) = column.as_boolean_opt() {
        found.integers.extend(column.iter().flatten().map(i128::from));
    } else if let Some(column) = column.as_primitive_opt::<Float64Type>() {
        found.numbers.extend(column.iter().flatten());
    } else {
        found.texts.extend(column.as_string::<i32>().iter().flatten().map(str::to_owned));
    }
}

/// Compares a column with what three readers found; returns how many numbers were compared.
fn compare(found: &Found, expected: &Value, place: &str) -> usize {
    let mut compared = 0;
    for (what, expected) in expected.as_object().unwrap() {
        let finite = || found.numbers.iter().copied().filter(|number| !number.is_nan());
        let actual: Value = match what.as_str() {
            "nulls" => found.nulls.into(),
            "nan" => found.numbers.iter().filter(|number| number.is_nan()).count().into(),
            "distinct" if found.texts.is_empty() => found.integers.iter().collect::<BTreeSet<_>>().len().into(),
            "distinct" => found.texts.len().into(),
            // A time that the file has as text.
            "min" if expected.is_string() && found.texts.is_empty() => found.instant(|all| all.min()),
            "max" if expected.is_string() && found.texts.is_empty() => found.instant(|all| all.max()),
            "min" if !found.texts.is_empty() => found.texts.first().unwrap().as_str().into(),
            "max" if !found.texts.is_empty() => found.texts.last().unwrap().as_str().into(),
            "min" | "min_ns" if found.numbers.is_empty() => (*found.integers.iter().min().unwrap() as i64).into(),
            "max" | "max_ns" if found.numbers.is_empty() => (*found.integers.iter().max().unwrap() as i64).into(),
            "sum" if found.numbers.is_empty() => (found.integers.iter().sum::<i128>() as i64).into(),
            "min" => finite().fold(f64::INFINITY, f64::min).into(),
            "max" => finite().fold(f64::NEG_INFINITY, f64::max).into(),
            "sum" => finite().sum::<f64>().into(),
            other => panic!("{place}: the manifest expects {other:?}"),
        };
        let is_same = match (actual.as_f64(), expected.as_f64()) {
            (Some(a), Some(b)) if actual.is_f64() || expected.is_f64() => (a - b).abs() <= 1e-9 * b.abs().max(1e-300),
            // Longer texts are cut in the manifest.
            _ => match (actual.as_str(), expected.as_str()) {
                (Some(a), Some(b)) if b.chars().count() >= 80 => a.starts_with(b),
                _ => actual == *expected,
            },
        };
        assert!(is_same, "{place}: {what} is {actual}, not {expected}");
        compared += 1;
    }
    compared
}

#[test]
fn corpus_files_to_import_have_the_rows_and_values_of_other_readers() {
    let Some(files) = files(&["import", "import_rows_only"]) else { return };
    let (mut read_count, mut without_time, mut compared) = (0, 0, 0);
    for file in &files {
        let (plan, batches) = match rows(file, &options(file)) {
            Ok(rows) => rows,
            Err(ForeignError::NoTime { .. }) if time_column(file).is_none() => {
                without_time += 1;
                continue;
            }
            Err(error) => panic!("{}: {error}", name(file)),
        };
        read_count += 1;
        let count: u64 = batches.iter().map(|batch| batch.num_rows() as u64).sum();
        assert_eq!(Some(count), file["rows"].as_u64(), "{}", name(file));
        for column in plan.columns().iter().filter(|_| !file["expect"].is_null()) {
            let place = format!("{}, column {:?}", name(file), column.file_name());
            let expected = &file["expect"][column.file_name()];
            // Members of structures are not in the manifest.
            if expected.is_object() {
                let found = found(&batches, if column.kind == ColumnKind::Time { "time" } else { &column.name });
                compared += compare(&found, expected, &place);
            }
        }
        for refused in plan.refused() {
            eprintln!("{}: left out {refused}", name(file));
        }
    }
    eprintln!("{read_count} files read, {without_time} have no time, {compared} numbers compared");
    assert!(read_count >= 20 && compared > 300, "{read_count} files, {compared} numbers");
}

/// Why each file of the class "refuse" is refused: a part of the error.
const REASONS: &[(&str, &str)] = &[
    ("24620e5d7e", "no Thrift type"),
    ("ded116515d", "encodings is missing"),
    ("45b4a398fc", "no Thrift type"),
    ("66de54424a", "encodings is missing"),
    ("0362206cd2", "encodings is missing"),
    ("372c82fff2", "no Thrift type"),
    ("79a304c5ec", "is not where the file has room for it"),
    ("2d24d8cf8e", "list element type"),
    ("d11bea3a2f", "is not where the file has room for it"),
    ("17d11fb234", "is not where the file has room for it"),
    ("cbc54d6738", "is not where the file has room for it"),
    ("fc99c013e3", "metadata is encrypted"),
    ("1e3cdb72a9", "a count of -13"),
    ("8156bdfdc5", "insufficient values"),
    ("c3253dfb8e", "TIMESTAMP_MILLIS cannot annotate"),
    ("d6a245677f", "0 bytes unpacked, its header says 10"),
    ("ab15261681", "a column of the file is encrypted"),
    ("fbc62d3b51", "4 bytes are too few"),
];

#[test]
fn corpus_files_to_refuse_are_refused_for_their_reason() {
    let Some(files) = files(&["refuse"]) else { return };
    for file in &files {
        let id = file["id"].as_str().unwrap();
        let time = footer(file).and_then(|footer| Plan::new(&footer, &ForeignOptions::default()));
        let candidate = match &time {
            Err(ForeignError::NoTime { candidates, .. }) => {
                candidates.first().map(|text| text.rsplit_once(" (").unwrap().0.to_owned())
            }
            _ => None,
        };
        let options = ForeignOptions {
            time_column: candidate,
            flatten: true,
            on_refused: OnRefused::LeaveOut,
            ..ForeignOptions::default()
        };
        let error = rows(file, &options).map(|_| ()).expect_err(name(file));
        assert!(!matches!(error, ForeignError::Internal { .. }), "{}: {error}", name(file));
        if let Some((_, reason)) = REASONS.iter().find(|(known, _)| *known == id) {
            assert!(error.to_string().contains(reason), "{}: {error}, not {reason}", name(file));
        } else {
            eprintln!("{id} has no reason written down: {error}");
        }
    }
}
