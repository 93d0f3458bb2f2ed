//! Files of others beside live writes: one table, before and after every verb.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray as _;
use arrow_array::types::Float64Type;
use arrow_array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use futures::TryStreamExt as _;
use tempfile::TempDir;
use tidewell_env::Env;
use tidewell_manifest::ForeignFile;
use tidewell_segment::ParquetExport;
use tidewell_segment::foreign::{Footer, ForeignOptions, Plan};
use tidewell_storage::{Meter, StoreUrl};
use tidewell_types::{TIME_COLUMN, TimestampNs};

use super::*;
use crate::sample::{open, write};
use crate::{DeleteRequest, ReadOptions, Verb, VerbOptions};

type Row = (&'static str, i64, f64);

/// Rows as a file of others, in the order given, as its footer has it.
async fn candidate(path: &Path, rows: &[Row]) -> Candidate {
    let columns: [(&str, ArrayRef); 3] = [
        ("host", Arc::new(rows.iter().map(|row| Some(row.0)).collect::<StringArray>())),
        ("time", Arc::new(TimestampNanosecondArray::from_iter_values(rows.iter().map(|row| row.1)))),
        ("v", Arc::new(rows.iter().map(|row| Some(row.2)).collect::<Float64Array>())),
    ];
    let rows = RecordBatch::try_from_iter(columns).unwrap();
    let mut export = ParquetExport::new(&rows.schema()).unwrap();
    export.write(&rows).unwrap();
    let bytes: bytes::Bytes = export.finish().unwrap().into();
    fs::write(path, &bytes).unwrap();
    let mapping = ForeignOptions {
        time_column: Some(TIME_COLUMN.to_owned()),
        tags: vec!["host".to_owned()],
        ..ForeignOptions::default()
    };
    let footer = Footer::parse(&bytes, bytes.len() as u64).unwrap();
    let plan = Plan::new(&footer, &mapping).unwrap();
    let url: FileUrl = StoreUrl::Folder(path.to_owned()).to_string().parse().unwrap();
    let stores = ForeignStores::new(Env::system(), StoreOptions::default());
    let (store, name) = stores.locate(&url, &Meter::new()).unwrap();
    let pin = store.pin(&name).await.unwrap().unwrap();
    Candidate {
        id: Env::system().segment_id(),
        file: ForeignFile { url: url.to_string(), tag: pin.tag.to_string(), mapping, is_owned: false, checked: None },
        file_bytes: pin.bytes,
        footer_bytes: footer.footer_bytes(),
        row_count: footer.row_count(),
        schema: plan.schema().clone(),
        facts: None,
    }
}

/// Time, host and value of every row.
async fn rows(engine: &Engine) -> Result<Vec<(String, f64)>, EngineError> {
    let sql = "SELECT arrow_cast(host, 'Utf8') || '@' || arrow_cast(arrow_cast(time, 'Int64'), 'Utf8') AS at, v \
               FROM m ORDER BY time, host";
    let answer = engine.query_sql("d", sql, BTreeMap::new(), &ReadOptions::default()).await?;
    let batches: Vec<RecordBatch> = answer.rows.try_collect().await?;
    let row = |batch: &RecordBatch| {
        let at = batch.column(0).as_string::<i32>().clone();
        let v = batch.column(1).as_primitive::<Float64Type>().clone();
        (0..batch.num_rows()).map(|row| (at.value(row).to_owned(), v.value(row))).collect::<Vec<_>>()
    };
    Ok(batches.iter().flat_map(row).collect())
}

fn expect(rows: &[(&str, f64)]) -> Vec<(String, f64)> {
    rows.iter().map(|(at, v)| ((*at).to_owned(), *v)).collect()
}

async fn run(engine: &Engine, verb: Verb) {
    engine.maintain(verb, Some("d"), &VerbOptions::default(), &|_| {}).await.unwrap();
}

#[tokio::test]
async fn files_and_live_writes_are_one_table_before_and_after_every_verb() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    write(&engine, "m,host=a v=1 10\nm,host=a v=1 20").await;
    engine.fold(Some("d"), None).await.unwrap();
    let early = candidate(&folder.path().join("early.parquet"), &[("b", 1, 5.0), ("a", 2, 6.0)]).await;
    let over = candidate(&folder.path().join("over.parquet"), &[("c", 30, 7.0), ("a", 20, 2.0), ("a", 20, 3.0)]).await;
    let registered = vec![early.clone(), over.clone()];
    let version = engine.register("d", "m", registered.clone()).await.unwrap();
    assert_eq!(engine.register("d", "m", registered).await.unwrap(), version, "the same again changes nothing");
    write(&engine, "m,host=c v=8 30\nm,host=d v=9 40").await;
    let all = [("b@1", 5.0), ("a@2", 6.0), ("a@10", 1.0), ("a@20", 3.0), ("c@30", 8.0), ("d@40", 9.0)];
    assert_eq!(rows(&engine).await.unwrap(), expect(&all));
    engine.fold(Some("d"), None).await.unwrap();
    assert_eq!(rows(&engine).await.unwrap(), expect(&all));
    for _ in 0..6 {
        write(&engine, "m,host=d v=9 40").await;
        engine.fold(Some("d"), None).await.unwrap();
    }
    run(&engine, Verb::Compact).await;
    assert_eq!(rows(&engine).await.unwrap(), expect(&all));
    let report = engine.check_registered("d").await.unwrap();
    assert_eq!((report.checked_count, report.known_count, report.unreadable), (2, 0, Vec::new()));
    run(&engine, Verb::Compact).await;
    run(&engine, Verb::Collect).await;
    assert_eq!(rows(&engine).await.unwrap(), expect(&all));
    assert_eq!(rows(&open(folder.path()).await).await.unwrap(), expect(&all), "another process");
    let infos = engine.registered("d").await.unwrap();
    let mut times: Vec<_> =
        infos.iter().map(|info| info.time.map(|time| (time.min.as_ns(), time.max.as_ns()))).collect();
    times.sort();
    assert_eq!((times, infos[0].version), (vec![Some((1, 2)), Some((20, 30))], version));
    engine.unregister("d", "m", vec![over.file.url]).await.unwrap();
    let left = [("b@1", 5.0), ("a@2", 6.0), ("a@10", 1.0), ("a@20", 1.0), ("c@30", 8.0), ("d@40", 9.0)];
    assert_eq!(rows(&engine).await.unwrap(), expect(&left));
    assert!(folder.path().join("over.parquet").exists() && folder.path().join("early.parquet").exists());
}

#[tokio::test]
async fn file_that_changed_underneath_is_told_by_name_and_registered_anew() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    let path = folder.path().join("a.parquet");
    engine.register("d", "m", vec![candidate(&path, &[("a", 1, 1.0)]).await]).await.unwrap();
    assert_eq!(rows(&engine).await.unwrap(), expect(&[("a@1", 1.0)]));
    let changed = candidate(&path, &[("a", 1, 2.0), ("b", 2, 2.0)]).await;
    let error = rows(&engine).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Unavailable);
    assert!(error.message.contains("a.parquet has changed") && error.message.contains("register it again"), "{error}");
    engine.register("d", "m", vec![changed]).await.unwrap();
    assert_eq!(rows(&engine).await.unwrap(), expect(&[("a@1", 2.0), ("b@2", 2.0)]));
}

#[tokio::test]
async fn delete_hides_rows_of_a_file_and_leaves_the_file() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    let path = folder.path().join("a.parquet");
    engine
        .register("d", "m", vec![candidate(&path, &[("a", 1, 1.0), ("b", 2, 2.0), ("b", 3, 3.0)]).await])
        .await
        .unwrap();
    let bytes = fs::read(&path).unwrap();
    let time = TimeBounds { min: TimestampNs::from_ns(0), max: TimestampNs::from_ns(2) };
    let predicate = Some("host=\"b\"".to_owned());
    let request = DeleteRequest { table: Some("m".to_owned()), time, tags: Vec::new(), predicate };
    assert_eq!(engine.delete("d", request).await.unwrap().tables, ["m"]);
    assert_eq!(rows(&engine).await.unwrap(), expect(&[("a@1", 1.0), ("b@3", 3.0)]));
    for verb in [Verb::Compact, Verb::Collect] {
        run(&engine, verb).await;
        assert_eq!(rows(&engine).await.unwrap(), expect(&[("a@1", 1.0), ("b@3", 3.0)]));
    }
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[tokio::test]
async fn file_that_cannot_be_registered_is_refused_with_what_to_change() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    write(&engine, "m,host=a v=1 10").await;
    let good = candidate(&folder.path().join("a.parquet"), &[("a", 1, 1.0)]).await;
    let at = |url: String| Candidate { file: ForeignFile { url, ..good.file.clone() }, ..good.clone() };
    let inside = StoreUrl::Folder(folder.path().join("store/db/d/hot/a.parquet")).to_string();
    for (wrong, word) in [
        (at("nowhere".to_owned()), "store"),
        (at(inside), "register a copy elsewhere"),
        (at(folder.path().join("a.parquet").display().to_string()), "spelled"),
    ] {
        let error = engine.register("d", "m", vec![wrong]).await.unwrap_err();
        assert!(error.kind == ErrorKind::Invalid && error.message.contains(word), "{error}");
    }
    let mut schema = tidewell_types::TableSchema::new();
    schema.add_field("v", tidewell_types::FieldType::String).unwrap();
    let error = engine.register("d", "m", vec![Candidate { schema, ..good }]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Invalid);
    let error = engine.unregister("d", "m", vec!["s3://a/b".to_owned()]).await.unwrap_err();
    assert!(error.kind == ErrorKind::Invalid && error.message.contains("s3://a/b"), "{error}");
    assert!(engine.registered("d").await.unwrap().is_empty());
}

#[tokio::test]
async fn rollup_of_files_follows_them_when_they_come_change_and_go() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    write(&engine, "m,host=a v=1 10\nm,host=b v=9 7200000000000").await;
    engine.fold(Some("d"), None).await.unwrap();
    let definition = crate::RollupDefinition {
        source: crate::TableName::new("m").unwrap(),
        target: crate::TableName::new("h").unwrap(),
        interval_ms: 3_600_000,
        settle_ms: 0,
        tags: None,
        fields: None,
        aggregates: vec![crate::Aggregate::Sum],
    };
    engine.create_rollup("d", "hours", definition, None).await.unwrap();
    let sums = async || {
        run(&engine, Verb::Rollup).await;
        let sql = "SELECT sum(sum_v) FROM h GROUP BY host ORDER BY host";
        let answer = engine.query_sql("d", sql, BTreeMap::new(), &ReadOptions::default()).await.unwrap();
        let batches: Vec<RecordBatch> = answer.rows.try_collect().await.unwrap();
        let values = |batch: &RecordBatch| batch.column(0).as_primitive::<Float64Type>().values().to_vec();
        batches.iter().flat_map(values).collect::<Vec<f64>>()
    };
    assert_eq!(sums().await, [1.0, 9.0]);
    let path = folder.path().join("a.parquet");
    let file = candidate(&path, &[("a", 20, 2.0), ("a", 3_600_000_000_000, 3.0), ("c", -5, 4.0)]).await;
    engine.register("d", "m", vec![file.clone()]).await.unwrap();
    assert_eq!(sums().await, [6.0, 9.0, 4.0], "of claims alone");
    engine.check_registered("d").await.unwrap();
    assert_eq!(sums().await, [6.0, 9.0, 4.0]);
    fs::remove_file(&path).unwrap();
    let changed = candidate(&path, &[("a", 20, 5.0)]).await;
    engine.register("d", "m", vec![changed.clone()]).await.unwrap();
    assert_eq!(sums().await, [6.0, 9.0], "the other content's rows went");
    engine.unregister("d", "m", vec![changed.file.url]).await.unwrap();
    assert_eq!(sums().await, [1.0, 9.0]);
}
