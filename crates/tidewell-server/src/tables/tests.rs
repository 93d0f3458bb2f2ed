//! Tables over HTTP, over a store in memory.
#![allow(clippy::unwrap_used)]

use axum::Router;

use super::*;
use crate::sample::{get, post, service};

const ROWS: &str = "cpu,host=b v=3 2000000000\ncpu,host=a v=1 1000000000\ncpu,host=a v=2,n=7i 2000000000\n";

async fn filled() -> Router {
    let service = service().await;
    assert_eq!(post(&service, "/write?db=d", ROWS).await.status, StatusCode::NO_CONTENT);
    service
}

async fn page(service: &Router, query: &str) -> String {
    let reply = get(service, &format!("/api/v1/tables/cpu/rows?db=d&format=csv&columns=host,v&{query}")).await;
    assert_eq!(reply.status, StatusCode::OK, "{query}: {}", reply.text());
    reply.text().to_owned()
}

#[tokio::test]
async fn schema_names_time_tags_and_fields() {
    let service = filled().await;
    let reply = get(&service, "/api/v1/tables/cpu/schema?db=d").await;
    let columns = json!([
        {"name": "time", "kind": "time", "type": "timestamp"},
        {"name": "host", "kind": "tag", "type": "string"},
        {"name": "n", "kind": "field", "type": "integer"},
        {"name": "v", "kind": "field", "type": "float"},
    ]);
    assert_eq!(reply.json(), json!({"table": "cpu", "columns": columns}));
    let all = get(&service, "/api/v1/tables?db=d").await.json();
    assert_eq!(all["tables"][0]["columns"], columns);
}

#[tokio::test]
async fn pages_follow_each_other_in_the_order_of_time_and_tags() {
    let service = filled().await;
    assert_eq!(page(&service, "limit=2").await, "host,v\na,1.0\na,2.0\n");
    assert_eq!(page(&service, "limit=2&offset=2").await, "host,v\nb,3.0\n");
    assert_eq!(page(&service, "limit=2&offset=4").await, "host,v\n");
    assert_eq!(page(&service, "order=desc&limit=1").await, "host,v\na,2.0\n");
}

#[tokio::test]
async fn span_of_time_is_read_in_many_spellings() {
    let service = filled().await;
    for start in ["1970-01-01T00:00:02Z", "1970-01-01%2000:00:02", "1970-01-01T02:00:02%2B02:00"] {
        assert_eq!(page(&service, &format!("start={start}")).await, "host,v\na,2.0\nb,3.0\n", "{start}");
    }
    assert_eq!(page(&service, "end=1970-01-01T00:00:02Z").await, "host,v\na,1.0\n");
    let local = "start=1970-01-01%2002:00:02&timezone=%2B02:00";
    assert_eq!(page(&service, local).await, "host,v\na,2.0\nb,3.0\n");
}

#[tokio::test]
async fn what_cannot_be_meant_is_refused() {
    let service = filled().await;
    for (query, says) in [
        ("limit=-1", "count of rows"),
        ("limit=2000000", "at most"),
        ("offset=x", "count of rows"),
        ("start=yesterday", "no time in a known format"),
        ("order=up", "asc or desc"),
        ("columns=host,nope", "no column"),
        ("timezone=Mars", "timezone"),
    ] {
        let reply = get(&service, &format!("/api/v1/tables/cpu/rows?db=d&{query}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}: {}", reply.text());
        assert!(reply.text().contains(says), "{query}: {}", reply.text());
    }
    assert_eq!(get(&service, "/api/v1/tables/disk/rows?db=d").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get(&service, "/api/v1/tables/cpu/schema?db=nope").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn names_that_need_quotes_are_quoted() {
    let service = service().await;
    let line = "od\"d,ho\\ st=a va\"l=1 1";
    assert_eq!(post(&service, "/write?db=d", line).await.status, StatusCode::NO_CONTENT);
    let reply = get(&service, "/api/v1/tables/od%22d/rows?db=d&format=csv").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert!(reply.text().contains("1.0"), "{}", reply.text());
}
