//! The JSON query API over a store in memory.
#![allow(clippy::unwrap_used)]

use serde_json::json;

use crate::ServerConfig;
use crate::router::router_of;
use crate::sample::{app, config, get, post, service};

#[tokio::test]
async fn json_query_answers_rows_and_points() {
    let service = service().await;
    post(&service, "/write", "cpu,host=a load=0.5 1700000000123456789\n").await;
    let reply = post(&service, "/query", r#"{"measurement":"cpu"}"#).await;
    let said = reply.json();
    assert_eq!((&said["measurement"], &said["total_rows"]), (&json!("cpu"), &json!(1)));
    assert_eq!(
        said["results"],
        json!([{"time": 1_700_000_000_123_456_789_i64, "tags": {"host": "a"}, "fields": {"load": 0.5}}]),
        "{said}"
    );
    assert_eq!(said["rows"][0].as_array().unwrap().len(), said["columns"].as_array().unwrap().len());
    assert!(said["execution_time_ms"].as_f64().unwrap() > 0.0);
    for name in [
        "rows",
        "version",
        "segments_total",
        "segments_read",
        "rows_scanned",
        "bytes_scanned",
        "tail_rows",
        "requests",
        "bytes_fetched",
        "price_usd",
        "execution_time_ms",
    ] {
        assert!(said["statistics"][name].is_number(), "{name} is missing in {said}");
    }
    assert!(!reply.header("x-tidewell-version").is_empty());
}

#[tokio::test]
async fn json_query_with_an_aggregation_groups_by_tags() {
    let service = service().await;
    post(&service, "/write", "cpu,host=a load=0.5,n=1i 1\ncpu,host=b load=1.5,n=2i 2\n").await;
    let query =
        r#"{"measurement":"cpu","db":"default","aggregation":{"function":"Max","field":"n"},"group_by":["host"]}"#;
    let said = post(&service, "/query?db=other", query).await.json();
    assert_eq!(said["total_rows"], 2, "{said}");
    let tags: Vec<&str> =
        said["results"].as_array().unwrap().iter().map(|point| point["tags"]["host"].as_str().unwrap()).collect();
    assert_eq!(tags, ["a", "b"]);
}

#[tokio::test]
async fn sql_route_takes_json_and_text() {
    let service = service().await;
    post(&service, "/write", "cpu,host=a load=0.5 1\n").await;
    for body in [r#"{"query":"select load from cpu"}"#, "select load from cpu"] {
        let said = post(&service, "/sql", body).await.json();
        assert_eq!(
            (&said["measurement"], &said["columns"], &said["rows"]),
            (&json!("_sql"), &json!(["load"]), &json!([[0.5]]))
        );
        assert_eq!(said["results"], json!([{"time": null, "tags": {}, "fields": {"load": 0.5}}]));
    }
}

#[tokio::test]
async fn influxql_is_told_where_to_go() {
    let service = service().await;
    let wanted = "InfluxQL is not served yet: use /api/v3/query_sql or the JSON body of POST /query";
    for reply in [
        get(&service, "/query?q=show%20databases").await,
        post(&service, "/query?q=show%20databases", "").await,
        post(&service, "/query", "q=show+databases&db=x").await,
    ] {
        assert_eq!((reply.status.as_u16(), reply.json()), (400, json!({"error": wanted})));
    }
}

#[tokio::test]
async fn json_query_that_cannot_be_answered_has_a_status_and_json() {
    let service = service().await;
    post(&service, "/write", "cpu load=0.5 1\n").await;
    for (uri, body, status) in [
        ("/query", "{\"measurement\": ", 400),
        ("/query", "", 400),
        ("/query", r#"{"measurement":"cpu","limits":1}"#, 400),
        ("/query", r#"{"measurement":"nope"}"#, 404),
        ("/query?db=nope", r#"{"measurement":"cpu"}"#, 404),
        ("/sql", "", 400),
        ("/sql", "selec", 400),
        ("/sql?db=nope", "select * from cpu", 404),
    ] {
        let reply = post(&service, uri, body).await;
        assert_eq!(reply.status.as_u16(), status, "{uri} {body}: {}", reply.text());
        assert!(!reply.json()["error"].as_str().unwrap().is_empty());
    }
}

#[tokio::test]
async fn reply_beyond_its_bound_is_413_with_a_remedy() {
    let service = router_of(app(ServerConfig { reply_bytes_max: 100, ..config() }).await);
    post(&service, "/write", "cpu load=1 1\ncpu load=2 2\ncpu load=3 3\n").await;
    let reply = post(&service, "/query", r#"{"measurement":"cpu"}"#).await;
    assert_eq!(reply.status.as_u16(), 413);
    assert!(reply.json()["error"].as_str().unwrap().contains("add a limit"));
    assert_eq!(post(&service, "/query", r#"{"measurement":"cpu","limit":1}"#).await.status.as_u16(), 200);
}
