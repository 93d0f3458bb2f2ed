//! Deletes over HTTP, over a store in memory.
#![allow(clippy::unwrap_used)]

use axum::Router;

use super::*;
use crate::sample::{get, post, service};

const ROWS: &str = "cpu,host=a v=1 1000\ncpu,host=a v=2 2000\ncpu,host=b v=3 2000\nmem,host=a v=4 2000\n";

async fn filled() -> Router {
    let service = service().await;
    assert_eq!(post(&service, "/write?db=d", ROWS).await.status, StatusCode::NO_CONTENT);
    service
}

async fn left(service: &Router, table: &str) -> String {
    let sql = format!("select%20v%20from%20{table}%20order%20by%20v");
    get(service, &format!("/api/v3/query_sql?db=d&format=csv&q={sql}")).await.text().to_owned()
}

#[tokio::test]
async fn delete_by_span_and_tag_hides_the_rows_at_once() {
    let service = filled().await;
    let body = r#"{"table": "cpu", "start": 1500, "end": "3000", "tags": {"host": "a"}}"#;
    let reply = post(&service, "/api/v1/delete?db=d", body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert!(reply.text().contains("\"cpu\""), "{}", reply.text());
    assert_eq!(left(&service, "cpu").await, "v\n1.0\n3.0\n");
    assert_eq!(left(&service, "mem").await, "v\n4.0\n");
    // What is written afterwards stays, even where the delete was.
    assert_eq!(post(&service, "/write?db=d", "cpu,host=a v=9 2000").await.status, StatusCode::NO_CONTENT);
    assert_eq!(left(&service, "cpu").await, "v\n1.0\n3.0\n9.0\n");
}

#[tokio::test]
async fn delete_in_the_older_shape_takes_a_predicate_and_answers_204() {
    let service = filled().await;
    let body = r#"{"start": "1970-01-01T00:00:00Z", "stop": "1970-01-01T00:00:00.000002Z", "predicate": "_measurement=\"cpu\" AND host=\"b\""}"#;
    let reply = post(&service, "/api/v2/delete?org=o&bucket=d", body).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT, "{}", reply.text());
    assert_eq!(left(&service, "cpu").await, "v\n1.0\n2.0\n");
}

#[tokio::test]
async fn delete_without_a_table_is_of_all_tables() {
    let service = filled().await;
    let reply = post(&service, "/api/v1/delete?db=d", r#"{"tags": {"host": ["a", "c"]}}"#).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!((left(&service, "cpu").await, left(&service, "mem").await), ("v\n3.0\n".into(), "v\n".into()));
}

#[tokio::test]
async fn delete_that_cannot_be_meant_is_refused_and_deletes_nothing() {
    let service = filled().await;
    for (body, says) in [
        ("", "what to delete"),
        (r#"{"tabel": "cpu"}"#, "tabel"),
        (r#"{"start": 5, "end": 5}"#, "span of time is empty"),
        (r#"{"end": 5, "stop": 5}"#, "not both"),
        (r#"{"start": "yesterday"}"#, "RFC 3339"),
        (r#"{"start": 1.5}"#, "RFC 3339"),
        (r#"{"predicate": "host=\"a\" OR host=\"b\""}"#, "OR"),
    ] {
        let reply = post(&service, "/api/v1/delete?db=d", body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{body}: {}", reply.text());
        assert!(reply.text().contains(says), "{body}: {}", reply.text());
    }
    let reply = post(&service, "/api/v1/delete?db=d", r#"{"table": "disk"}"#).await;
    assert_eq!(reply.status, StatusCode::NOT_FOUND, "{}", reply.text());
    assert_eq!(post(&service, "/api/v1/delete?db=nope", r#"{}"#).await.status, StatusCode::NOT_FOUND);
    assert_eq!(left(&service, "cpu").await, "v\n1.0\n2.0\n3.0\n");
}
