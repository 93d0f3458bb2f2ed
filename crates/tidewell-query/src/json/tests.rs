//! The JSON query API.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};

use crate::QueryError;
use crate::sample::Database;

async fn database() -> Database {
    let mut database = Database::new();
    database.write_segment("cpu,host=a,region=eu usage=1,n=4i,note=\"x\" 0\ncpu,host=a,region=eu usage=3 60").await;
    database.write_segment("cpu,host=b,region=us usage=10,n=2i,ok=true 30\ncpu,host=b usage=20 130").await;
    database.write("cpu,region=us usage=5,n=1i 70\ncpu,host=a,region=eu usage=2 0");
    database
}

fn at(ns: i64) -> Value {
    json!(format!("1970-01-01T00:00:00.{ns:09}Z"))
}

async fn rows(query: Value) -> Vec<Vec<Value>> {
    database().await.json(query.clone()).await.map_err(|error| format!("{query}: {error}")).unwrap().rows
}

/// The times of the rows that filters of tags leave.
async fn times(filter: Value) -> Vec<Value> {
    let query = json!({"measurement": "cpu", "tag_filters": [filter], "fields": ["usage"]});
    rows(query).await.into_iter().map(|row| row[0].clone()).collect()
}

async fn computed(aggregation: Value) -> Vec<Vec<Value>> {
    rows(json!({"measurement": "cpu", "aggregation": aggregation})).await
}

async fn refusal(query: Value) -> String {
    match database().await.json(query.clone()).await {
        Err(QueryError::Invalid(text)) => text,
        other => panic!("{query}: {other:?}"),
    }
}

#[tokio::test]
async fn rows_have_time_then_tags_then_fields_in_order_of_time() {
    let answer = database().await.json(json!({"measurement": "cpu"})).await.unwrap();
    assert_eq!(answer.columns, ["time", "host", "region", "n", "note", "ok", "usage"]);
    assert_eq!(answer.rows[0], vec![at(0), json!("a"), json!("eu"), json!(4), json!("x"), Value::Null, json!(2.0)]);
    let times: Vec<Value> = answer.rows.iter().map(|row| row[0].clone()).collect();
    assert_eq!(times, [0, 30, 60, 70, 130].map(at));
}

#[tokio::test]
async fn fields_limit_and_offset_and_order_are_kept() {
    let query = json!({"measurement": "cpu", "fields": ["usage", "n"], "order": "desc", "limit": 2, "offset": 1});
    let answer = database().await.json(query).await.unwrap();
    assert_eq!(answer.columns, ["time", "host", "region", "usage", "n"]);
    assert_eq!(answer.rows.iter().map(|row| row[0].clone()).collect::<Vec<_>>(), [70, 60].map(at));
    assert_eq!(rows(json!({"measurement": "cpu", "fields": ["ok"]})).await.len(), 1);
}

#[tokio::test]
async fn time_range_excludes_its_end_unless_it_is_the_last_instant() {
    let of = async |range: Value| rows(json!({"measurement": "cpu", "time_range": range})).await.len();
    assert_eq!(of(json!({"start": 30, "end": 130})).await, 3);
    assert_eq!(of(json!({"start": 30, "end": i64::MAX})).await, 4);
    assert_eq!(of(json!({"end": 31})).await, 2);
    assert_eq!(of(json!(null)).await, 5);
    let mut database = Database::new();
    database.write(&format!("cpu v=1 {}", i64::MAX));
    let query = json!({"measurement": "cpu", "time_range": {"start": 0, "end": i64::MAX}});
    assert_eq!(database.json(query).await.unwrap().rows.len(), 1);
}

#[tokio::test]
async fn tag_filters_compare_in_every_way() {
    let filter = |op: &str, value: Value| json!({"key": "host", "op": op, "value": value});
    for (filter, expected) in [
        (json!({"key": "host", "value": "a"}), vec![0, 60]),
        (filter("Eq", json!("a")), vec![0, 60]),
        (filter("=", json!("b")), vec![30, 130]),
        (filter("Eq", json!(["a", "b"])), vec![0, 30, 60, 130]),
        (filter("Ne", json!("a")), vec![30, 70, 130]),
        (filter("!=", json!("nobody")), vec![0, 30, 60, 70, 130]),
        (filter("In", json!(["a", "c"])), vec![0, 60]),
        (filter("not_in", json!(["a"])), vec![30, 70, 130]),
        (filter("NotIn", json!("a")), vec![30, 70, 130]),
        (filter("Regex", json!("^[bc]$")), vec![30, 130]),
        (filter("=~", json!("")), vec![0, 30, 60, 130]),
        (filter("notregex", json!("b")), vec![0, 60, 70]),
        (filter("exists", Value::Null), vec![0, 30, 60, 130]),
        (filter("Eq", json!(1)), vec![]),
        (json!({"key": "region", "op": "Exists"}), vec![0, 30, 60, 70]),
    ] {
        assert_eq!(times(filter.clone()).await, expected.into_iter().map(at).collect::<Vec<_>>(), "{filter}");
    }
    let query = json!({"measurement": "cpu", "tags": {"host": "a", "region": "eu"}});
    assert_eq!(rows(query).await.len(), 2);
}

#[tokio::test]
async fn functions_compute_over_all_rows() {
    for (function, expected) in [
        ("Mean", json!(8.0)),
        ("avg", json!(8.0)),
        ("Sum", json!(40.0)),
        ("MIN", json!(2.0)),
        ("max", json!(20.0)),
        ("Count", json!(5)),
        ("First", json!(2.0)),
        ("Last", json!(20.0)),
        ("Median", json!(5.0)),
        ("Variance", json!(54.49999999999999)),
        ("StdDev", json!(54.49999999999999_f64.sqrt())),
        ("p50", json!(5.0)),
        ("percentile_90", json!(16.0)),
        ("p100", json!(20.0)),
    ] {
        assert_eq!(computed(json!({"function": function, "field": "usage"})).await, vec![vec![expected]], "{function}");
    }
    let p = json!({"function": "Percentile", "field": "usage", "percentile": 30});
    assert_eq!(computed(p).await, vec![vec![json!(3.4)]]);
    assert_eq!(computed(json!({"function": "median", "field": "n"})).await, vec![vec![json!(2.0)]]);
    assert_eq!(computed(json!({"function": "last", "field": "note"})).await, vec![vec![json!("x")]]);
    assert_eq!(computed(json!({"function": "count", "field": "ok"})).await, vec![vec![json!(1)]]);
}

#[tokio::test]
async fn buckets_start_at_multiples_and_empty_ones_are_left_out() {
    let aggregation = json!({"function": "Mean", "field": "usage", "interval_nanos": 50});
    let query = json!({"measurement": "cpu", "aggregation": aggregation, "group_by": ["region"]});
    let answer = database().await.json(query).await.unwrap();
    assert_eq!(answer.columns, ["time", "region", "mean_usage"]);
    assert_eq!(
        answer.rows,
        vec![
            vec![at(0), json!("eu"), json!(2.0)],
            vec![at(0), json!("us"), json!(10.0)],
            vec![at(50), json!("eu"), json!(3.0)],
            vec![at(50), json!("us"), json!(5.0)],
            vec![at(100), Value::Null, json!(20.0)],
        ]
    );
    let query = json!({"measurement": "cpu", "aggregate": {"function": "stddev", "field": "n", "alias": "x"}, "group_by_time": "50ns", "order": "desc"});
    let answer = database().await.json(query).await.unwrap();
    assert_eq!(answer.columns, ["time", "x"]);
    assert_eq!(answer.rows, vec![vec![at(50), json!(0.0)], vec![at(0), json!(2.0_f64.sqrt())]]);
}

#[tokio::test]
async fn buckets_before_the_epoch_are_aligned_too() {
    let mut database = Database::new();
    database.write("t v=1 -1\nt v=2 -60\nt v=3 -61\nt v=4 0");
    let query = json!({"measurement": "t", "aggregation": {"function": "sum", "field": "v", "interval_nanos": 60}});
    let sums: Vec<Value> = database.json(query).await.unwrap().rows.iter().map(|row| row[1].clone()).collect();
    assert_eq!(sums, [json!(3.0), json!(3.0), json!(4.0)]);
}

#[tokio::test]
async fn unknown_names_are_told() {
    let error = database().await.json(json!({"measurement": "gpu"})).await.unwrap_err();
    assert!(matches!(error, QueryError::NotFound { .. }));
    for (query, word) in [
        (json!({"measurement": "cpu", "fields": ["nope"]}), "nope"),
        (json!({"measurement": "cpu", "fields": ["host"]}), "host"),
        (json!({"measurement": "cpu", "tag_filters": [{"key": "nope", "value": "a"}]}), "nope"),
        (json!({"measurement": "cpu", "tag_filters": [{"key": "usage", "value": 1}]}), "usage"),
        (json!({"measurement": "cpu", "aggregation": {"function": "mean", "field": "nope"}}), "nope"),
        (json!({"measurement": "cpu", "aggregation": {"function": "mean", "field": "note"}}), "note"),
        (json!({"measurement": "cpu", "aggregation": {"function": "mode", "field": "n"}}), "mode"),
        (
            json!({"measurement": "cpu", "aggregation": {"function": "mean", "field": "n"}, "group_by": ["nope"]}),
            "nope",
        ),
        (json!({"measurement": "cpu", "group_by": ["host"]}), "aggregation"),
        (json!({"measurement": "cpu", "unknown_key": 1}), "unknown_key"),
        (json!({"measurement": "cpu", "time_range": {"begin": 1}}), "begin"),
        (json!({"fields": []}), "measurement"),
        (json!({"measurement": "cpu", "tag_filters": [{"key": "host", "op": "Regex", "value": "("}]}), "regex"),
        (json!({"measurement": "cpu", "tag_filters": [{"key": "host", "op": "Like", "value": "a"}]}), "Like"),
        (json!({"measurement": "cpu", "tag_filters": [{"key": "host", "value": {}}]}), "host"),
        (json!({"measurement": "cpu", "aggregation": {"function": "percentile", "field": "n"}}), "percentile"),
        (json!({"measurement": "cpu", "aggregation": {"function": "p101", "field": "n"}}), "101"),
        (json!({"measurement": "cpu", "aggregation": {"function": "mean"}}), "field"),
        (
            json!({"measurement": "cpu", "aggregation": {"function": "mean", "field": "n", "interval_nanos": 0}}),
            "interval",
        ),
        (json!({"measurement": "cpu", "aggregation": {"function": "mean", "field": "n"}, "group_by_time": "1x"}), "1x"),
    ] {
        let text = refusal(query.clone()).await;
        assert!(text.contains(word), "{query}: {text}");
    }
}

#[tokio::test]
async fn names_with_capitals_and_dots_are_taken_as_they_are() {
    let mut database = Database::new();
    database.write("My.Table,Host\\ Name=a Usage.Max=1 5\nMy.Table,Host\\ Name=b Usage.Max=3 6");
    let query = json!({"measurement": "My.Table", "tags": {"Host Name": "b"}, "aggregation": {"function": "max", "field": "Usage.Max"}, "group_by": ["Host Name"]});
    let answer = database.json(query).await.unwrap();
    assert_eq!(
        (answer.columns, answer.rows),
        (vec!["Host Name".to_owned(), "max_Usage.Max".to_owned()], vec![vec![json!("b"), json!(3.0)]])
    );
}
