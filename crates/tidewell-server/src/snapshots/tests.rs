//! Snapshots over HTTP, over a store in memory.
#![allow(clippy::unwrap_used)]

use axum::body::Body;
use axum::http::Request;

use super::*;
use crate::sample::{get, post, send, service};

#[tokio::test]
async fn snapshot_is_made_read_restored_and_dropped() {
    let service = service().await;
    let count = async |which: &str| {
        get(&service, &format!("/api/v3/query_sql?db=d&format=csv&q=select%20count(*)%20as%20n%20from%20cpu{which}"))
            .await
    };
    assert_eq!(post(&service, "/write?db=d", "cpu v=1 1\ncpu v=2 2").await.status, StatusCode::NO_CONTENT);
    let made = post(&service, "/api/v1/snapshots?db=d&name=two", "").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text());
    assert_eq!(post(&service, "/write?db=d", "cpu v=3 3").await.status, StatusCode::NO_CONTENT);
    assert_eq!(count("").await.text(), "n\n3\n");
    assert_eq!(count("&snapshot=two").await.text(), "n\n2\n");
    let listed = get(&service, "/api/v1/snapshots?db=d").await.json();
    assert_eq!(listed["snapshots"][0]["name"], "two");

    assert_eq!(post(&service, "/api/v1/snapshots/restore?db=d&name=two", "").await.status, StatusCode::OK);
    assert_eq!(count("").await.text(), "n\n2\n");
    let drop_it = || Request::delete("/api/v1/snapshots?db=d&name=two").body(Body::empty()).unwrap();
    assert_eq!(send(&service, drop_it()).await.status, StatusCode::NO_CONTENT);
    assert_eq!(send(&service, drop_it()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(count("&snapshot=two").await.status, StatusCode::NOT_FOUND);
    assert_eq!(count("").await.text(), "n\n2\n");
}

#[tokio::test]
async fn snapshot_with_a_bad_or_taken_name_is_refused() {
    let service = service().await;
    assert_eq!(post(&service, "/write?db=d", "cpu v=1 1").await.status, StatusCode::NO_CONTENT);
    for name in ["", "a%20b", "a%2Fb"] {
        let reply = post(&service, &format!("/api/v1/snapshots?db=d&name={name}"), "").await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{name}: {}", reply.text());
    }
    assert_eq!(post(&service, "/api/v1/snapshots?db=d&name=x", "").await.status, StatusCode::CREATED);
    assert_eq!(post(&service, "/api/v1/snapshots?db=d&name=x", "").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(post(&service, "/api/v1/snapshots?db=nope&name=x", "").await.status, StatusCode::NOT_FOUND);
}
