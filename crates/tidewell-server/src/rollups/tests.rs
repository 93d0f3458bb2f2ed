//! Rollups over HTTP, over a store in memory.
#![allow(clippy::unwrap_used)]

use axum::Router;
use axum::http::Request;

use super::*;
use crate::sample::{Reply, get, post, send, service};

const PATH: &str = "/api/v1/rollups?db=d";
const PLAIN: &str = r#"{"name": "r", "from": "cpu", "into": "cpu_1h", "every": "1h"}"#;

async fn filled() -> Router {
    let service = service().await;
    assert_eq!(post(&service, "/write?db=d", "cpu,host=a v=1 1").await.status, StatusCode::NO_CONTENT);
    service
}

async fn drop_it(service: &Router, uri: &str) -> Reply {
    send(service, Request::delete(uri).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn rollup_is_made_listed_and_dropped() {
    let service = filled().await;
    assert_eq!(get(&service, PATH).await.json(), json!({"rollups": []}));
    let made = post(&service, PATH, PLAIN).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(made.json()["name"], "r");
    let listed = get(&service, PATH).await.json();
    let one = &listed["rollups"][0];
    for (field, value) in [
        ("name", json!("r")),
        ("from", json!("cpu")),
        ("into", json!("cpu_1h")),
        ("every", json!("1h")),
        ("settle", json!("1m")),
        ("tags", Value::Null),
        ("fields", Value::Null),
        ("aggregates", json!(["mean", "min", "max", "count"])),
        ("version", made.json()["version"].clone()),
        ("last_step_version", Value::Null),
    ] {
        assert_eq!(one[field], value, "{field}: {listed}");
    }
    assert_eq!(drop_it(&service, "/api/v1/rollups/r?db=d").await.status, StatusCode::NO_CONTENT);
    assert_eq!(drop_it(&service, "/api/v1/rollups/r?db=d").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&service, PATH).await.json(), json!({"rollups": []}));
}

#[tokio::test]
async fn rollup_says_all_that_its_body_said() {
    let service = filled().await;
    let body = r#"{"name": "all", "from": "cpu", "into": "cpu_15m", "every": "15m", "settle": "0s", "tags": ["host"],
        "fields": ["v"], "aggregates": ["sum", "count"], "since": "now"}"#;
    let made = post(&service, PATH, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    let listed = get(&service, PATH).await.json();
    let one = &listed["rollups"][0];
    assert_eq!((&one["every"], &one["settle"]), (&json!("15m"), &json!("0s")));
    assert_eq!((&one["tags"], &one["fields"]), (&json!(["host"]), &json!(["v"])));
    assert_eq!((&one["aggregates"], &one["due"]), (&json!(["sum", "count"]), &Value::Null));
}

#[tokio::test]
async fn body_that_cannot_be_meant_is_refused_and_names_the_field() {
    let service = filled().await;
    let with = |more: &str| format!("{}, {more}}}", PLAIN.trim_end_matches('}'));
    for (body, says) in [
        (String::new(), "which rollup to make"),
        (PLAIN.replace("every", "evry"), "evry"),
        (PLAIN.replace(r#", "every": "1h""#, ""), "every"),
        (PLAIN.replace(r#""1h""#, "3600"), "`every` is 3600"),
        (PLAIN.replace("1h\"}", "soon\"}"), "`every` is \\\"soon\\\""),
        (PLAIN.replace("1h\"}", "1ms\"}"), "1 second"),
        (PLAIN.replace("cpu_1h", ""), "`into`"),
        (PLAIN.replace("cpu_1h", "cpu"), "another target"),
        (PLAIN.replace("\"r\"", "\"a b\""), "name"),
        (with(r#""settle": -1"#), "`settle` is -1"),
        (with(r#""aggregates": ["median"]"#), "use mean"),
        (with(r#""aggregates": []"#), "at least one"),
        (with(r#""fields": []"#), "fields"),
        (with(r#""since": "yesterday""#), "`since`"),
        (with(r#""since": 1.5"#), "nanoseconds"),
    ] {
        let reply = post(&service, PATH, body.clone()).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}: {}", reply.text());
        assert!(reply.text().contains(says), "{body}: {}", reply.text());
    }
    assert_eq!(get(&service, PATH).await.json(), json!({"rollups": []}));
}

#[tokio::test]
async fn name_or_target_that_is_taken_is_refused_and_an_unknown_database_is_404() {
    let service = filled().await;
    assert_eq!(post(&service, PATH, PLAIN).await.status, StatusCode::CREATED);
    for taken in [PLAIN.replace("cpu_1h", "other"), PLAIN.replace("\"r\"", "\"other\"")] {
        let reply = post(&service, PATH, taken).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text());
    }
    assert_eq!(post(&service, "/api/v1/rollups?db=nope", PLAIN).await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&service, "/api/v1/rollups?db=nope").await.status, StatusCode::NOT_FOUND);
    assert_eq!(drop_it(&service, "/api/v1/rollups/r?db=nope").await.status, StatusCode::NOT_FOUND);
}
