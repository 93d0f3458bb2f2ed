//! Health, errors and what every reply has, over a store in memory.
#![allow(clippy::unwrap_used)]

use axum::body::Body;
use axum::http::Request;
use axum::routing::get as get_route;
use serde_json::json;

use super::*;
use crate::sample::{app, config, get, post, send, service};

#[tokio::test]
async fn health_says_what_influx_clients_insist_on() {
    let service = service().await;
    let reply = get(&service, "/health").await;
    assert_eq!(reply.status, StatusCode::OK);
    let said = reply.json();
    assert_eq!((&said["name"], &said["status"], &said["healthy"]), (&json!("influxdb"), &json!("pass"), &json!(true)));
    assert_eq!((&said["message"], &said["checks"]), (&json!("ready for queries and writes"), &json!([])));
}

#[tokio::test]
async fn ready_turns_503_once_the_server_drains() {
    let app = app(config()).await;
    let service = router_of(app.clone());
    let ready = get(&service, "/ready").await;
    assert_eq!((ready.status, &ready.json()["ready"]), (StatusCode::OK, &json!(true)));
    app.start_draining();
    let draining = get(&service, "/ready").await;
    assert_eq!((draining.status, &draining.json()["ready"]), (StatusCode::SERVICE_UNAVAILABLE, &json!(false)));
    assert_eq!(get(&service, "/health").await.json()["status"], "fail");
    assert_eq!(get(&service, "/livez").await.status, StatusCode::OK);
}

#[tokio::test]
async fn ping_is_204_with_the_version_for_get_and_head() {
    let service = service().await;
    for method in ["GET", "HEAD"] {
        let request =
            Request::builder().method(method).uri("/ping?wait_for_leader=1s").header("content-encoding", "gzip");
        let reply = send(&service, request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, StatusCode::NO_CONTENT);
        assert!(!reply.header("x-influxdb-version").is_empty());
        assert!(!reply.header("x-influxdb-build").is_empty());
    }
}

#[tokio::test]
async fn unknown_path_and_wrong_method_are_json() {
    let service = service().await;
    let lost = get(&service, "/nope?x=1").await;
    assert_eq!((lost.status, lost.json()), (StatusCode::NOT_FOUND, json!({"error": "no such endpoint: /nope"})));
    let wrong = post(&service, "/health", "").await;
    assert_eq!(wrong.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(wrong.header("allow"), "GET,HEAD");
    assert!(wrong.json()["error"].as_str().unwrap().contains("POST"));
}

#[tokio::test]
async fn request_id_is_echoed_or_made() {
    let service = service().await;
    let request = |id: &str| Request::get("/ping").header("x-request-id", id).body(Body::empty()).unwrap();
    assert_eq!(send(&service, request("abc-1")).await.header("x-request-id"), "abc-1");
    for odd in ["", "a b", &"x".repeat(129)] {
        let made = send(&service, request(odd)).await;
        assert!(!made.header("x-request-id").is_empty() && made.header("x-request-id") != odd);
    }
    let (first, second) = (get(&service, "/ping").await, get(&service, "/ping").await);
    assert_ne!(first.header("x-request-id"), second.header("x-request-id"));
    assert!(!get(&service, "/nope").await.header("x-request-id").is_empty());
}

#[tokio::test]
async fn cors_is_off_by_default_and_answers_preflights_when_on() {
    let preflight = || Request::options("/api/v3/query_sql").header("origin", "http://x").body(Body::empty()).unwrap();
    let closed = send(&service().await, preflight()).await;
    assert_eq!((closed.status, closed.header("access-control-allow-origin")), (StatusCode::METHOD_NOT_ALLOWED, ""));
    let open = router_of(app(ServerConfig { cors: true, ..config() }).await);
    let reply = send(&open, preflight()).await;
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (StatusCode::NO_CONTENT, "*"));
    assert_eq!(get(&open, "/ping").await.header("access-control-allow-origin"), "*");
}

#[tokio::test]
async fn handler_that_panics_is_500_and_the_service_goes_on() {
    async fn boom() -> Response {
        panic!("on purpose")
    }
    let service = Router::new().route("/boom", get_route(boom)).layer(CatchPanicLayer::custom(panicked));
    let reply = get(&service, "/boom").await;
    assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!reply.json()["error"].as_str().unwrap().contains("on purpose"));
}

#[tokio::test]
async fn stats_shows_the_buffer_by_its_older_name_too() {
    let service = service().await;
    post(&service, "/write", "cpu load=1 1\n").await;
    let said = get(&service, "/stats").await.json();
    assert_eq!(said["memtable"]["active_points"], 1);
    assert_eq!(said["databases"][0]["buffer_rows"], 1);
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_status() {
    let service = service().await;
    post(&service, "/write", "cpu load=1 1\n").await;
    get(&service, "/a-path-of-many").await;
    let page = get(&service, "/metrics").await;
    assert_eq!(page.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    for line in [
        "tidewell_http_requests_total{route=\"/write\",status=\"204\"} 1",
        "tidewell_http_requests_total{route=\"other\",status=\"404\"} 1",
        "tidewell_http_request_duration_seconds_bucket{route=\"/write\",le=\"+Inf\"} 1",
        "tidewell_http_request_duration_seconds_count{route=\"/write\"} 1",
        "tidewell_http_request_body_bytes_total 13",
    ] {
        assert!(page.text().lines().any(|found| found == line), "{line} is missing in\n{}", page.text());
    }
}

#[tokio::test]
async fn metrics_name_each_family_once() {
    let page = get(&service().await, "/metrics").await;
    let mut heads: Vec<&str> = page.text().lines().filter(|line| line.starts_with("# TYPE")).collect();
    let count = heads.len();
    heads.sort_unstable();
    heads.dedup();
    assert!(count > 5);
    assert_eq!(heads.len(), count);
}

#[tokio::test]
async fn databases_are_listed_under_the_name_that_clients_know() {
    let service = service().await;
    post(&service, "/write", "cpu load=1 1\n").await;
    let said = get(&service, "/api/v3/configure/database?format=json").await.json();
    assert_eq!(said, json!([{"iox::database": "default"}]));
}
