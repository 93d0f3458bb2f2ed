//! Whole queries over small databases.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use tidewell_storage::ObjectName;

use crate::sample::{Database, Rows, collect};
use crate::{ParamValue, QueryError, QueryLimits};

/// Two versions of `a`, whose first matches `v > 15` and whose newest does not.
async fn overwritten() -> Database {
    let mut database = Database::new();
    database.write_segment("cpu,host=a v=20,w=1 10\ncpu,host=b v=30 10").await;
    database.write_segment("cpu,host=a v=5 10\ncpu,host=c v=7 90").await;
    database
}

async fn limited(limits: QueryLimits, text: &str) -> Result<Rows, QueryError> {
    let mut database = Database::new();
    database.write_segment("cpu,host=a v=1 1").await;
    let engine = database.engine_with(limits);
    collect(engine.sql(&database.store, database.view(), text, BTreeMap::new()).await?).await
}

#[tokio::test]
async fn filter_on_a_field_above_a_merge_sees_only_the_newest_version() {
    let database = overwritten().await;
    let rows = database.sql("SELECT host, v, w FROM cpu WHERE v > 15").await.unwrap().rows;
    assert_eq!(rows, vec![vec![json!("b"), json!(30.0), Value::Null]]);
    let rows = database.sql("SELECT host, w FROM cpu WHERE v < 6").await.unwrap().rows;
    assert_eq!(rows, vec![vec![json!("a"), json!(1.0)]]);
}

#[tokio::test]
async fn limit_over_a_merge_counts_merged_rows() {
    let mut database = Database::new();
    database.write_segment("cpu,host=a v=1 1\ncpu,host=b v=1 1").await;
    database.write_segment("cpu,host=a v=2 1").await;
    database.write("cpu,host=a v=3 1");
    let answer = database.sql("SELECT host, v FROM cpu LIMIT 2").await.unwrap();
    assert_eq!(answer.sorted_rows(), vec![vec![json!("a"), json!(3.0)], vec![json!("b"), json!(1.0)]]);
    assert_eq!(database.sql("SELECT v FROM cpu WHERE host = 'a' LIMIT 5").await.unwrap().rows, vec![vec![json!(3.0)]]);
}

#[tokio::test]
async fn count_of_all_rows_counts_identities_with_and_without_a_merge() {
    let database = overwritten().await;
    assert_eq!(database.sql("SELECT count(*) FROM cpu").await.unwrap().rows, vec![vec![json!(3)]]);
    let mut disjoint = Database::new();
    disjoint.write_segment("cpu,host=a v=1 1\ncpu,host=a v=1 2").await;
    disjoint.write("cpu,host=a v=1 5");
    let answer = disjoint.sql("SELECT count(*) FROM cpu").await.unwrap();
    assert_eq!((answer.rows, answer.statistics.segments_read()), (vec![vec![json!(3)]], 0));
    let answer = disjoint.sql("SELECT count(*) FROM cpu WHERE time < '1970-01-01T00:00:00.000000002Z'").await.unwrap();
    assert_eq!((answer.rows, answer.statistics.segments_read()), (vec![vec![json!(1)]], 1));
}

#[tokio::test]
async fn projection_without_key_columns_still_merges_by_key() {
    let database = overwritten().await;
    let mut rows = database.sql("SELECT v FROM cpu").await.unwrap().rows;
    rows.sort_by_key(|row| row[0].as_f64().unwrap() as i64);
    assert_eq!(rows, vec![vec![json!(5.0)], vec![json!(7.0)], vec![json!(30.0)]]);
}

#[tokio::test]
async fn columns_that_came_later_are_null_in_older_segments() {
    let mut database = Database::new();
    database.write_segment("cpu,host=a v=1 1").await;
    database.write_segment("cpu,host=a,region=eu v=2,w=3i 100").await;
    let answer = database.sql("SELECT * FROM cpu ORDER BY time").await.unwrap();
    assert_eq!(answer.columns, ["host", "region", "time", "v", "w"]);
    assert_eq!(
        answer.rows[0],
        vec![json!("a"), Value::Null, json!("1970-01-01T00:00:00.000000001Z"), json!(1.0), Value::Null]
    );
    assert_eq!(
        database.sql("SELECT w FROM cpu ORDER BY w").await.unwrap().rows,
        vec![vec![json!(3)], vec![Value::Null]]
    );
}

#[tokio::test]
async fn segments_outside_of_the_filters_are_not_read() {
    let mut database = Database::new();
    for (host, time) in [("a", 100), ("b", 200), ("c", 300), ("d", 400)] {
        database.write_segment(&format!("cpu,host={host} v=1 {time}")).await;
    }
    for (filter, read) in [
        ("time >= '1970-01-01T00:00:00.0000003Z'", 2),
        ("time = '1970-01-01T00:00:00.0000002Z'", 1),
        ("host = 'b'", 1),
        ("host IN ('a', 'd')", 2),
        ("host IN ('a', 'd') AND time < '1970-01-01T00:00:00.0000003Z'", 1),
        ("host > 'b' OR time < '1970-01-01T00:00:00.00000015Z'", 4),
        ("host > 'c'", 2),
        ("host IS NULL", 0),
        ("host = 'nobody'", 0),
        ("v = 1", 4),
    ] {
        let answer = database.sql(&format!("SELECT v FROM cpu WHERE {filter}")).await.unwrap();
        assert_eq!(answer.statistics.segments_read(), read, "{filter}");
        assert_eq!(answer.statistics.segments_considered(), 4, "{filter}");
    }
}

#[tokio::test]
async fn statistics_count_rows_and_requests_and_the_cache_saves_requests() {
    let database = overwritten().await;
    let engine = database.engine();
    let ask = async || {
        let store = database.store.metered();
        let answer = engine.sql(&store, database.view(), "SELECT * FROM cpu", BTreeMap::new()).await.unwrap();
        collect(answer).await.unwrap().statistics
    };
    let (cold, warm) = (ask().await, ask().await);
    assert_eq!((cold.segments_read(), cold.rows_scanned(), cold.tail_rows()), (2, 4, 0));
    assert_eq!((cold.usage().gets, warm.usage().gets), (2, 0));
    assert!(cold.usage().bytes_in > 0 && cold.bytes_scanned() > 0);
    assert_eq!(cold.version().get(), 2);
}

#[tokio::test]
async fn large_segment_is_read_by_ranges_in_parallel_shares() {
    let mut database = Database::new().with_row_groups(4096);
    let mut text = String::new();
    let mut noise: u64 = 7;
    for row in 0..300_000_u64 {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.push_str(&format!("cpu,host=h{} v={}u,w={}u {row}\n", row % 4, row, noise));
    }
    database.write_segment(&text).await;
    let answer = database.sql("SELECT count(*), sum(v), count(w) FROM cpu WHERE v >= 0").await.unwrap();
    assert_eq!(answer.rows, vec![vec![json!(300_000), json!(44_999_850_000_u64), json!(300_000)]]);
    let answer =
        database.sql("SELECT sum(v) FROM cpu WHERE host = 'h1' AND time < '1970-01-01T00:00:00.0001Z'").await.unwrap();
    assert_eq!(answer.rows, vec![vec![json!(1_250_000_000_u64 - 25_000)]]);
    assert!(answer.statistics.rows_scanned() <= 9 * 4096, "{}", answer.statistics.rows_scanned());
    database.write("cpu,host=h0 v=1u 0");
    let answer = database.sql("SELECT count(*), sum(v), count(w) FROM cpu").await.unwrap();
    assert_eq!(answer.rows, vec![vec![json!(300_000), json!(44_999_850_001_u64), json!(300_000)]]);
}

#[tokio::test]
async fn unknown_table_is_not_found_and_the_message_names_those_there_are() {
    let database = overwritten().await;
    let error = database.sql("SELECT * FROM nothing").await.unwrap_err();
    assert!(matches!(&error, QueryError::NotFound { table, .. } if table == "nothing"));
    assert!(error.to_string().contains("there are cpu"), "{error}");
    let error = database.sql("SELECT nothing FROM cpu").await.unwrap_err();
    assert!(
        matches!(&error, QueryError::Invalid(text) if text.contains("host") && text.contains("nothing")),
        "{error}"
    );
}

#[tokio::test]
async fn catalog_questions_are_answered() {
    let database = overwritten().await;
    let tables = database.sql("SHOW TABLES").await.unwrap();
    assert!(
        tables.rows.iter().any(|row| row[..3] == [json!("public"), json!("iox"), json!("cpu")]),
        "{:?}",
        tables.rows
    );
    assert_eq!(database.sql("SHOW COLUMNS FROM cpu").await.unwrap().rows.len(), 4);
    assert_eq!(database.sql("DESCRIBE cpu").await.unwrap().rows.len(), 4);
    let text = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'iox' ORDER BY 1";
    assert_eq!(database.sql(text).await.unwrap().rows[0], vec![json!("host")]);
    assert_eq!(database.sql("SELECT count(*) FROM iox.cpu").await.unwrap().rows, vec![vec![json!(3)]]);
    assert_eq!(database.sql("SELECT count(*) FROM public.iox.CPU").await.unwrap().rows, vec![vec![json!(3)]]);
    assert!(!database.sql("EXPLAIN SELECT * FROM cpu").await.unwrap().rows.is_empty());
    assert!(!database.sql("EXPLAIN ANALYZE SELECT * FROM cpu").await.unwrap().rows.is_empty());
}

#[tokio::test]
async fn parameters_stand_for_their_values() {
    let database = overwritten().await;
    let text = "SELECT host FROM cpu WHERE host = $host AND v < $most AND time < $end LIMIT $n";
    let values = [
        ("host", ParamValue::String("a".into())),
        ("most", ParamValue::Integer(6)),
        ("end", ParamValue::String("1970-01-01T00:00:01Z".into())),
        ("n", ParamValue::Integer(1)),
    ];
    let answer = database.sql_with(text, &values).await.unwrap();
    assert_eq!(answer.rows, vec![vec![json!("a")]]);
    let error = database.sql_with(text, &values[..1]).await.unwrap_err();
    assert!(
        matches!(&error, QueryError::Invalid(text) if text.contains("$most") || text.contains("$end") || text.contains("$n")),
        "{error}"
    );
}

#[tokio::test]
async fn timeout_stops_a_query_that_only_computes() {
    let limits = QueryLimits { timeout: Duration::from_millis(300), ..QueryLimits::default() };
    let values = (0..400).map(|n| format!("({n})")).collect::<Vec<_>>().join(",");
    let text = format!("WITH n(x) AS (VALUES {values}) SELECT sum(a.x * b.x * c.x * d.x) FROM n a, n b, n c, n d");
    let error = limited(limits, &text).await.unwrap_err();
    assert_eq!(error, QueryError::Timeout { timeout_ms: 300 });
}

#[tokio::test]
async fn endless_recursion_ends_at_the_timeout() {
    let limits = QueryLimits { timeout: Duration::from_millis(300), ..QueryLimits::default() };
    let text = "WITH RECURSIVE n AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n";
    assert_eq!(limited(limits, text).await.unwrap_err(), QueryError::Timeout { timeout_ms: 300 });
}

#[tokio::test]
async fn memory_limit_stops_a_sort_that_is_larger() {
    let limits = QueryLimits { memory_bytes_max: 1 << 20, ..QueryLimits::default() };
    let values = (0..500).map(|n| format!("({n})")).collect::<Vec<_>>().join(",");
    let text = format!("WITH n(x) AS (VALUES {values}) SELECT a.x + b.x AS y FROM n a, n b ORDER BY y");
    let error = limited(limits, &text).await.unwrap_err();
    assert!(matches!(error, QueryError::MemoryLimit { limit_bytes: 1_048_576, .. }), "{error}");
}

#[tokio::test]
async fn memory_limit_counts_what_a_scan_holds() {
    let mut database = Database::new();
    let rows: String = (0..20_000).map(|row| format!("cpu,host=a v={row} {row}\n")).collect();
    database.write(&rows);
    let engine = database.engine_with(QueryLimits { memory_bytes_max: 100_000, ..QueryLimits::default() });
    let ask = engine.sql(&database.store, database.view(), "SELECT v FROM cpu", BTreeMap::new()).await;
    assert!(matches!(ask.unwrap_err(), QueryError::MemoryLimit { .. }));
}

#[tokio::test]
async fn row_limit_ends_an_answer_that_is_longer() {
    let limits = QueryLimits { rows_max: Some(2), ..QueryLimits::default() };
    assert_eq!(limited(limits.clone(), "VALUES (1), (2)").await.unwrap().rows.len(), 2);
    assert_eq!(limited(limits, "VALUES (1), (2), (3)").await.unwrap_err(), QueryError::RowLimit { rows_max: 2 });
}

#[tokio::test]
async fn dropped_answer_frees_its_turn_and_a_kept_one_makes_others_wait() {
    let mut database = Database::new();
    database.write_segment("cpu,host=a v=1 1").await;
    let limits = QueryLimits { concurrency_max: 1, timeout: Duration::from_secs(3), ..QueryLimits::default() };
    let engine = database.engine_with(limits);
    let long = "WITH n(x) AS (VALUES (1), (2), (3), (4), (5), (6), (7), (8), (9)) SELECT a.x FROM n a, n b, n c, n d, n e, n f";
    let ask = async || engine.sql(&database.store, database.view(), long, BTreeMap::new()).await;
    let held = ask().await.unwrap();
    assert!(matches!(ask().await, Err(QueryError::Timeout { .. })));
    drop(held);
    assert!(ask().await.is_ok());
}

#[tokio::test]
async fn segment_that_was_collected_is_gone() {
    let database = overwritten().await;
    let object = database.view().tables.values().next().unwrap().segments.fresh()[0].object.clone();
    database.store.delete(&[ObjectName::foreign(&object).unwrap()]).await.unwrap();
    assert_eq!(database.sql("SELECT * FROM cpu").await.unwrap_err(), QueryError::Gone { object });
}

#[tokio::test]
async fn damaged_segment_is_an_internal_error_that_names_it() {
    let database = overwritten().await;
    let entry = database.view().tables.values().next().unwrap().segments.fresh()[0].clone();
    let object = ObjectName::foreign(&entry.object).unwrap();
    database.store.overwrite(&object, vec![7; usize::try_from(entry.file_bytes).unwrap()].into()).await.unwrap();
    let error = database.sql("SELECT * FROM cpu").await.unwrap_err();
    assert!(matches!(&error, QueryError::Internal(text) if text.contains(&entry.object)), "{error}");
}

#[tokio::test]
async fn functions_that_would_fill_the_memory_are_refused() {
    let database = overwritten().await;
    for text in [
        "SELECT repeat('x', 1000000000)",
        "SELECT repeat(host, 100000000) FROM cpu",
        "SELECT lpad('x', 1000000000)",
        "SELECT range(0, 100000000000)",
        "SELECT generate_series(0, 10000000000, 3)",
        "SELECT array_repeat(1, 1000000000)",
        "SELECT generate_series(TIMESTAMP '1970-01-01', TIMESTAMP '2070-01-01', INTERVAL '1 second')",
        "SELECT * FROM generate_series(1, 100000000000)",
    ] {
        let error = database.sql(text).await.unwrap_err();
        assert!(matches!(error, QueryError::Invalid(_) | QueryError::NotFound { .. }), "{text}: {error}");
    }
    let small = database.sql("SELECT repeat('ab', 2), range(0, 3), lpad('x', 3, '.')").await.unwrap();
    assert_eq!(small.rows, vec![vec![json!("abab"), json!([0, 1, 2]), json!("..x")]]);
}

#[tokio::test]
async fn order_of_sorted_streams_is_true_for_streaming_plans() {
    let mut database = Database::new();
    database.write_segment("cpu,host=b v=1 1\ncpu,host=a v=2 3\ncpu v=9 2").await;
    database.write_segment("cpu,host=a,region=x v=3 2\ncpu,host=b v=4 9").await;
    database.write("cpu,host=a v=5 1\ncpu,host=b v=6 1\ncpu,host=c v=6 100");
    let text = "SELECT host, region, time, v FROM cpu ORDER BY host NULLS FIRST, region NULLS FIRST, time";
    let answer = database.sql(text).await.unwrap();
    let hosts: Vec<(Value, Value)> = answer.rows.iter().map(|row| (row[0].clone(), row[3].clone())).collect();
    let expected = [
        (Value::Null, 9.0),
        ("a".into(), 5.0),
        ("a".into(), 2.0),
        ("a".into(), 3.0),
        ("b".into(), 6.0),
        ("b".into(), 4.0),
        ("c".into(), 6.0),
    ];
    assert_eq!(hosts, expected.map(|(host, v): (Value, f64)| (host, json!(v))));
}

/// A write of one row: (host, region, time, first field, second field); an absent part is left out.
type Row = (u8, Option<u8>, u8, Option<i8>, Option<i8>);

fn line((host, region, time, v, w): Row) -> String {
    let region = region.map(|region| format!(",region=r{region}")).unwrap_or_default();
    let fields: Vec<String> =
        [("v", v), ("w", w)].iter().filter_map(|(name, value)| value.map(|value| format!("{name}={value}i"))).collect();
    let fields = if fields.is_empty() { "v=0i".to_owned() } else { fields.join(",") };
    format!("cpu,host=h{host}{region} {fields} {time}")
}

/// The writes, folded where `folds` says so.
async fn arranged(writes: &[Vec<Row>], folds: &[bool]) -> Database {
    let mut database = Database::new().with_row_groups(2);
    database.write("cpu,host=h0,region=r0 v=0i,w=0i 0");
    for (write, fold) in writes.iter().zip(folds) {
        database.write(&write.iter().map(|row| line(*row)).collect::<Vec<_>>().join("\n"));
        if *fold {
            database.fold().await;
        }
    }
    database
}

const QUESTIONS: [&str; 6] = [
    "SELECT * FROM cpu",
    "SELECT host, sum(v), count(w), count(*) FROM cpu GROUP BY host",
    "SELECT w FROM cpu WHERE v > 0",
    "SELECT host, time, v FROM cpu WHERE host = 'h1' AND time >= '1970-01-01T00:00:00.000000002Z'",
    "SELECT region, max(time) FROM cpu WHERE region IS NOT NULL OR host < 'h2' GROUP BY region",
    "SELECT count(*) FROM cpu",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn answers_do_not_depend_on_what_was_folded_when(
        writes in prop::collection::vec(
            prop::collection::vec((0..3_u8, prop::option::of(0..2_u8), 0..6_u8, prop::option::of(-2..3_i8), prop::option::of(-2..3_i8)), 1..5),
            1..6,
        ),
        folds in prop::collection::vec(any::<bool>(), 6),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (in_tail, split) = (arranged(&writes, &[false; 6]).await, arranged(&writes, &folds).await);
            for question in QUESTIONS {
                let expected = in_tail.sql(question).await.unwrap().sorted_rows();
                assert_eq!(split.sql(question).await.unwrap().sorted_rows(), expected, "{question}");
            }
        });
    }
}

#[tokio::test]
async fn rows_deleted_are_hidden_and_later_writes_are_not() {
    let mut database = Database::new();
    database.write_segment("cpu,host=a v=1 1\ncpu,host=a v=2 2\ncpu,host=b v=3 2").await;
    database.write_segment("cpu,host=a w=9 2").await;
    database.delete("cpu", 2, 5, &[("host", "a")]);
    let host_time = "SELECT host, CAST(time AS BIGINT) AS t, v, w FROM cpu ORDER BY host, t";
    let rows = database.sql(host_time).await.unwrap();
    assert_eq!(
        rows.rows,
        [[json!("a"), json!(1), json!(1.0), Value::Null], [json!("b"), json!(2), json!(3.0), Value::Null]]
    );
    let counted = database.sql("SELECT count(*) FROM cpu").await.unwrap();
    assert_eq!(counted.rows, [[json!(2)]]);
    // A write after the delete stands alone: no field of the deleted row comes back.
    database.write("cpu,host=a w=5 2");
    let again = database.sql(host_time).await.unwrap();
    assert_eq!(again.rows[1], [json!("a"), json!(2), Value::Null, json!(5.0)]);
    database.fold().await;
    assert_eq!(database.sql(host_time).await.unwrap().rows, again.rows);
}

#[tokio::test]
async fn rows_below_the_time_floor_are_hidden_in_segments_and_the_tail() {
    let mut database = Database::new();
    database.write_segment("cpu,host=a v=1 1\ncpu,host=a v=2 5\ncpu,host=a v=3 9").await;
    database.write("cpu,host=b v=4 2\ncpu,host=b v=5 6");
    database.expire("cpu", 5);
    let rows = database.sql("SELECT v FROM cpu ORDER BY v").await.unwrap();
    assert_eq!(rows.rows, [[json!(2.0)], [json!(3.0)], [json!(5.0)]]);
    assert_eq!(
        database.sql("SELECT count(*) FROM cpu WHERE CAST(time AS BIGINT) < 5").await.unwrap().rows,
        [[json!(0)]]
    );
}
