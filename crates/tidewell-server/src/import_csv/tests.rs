//! CSV over HTTP, over a store in memory.
#![allow(clippy::unwrap_used)]

use axum::Router;

use super::*;
use crate::sample::{get, gzip, post, post_gzip, service};

async fn rows(service: &Router, columns: &str) -> String {
    let reply = get(service, &format!("/api/v1/tables/t/rows?db=d&format=csv&columns={columns}")).await;
    reply.text().to_owned()
}

#[tokio::test]
async fn file_is_stored_and_its_columns_are_found() {
    let service = service().await;
    let body = "time,room,temp,open\n2024-01-31 12:00:00,kitchen,21.5,true\n2024-01-31 12:01:00,hall,19,false\n";
    let reply = post(&service, "/api/v1/import/csv?db=d&table=t&tags=room", body).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    let columns = json!([
        {"name": "time", "kind": "time", "type": "timestamp"},
        {"name": "room", "kind": "tag", "type": "string"},
        {"name": "open", "kind": "field", "type": "boolean"},
        {"name": "temp", "kind": "field", "type": "float"},
    ]);
    assert_eq!(reply.json(), json!({"rows": 2, "rejected_count": 0, "rejected": [], "columns": columns}));
    assert_eq!(rows(&service, "room,temp,open").await, "room,temp,open\nkitchen,21.5,true\nhall,19.0,false\n");
}

#[tokio::test]
async fn row_that_does_not_fit_is_listed_with_its_line() {
    let service = service().await;
    let body = "time,v\n1700000000,1\n1700000001,x\n1700000002,3\n";
    let reply = post(&service, "/api/v1/import/csv?db=d&table=t&column_types=v:int", body).await;
    let json = reply.json();
    assert_eq!((&json["rows"], &json["rejected_count"]), (&json!(2), &json!(1)), "{}", reply.text());
    assert_eq!(json["rejected"][0]["line"], json!(3));
    assert_eq!(rows(&service, "v").await, "v\n1\n3\n");
}

#[tokio::test]
async fn file_takes_over_the_types_of_its_table() {
    let service = service().await;
    assert_eq!(post(&service, "/write?db=d", "t,room=a temp=1.5 1").await.status, StatusCode::NO_CONTENT);
    let reply = post(&service, "/api/v1/import/csv?db=d&table=t", "time,room,temp\n1700000000,b,2\n").await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text());
    assert_eq!(rows(&service, "room,temp").await, "room,temp\na,1.5\nb,2.0\n");
}

#[tokio::test]
async fn file_larger_than_a_body_may_be_is_taken_in_pieces_plain_and_gzip() {
    let service = service().await;
    let mut body = String::from("time,host,v\n");
    for row in 0..60_000 {
        body.push_str(&format!("{},h{},{}\n", 1_700_000_000 + row, row % 7, row));
    }
    let reply = post(&service, "/api/v1/import/csv?db=d&table=t&tags=host", body.clone()).await;
    assert_eq!(reply.json()["rows"], json!(60_000), "{}", reply.text());
    let reply = post_gzip(&service, "/api/v1/import/csv?db=d&table=t&tags=host", gzip(body.as_bytes())).await;
    assert_eq!(reply.json()["rows"], json!(60_000), "{}", reply.text());
    let count =
        get(&service, "/api/v3/query_sql?db=d&format=csv&q=select%20count(*)%20as%20n,%20sum(v)%20as%20s%20from%20t")
            .await;
    assert_eq!(count.text(), "n,s\n60000,1799970000\n");
}

#[tokio::test]
async fn what_cannot_be_read_is_refused_and_stores_nothing() {
    let service = service().await;
    for (query, body, says) in [
        ("table=t", "", "no row"),
        ("table=t", "a,b\n1,2\n", "time"),
        ("table=t&delimiter=ab", "time,v\n1,2\n", "one ASCII character"),
        ("table=t&time_column=when", "time,v\n1,2\n", "when"),
        ("db=d", "time,v\n1,2\n", "the parameter table is missing"),
    ] {
        let reply = post(&service, &format!("/api/v1/import/csv?db=d&{query}"), body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{query}: {}", reply.text());
        assert!(reply.text().contains(says), "{query}: {}", reply.text());
    }
    assert_eq!(get(&service, "/api/v1/tables/t/schema?db=d").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn request_that_is_repeated_with_its_key_counts_once() {
    let service = service().await;
    let body = "time,v\n1700000000,1\n";
    for _ in 0..2 {
        let reply = post(&service, "/api/v1/import/csv?db=d&table=t", body).await;
        assert_eq!(reply.json()["rows"], json!(1), "{}", reply.text());
        assert!(reply.headers.contains_key(&SESSION));
    }
    assert_eq!(rows(&service, "v").await, "v\n1\n");
}
