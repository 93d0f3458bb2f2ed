//! Databases and files to import, and what a reader finds afterwards.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, Float64Array, Int64Array, RecordBatch, TimestampNanosecondArray};
use arrow_cast::display::array_value_to_string;
use tidewell_env::Env;
use tidewell_manifest::Manifest;
use tidewell_segment::foreign::ForeignOptions;
use tidewell_segment::{DecodeStep, Footer, ParquetExport, SegmentDecoder};
use tidewell_storage::{DatabaseLayout, ObjectName, Store, StoreOptions, StoreUrl, Tier};
use tidewell_types::{ColumnKind, DatabaseName, TIME_COLUMN, TableName, TimeBounds, TimestampNs};

use crate::options::{Format, ImportOptions};
use crate::progress::Progress;
use crate::{ImportError, ImportSummary, Importer, Source, SourceFile, find};

pub(crate) const SECOND_NS: i64 = 1_000_000_000;
pub(crate) const DAY_NS: i64 = 86_400 * SECOND_NS;

/// Time, host, v, w.
pub(crate) type Row = (i64, &'static str, Option<f64>, Option<i64>);
/// By tags and time, the fields that are not NULL.
pub(crate) type Answer = BTreeMap<(String, i64), BTreeMap<String, String>>;

pub(crate) fn memory() -> Store {
    Store::open(&StoreUrl::Memory, Env::system(), &StoreOptions::default()).unwrap()
}

pub(crate) async fn manifest(store: &Store) -> Manifest {
    Manifest::open(store.clone(), Env::system(), DatabaseName::new("d").unwrap()).await.unwrap()
}

pub(crate) async fn importer(store: &Store) -> Importer {
    Importer::new(store.clone(), Env::system(), manifest(store).await)
}

pub(crate) fn table() -> TableName {
    TableName::new("m").unwrap()
}

pub(crate) fn parquet() -> ImportOptions {
    let foreign = ForeignOptions { time_fallback: true, tags: vec!["host".to_owned()], ..ForeignOptions::default() };
    ImportOptions::new(table(), Format::Parquet(foreign))
}

pub(crate) fn csv() -> ImportOptions {
    let options = tidewell_csv::CsvOptions { tags: vec!["host".to_owned()], ..tidewell_csv::CsvOptions::default() };
    ImportOptions::new(table(), Format::Csv(options))
}

pub(crate) fn batch(rows: &[Row]) -> RecordBatch {
    let host: DictionaryArray<Int32Type> = rows.iter().map(|row| Some(row.1).filter(|host| !host.is_empty())).collect();
    let columns: [(&str, ArrayRef); 4] = [
        ("host", Arc::new(host)),
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.0)))),
        ("v", Arc::new(rows.iter().map(|row| row.2).collect::<Float64Array>())),
        ("w", Arc::new(rows.iter().map(|row| row.3).collect::<Int64Array>())),
    ];
    RecordBatch::try_from_iter_with_nullable(columns.map(|(name, column)| (name, column, true))).unwrap()
}

pub(crate) fn parquet_bytes(batches: &[RecordBatch]) -> Vec<u8> {
    let mut export = ParquetExport::new(&batches[0].schema()).unwrap();
    for batch in batches {
        export.write(batch).unwrap();
    }
    export.finish().unwrap()
}

pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(&path, bytes).unwrap();
    path
}

pub(crate) async fn find_in(folder: &Path, extension: &str) -> Vec<SourceFile> {
    find(&[Source::Local(folder.to_str().unwrap().to_owned())], extension, &Env::system()).await.unwrap()
}

pub(crate) async fn run(
    store: &Store,
    files: &[SourceFile],
    options: &ImportOptions,
) -> Result<ImportSummary, ImportError> {
    importer(store).await.run(files, options, &Arc::new(Progress::new())).await
}

/// What a reader makes of the live segments: the slow way, row by row, and it must not matter in which order segments of one
/// rank are taken.
pub(crate) async fn answer(store: &Store) -> Answer {
    let manifest = manifest(store).await;
    let state = manifest.state();
    let Some(found) = state.tables.get(&table()) else { return Answer::new() };
    let mut answer = Answer::new();
    let mut identities = BTreeSet::new();
    for live in manifest.select(&found.segments, &TimeBounds::ALL).await.unwrap() {
        let body = store.get(&ObjectName::foreign(&live.entry.object).unwrap()).await.unwrap().unwrap();
        let footer = Footer::parse(body.clone(), body.len() as u64).unwrap();
        let mut decoder = SegmentDecoder::new(&footer, &found.schema.arrow(), None, 1000).unwrap();
        let mut row_count = 0;
        loop {
            match decoder.step().unwrap() {
                DecodeStep::Done => break,
                DecodeStep::Need(ranges) => {
                    let slices = ranges.iter().map(|range| body.slice(range.start as usize..range.end as usize));
                    let slices = slices.collect();
                    decoder.push(&ranges, slices).unwrap();
                }
                DecodeStep::Batch(rows) => {
                    row_count += rows.num_rows() as u64;
                    for (key, fields) in rows_of(&rows, &found.schema) {
                        assert!(identities.insert((live.entry.rank, key.clone())), "{key:?} twice in one commit");
                        if found.time_floor.is_none_or(|floor: TimestampNs| key.1 >= floor.as_ns()) {
                            answer.entry(key).or_default().extend(fields);
                        }
                    }
                }
            }
        }
        assert_eq!(live.entry.row_count, row_count);
    }
    answer
}

fn rows_of(rows: &RecordBatch, schema: &tidewell_types::TableSchema) -> Vec<((String, i64), BTreeMap<String, String>)> {
    let times = crate::run::times(rows).to_vec();
    let text = |column: &str, row: usize| {
        let column = &rows[column];
        (!column.is_null(row)).then(|| array_value_to_string(column, row).unwrap())
    };
    let one = |row: usize| {
        let tags: Vec<String> = schema.tags().iter().map(|tag| text(tag, row).unwrap_or_default()).collect();
        let fields = rows.schema_ref().fields().iter().map(|field| field.name().as_str());
        let fields = fields.filter(|name| *name != TIME_COLUMN && schema.kind(name) != Some(ColumnKind::Tag));
        let values = fields.filter_map(|name| Some((name.to_owned(), text(name, row)?))).collect();
        ((tags.join(","), times[row]), values)
    };
    (0..rows.num_rows()).map(one).collect()
}

/// What rows come to, written one after another.
pub(crate) fn merged<'a>(rows: impl IntoIterator<Item = &'a Row>) -> Answer {
    let mut answer = Answer::new();
    for (time, host, v, w) in rows {
        let row = answer.entry(((*host).to_owned(), *time)).or_default();
        row.extend(v.map(|v| ("v".to_owned(), array_value_to_string(&Float64Array::from(vec![v]), 0).unwrap())));
        row.extend(w.map(|w| ("w".to_owned(), w.to_string())));
    }
    answer
}

/// The segments' objects.
pub(crate) async fn objects(store: &Store) -> Vec<String> {
    let layout = DatabaseLayout::new(&DatabaseName::new("d").unwrap());
    let listed = store.list(&layout.segment_prefix(Tier::Hot)).await.unwrap();
    listed.into_iter().map(|object| object.key).collect()
}

/// Objects that no commit names.
pub(crate) async fn orphans(store: &Store) -> usize {
    let manifest = manifest(store).await;
    let state = manifest.state();
    let live = match state.tables.get(&table()) {
        Some(found) => manifest.select(&found.segments, &TimeBounds::ALL).await.unwrap().len(),
        None => 0,
    };
    objects(store).await.len() - live
}
