//! Requests through a Function URL.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tidewell_testkit::lambda::function_url;

use crate::cloud::{Cloud, DATABASE, Freshness, number, query, stored, write, write_with};

const COUNT: &str = "SELECT count(*) AS n FROM climate";

fn count_after(token: &str) -> Value {
    query(COUNT, "json", &Freshness::After(token))
}

#[tokio::test(flavor = "multi_thread")]
async fn write_is_seen_in_other_environments_at_once() {
    let Some(cloud) = Cloud::find() else { return };
    let (writer, warm, cold) = (cloud.environment(), cloud.environment(), cloud.environment());
    let first = stored(&writer, "climate,room=a temp=1 1000\nclimate,room=b temp=2 1000").await;
    let answer = warm.request(&count_after(&first)).await.expect_status(200);
    assert_eq!(answer.json(), json!([{"n": 2}]));
    // That environment has a view of its own by now, which is behind.
    let second = stored(&writer, "climate,room=c temp=3 1000").await;
    let answer = warm.request(&count_after(&second)).await.expect_status(200);
    assert_eq!(answer.json(), json!([{"n": 3}]));
    assert_eq!(number(&cold, COUNT).await, 3);
    assert_eq!(number(&writer, COUNT).await, 3);
    assert!(answer.header("x-tidewell-version").is_some(), "{:?}", answer.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn invocation_that_lambda_repeats_counts_once() {
    let Some(cloud) = Cloud::find() else { return };
    let (one, other) = (cloud.environment(), cloud.environment());
    // Without an instant each execution would make a row of its own.
    let event = write("climate,room=a temp=1");
    for environment in [&one, &one, &other] {
        assert_eq!(
            environment.invoke_as("11111111-0000-4000-8000-000000000001", &event).await.unwrap()["statusCode"],
            204
        );
    }
    assert_eq!(number(&other, COUNT).await, 1);
    assert_eq!(other.invoke_as("11111111-0000-4000-8000-000000000002", &event).await.unwrap()["statusCode"], 204);
    assert_eq!(number(&one, COUNT).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn request_that_a_client_repeats_with_a_key_counts_once() {
    let Some(cloud) = Cloud::find() else { return };
    let (one, other) = (cloud.environment(), cloud.environment());
    let event = write_with(&[("Idempotency-Key", "order-7")], "climate,room=a temp=1");
    for environment in [&one, &other, &one] {
        environment.request(&event).await.expect_status(204);
    }
    assert_eq!(number(&other, COUNT).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_body_is_stored() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    for at in 0..1000 {
        writeln!(encoder, "climate,room=a temp={at} {at}").unwrap();
    }
    let (body, parameters) = (encoder.finish().unwrap(), format!("db={DATABASE}&precision=ns"));
    let event = function_url("POST", "/api/v3/write_lp", &parameters, &[("content-encoding", "gzip")], &body);
    environment.request(&event).await.expect_status(204);
    assert_eq!(number(&environment, COUNT).await, 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_of_http_are_answers() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    let answer = environment.request(&write("climate,room=a temp=1 1\nno line")).await.expect_status(400);
    assert!(answer.text().contains("no line") || answer.text().contains('2'), "{}", answer.text());
    let answer = environment.request(&query("SELECT nonsense FROM", "json", &Freshness::Strong)).await;
    answer.expect_status(400);
    environment.request(&function_url("GET", "/no/such/path", "", &[], b"")).await.expect_status(404);
    assert_eq!(number(&environment, COUNT).await, 1);
    assert_eq!(environment.inits_ms().len(), 1, "the function went down");
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_without_a_store() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment_of(&cloud.function().variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1"));
    for path in ["/health", "/ready"] {
        environment.request(&function_url("GET", path, "", &[], b"")).await.expect_status(200);
    }
}
