//! Rollups by the command line and over HTTP: what is computed, what late rows and deletes change, what is refused.

use reqwest::Method;
use serde_json::{Value, json};
use tidewell_testkit::ServerFlags;

use crate::command_line::{printed, tidewell};
use crate::place::Place;
use crate::upkeep::figure;

/// From 22:13:20 on, at the seconds of a clock.
const LINES: &str = "cpu,host=a usage=1 1700000000\ncpu,host=a usage=3 1700000060\ncpu,host=a usage=5 1700003600\n\
                     cpu,host=b usage=7 1700000000\n";
const HOURLY: &str = "SELECT time, host, mean_usage, min_usage, max_usage, count_usage FROM cpu_1h ORDER BY host, time";
const DAILY: &str = "SELECT host, sum_count_usage FROM cpu_1d ORDER BY host";

fn write(place: &Place, lines: &str) {
    printed(&tidewell(place, &["write", "--store", &place.store(), "--ack", "object", "-"], lines));
    fold(place);
}

fn fold(place: &Place) {
    printed(&tidewell(place, &["fold", "--store", &place.store()], ""));
}

fn rollup(place: &Place, words: &[&str]) -> String {
    let store = place.store();
    printed(&tidewell(place, &[&["rollup"][..], words, &["--store", store.as_str()]].concat(), ""))
}

fn csv(place: &Place, sql: &str) -> String {
    printed(&tidewell(place, &["query", "--store", &place.store(), "--format", "csv", sql], ""))
}

fn rollup_keeps_a_table(place: &Place) {
    write(place, LINES);
    rollup(place, &["create", "hourly", "--from", "cpu", "--into", "cpu_1h", "--every", "1h"]);
    let daily = ["create", "daily", "--from", "cpu_1h", "--into", "cpu_1d", "--every", "1d", "--tags", "host"];
    rollup(place, &[&daily[..], &["--fields", "count_usage", "--aggregates", "sum"]].concat());
    let listed = rollup(place, &["list"]);
    assert!(!listed.contains("up to date"), "the whole history is due: {listed}");

    assert_eq!(figure(&rollup(place, &[]), "rollups"), 2);
    let first = "time,host,mean_usage,min_usage,max_usage,count_usage\n2023-11-14T22:00:00.000000000Z,a,2.0,1.0,3.0,2\n\
                 2023-11-14T23:00:00.000000000Z,a,5.0,5.0,5.0,1\n2023-11-14T22:00:00.000000000Z,b,7.0,7.0,7.0,1\n";
    assert_eq!(csv(place, HOURLY), first);
    assert_eq!(csv(place, DAILY), "host,sum_count_usage\na,3\nb,1\n");
    let listed = rollup(place, &["list"]);
    assert_eq!(listed.matches("up to date").count(), 2, "{listed}");
    assert_eq!(figure(&rollup(place, &["run"]), "steps"), 0);

    // A late row, and one that is written again.
    write(place, "cpu,host=a usage=8 1700000400\ncpu,host=b usage=6 1700000000\n");
    assert_eq!(rollup(place, &["list"]).matches("up to date").count(), 1, "only the days have nothing new yet");
    assert_eq!(csv(place, HOURLY), first, "nothing changes without a run");
    assert!(figure(&rollup(place, &["run"]), "rows") >= 2);
    let second = "time,host,mean_usage,min_usage,max_usage,count_usage\n2023-11-14T22:00:00.000000000Z,a,4.0,1.0,8.0,3\n\
                  2023-11-14T23:00:00.000000000Z,a,5.0,5.0,5.0,1\n2023-11-14T22:00:00.000000000Z,b,6.0,6.0,6.0,1\n";
    assert_eq!(csv(place, HOURLY), second);
    assert_eq!(csv(place, DAILY), "host,sum_count_usage\na,4\nb,1\n");

    rollup(place, &["drop", "hourly"]);
    let listed = rollup(place, &["list"]);
    assert!(!listed.contains("hourly") && listed.contains("daily"), "{listed}");
    assert_eq!(csv(place, HOURLY), second, "the rows of its table stay");
}

#[tokio::test(flavor = "multi_thread")]
async fn rollup_on_a_folder_keeps_a_table_and_one_made_of_it() {
    rollup_keeps_a_table(&Place::folder());
}

#[tokio::test(flavor = "multi_thread")]
async fn rollup_on_s3_keeps_a_table_and_one_made_of_it() {
    let Some(place) = Place::s3() else { return };
    rollup_keeps_a_table(&place);
}

#[tokio::test(flavor = "multi_thread")]
async fn rollup_that_cannot_be_is_refused_with_a_remedy() {
    let place = Place::folder();
    write(&place, LINES);
    let plain = ["create", "r", "--from", "cpu", "--into", "cpu_1h", "--every"];
    rollup(&place, &[&plain[..], &["1h"]].concat());
    let cases: [(&[&str], i32, &str); 9] = [
        (&plain[..6], 2, "--every"),
        (&["create", "x", "--from", "cpu", "--into", "y", "--every", "hourly"], 2, "give a span like"),
        (&["create", "x", "--from", "cpu", "--into", "y", "--every", "1h", "--aggregates", "median"], 2, "mean"),
        (&["create", "x", "--from", "cpu", "--into", "y", "--every", "10ms"], 1, "1 second"),
        (&["create", "x", "--from", "cpu", "--into", "cpu", "--every", "1h"], 1, "another target"),
        (&["create", "x", "--from", "cpu", "--into", "cpu_1h", "--every", "1d"], 1, "cpu_1h"),
        (&["create", "x", "--from", "cpu_1h", "--into", "cpu", "--every", "1d"], 1, "cpu"),
        (&["drop", "x"], 1, "\"x\""),
        (&["list", "--db", "nowhere"], 1, "nowhere"),
    ];
    for (words, code, says) in cases {
        let refused = tidewell(&place, &[&["rollup"][..], words].concat(), "");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(code), "{words:?}: {said}");
        assert!(said.contains(says), "{words:?}: {said}");
    }
    assert_eq!(rollup(&place, &["list"]).lines().count(), 2, "the header and the one that could be");
}

#[tokio::test(flavor = "multi_thread")]
async fn rollup_since_now_leaves_the_history_out() {
    let place = Place::folder();
    write(&place, LINES);
    rollup(&place, &["create", "r", "--from", "cpu", "--into", "cpu_1h", "--every", "1h", "--since", "now"]);
    assert!(rollup(&place, &["list"]).contains("up to date"));
    assert_eq!(figure(&rollup(&place, &[]), "rows"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn rollup_over_http_follows_deletes() {
    let place = Place::folder();
    let flags = ServerFlags::new().flag("--wal-mode", "object").flag("--maintain-interval-ms", 0);
    let server = place.serve("wal", flags);
    server.write("cpu,host=a usage=1 1000\ncpu,host=a usage=3 2000\ncpu,host=b usage=7 1000").await;
    let body =
        json!({"name": "hourly", "from": "cpu", "into": "cpu_1h", "every": "1h", "aggregates": ["sum", "count"]});
    let made = server.request(Method::POST, "/api/v1/rollups", body.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    fold(&place);
    rollup(&place, &[]);
    let sums = "SELECT host, sum_usage, count_usage FROM cpu_1h ORDER BY host";
    let row = |host: &str, sum: f64, count: u64| json!({"host": host, "sum_usage": sum, "count_usage": count});
    let rows = async || Value::Array(server.sql(sums).await.into_iter().map(Value::Object).collect());
    assert_eq!(rows().await, json!([row("a", 4.0, 2), row("b", 7.0, 1)]));

    let delete = json!({"table": "cpu", "tags": {"host": "b"}}).to_string();
    drop(server.request(Method::POST, "/api/v1/delete", delete).await.expect_success());
    let listed = server.get("/api/v1/rollups").await.expect_success().json();
    assert!(listed["rollups"][0]["due"].is_object(), "{listed}");
    rollup(&place, &[]);
    assert_eq!(rows().await, json!([row("a", 4.0, 2)]));
    let listed = server.get("/api/v1/rollups").await.expect_success().json();
    assert_eq!(listed["rollups"][0]["due"], Value::Null, "{listed}");

    assert_eq!(server.request(Method::DELETE, "/api/v1/rollups/hourly", "").await.status, 204);
    assert_eq!(server.request(Method::DELETE, "/api/v1/rollups/hourly", "").await.status, 404);
    assert_eq!(rows().await, json!([row("a", 4.0, 2)]));
}
