//! What is read and what is refused.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use super::{StatementTables, parse, tables};
use crate::sample::Database;
use crate::{QueryError, QueryLimits};

#[tokio::test]
async fn statements_that_do_not_only_read_are_refused() {
    let mut database = Database::new();
    database.write("cpu v=1 1");
    for text in [
        "COPY cpu TO '/tmp/cpu.csv'",
        "COPY (SELECT * FROM cpu) TO '/tmp/cpu.parquet'",
        "CREATE EXTERNAL TABLE t STORED AS CSV LOCATION '/etc/passwd'",
        "CREATE TABLE t AS SELECT * FROM cpu",
        "CREATE VIEW t AS SELECT * FROM cpu",
        "CREATE DATABASE t",
        "CREATE FUNCTION f(x INT) RETURNS INT RETURN x",
        "SELECT * INTO t FROM cpu",
        "DROP TABLE cpu",
        "INSERT INTO cpu VALUES (1, 1)",
        "UPDATE cpu SET v = 2",
        "DELETE FROM cpu",
        "TRUNCATE TABLE cpu",
        "SET datafusion.execution.batch_size = 1",
        "RESET datafusion.execution.batch_size",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "BEGIN",
        "COMMIT",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE cpu",
        "EXPLAIN DROP TABLE cpu",
        "EXPLAIN ANALYZE INSERT INTO cpu VALUES (1, 1)",
        "WITH x AS (INSERT INTO cpu VALUES (1, 1)) SELECT 1",
        "SELECT * FROM 'file.csv'",
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 's3://bucket/file.parquet'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM other.schema.cpu",
        "",
        ";",
        "not sql",
    ] {
        let error = database.sql(text).await.unwrap_err();
        assert!(matches!(error, QueryError::Invalid(_) | QueryError::NotFound { .. }), "{text}: {error}");
    }
}

#[tokio::test]
async fn statements_that_only_read_are_answered() {
    let mut database = Database::new();
    database.write("cpu v=1 1");
    for text in [
        "SELECT v FROM cpu;",
        "WITH x AS (SELECT v FROM cpu) SELECT * FROM x",
        "VALUES (1)",
        "SHOW TABLES",
        "SHOW ALL",
        "SHOW FUNCTIONS",
        "DESCRIBE cpu",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT v FROM cpu",
        "SELECT * FROM unnest([1, 2])",
        "SELECT time FROM cpu WHERE time > now() - INTERVAL '1 hour'",
    ] {
        database.sql(text).await.map_err(|error| format!("{text}: {error}")).unwrap();
    }
}

#[tokio::test]
async fn text_that_is_too_long_or_too_deep_is_refused() {
    let database = Database::new();
    let long = format!("SELECT '{}'", "x".repeat(300_000));
    assert!(matches!(database.sql(&long).await.unwrap_err(), QueryError::Invalid(text) if text.contains("262144")));
    let deep = format!("SELECT {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    assert!(matches!(database.sql(&deep).await.unwrap_err(), QueryError::Invalid(_)));
}

/// Statements of a kind that is as deep, or as long, as `steps`.
fn chains(steps: usize) -> Vec<String> {
    let repeat = |text: &str| text.repeat(steps);
    let nested = format!("{}v{}", "(".repeat(40), format!("{})", " + v".repeat(steps / 40)).repeat(40));
    vec![
        format!("SELECT 1{}", repeat(" + 1")),
        format!("SELECT v{} FROM cpu", repeat(" + v")),
        format!("SELECT v{} FROM cpu", repeat("::double")),
        format!("SELECT v IS NULL{} FROM cpu", repeat(" IS NULL")),
        format!("SELECT host{} FROM cpu", repeat(" || host")),
        format!("SELECT [[1]]{}", repeat("[1]")),
        format!("SELECT v{} FROM cpu", repeat(" + CASE WHEN v > 0 THEN 1 ELSE 2 END")),
        format!("SELECT v FROM cpu WHERE v IS DISTINCT FROM 1{}", repeat(" IS DISTINCT FROM true")),
        format!("SELECT v FROM cpu WHERE v BETWEEN 1 AND 2{}", repeat(" BETWEEN true AND true")),
        format!("SELECT v + {nested} FROM cpu"),
    ]
}

async fn asked(text: String) -> Result<(), QueryError> {
    let env = tidewell_env::Env::system();
    // On a thread of the runtime, whose stack is as large as in service.
    let asked = env.spawn(async move {
        let mut database = Database::new();
        database.write("cpu,host=a v=1 1");
        database.sql(&text).await.map(|_| ())
    });
    asked.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn long_chains_are_refused_before_they_overflow_the_stack() {
    for text in chains(20_000).into_iter().chain(chains(1_000)) {
        let error = asked(text.clone()).await.unwrap_err();
        assert!(matches!(error, QueryError::Invalid(_)), "{}: {error}", &text[..40]);
    }
    let ors = format!("SELECT v FROM cpu WHERE v = 0{}", " OR v = 1".repeat(20_000));
    let unions = format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(10_000));
    let tables = format!("SELECT 1 FROM cpu{}", ", cpu".repeat(10_000));
    let joins = format!("SELECT 1 FROM cpu{}", " CROSS JOIN cpu".repeat(10_000));
    for text in [ors, unions, tables, joins] {
        assert!(matches!(asked(text).await, Err(QueryError::Invalid(_))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn statements_that_double_with_each_step_are_refused() {
    let queries: String =
        (1..30).map(|n| format!(", q{n} AS (SELECT * FROM q{0} UNION ALL SELECT * FROM Q{0})", n - 1)).collect();
    for text in [
        format!("WITH q0 AS (SELECT 1){queries} SELECT count(*) FROM q29"),
        format!("EXPLAIN WITH q0 AS (SELECT 1){queries} SELECT count(*) FROM q29"),
        format!("SELECT {}v{} FROM cpu", "(".repeat(30), " BETWEEN 1 AND 2)".repeat(30)),
        format!("SELECT {}v{} FROM cpu", "(".repeat(30), " IN (1, 2, 3))".repeat(30)),
        format!("SELECT {}v{} FROM cpu", "coalesce(".repeat(30), ", 1)".repeat(30)),
    ] {
        assert!(matches!(asked(text.clone()).await, Err(QueryError::Invalid(_))), "{text}");
    }
    asked("WITH a AS (SELECT v FROM cpu), b AS (SELECT * FROM a) SELECT * FROM a, b, (SELECT * FROM b) c".into())
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn chains_below_the_limit_do_not_overflow_the_stack() {
    // Some are no sense to the planner, which is as good an end.
    for text in chains(80) {
        let _ = asked(text).await;
    }
    asked(format!("SELECT v FROM cpu WHERE v = 0{}", " OR v = 1".repeat(950))).await.unwrap();
    asked(format!("SELECT v FROM cpu WHERE v < 9{}", " AND v <> 3 + 4 + 5 + 6".repeat(900))).await.unwrap();
    asked(format!(
        "SELECT v FROM cpu WHERE host = 'a'{}",
        (0..950).map(|n| format!(" OR host = '{n}'")).collect::<String>()
    ))
    .await
    .unwrap();
    asked(format!("SELECT 1{}", " UNION ALL SELECT 1".repeat(99))).await.unwrap();
    asked(format!(
        "SELECT count(*) FROM cpu a0{}",
        (1..50).map(|n| format!(" CROSS JOIN cpu a{n}")).collect::<String>()
    ))
    .await
    .unwrap();
    let list = (0..20_000).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    asked(format!("SELECT v FROM cpu WHERE v IN ({list})")).await.unwrap();
}

#[test]
fn tables_of_a_statement_are_those_it_reads() {
    let limits = QueryLimits::default();
    let of = |text: &str| tables(&parse(text, &limits).unwrap()).unwrap();
    let named = |names: &[&str]| StatementTables::Named(names.iter().map(ToString::to_string).collect::<BTreeSet<_>>());
    assert_eq!(of("SELECT * FROM a JOIN iox.B ON true WHERE x IN (SELECT y FROM \"C\")"), named(&["C", "a", "b"]));
    assert_eq!(of("WITH a AS (SELECT 1) SELECT * FROM a"), named(&[]));
    assert_eq!(of("SHOW TABLES"), StatementTables::All);
    assert_eq!(of("SELECT * FROM information_schema.columns, a"), StatementTables::All);
}
