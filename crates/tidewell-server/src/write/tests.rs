//! The three write routes, over a store in memory.
#![allow(clippy::unwrap_used)]

use axum::http::Request;
use futures::stream;
use serde_json::json;

use super::*;
use crate::ServerConfig;
use crate::app::App;
use crate::router::router_of;
use crate::sample::{Reply, app, config, get, gzip, post, post_gzip, send, service};

const ROUTES: [&str; 3] = ["/write?", "/api/v2/write?org=x&", "/api/v3/write_lp?org=default&"];

async fn count(service: &axum::Router, table: &str) -> i64 {
    let reply = get(service, &format!("/api/v3/query_sql?q=select%20count(*)%20as%20n%20from%20{table}")).await;
    reply.json()[0]["n"].as_i64().unwrap()
}

#[tokio::test]
async fn write_of_good_lines_is_204_with_a_session_token() {
    let service = service().await;
    for (at, route) in ROUTES.into_iter().enumerate() {
        let reply =
            post(&service, &format!("{route}db=&bucket=&rp=&precision=s"), format!("cpu,host=h{at} load=1 {at}\n"))
                .await;
        assert_eq!((reply.status, reply.text()), (StatusCode::NO_CONTENT, ""), "{route}");
        assert!(!reply.header("x-tidewell-session").is_empty(), "{route}");
    }
    assert_eq!(count(&service, "cpu").await, 3);
}

#[tokio::test]
async fn write_of_gzip_and_of_chunks_without_a_length_is_taken() {
    let service = service().await;
    assert_eq!(post_gzip(&service, "/write", gzip(b"cpu load=1 1\n")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(post_gzip(&service, "/write", Vec::new()).await.status, StatusCode::NO_CONTENT);
    let chunks = ["cpu lo", "ad=2 2\ncpu load", "=3 3\n"].map(Ok::<_, std::io::Error>);
    let reply = post(&service, "/write", Body::from_stream(stream::iter(chunks))).await;
    assert_eq!(reply.status, StatusCode::NO_CONTENT);
    assert_eq!(count(&service, "cpu").await, 3);
}

#[tokio::test]
async fn write_without_precision_is_nanoseconds_and_automatic_on_v3() {
    let service = service().await;
    post(&service, "/write", "old load=1 1700000000\n").await;
    post(&service, "/api/v3/write_lp", "new load=1 1700000000\n").await;
    let time = async |table: &str| {
        let reply = get(&service, &format!("/api/v3/query_sql?q=select%20time%20from%20{table}")).await;
        reply.json()[0]["time"].as_str().unwrap().to_owned()
    };
    assert_eq!(time("old").await, "1970-01-01T00:00:01.700000000Z");
    assert_eq!(time("new").await, "2023-11-14T22:13:20.000000000Z");
}

#[tokio::test]
async fn write_of_good_and_bad_lines_stores_the_good_ones() {
    let service = service().await;
    let body = "cpu load=1 1\ncpu bad\ncpu load=2 2\ncpu bad= 3\n";
    for route in ROUTES {
        let reply = post(&service, &format!("{route}precision=ns"), body).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{route}");
        assert!(!reply.header("x-tidewell-session").is_empty(), "{route}");
        let said = reply.json();
        let text = said["error"].as_str().or(said["message"].as_str()).unwrap();
        assert!(text.starts_with("partial write"), "{route}: {text}");
    }
    assert_eq!(count(&service, "cpu").await, 2);
    let v3 = post(&service, ROUTES[2], body).await.json();
    assert_eq!(v3["error"], "partial write of line protocol occurred");
    assert_eq!((&v3["data"][0]["original_line"], &v3["data"][0]["line_number"]), (&json!("cpu bad"), &json!(2)));
    assert!(v3["data"][1]["error_message"].as_str().unwrap().contains("line 4, column"));
    let v1 = post(&service, ROUTES[0], body).await;
    assert!(v1.json()["error"].as_str().unwrap().ends_with("dropped=2"));
    assert_eq!(v1.header("x-influxdb-error"), v1.json()["error"].as_str().unwrap());
    let v2 = post(&service, ROUTES[1], body).await.json();
    assert_eq!((&v2["code"], &v2["line"]), (&json!("invalid"), &json!(2)));
}

#[tokio::test]
async fn write_that_may_not_be_partial_stores_nothing() {
    let service = service().await;
    post(&service, "/write", "cpu load=0 0\n").await;
    let reply = post(&service, "/api/v3/write_lp?accept_partial=false", "cpu load=1 1\ncpu bad\n").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    assert_eq!(reply.json()["error"], "parsing failed for write_lp endpoint");
    assert_eq!(reply.header("x-tidewell-session"), "");
    assert_eq!(count(&service, "cpu").await, 1);
}

#[tokio::test]
async fn write_of_bad_lines_alone_quotes_the_first() {
    let service = service().await;
    let reply = post(&service, "/write?db=x", "cpu bad\n").await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST);
    let said = reply.json()["error"].as_str().unwrap().to_owned();
    assert!(said.starts_with("unable to parse 'cpu bad': ") && said.contains("line 1, column"), "{said}");
}

#[tokio::test]
async fn write_with_a_bad_parameter_is_400_that_lists_the_good_ones() {
    let service = service().await;
    for route in ROUTES {
        for parameter in ["precision=fortnight", "ack=maybe"] {
            let reply = post(&service, &format!("{route}{parameter}"), "cpu load=1 1\n").await;
            assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{route}{parameter}");
            let value = parameter.split('=').nth(1).unwrap();
            assert!(reply.text().contains(value), "{}", reply.text());
        }
    }
}

fn assert_too_large(reply: &Reply) {
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(reply.json()["error"].as_str().unwrap().contains("100000 bytes"), "{}", reply.text());
}

#[tokio::test]
async fn write_beyond_the_limit_is_413_that_names_it() {
    let service = service().await;
    let body = "cpu load=1 1\n".repeat(10_000);
    assert_too_large(&post(&service, "/write", body.clone()).await);
    assert_too_large(&post_gzip(&service, "/write", gzip(&vec![b'x'; 10 << 20])).await);
    let announced = Request::post("/write").header("content-length", "1000000").header("expect", "100-continue");
    assert_too_large(
        &send(&service, announced.body(Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())).unwrap())
            .await,
    );
    let chunks = stream::iter(
        body.into_bytes().chunks(1000).map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec())).collect::<Vec<_>>(),
    );
    assert_too_large(&post(&service, "/write", Body::from_stream(chunks)).await);
}

#[tokio::test]
async fn write_of_broken_gzip_is_400_and_of_another_encoding_415() {
    let service = service().await;
    assert_eq!(post_gzip(&service, "/write", b"cpu load=1 1".to_vec()).await.status, StatusCode::BAD_REQUEST);
    let request = Request::post("/write").header("content-encoding", "zstd").body("x".into()).unwrap();
    assert_eq!(send(&service, request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn write_while_other_bodies_take_all_memory_is_503_with_retry_after() {
    let app: std::sync::Arc<App> = app(config()).await;
    let mut others = app.bodies.share();
    assert!(others.grow(299_990));
    let service = router_of(std::sync::Arc::clone(&app));
    let reply = post(&service, "/write", "cpu load=1 1\n".repeat(10)).await;
    assert_eq!((reply.status, reply.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "1"));
    drop(others);
    assert_eq!(post(&service, "/write", "cpu load=1 1\n".repeat(10)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(app.bodies.bytes(), 0);
}

#[tokio::test]
async fn write_whose_body_never_ends_is_408() {
    let service = router_of(app(ServerConfig { body_timeout_ms: 20, ..config() }).await);
    let reply = post(&service, "/write", Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())).await;
    assert_eq!(reply.status, StatusCode::REQUEST_TIMEOUT);
}
