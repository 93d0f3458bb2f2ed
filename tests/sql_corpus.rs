//! The public SQL cases over HTTP, with a fold forced between the writes and again without.

use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use tidewell_testkit::{Corpus, ServerFlags, TestServer};

use crate::place::Place;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Folding {
    Never,
    AfterEachWrite,
}

/// CSV with a header, as rows of cells; an empty cell is NULL.
fn cells(csv: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut characters = csv.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.peek() == Some(&'"') => cell.extend(characters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            other => cell.push(other),
        }
    }
    rows
}

fn is_same_cell(got: &str, expected: &Value) -> bool {
    match expected {
        Value::Null => got.is_empty(),
        Value::String(expected) => got == expected,
        Value::Bool(expected) => got == expected.to_string(),
        Value::Number(expected) => {
            let (Ok(got), Some(expected)) = (got.parse::<f64>(), expected.as_f64()) else { return false };
            (got - expected).abs() <= 1e-9 * expected.abs().max(1.0)
        }
        nested => {
            let bare = |text: String| text.chars().filter(|character| !" \"'".contains(*character)).collect::<String>();
            bare(got.to_owned()) == bare(nested.to_string())
        }
    }
}

fn is_same_row(got: &[String], expected: &[Value]) -> bool {
    got.len() == expected.len() && got.iter().zip(expected).all(|(got, expected)| is_same_cell(got, expected))
}

fn are_same_rows(got: &[Vec<String>], expected: &[Vec<Value>], ordered: bool) -> bool {
    if got.len() != expected.len() {
        return false;
    }
    if ordered {
        return got.iter().zip(expected).all(|(got, expected)| is_same_row(got, expected));
    }
    let mut left: Vec<_> = expected.iter().collect();
    got.iter().all(|row| {
        let place = left.iter().position(|expected| is_same_row(row, expected));
        place.map(|place| left.swap_remove(place)).is_some()
    })
}

async fn write_all(server: &TestServer, database: &str, case: &Value, folding: Folding) {
    for write in case["setup"].as_array().unwrap() {
        let text = match write["lp"].as_str() {
            Some(text) => text.to_owned(),
            None => {
                let path = Corpus::path(&format!("sql/{}", write["lp_file"].as_str().unwrap())).unwrap();
                std::fs::read_to_string(path).unwrap()
            }
        };
        let path = format!("/write?db={database}&precision={}", write["precision"].as_str().unwrap());
        let reply = server.request(Method::POST, &path, text).await;
        assert_eq!(reply.status, 204, "{}: {}", case["id"], reply.text());
        if folding == Folding::AfterEachWrite {
            wait_until_folded(server, database).await;
        }
    }
}

async fn wait_until_folded(server: &TestServer, database: &str) {
    for _ in 0..1000 {
        let status = server.get("/stats").await.json();
        let ours =
            status["databases"].as_array().unwrap().iter().find(|open| open["name"] == database).unwrap().clone();
        if ours["unfolded_entries"] == 0 && ours["segments"].as_u64() > Some(0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{database} is never folded");
}

async fn failure(server: &TestServer, number: usize, case: &Value, folding: Folding) -> Option<String> {
    let database = format!("case{number}");
    write_all(server, &database, case, folding).await;
    let reply = server.try_sql(&database, case["sql"].as_str().unwrap(), "csv").await;
    if !reply.status.is_success() {
        return Some(format!("{}: {}", case["id"], reply.text()));
    }
    let mut rows = cells(&reply.text());
    let header = rows.remove(0);
    let columns: Vec<&str> = case["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    if case["compare"] == "by column name" {
        let places: Option<Vec<usize>> = columns.iter().map(|name| header.iter().position(|got| got == name)).collect();
        let Some(places) = places.filter(|places| places.len() == header.len()) else {
            return Some(format!("{}: columns {header:?}, expected {columns:?}", case["id"]));
        };
        rows = rows.iter().map(|row| places.iter().map(|place| row[*place].clone()).collect()).collect();
    }
    let expected = case["rows"].as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone());
    let expected: Vec<Vec<Value>> = expected.collect();
    let same = are_same_rows(&rows, &expected, case["ordered"].as_bool().unwrap());
    (!same).then(|| format!("{}: got {rows:?}\n  expected {expected:?}", case["id"]))
}

async fn run(place: &Place, folding: Folding) {
    let Some(path) = Corpus::path("sql/sql_dev.json") else { return };
    let corpus: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let flags = ServerFlags::new().flag("--wal-flush-interval-ms", 5);
    let flags = match folding {
        Folding::Never => flags.flag("--fold-interval-ms", 3_600_000),
        Folding::AfterEachWrite => flags.flag("--fold-rows-max", 1),
    };
    let server = place.serve("wal", flags);
    let mut failures = Vec::new();
    let cases = corpus["cases"].as_array().unwrap();
    for (number, case) in cases.iter().enumerate() {
        failures.extend(failure(&server, number, case, folding).await);
    }
    println!("{} SQL cases, {folding:?} folded: {} failures", cases.len(), failures.len());
    assert!(!cases.is_empty() && failures.is_empty(), "{}", failures.join("\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn public_sql_cases_without_a_fold_give_the_expected_rows() {
    run(&Place::folder(), Folding::Never).await;
}

/// influxdb #27548: the value of an overwritten point depended on the plan: buffer or Parquet first.
#[tokio::test(flavor = "multi_thread")]
async fn public_sql_cases_with_a_fold_after_each_write_give_the_expected_rows() {
    run(&Place::folder(), Folding::AfterEachWrite).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_sql_cases_on_s3_without_a_fold_give_the_expected_rows() {
    let Some(place) = Place::s3() else { return };
    run(&place, Folding::Never).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn public_sql_cases_on_s3_with_a_fold_after_each_write_give_the_expected_rows() {
    let Some(place) = Place::s3() else { return };
    run(&place, Folding::AfterEachWrite).await;
}
