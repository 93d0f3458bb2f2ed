//! Registered files in queries: merged with what is ours, never believed, never read as anything else.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::sample::{Database, collect};
use crate::{QueryError, QueryLimits};

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A segment, then a file whose rows are in no order and twice in part, then a segment and a recent row.
async fn mixed(folder: &TempDir) -> Database {
    let mut database = Database::new();
    database.write_segment("cpu,host=a v=1,w=1 10\ncpu,host=z v=1 40").await;
    let rows = "cpu,host=b v=3 20\ncpu,host=a v=9 10\ncpu,host=c v=5 30\ncpu,host=a v=2 10\ncpu v=7 50";
    database.register(&folder.path().join("a b.parquet"), rows).await;
    database.write_segment("cpu,host=b v=4 20").await;
    database.write("cpu,host=c v=6 30");
    database
}

const ALL: &str = "SELECT host, v, w FROM cpu";

fn expected() -> Vec<Vec<Value>> {
    let mut rows = vec![
        vec![json!("a"), json!(2.0), json!(1.0)],
        vec![json!("b"), json!(4.0), Value::Null],
        vec![json!("c"), json!(6.0), Value::Null],
        vec![json!("z"), json!(1.0), Value::Null],
        vec![Value::Null, json!(7.0), Value::Null],
    ];
    rows.sort_by_cached_key(|row| Value::from(row.clone()).to_string());
    rows
}

#[tokio::test]
async fn file_is_merged_by_rank_with_segments_and_recent_rows() {
    let folder = folder();
    let database = mixed(&folder).await;
    let answer = database.sql(ALL).await.unwrap();
    assert_eq!(answer.sorted_rows(), expected());
    assert_eq!((answer.statistics.segments_considered(), answer.statistics.segments_read()), (3, 3));
    let rows = |answer: crate::sample::Rows| answer.rows;
    assert_eq!(rows(database.sql("SELECT count(*) FROM cpu").await.unwrap()), vec![vec![json!(5)]]);
    let early = "SELECT sum(v) FROM cpu WHERE time <= '1970-01-01T00:00:00.000000020Z'";
    assert_eq!(rows(database.sql(early).await.unwrap()), vec![vec![json!(6.0)]]);
    assert_eq!(rows(database.sql("SELECT v FROM cpu WHERE host = 'b'").await.unwrap()), vec![vec![json!(4.0)]]);
    assert_eq!(rows(database.sql("SELECT v FROM cpu WHERE host IS NULL").await.unwrap()), vec![vec![json!(7.0)]]);
}

#[tokio::test]
async fn file_that_was_looked_at_is_left_out_by_its_true_bounds() {
    let folder = folder();
    let database = mixed(&folder).await;
    let engine = database.engine();
    let ask = async |text: &str| {
        let answer = engine.sql(&database.store.metered(), database.view(), text, Default::default()).await.unwrap();
        collect(answer).await.unwrap()
    };
    assert_eq!(ask(ALL).await.sorted_rows(), expected());
    let late = ask("SELECT v FROM cpu WHERE time > '1970-01-01T00:00:00.000000060Z'").await;
    assert_eq!((late.rows.len(), late.statistics.segments_read(), late.statistics.usage().gets), (0, 0, 0));
    let other = ask("SELECT v FROM cpu WHERE host = 'z'").await;
    assert_eq!((other.rows, other.statistics.segments_read()), (vec![vec![json!(1.0)]], 1));
}

#[tokio::test]
async fn file_in_order_is_read_as_it_comes() {
    let folder = folder();
    let mut database = Database::new();
    let lines: Vec<String> = (0..5_000).map(|n| format!("cpu,host=h{:04} v={n} {n}", n)).collect();
    database.register(&folder.path().join("a.parquet"), &lines.join("\n")).await;
    database.write("cpu,host=h0007 v=-1 7");
    let answer = database.sql("SELECT count(*), sum(v) FROM cpu").await.unwrap();
    assert_eq!(answer.rows, vec![vec![json!(5_000), json!(12_497_500.0 - 8.0)]]);
    assert!(answer.statistics.usage().bytes_in > 0 && answer.statistics.bytes_scanned() > 0);
}

#[tokio::test]
async fn file_that_changed_or_went_is_an_error_that_names_it() {
    let folder = folder();
    let database = mixed(&folder).await;
    let path = folder.path().join("a b.parquet");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, [&bytes[..], b"x"].concat()).unwrap();
    let changed = database.sql(ALL).await.unwrap_err();
    let QueryError::File(text) = &changed else { panic!("{changed:?}") };
    assert!(text.contains("a%20b.parquet has changed") && text.contains("register it again"), "{text}");
    fs::remove_file(&path).unwrap();
    let gone = database.sql(ALL).await.unwrap_err();
    assert!(matches!(&gone, QueryError::File(text) if text.contains("is gone")), "{gone:?}");
}

#[tokio::test]
async fn file_changed_after_it_was_looked_at_is_noticed_where_it_is_read() {
    let folder = folder();
    let database = mixed(&folder).await;
    let engine = database.engine();
    let ask = async || match engine.sql(&database.store, database.view(), ALL, Default::default()).await {
        Ok(answer) => collect(answer).await,
        Err(error) => Err(error),
    };
    ask().await.unwrap();
    let path = folder.path().join("a b.parquet");
    let bytes = fs::read(&path).unwrap();
    fs::write(folder.path().join("new"), bytes).unwrap();
    fs::rename(folder.path().join("new"), &path).unwrap();
    assert!(matches!(ask().await.unwrap_err(), QueryError::File(text) if text.contains("has changed")));
}

#[tokio::test]
async fn lies_of_a_footer_change_no_answer() {
    let folder = folder();
    let path = folder.path().join("a.parquet");
    let (from, to) = (0x0102_0304_0506_0708_i64, 0x0102_0304_0506_0709_i64);
    let mut database = Database::new();
    database.lies = Some((to.to_le_bytes(), from.to_le_bytes()));
    database.register(&path, &format!("cpu,host=b v=1 {to}\ncpu,host=a v=2 {from}")).await;
    database.write_segment("cpu,host=c v=4 5").await;
    let late = format!("SELECT v FROM cpu WHERE time >= arrow_cast({to}, 'Timestamp(Nanosecond, None)')");
    assert_eq!(database.sql(&late).await.unwrap().rows, vec![vec![json!(1.0)]]);
    assert_eq!(
        database.sql("SELECT count(*), max(time) = min(time) FROM cpu WHERE host < 'c'").await.unwrap().rows,
        vec![vec![json!(2), json!(false)]]
    );
}

#[tokio::test]
async fn deleted_and_expired_rows_of_a_file_are_hidden() {
    let folder = folder();
    let mut database = mixed(&folder).await;
    database.delete("cpu", 0, 100, &[("host", "a")]);
    database.expire("cpu", 30);
    let left = expected().into_iter().filter(|row| row[0] == "c" || row[0] == "z" || row[0].is_null());
    assert_eq!(database.sql(ALL).await.unwrap().sorted_rows(), left.collect::<Vec<_>>());
}

#[tokio::test]
async fn file_that_takes_too_much_memory_to_sort_is_refused_by_name() {
    let folder = folder();
    let mut database = Database::new();
    let lines: Vec<String> = (0..420_000).rev().map(|n| format!("cpu,host=h{} v={n} {n}", n % 7)).collect();
    database.register(&folder.path().join("large.parquet"), &lines.join("\n")).await;
    let limits =
        QueryLimits { memory_bytes_max: 24 << 20, partitions: 1.try_into().unwrap(), ..QueryLimits::default() };
    let engine = database.engine_with(limits);
    let asked = engine.sql(&database.store, database.view(), "SELECT sum(v) FROM cpu", Default::default()).await;
    let error = match asked {
        Ok(answer) => collect(answer).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(
        matches!(&error, QueryError::File(text) if text.contains("large.parquet") && text.contains("import")),
        "{error:?}"
    );
}
