//! Targets beside what their sources say, whatever comes in between.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::Path;

use arrow_array::RecordBatch;
use futures::TryStreamExt as _;
use tempfile::TempDir;
use tidewell_env::Env;
use tidewell_manifest::Aggregate;
use tidewell_types::TableName;

use super::*;
use crate::sample::{config, open, write, write_to};
use crate::{DeleteRequest, ErrorKind, ReadOptions, Verb, VerbOptions, VerbReport};

const SECOND_NS: i64 = 1_000_000_000;

async fn open_with_memory(folder: &Path, query_memory_bytes_max: u64) -> Engine {
    let mut config = config(folder);
    config.limits.query_memory_bytes_max = query_memory_bytes_max;
    Engine::open(config, Env::system()).await.unwrap()
}

async fn fold(engine: &Engine) {
    engine.fold(Some("d"), None).await.unwrap();
}

fn definition(source: &str, target: &str, interval_s: u64, aggregates: &[Aggregate]) -> RollupDefinition {
    RollupDefinition {
        source: TableName::new(source).unwrap(),
        target: TableName::new(target).unwrap(),
        interval_ms: interval_s * 1000,
        settle_ms: 0,
        tags: None,
        fields: None,
        aggregates: aggregates.to_vec(),
    }
}

async fn minutes(engine: &Engine) {
    let of = [Aggregate::Mean, Aggregate::Min, Aggregate::Max, Aggregate::Count, Aggregate::Sum];
    engine.create_rollup("d", "minutes", definition("m", "m_1m", 60, &of), None).await.unwrap();
}

async fn run(engine: &Engine) -> VerbReport {
    let mut run = engine.maintain(Verb::Rollup, Some("d"), &VerbOptions::default(), &|_| {}).await.unwrap();
    run.reports.remove(0)
}

fn figure(report: &VerbReport, name: &str) -> u64 {
    report.figures.iter().find(|figure| figure.name == name).unwrap().value
}

/// The rows of an answer as text; none where there is no such table.
async fn ask(engine: &Engine, sql: &str) -> String {
    let answer = match engine.query_sql("d", sql, BTreeMap::new(), &ReadOptions::default()).await {
        Err(error) if error.kind == ErrorKind::NotFound => return String::new(),
        answer => answer.unwrap(),
    };
    let batches: Vec<RecordBatch> = answer.rows.try_collect().await.unwrap();
    let row = |batch: &RecordBatch, row: usize| {
        let value = |column: &arrow_array::ArrayRef| arrow_cast::display::array_value_to_string(column, row).unwrap();
        batch.columns().iter().map(value).collect::<Vec<_>>().join(" ")
    };
    let rows = batches.iter().flat_map(|batch| (0..batch.num_rows()).map(move |number| row(batch, number)));
    rows.collect::<Vec<_>>().join("\n")
}

/// The target, and what its source says that it must be.
async fn compare(engine: &Engine) -> (String, String) {
    let target = "SELECT \"time\", host, mean_v, min_v, max_v, count_v, sum_v FROM m_1m ORDER BY 1, 2";
    let source = "SELECT date_bin(INTERVAL '1 minute', time) AS t, host, avg(v), min(v), max(v), count(v), sum(v) \
                  FROM m GROUP BY t, host ORDER BY 1, 2";
    (ask(engine, target).await, ask(engine, source).await)
}

#[tokio::test]
async fn target_follows_its_source_through_late_rows_rewrites_and_deletes() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    write(&engine, "m,host=a v=1 0\nm,host=a v=3 59000000000\nm,host=b v=5 60000000000\nm v=7 -1").await;
    minutes(&engine).await;
    assert_eq!(figure(&run(&engine).await, "rows"), 0, "rows of the log alone do not count");
    fold(&engine).await;
    let report = run(&engine).await;
    assert_eq!((figure(&report, "rows"), report.is_done), (3, true));
    let (target, source) = compare(&engine).await;
    assert_eq!(target, source);
    assert!(target.contains("1970-01-01T00:00:00 a 2.0 1.0 3.0 2 4.0"), "{target}");
    write(&engine, "m,host=a v=5 30000000000\nm,host=b v=6 60000000000").await;
    fold(&engine).await;
    assert_eq!(figure(&run(&engine).await, "rows"), 2);
    let (target, source) = compare(&engine).await;
    assert_eq!(target, source);
    let time = TimeBounds { min: TimestampNs::from_ns(0), max: TimestampNs::from_ns(60 * SECOND_NS - 1) };
    let request = DeleteRequest { table: Some("m".to_owned()), time, tags: Vec::new(), predicate: None };
    engine.delete("d", request).await.unwrap();
    run(&engine).await;
    let (target, source) = compare(&engine).await;
    assert_eq!(target, source);
    assert_eq!(target.lines().count(), 2, "{target}");
    let report = run(&engine).await;
    assert_eq!((figure(&report, "steps"), figure(&report, "rows")), (0, 0), "nothing is left to do");
    assert_eq!(engine.rollups("d").await.unwrap()[0].due, None);
}

#[tokio::test]
async fn rows_of_every_type_and_name_have_their_aggregates() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    let body = "odd\\ \"table,a\\ tag=x i=3i,u=4u,b=true,s=\"one\",f=0.5 -61000000000\n\
                odd\\ \"table,a\\ tag=x i=5i,b=false,s=\"two\" -60000000001\n\
                odd\\ \"table,a\\ tag=x i=1i -120000000000";
    write(&engine, body).await;
    fold(&engine).await;
    engine.create_rollup("d", "all", definition("odd \"table", "t", 60, &Aggregate::ALL), None).await.unwrap();
    assert_eq!(figure(&run(&engine).await, "rows"), 1);
    let sql = "SELECT arrow_cast(time, 'Int64'), \"a tag\", mean_i, min_i, max_i, sum_i, count_i, first_i, last_i, mean_u, \
               last_u, count_b, first_b, last_b, first_s, last_s, mean_f, count_f FROM t";
    assert_eq!(ask(&engine, sql).await, "-120000000000 x 3.0 1 5 9 3 1 5 4.0 4 2 true false one two 0.5 1");
}

#[tokio::test]
async fn bucket_that_is_not_over_waits_and_rests() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    let now = Env::system().now().as_ns();
    write(&engine, &format!("m,host=a v=1 {now}\nm,host=a v=1 {}", now - 7200 * SECOND_NS)).await;
    fold(&engine).await;
    let hourly = RollupDefinition { settle_ms: 3_600_000, ..definition("m", "h", 3600, &[Aggregate::Count]) };
    engine.create_rollup("d", "hours", hourly, None).await.unwrap();
    let due = engine.rollups("d").await.unwrap()[0].due;
    assert!(due.is_some_and(|due| due.max.as_ns() < now - 3600 * SECOND_NS), "{due:?}");
    let ran = run(&engine).await;
    assert!(figure(&ran, "rows") <= 1 && ran.is_done);
    assert_eq!(figure(&run(&engine).await, "steps"), 0);
    assert_eq!(engine.rollups("d").await.unwrap()[0].due, None);
}

#[tokio::test]
async fn days_of_hours_are_brought_in_one_run() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    let rows: Vec<String> = (0..100).map(|hour| format!("m,host=a v={hour} {}", hour * 3600 * SECOND_NS)).collect();
    write(&engine, &rows.join("\n")).await;
    fold(&engine).await;
    let hours = definition("m", "hourly", 3600, &[Aggregate::Sum, Aggregate::Count]);
    let days = RollupDefinition {
        fields: Some(vec!["sum_v".to_owned(), "count_v".to_owned()]),
        tags: Some(Vec::new()),
        ..definition("hourly", "daily", 86_400, &[Aggregate::Sum])
    };
    // By name the later comes first.
    engine.create_rollup("d", "a_days", days, None).await.unwrap();
    engine.create_rollup("d", "b_hours", hours, None).await.unwrap();
    let report = run(&engine).await;
    assert_eq!((figure(&report, "rows"), figure(&report, "steps") >= 10), (105, true), "{report:?}");
    let sql = "SELECT arrow_cast(time, 'Int64') / 86400000000000, sum_sum_v, sum_count_v FROM daily ORDER BY 1";
    assert_eq!(ask(&engine, sql).await, "0 276.0 24\n1 852.0 24\n2 1428.0 24\n3 2004.0 24\n4 390.0 4");
    engine.drop_rollup("d", "b_hours").await.unwrap();
    assert_eq!(ask(&engine, "SELECT count(*) FROM hourly").await, "100", "its rows stay");
    assert_eq!(engine.drop_rollup("d", "b_hours").await.unwrap_err().kind, ErrorKind::NotFound);
}

#[tokio::test]
async fn time_limit_ends_a_run_and_the_next_goes_on() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    write(&engine, "m,host=a v=1 0").await;
    fold(&engine).await;
    minutes(&engine).await;
    let none = VerbOptions { time_limit: Some(std::time::Duration::from_nanos(1)), ..VerbOptions::default() };
    let ran = engine.maintain(Verb::Rollup, Some("d"), &none, &|_| {}).await.unwrap();
    assert!(!ran.is_done(), "{ran:?}");
    assert!(run(&engine).await.is_done);
    let (target, source) = compare(&engine).await;
    assert_eq!((target.lines().count(), &target), (1, &source));
}

#[tokio::test]
async fn history_that_its_source_has_outlived_stays() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    let now = Env::system().now().as_ns();
    let old = now - 90_000 * SECOND_NS;
    write(&engine, &format!("m,host=a v=1 {old}\nm,host=a v=2 {}", now - 600 * SECOND_NS)).await;
    fold(&engine).await;
    minutes(&engine).await;
    run(&engine).await;
    let day = Some(std::time::Duration::from_secs(86_400));
    engine.set_retention("d", Some("m"), day).await.unwrap();
    engine.maintain(Verb::Expire, Some("d"), &VerbOptions::default(), &|_| {}).await.unwrap();
    assert_eq!(ask(&engine, "SELECT count(*) FROM m").await, "1");
    // Everything is marked, by a delete of all that is left to delete.
    let request =
        DeleteRequest { table: Some("m".to_owned()), time: TimeBounds::ALL, tags: Vec::new(), predicate: None };
    engine.delete("d", request).await.unwrap();
    run(&engine).await;
    assert_eq!(ask(&engine, "SELECT max_v FROM m_1m").await, "1.0", "the expired hour stays, the deleted one goes");
}

#[tokio::test]
async fn definition_that_cannot_be_is_invalid_and_an_unknown_database_is_said() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    let error = engine.create_rollup("d", "r", definition("m", "h", 60, &[Aggregate::Mean]), None).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::DatabaseNotFound, "{error}");
    write(&engine, "m,host=a v=1 0").await;
    for wrong in [
        definition("m", "m", 60, &[Aggregate::Mean]),
        definition("m", "h", 60, &[]),
        definition("m", "h", 0, &[Aggregate::Min]),
    ] {
        let error = engine.create_rollup("d", "r", wrong, None).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    }
}

#[tokio::test]
async fn retention_that_is_too_short_for_a_bucket_is_refused_either_way() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    write(&engine, "m,host=a v=1 0\nn v=1 0").await;
    let day = Some(std::time::Duration::from_secs(86_400));
    let daily = || definition("m", "daily", 86_400, &[Aggregate::Mean]);
    engine.set_retention("d", None, day).await.unwrap();
    let error = engine.create_rollup("d", "days", daily(), None).await.unwrap_err();
    assert!(error.kind == ErrorKind::Invalid && error.message.contains("\"m\""), "{error}");
    engine.set_retention("d", Some("m"), None).await.unwrap();
    engine.create_rollup("d", "days", daily(), None).await.unwrap();
    engine.set_retention("d", None, day).await.unwrap();
    engine.set_retention("d", Some("n"), day).await.unwrap();
    let error = engine.set_retention("d", Some("m"), day).await.unwrap_err();
    assert!(error.kind == ErrorKind::Invalid && error.message.contains("narrower"), "{error}");
}

#[tokio::test]
async fn rollup_that_is_made_anew_leaves_nothing_of_the_one_before() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    let rows: Vec<String> = (0..48).map(|hour| format!("m,host=a v=1 {}", hour * 3600 * SECOND_NS)).collect();
    write(&engine, &rows.join("\n")).await;
    fold(&engine).await;
    engine.create_rollup("d", "r", definition("m", "t", 3600, &[Aggregate::Sum]), None).await.unwrap();
    run(&engine).await;
    assert_eq!(ask(&engine, "SELECT count(*), sum(sum_v) FROM t").await, "48 48.0");
    engine.drop_rollup("d", "r").await.unwrap();
    let made = engine.create_rollup("d", "r", definition("m", "t", 86_400, &[Aggregate::Sum]), None).await.unwrap();
    run(&engine).await;
    assert_eq!(ask(&engine, "SELECT count(*), sum(sum_v) FROM t").await, "2 48.0");
    let again = engine.create_rollup("d", "r", definition("m", "t", 86_400, &[Aggregate::Sum]), None).await.unwrap();
    assert_eq!(again, made, "the same again is the one that is there");
}

#[tokio::test]
async fn rollup_that_cannot_be_computed_stops_neither_others_nor_other_databases() {
    let folder = TempDir::new().unwrap();
    let engine = open(folder.path()).await;
    write(&engine, "m,host=a v=1 0\nbad mean_v=\"text\" 0").await;
    fold(&engine).await;
    engine.create_rollup("d", "a_bad", definition("m", "bad", 60, &[Aggregate::Mean]), None).await.unwrap();
    engine.create_rollup("d", "b_good", definition("m", "good", 60, &[Aggregate::Mean]), None).await.unwrap();
    write_to(&engine, "e", "m,host=a v=4 0").await;
    engine.fold(None, None).await.unwrap();
    engine.create_rollup("e", "good", definition("m", "good", 60, &[Aggregate::Mean]), None).await.unwrap();
    let error = engine.maintain(Verb::Rollup, None, &VerbOptions::default(), &|_| {}).await.unwrap_err();
    assert!(error.message.contains("mean_v"), "{error}");
    assert_eq!(ask(&engine, "SELECT mean_v FROM good").await, "1.0");
    let answer = engine.query_sql("e", "SELECT mean_v FROM good", BTreeMap::new(), &ReadOptions::default()).await;
    assert_eq!(answer.unwrap().rows.try_collect::<Vec<_>>().await.unwrap()[0].num_rows(), 1);
}

#[tokio::test]
async fn windows_that_take_more_than_a_question_may_are_made_smaller() {
    let folder = TempDir::new().unwrap();
    // A day of minutes and hosts is more than this.
    let engine = open_with_memory(folder.path(), 8 << 20).await;
    for host in 0..20 {
        let rows = (0..1440).map(|minute| format!("m,host=h{host:04} v={minute} {}", minute * 60 * SECOND_NS));
        write(&engine, &rows.collect::<Vec<_>>().join("\n")).await;
    }
    fold(&engine).await;
    minutes(&engine).await;
    let ran = run(&engine).await;
    assert_eq!((figure(&ran, "rows"), ran.is_done), (28_800, true), "{ran:?}");
    assert!(figure(&ran, "steps") > 1, "{ran:?}");
    assert_eq!(
        ask(&engine, "SELECT count(*), sum(sum_v) FROM m_1m").await,
        ask(&engine, "SELECT count(*), sum(v) FROM m").await
    );
}

/// Numbers that look random, the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Some rows of a few minutes, late ones and repeated ones among them.
fn some_rows(dice: &mut Dice) -> String {
    let count = 1 + dice.below(8);
    let row = |dice: &mut Dice| {
        let (host, value) = (["a", "b", "c"][dice.below(3) as usize], dice.below(100));
        let at = dice.below(40 * 4) as i64 * 15 * SECOND_NS;
        format!("m,host={host} v={value} {at}")
    };
    (0..count).map(|_| row(dice)).collect::<Vec<_>>().join("\n")
}

async fn some_step(dice: &mut Dice, engines: &[Engine; 2]) {
    let engine = &engines[dice.below(2) as usize];
    match dice.below(12) {
        0..=3 => write(engine, &some_rows(dice)).await,
        4 | 5 => fold(engine).await,
        6 => drop(run(engine).await),
        7 | 8 => drop(tokio::join!(run(&engines[0]), run(&engines[1]))),
        9 => {
            let from = dice.below(30) as i64 * 60 * SECOND_NS;
            let time =
                TimeBounds { min: TimestampNs::from_ns(from), max: TimestampNs::from_ns(from + 200 * SECOND_NS) };
            let tags = vec![("host".to_owned(), vec!["a".to_owned()])];
            let request = DeleteRequest { table: Some("m".to_owned()), time, tags, predicate: None };
            engine.delete("d", request).await.unwrap();
        }
        10 => drop(engine.maintain(Verb::Compact, Some("d"), &VerbOptions::default(), &|_| {}).await.unwrap()),
        _ => {
            let name = format!("at-{}", dice.below(1 << 30));
            engine.create_snapshot("d", &name).await.unwrap();
            write(engine, &some_rows(dice)).await;
            fold(engine).await;
            if dice.below(2) == 0 {
                drop(run(engine).await);
            }
            engine.restore_snapshot("d", &name).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_comes_the_target_is_its_sources_aggregates_in_the_end() {
    for seed in 0..12 {
        let folder = TempDir::new().unwrap();
        let engines = [open(folder.path()).await, open(folder.path()).await];
        let mut dice = Dice(seed);
        write(&engines[0], "m,host=a v=1 0").await;
        minutes(&engines[0]).await;
        for _ in 0..30 {
            some_step(&mut dice, &engines).await;
        }
        fold(&engines[0]).await;
        assert!(run(&engines[1]).await.is_done, "seed {seed}");
        let (target, source) = compare(&engines[0]).await;
        assert_eq!(target, source, "seed {seed}");
        let rest = run(&engines[0]).await;
        assert_eq!(figure(&rest, "steps"), 0, "seed {seed}: nothing is left to do");
    }
}
