//! Rollups that are made and given up, and windows that two processes bring.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;

use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray};
use tidewell_manifest::{Aggregate, State};
use tidewell_storage::{Store, StoreOptions, StoreUrl};
use tidewell_types::{DatabaseName, FieldType, TableName, TableSchema, TimeBounds};

use super::*;

const HOUR_NS: i64 = 3_600_000_000_000;

fn definition() -> RollupDefinition {
    RollupDefinition {
        source: TableName::new("s").unwrap(),
        target: TableName::new("t").unwrap(),
        interval_ms: 3_600_000,
        settle_ms: 0,
        tags: None,
        fields: None,
        aggregates: vec![Aggregate::Mean, Aggregate::Count],
    }
}

async fn database() -> (Store, Env, Manifest) {
    let env = Env::system();
    let store = Store::open(&StoreUrl::Memory, env.clone(), &StoreOptions::default()).unwrap();
    let manifest = Manifest::open(store.clone(), env.clone(), DatabaseName::new("d").unwrap()).await.unwrap();
    (store, env, manifest)
}

/// The columns of the source, committed.
async fn with_columns(manifest: &Manifest, env: &Env) -> Arc<State> {
    let mut columns = TableSchema::new();
    columns.add_tag("host").unwrap();
    columns.add_field("v", FieldType::Float).unwrap();
    let writer = env.writer_id();
    let intend = move |state: &State| {
        let author = Author { generation: state.open_generation(), writer };
        Ok(Some(Intent { tables: vec![(TableName::new("s").unwrap(), columns.clone())], ..Intent::new(author) }))
    };
    manifest.commit(intend).await.unwrap()
}

fn work(state: &State) -> RollupWork {
    let window = TimeBounds { min: TimestampNs::from_ns(0), max: TimestampNs::from_ns(2 * HOUR_NS - 1) };
    RollupWork {
        name: "r".into(),
        definition: definition(),
        as_of: state.version,
        window: Some(window),
        done: vec![window],
        replaced: Vec::new(),
    }
}

fn rows(mean: f64) -> RecordBatch {
    let columns: [(&str, ArrayRef); 4] = [
        ("time", Arc::new(TimestampNanosecondArray::from(vec![0, HOUR_NS]))),
        ("host", Arc::new(StringArray::from(vec![Some("a"), None]))),
        ("mean_v", Arc::new(Float64Array::from(vec![mean, mean]))),
        ("count_v", Arc::new(Int64Array::from(vec![1, 2]))),
    ];
    RecordBatch::try_from_iter(columns).unwrap()
}

#[tokio::test]
async fn rollup_is_made_once_and_given_up_once() {
    let (_, env, manifest) = database().await;
    let made = create(&manifest, &env, "r", definition(), TimestampNs::MIN).await.unwrap();
    assert_eq!(create(&manifest, &env, "r", definition(), TimestampNs::MIN).await.unwrap(), made, "the same again");
    let wider = RollupDefinition { interval_ms: 7_200_000, ..definition() };
    let error = create(&manifest, &env, "r", wider.clone(), TimestampNs::MIN).await.unwrap_err();
    assert!(matches!(&error, MaintainError::Rollup(RollupError::Invalid(why)) if why.contains("drop it")), "{error}");
    let error = create(&manifest, &env, "other", wider, TimestampNs::MIN).await.unwrap_err();
    assert!(error.to_string().contains("is made by rollup \"r\" already"), "{error}");
    let error = create(&manifest, &env, "a b", definition(), TimestampNs::MIN).await.unwrap_err();
    assert!(error.to_string().contains("\"a b\""), "{error}");
    drop(&manifest, &env, "r").await.unwrap();
    let error = drop(&manifest, &env, "r").await.unwrap_err();
    assert!(matches!(&error, MaintainError::Rollup(RollupError::Unknown(name)) if name == "r"), "{error}");
}

#[tokio::test]
async fn of_two_processes_with_one_window_the_second_leaves_nothing_behind() {
    let (store, env, manifest) = database().await;
    create(&manifest, &env, "r", definition(), TimestampNs::MIN).await.unwrap();
    let state = with_columns(&manifest, &env).await;
    let mut outcomes = Vec::new();
    let mut writers = Vec::new();
    for mean in [1.0, 2.0] {
        let mut writer = RollupWriter::new(&store, &env, &manifest, &state, work(&state)).unwrap();
        writer.push(&rows(mean)).await.unwrap();
        writer.stage().await.unwrap();
        assert_eq!((writer.row_count(), writer.segments().0), (2, 1));
        writers.push(writer);
    }
    for writer in writers {
        outcomes.push(writer.commit().await.unwrap());
    }
    assert!(matches!(outcomes[..], [RollupOutcome::Committed(_), RollupOutcome::Elsewhere]), "{outcomes:?}");
    let state = manifest.state();
    let target = &state.tables["t"];
    assert_eq!((target.segments.totals().row_count, target.schema.tags().len()), (2, 1));
    let objects = store.list(&manifest.layout().prefix()).await.unwrap();
    let segments: Vec<_> = objects.iter().filter(|object| object.key.ends_with(".parquet")).collect();
    assert_eq!(segments.len(), 1, "{segments:?}");
}

#[tokio::test]
async fn target_with_a_column_that_is_something_else_refuses_the_rows_and_names_it() {
    let (store, env, manifest) = database().await;
    let mut columns = TableSchema::new();
    columns.add_field("mean_v", FieldType::String).unwrap();
    let writer = env.writer_id();
    let intend = move |state: &State| {
        let author = Author { generation: state.open_generation(), writer };
        Ok(Some(Intent { tables: vec![(TableName::new("t").unwrap(), columns.clone())], ..Intent::new(author) }))
    };
    manifest.commit(intend).await.unwrap();
    create(&manifest, &env, "r", definition(), TimestampNs::MIN).await.unwrap();
    let state = with_columns(&manifest, &env).await;
    let error = RollupWriter::new(&store, &env, &manifest, &state, work(&state)).unwrap_err();
    assert!(error.to_string().contains("mean_v"), "{error}");
}

#[tokio::test]
async fn target_that_gained_a_tag_meanwhile_refuses_rows_in_the_old_order() {
    let (store, env, manifest) = database().await;
    create(&manifest, &env, "r", definition(), TimestampNs::MIN).await.unwrap();
    let state = with_columns(&manifest, &env).await;
    let mut writer = RollupWriter::new(&store, &env, &manifest, &state, work(&state)).unwrap();
    writer.push(&rows(1.0)).await.unwrap();
    writer.stage().await.unwrap();
    let mut columns = TableSchema::new();
    columns.add_tag("rack").unwrap();
    let author = env.writer_id();
    let intend = move |state: &State| {
        let author = Author { generation: state.open_generation(), writer: author };
        Ok(Some(Intent { tables: vec![(TableName::new("t").unwrap(), columns.clone())], ..Intent::new(author) }))
    };
    manifest.commit(intend).await.unwrap();
    assert_eq!(writer.commit().await.unwrap(), RollupOutcome::Elsewhere);
}
