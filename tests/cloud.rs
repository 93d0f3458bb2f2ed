//! The bucket, what it costs, and files of others in it.

use std::io::Write as _;

use serde_json::Value;
use tidewell_testkit::ServerFlags;

use crate::command_line::{printed, tidewell};
use crate::place::Place;

const START_NS: i64 = 1_704_067_200_000_000_000;

fn lines(rows: std::ops::Range<i64>) -> String {
    rows.map(|row| format!("m,host=h{} v={row}i {}\n", row % 3, START_NS + row)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn registered_files_on_s3_are_listed_checked_and_dropped() {
    let Some(place) = Place::s3() else { return };
    let (store, lake) = (place.store(), format!("{}-lake", place.store()));
    let run = |args: &[&str]| tidewell(&place, args, "");
    printed(&tidewell(&place, &["write", "--store", "other", "--wal-dir", "w", "-"], &lines(0..900)));
    printed(&run(&["export", "m", "--store", "other", "--partition-by", "host", "-o", &lake]));
    printed(&run(&["import", "parquet", "--register", "--store", &store, "-m", "m", "-t", "time", &lake]));
    let count = || printed(&run(&["query", "--store", &store, "--format", "csv", "SELECT count(*) AS n FROM m"]));
    assert_eq!(count(), "n\n900\n");
    let listed = printed(&run(&["registered", "list", "--store", &store]));
    assert_eq!(listed.lines().count(), 4, "{listed}");
    assert!(listed.contains("not checked") && listed.contains("~300"), "{listed}");
    let checked = printed(&run(&["registered", "check", "--store", &store]));
    assert!(checked.lines().nth(1).is_some_and(|line| line.starts_with('3')), "{checked}");
    let listed = printed(&run(&["registered", "list", "--store", &store]));
    assert!(!listed.contains("not checked") && listed.contains("2024-01-01T00:00:00"), "{listed}");
    assert_eq!(count(), "n\n900\n");
    let url = listed.lines().nth(1).and_then(|line| line.split_whitespace().nth(1)).unwrap();
    printed(&run(&["registered", "drop", "--store", &store, "m", url]));
    assert_eq!(count(), "n\n600\n");
    let unknown = run(&["registered", "drop", "--store", &store, "m", url]);
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    // The file is where it was.
    printed(&run(&["import", "parquet", "--register", "--store", &store, "-m", "m", "-t", "time", url]));
    assert_eq!(count(), "n\n900\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn bucket_is_made_once_and_looked_at() {
    let Some(place) = Place::s3() else { return };
    let name = format!("tidewell-made-{}", std::process::id());
    let store = format!("s3://{name}/metrics");
    let init = |flags: &[&str]| tidewell(&place, &[&["bucket", "init", "--store", &store], flags].concat(), "");
    let planned = printed(&init(&["--dry-run"]));
    assert!(planned.contains("would do"), "{planned}");
    assert!(printed(&init(&[])).contains("done"));
    assert!(printed(&init(&[])).contains("already so"));
    let found = printed(&tidewell(&place, &["bucket", "check", "--store", &store], ""));
    assert!(found.contains("versioning") && found.contains("lifecycle"), "{found}");
    let missing = tidewell(&place, &["bucket", "check", "--store", "s3://tidewell-nobody-made-this/x"], "");
    assert_eq!(missing.status.code(), Some(1), "{missing:?}");
    let folder = tidewell(&place, &["bucket", "check", "--store", "data"], "");
    assert_eq!(folder.status.code(), Some(2), "{folder:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn budget_sets_the_pace_and_what_was_spent_is_said() {
    let place = Place::folder();
    let flags = ServerFlags::new().flag("--wal-mode", "object").flag("--max-monthly-request-cost", "5");
    let server = place.serve("wal", flags.flag("--prices", "s3-standard,write=0.01"));
    let client = reqwest::Client::new();
    let written = client.post(format!("{}/write?db=home", server.url())).body("climate,room=a temp=1 1").send().await;
    let written = written.unwrap();
    assert_eq!(written.status(), 204);
    let said = |name: &str| written.headers()[name].to_str().unwrap().parse::<f64>().unwrap();
    // The log object with its re-check, and the commit of the new columns.
    assert!(said("x-tidewell-requests") >= 3.0);
    assert!(said("x-tidewell-cost-usd") > 1e-5, "{}", said("x-tidewell-cost-usd"));
    let query = format!("{}/api/v3/query_sql?db=home&q=SELECT%20temp%20FROM%20climate", server.url());
    let asked = reqwest::get(query).await.unwrap();
    assert!(asked.headers().contains_key("x-tidewell-bytes-read"));
    assert!(asked.text().await.unwrap().contains("1.0"));
    let stats = reqwest::get(format!("{}/stats", server.url())).await.unwrap().bytes().await.unwrap();
    let stats: Value = serde_json::from_slice(&stats).unwrap();
    assert_eq!(stats["log_pace"]["budget_usd_per_month"], 5.0, "{stats}");
    assert_eq!(stats["prices"]["write_usd_per_1000"], 0.01);
    let table = &stats["spending"]["tables"];
    let of_climate = table.as_array().unwrap().iter().find(|table| table["table"] == "climate").unwrap();
    assert!(of_climate["writes"]["usd"].as_f64().unwrap() > 1e-5, "{of_climate}");
    assert!(of_climate["queries"]["requests"].as_f64().unwrap() > 0.0, "{of_climate}");
    let last = &stats["spending"]["last_queries"][0];
    assert!(last["text"].as_str().unwrap().contains("SELECT temp FROM climate"), "{stats}");
    let metrics = reqwest::get(format!("{}/metrics", server.url())).await.unwrap().text().await.unwrap();
    let family = "tidewell_spent_usd_total{database=\"home\",table=\"climate\",purpose=\"write\"}";
    assert!(metrics.contains(family) && metrics.contains("tidewell_budget_usd_month 5"), "{metrics}");
    let wrong = tidewell(&place, &["serve", "--max-monthly-request-cost", "0"], "");
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    server.kill9();
}

#[tokio::test(flavor = "multi_thread")]
async fn cost_of_a_live_store_is_told_from_its_commits() {
    let place = Place::folder();
    let young = {
        printed(&tidewell(&place, &["write", "--store", "store", "--wal-dir", "w", "-"], &lines(0..10)));
        tidewell(&place, &["cost", "--store", "store"], "")
    };
    assert_eq!(young.status.code(), Some(1), "{young:?}");
    assert!(String::from_utf8_lossy(&young.stderr).contains("less than a minute"), "{young:?}");
    let described = ["cost", "--rows-per-second", "1000", "--retention", "30d", "--format", "json"];
    let estimate: Value = serde_json::from_str(&printed(&tidewell(&place, &described, ""))).unwrap();
    let items = estimate["items"].as_array().unwrap();
    let sum: f64 = items.iter().map(|item| item["usd"].as_f64().unwrap()).sum();
    assert!((sum - estimate["total_usd"].as_f64().unwrap()).abs() < 1e-9, "{estimate}");
    assert!(!estimate["assumptions"].as_array().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_csv_comes_in_directly_and_through_a_server() {
    let place = Place::folder();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let rows: String = (0..5000).map(|row| format!("{},h{},{row}\n", START_NS / 1_000_000 + row, row % 3)).collect();
    packed.write_all(format!("time,host,v\n{rows}").as_bytes()).unwrap();
    std::fs::write(place.path().join("m.csv.gz"), packed.finish().unwrap()).unwrap();
    let sum = "SELECT count(*) AS n, sum(v) AS s FROM m";
    let expected = format!("n,s\n5000,{}\n", (0..5000_i64).sum::<i64>());
    printed(&tidewell(&place, &["import", "csv", "--direct", "--store", "store", "-m", "m", "m.csv.gz"], ""));
    assert_eq!(printed(&tidewell(&place, &["query", "--store", "store", "--format", "csv", sum], "")), expected);
    let server = place.serve("wal", ServerFlags::new());
    printed(&tidewell(&place, &["import", "csv", "-s", server.url(), "-m", "m", "m.csv.gz"], ""));
    let asked = tidewell(&place, &["query", "--host", server.url(), "--format", "csv", sum], "");
    assert_eq!(printed(&asked), expected);
    let healthy = tidewell(&place, &["health", "--host", server.url()], "");
    assert_eq!(printed(&healthy), "ready\n");
    server.kill9();
    let gone = tidewell(&place, &["health", "--host", "http://127.0.0.1:1", "--timeout", "1s"], "");
    assert_eq!(gone.status.code(), Some(1), "{gone:?}");
}
