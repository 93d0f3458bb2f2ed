//! The public SQL cases.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tidewell_line_protocol::Precision;

use super::compare::same_rows;
use crate::sample::{Database, Rows};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Arrangement {
    Tail,
    Segments,
    Mixed,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/sql")
}

async fn database(case: &Value, arrangement: Arrangement) -> Database {
    let mut database = Database::new().with_row_groups(1024);
    let writes = case["setup"].as_array().unwrap();
    for (index, write) in writes.iter().enumerate() {
        let text = match write["lp"].as_str() {
            Some(text) => text.to_owned(),
            None => fs::read_to_string(folder().join(write["lp_file"].as_str().unwrap())).unwrap(),
        };
        let precision: Precision = write["precision"].as_str().unwrap().parse().unwrap();
        let parts: Vec<String> = match arrangement {
            // Every write in two, so that single writes are spread over a segment and the tail as well.
            Arrangement::Mixed => halves(&text),
            _ => vec![text],
        };
        let last = parts.len() - 1;
        for (part, text) in parts.iter().enumerate() {
            database.write_in(text, precision);
            let is_end = index + 1 == writes.len() && part == last;
            if arrangement == Arrangement::Segments || (arrangement == Arrangement::Mixed && !is_end) {
                database.fold().await;
            }
        }
    }
    database
}

fn halves(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() < 2 {
        return vec![text.to_owned()];
    }
    let (first, second) = lines.split_at(lines.len() / 2);
    vec![first.join("\n"), second.join("\n")]
}

fn in_order_of(answer: Rows, columns: &[&str]) -> Vec<Vec<Value>> {
    let place = |name: &&str| answer.columns.iter().position(|column| column == name).unwrap();
    let places: Vec<usize> = columns.iter().map(place).collect();
    answer.rows.iter().map(|row| places.iter().map(|place| row[*place].clone()).collect()).collect()
}

async fn failure(case: &Value, arrangement: Arrangement) -> Option<String> {
    let id = case["id"].as_str().unwrap();
    let database = database(case, arrangement).await;
    let answer = match database.sql(case["sql"].as_str().unwrap()).await {
        Ok(answer) => answer,
        Err(error) => return Some(format!("{id} ({arrangement:?}): {error}")),
    };
    let columns: Vec<&str> = case["columns"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let mut names: Vec<&str> = answer.columns.iter().map(String::as_str).collect();
    let rows = if case["compare"] == "by column name" {
        names.sort_unstable();
        let mut sorted = columns.clone();
        sorted.sort_unstable();
        if names != sorted {
            return Some(format!("{id} ({arrangement:?}): columns {names:?} where {sorted:?} are expected"));
        }
        in_order_of(answer, &columns)
    } else {
        answer.rows
    };
    let expected: Vec<Vec<Value>> =
        case["rows"].as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone()).collect();
    let is_same = same_rows(&rows, &expected, case["ordered"].as_bool().unwrap());
    (!is_same).then(|| format!("{id} ({arrangement:?}): got {rows:?}\n  expected {expected:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn public_sql_cases_in_every_arrangement_give_the_expected_rows() {
    let Ok(text) = fs::read_to_string(folder().join("sql_dev.json")) else {
        println!("skipped: there is no {}", folder().display());
        return;
    };
    let corpus: Value = serde_json::from_str(&text).unwrap();
    let cases = corpus["cases"].as_array().unwrap();
    let mut failures = Vec::new();
    for case in cases {
        for arrangement in [Arrangement::Tail, Arrangement::Segments, Arrangement::Mixed] {
            failures.extend(failure(case, arrangement).await);
        }
    }
    println!("{} cases in 3 arrangements, {} failures", cases.len(), failures.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
