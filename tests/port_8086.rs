//! The curl examples that users of the JSON API know, verbatim, against port 8086.

use std::process::Command;

use serde_json::{Value, json};
use tidewell_testkit::ServerFlags;
use tokio::sync::{Mutex, MutexGuard};

use crate::place::Place;

/// One scenario at a time has the port.
pub(crate) async fn port() -> MutexGuard<'static, ()> {
    static PORT: Mutex<()> = Mutex::const_new(());
    PORT.lock().await
}

fn shell(command: &str) -> String {
    let output = Command::new("bash").args(["-c", &format!("set -e; {command}")]).output().unwrap();
    assert!(output.status.success(), "{command}\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn answer(command: &str) -> Value {
    let text = shell(command);
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

const WRITE_ONE: &str = r"curl -X POST 'http://localhost:8086/write' \
  -d 'cpu,host=server01,region=us-west usage=64.5 1609459200000000000'";

const WRITE_MANY: &str = r"curl -X POST 'http://localhost:8086/write' \
  -d 'cpu,host=server01 usage=64.5 1609459200000000000
cpu,host=server01 usage=62.3 1609459201000000000
cpu,host=server02 usage=71.2 1609459200000000000'";

const QUERY_RANGE: &str = r#"curl -X POST 'http://localhost:8086/query' \
  -H 'Content-Type: application/json' \
  -d '{
    "measurement": "cpu",
    "time_range": {
      "start": 1609459200000000000,
      "end": 1609459300000000000
    }
  }'"#;

const QUERY_TAG: &str = r#"curl -X POST 'http://localhost:8086/query' \
  -H 'Content-Type: application/json' \
  -d '{
    "measurement": "cpu",
    "time_range": {"start": 0, "end": 9223372036854775807},
    "tag_filters": [
      {"key": "host", "value": "server01", "op": "Eq"}
    ]
  }'"#;

const QUERY_MEAN: &str = r#"curl -X POST 'http://localhost:8086/query' \
  -H 'Content-Type: application/json' \
  -d '{
    "measurement": "cpu",
    "time_range": {"start": 0, "end": 9223372036854775807},
    "aggregation": {
      "function": "Mean",
      "field": "usage",
      "interval_nanos": 60000000000
    }
  }'"#;

#[tokio::test(flavor = "multi_thread")]
async fn json_api_examples_on_port_8086_answer_as_documented() {
    examples_answer(&Place::folder()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn json_api_examples_on_port_8086_over_s3_answer_as_documented() {
    let Some(place) = Place::s3() else { return };
    examples_answer(&place).await;
}

async fn examples_answer(place: &Place) {
    let _port = port().await;
    let server = place.serve("wal", ServerFlags::new().port(8086));
    assert_eq!(shell(WRITE_ONE), "");
    assert_eq!(shell(WRITE_MANY), "");
    let range = answer(QUERY_RANGE);
    assert_eq!(range["columns"], json!(["time", "host", "region", "usage"]));
    assert_eq!(range["rows"].as_array().unwrap().len(), 4, "{range}");
    assert_eq!(range["measurement"], "cpu");
    let west = range["results"].as_array().unwrap().iter().find(|row| row["tags"]["region"] == "us-west").unwrap();
    let expected = json!({"time": 1_609_459_200_000_000_000i64, "tags": {"host": "server01", "region": "us-west"}, "fields": {"usage": 64.5}});
    assert_eq!(*west, expected);
    assert!(range["statistics"]["rows"].as_u64() == Some(4), "{range}");
    let by_tag = answer(QUERY_TAG);
    assert_eq!(by_tag["rows"].as_array().unwrap().len(), 3, "{by_tag}");
    let mean = answer(QUERY_MEAN);
    assert_eq!(mean["columns"], json!(["time", "mean_usage"]));
    let bucket = &mean["rows"][0];
    assert_eq!(bucket[0], json!(1_609_459_200_000_000_000i64));
    assert!((bucket[1].as_f64().unwrap() - (64.5 + 64.5 + 62.3 + 71.2) / 4.0).abs() < 1e-9, "{mean}");
    let health = answer("curl http://localhost:8086/health");
    assert_eq!((&health["status"], &health["healthy"]), (&json!("pass"), &json!(true)));
    assert_eq!(answer("curl http://localhost:8086/ready")["ready"], json!(true));
    let stats = answer("curl http://localhost:8086/stats");
    assert_eq!(stats["memtable"]["active_points"], json!(4), "{stats}");
    assert!(stats["memtable"]["active_size"].as_u64().unwrap() > 0);
    drop(server);
}
