//! Answers in every format, over a store in memory.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use axum::http::{Request, StatusCode};
use futures::StreamExt as _;
use http_body_util::BodyExt as _;
use serde_json::json;
use tidewell_engine::{QueryError, ReadOptions};
use tower::ServiceExt as _;

use super::*;
use crate::sample::{app, config, get, post, send, service};

const SQL: &str = "/api/v3/query_sql";
const CPU: &str = "q=select%20time,host,load%20from%20cpu%20order%20by%20time";

async fn filled() -> axum::Router {
    let service = service().await;
    let stored = post(&service, "/write?precision=s", "cpu,host=a load=0.5 1\ncpu,host=b up=true 2\n").await;
    assert_eq!(stored.status, StatusCode::NO_CONTENT);
    service
}

#[tokio::test]
async fn query_answers_in_the_format_asked_for() {
    let service = filled().await;
    let first = r#"{"time":"1970-01-01T00:00:01.000000000Z","host":"a","load":0.5}"#;
    let second = r#"{"time":"1970-01-01T00:00:02.000000000Z","host":"b"}"#;
    let json = format!("[{first},{second}]");
    let csv = "time,host,load\n1970-01-01T00:00:01.000000000Z,a,0.5\n1970-01-01T00:00:02.000000000Z,b,\n";
    for (format, content_type, body) in [
        ("", "application/json", json.clone()),
        ("&format=json", "application/json", json.clone()),
        ("&format=csv", "text/csv; charset=utf-8", csv.to_owned()),
        ("&format=jsonl", "application/jsonl", format!("{first}\n{second}\n")),
    ] {
        let reply = get(&service, &format!("{SQL}?{CPU}{format}")).await;
        assert_eq!((reply.status, reply.header("content-type")), (StatusCode::OK, content_type));
        assert_eq!(reply.text(), body);
        assert!(reply.header("x-tidewell-version").parse::<u64>().is_ok());
    }
    assert!(
        get(&service, &format!("{SQL}?{CPU}&format=pretty"))
            .await
            .text()
            .contains("| 1970-01-01T00:00:02.000000000Z | b    |")
    );
    assert!(get(&service, &format!("{SQL}?{CPU}&format=parquet")).await.body.starts_with(b"PAR1"));
    let request = Request::get(format!("{SQL}?{CPU}")).header("accept", "text/csv").body(Body::empty()).unwrap();
    assert_eq!(send(&service, request).await.text(), csv);
}

#[tokio::test]
async fn query_by_post_takes_json_and_forms() {
    let service = filled().await;
    for body in [
        r#"{"q":"select count(*) as n from cpu where host = $h","db":"default","params":{"h":"a"}}"#,
        "q=select+count(*)+as+n+from+cpu+where+host+%3D+%24h&params=%7B%22h%22%3A%22a%22%7D",
    ] {
        let reply = post(&service, SQL, body).await;
        assert_eq!(reply.json(), json!([{"n": 1}]), "{body}");
    }
}

#[tokio::test]
async fn query_without_rows_is_an_empty_array() {
    let service = filled().await;
    assert_eq!(get(&service, &format!("{SQL}?q=select%20*%20from%20cpu%20where%20host='none'")).await.text(), "[]");
}

#[tokio::test]
async fn query_that_fails_early_has_a_status_and_json() {
    let service = filled().await;
    for (query, status) in [
        ("q=select%20*%20from%20cpu&db=nope", 404),
        ("q=select%20nonsense%20from%20cpu", 400),
        ("q=selec", 400),
        ("q=drop%20table%20cpu", 400),
        ("q=copy%20cpu%20to%20'/tmp/x.csv'", 400),
        ("q=", 400),
        ("", 400),
        ("q=select%201&format=xml", 400),
        ("q=select%201&params=[]", 400),
    ] {
        let reply = get(&service, &format!("{SQL}?{query}")).await;
        assert_eq!(reply.status.as_u16(), status, "{query}: {}", reply.text());
        assert!(!reply.json()["error"].as_str().unwrap().is_empty(), "{query}");
    }
}

#[tokio::test]
async fn answer_that_fails_in_its_midst_breaks_the_body_off() {
    let app = app(config()).await;
    app.engine.write(line()).await.unwrap();
    let mut answer =
        app.engine.query_sql("default", "select 1 as n", BTreeMap::new(), &ReadOptions::default()).await.unwrap();
    let first = answer.rows.next().await.unwrap();
    let fault = || Err(QueryError::Internal("broken".to_owned()));
    let rows = HEAD_BYTES_MAX / "{\"n\":1}\n".len() + 1;
    answer.rows = stream::iter(std::iter::repeat_n(first, rows).chain([fault()])).boxed();
    let mut body = stream_reply(app, answer, Format::JsonLines).await.unwrap().into_body();
    for _ in 0..rows {
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "{\"n\":1}\n");
    }
    assert!(body.frame().await.unwrap().is_err());
    assert!(body.frame().await.is_none());
}

#[tokio::test]
async fn answer_that_fails_at_once_is_a_failure_with_a_status() {
    let app = app(config()).await;
    app.engine.write(line()).await.unwrap();
    let mut answer =
        app.engine.query_sql("default", "select 1 as n", BTreeMap::new(), &ReadOptions::default()).await.unwrap();
    answer.rows = stream::iter([Err(QueryError::Timeout { timeout_ms: 1 })]).boxed();
    let failure = stream_reply(app, answer, Format::JsonLines).await.unwrap_err();
    assert_eq!(failure.status, StatusCode::GATEWAY_TIMEOUT);
}

fn line() -> tidewell_engine::WriteRequest {
    tidewell_engine::WriteRequest {
        database: "default".to_owned(),
        precision: tidewell_engine::Precision::Nanosecond,
        ack: None,
        accept_partial: true,
        idempotency_key: None,
        body: "cpu load=1 1".into(),
    }
}

#[tokio::test]
async fn answer_that_ends_at_once_says_in_its_head_what_it_cost() {
    let service = filled().await;
    let reply = get(&service, &format!("{SQL}?{CPU}")).await;
    let requests: u64 = reply.header("x-tidewell-requests").parse().unwrap();
    let usd: f64 = reply.header("x-tidewell-cost-usd").parse().unwrap();
    assert!((1..=4).contains(&requests), "{requests}");
    assert!(usd > 0.0 && usd < 1e-4, "{usd}");
    assert!(reply.headers.contains_key("x-tidewell-bytes-read"));
    assert!(!reply.headers.contains_key("trailer"));
}

#[tokio::test]
async fn answer_that_outgrows_its_head_says_in_trailers_what_it_cost() {
    let service = service().await;
    let lines: String = (0..3000).map(|row| format!("cpu,host=h{row} load=0.5 {row}\n")).collect();
    assert_eq!(post(&service, "/write", lines).await.status, StatusCode::NO_CONTENT);
    let uri = format!("{SQL}?q=select%20a.host,%20b.load%20from%20cpu%20a,%20cpu%20b%20limit%2020000");
    let reply = service.clone().oneshot(Request::get(uri).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(reply.headers()["trailer"], spent::NAMES);
    assert!(!reply.headers().contains_key("x-tidewell-requests"));
    let whole = reply.into_body().collect().await.unwrap();
    let requests: u64 = whole.trailers().unwrap()["x-tidewell-requests"].to_str().unwrap().parse().unwrap();
    assert!((1..=8).contains(&requests), "{requests}");
    assert!(whole.to_bytes().len() > HEAD_BYTES_MAX);
}
