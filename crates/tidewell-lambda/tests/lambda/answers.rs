//! Answers that are too large for Lambda, and streams.

use std::time::Duration;

use serde_json::Value;
use tidewell_testkit::lambda::{Bootstrap, Environment, HttpAnswer, RuntimeApi};

use crate::cloud::{Cloud, Freshness, query, stored};

const ROWS: usize = 8000;
const TEXT_BYTES: usize = 1000;
const ALL: &str = "SELECT time, text FROM notes ORDER BY time";
const PATIENCE: Duration = Duration::from_secs(120);

/// Rows that take over 6 MB as JSON, in writes that each fit into an event.
async fn store_much(environment: &Environment) {
    for start in (0..ROWS).step_by(2000) {
        let line = |at: usize| format!("notes text=\"{at:0width$}\" {at}\n", width = TEXT_BYTES);
        let lines: String = (start..start + 2000).map(line).collect();
        stored(environment, &lines).await;
    }
}

fn check_all(rows: &Value) {
    let rows = rows.as_array().unwrap();
    assert_eq!(rows.len(), ROWS);
    for (at, row) in rows.iter().enumerate() {
        let text = row["text"].as_str().unwrap();
        assert!(text.len() == TEXT_BYTES && text.parse::<usize>().unwrap() == at, "row {at}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answer_is_refused_where_there_is_no_place_for_it() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    store_much(&environment).await;
    let answer = environment.request(&query(ALL, "json", &Freshness::Strong)).await.expect_status(413);
    let error = answer.json()["error"].as_str().unwrap().to_owned();
    assert!(error.contains("6 MB") && error.contains("LIMIT") && error.contains("TIDEWELL_LAMBDA_RESULTS"), "{error}");
    let few = query(&format!("{ALL} LIMIT 10"), "json", &Freshness::Strong);
    assert_eq!(environment.request(&few).await.expect_status(200).json().as_array().unwrap().len(), 10);
    assert_eq!(environment.inits_ms().len(), 1, "the function went down");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answer_is_put_aside_and_linked() {
    let Some(cloud) = Cloud::find() else { return };
    let (url, folder) = cloud.results();
    let environment = cloud.environment_of(&cloud.function().variable("TIDEWELL_LAMBDA_RESULTS", &url));
    store_much(&environment).await;
    for (format, ending) in [("json", "json"), ("csv", "csv")] {
        let before = cloud.s3.keys(&folder).await;
        let answer = environment.request(&query(ALL, format, &Freshness::Strong)).await.expect_status(303);
        let location = answer.header("location").unwrap();
        // Whoever has the link needs no rights.
        let reply = reqwest::get(location).await.unwrap();
        assert_eq!(reply.status(), 200, "{location}");
        let kind = reply.headers()["content-type"].to_str().unwrap().to_owned();
        assert!(kind.contains(ending), "{kind}");
        let body = reply.bytes().await.unwrap();
        if format == "json" {
            check_all(&serde_json::from_slice(&body).unwrap());
        } else {
            assert_eq!(body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(), ROWS + 1);
        }
        // `<day>/<128 random bits>.<ending>`
        let after = cloud.s3.keys(&folder).await;
        let fresh: Vec<_> = after.iter().filter(|key| !before.contains(key)).collect();
        let [key] = fresh[..] else { panic!("{fresh:?}") };
        let (day, name) = key.strip_prefix(&format!("{folder}/")).unwrap().split_once('/').unwrap();
        let (stem, found) = name.split_once('.').unwrap();
        assert!(day.len() == 10 && stem.len() >= 22 && found == ending, "{key}");
    }
    // A small one is answered as ever.
    environment.request(&query("SELECT 1 AS n", "json", &Freshness::Strong)).await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn stream_through_the_emulator_has_head_and_body() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment_of(&cloud.function().variable("TIDEWELL_LAMBDA_RESPONSE", "stream"));
    let write = crate::cloud::write("climate temp=1 1\nclimate temp=2 2");
    let reply = environment.invoke_bytes(None, write.to_string()).await.unwrap();
    HttpAnswer::of_stream(&reply.body).expect_status(204);
    let query = query("SELECT temp FROM climate ORDER BY time", "csv", &Freshness::Strong);
    let reply = environment.invoke_bytes(None, query.to_string()).await.unwrap();
    let answer = HttpAnswer::of_stream(&reply.body).expect_status(200);
    assert_eq!(answer.text(), "temp\n1.0\n2.0\n");
    assert!(answer.header("content-type").unwrap().starts_with("text/csv"), "{:?}", answer.headers);
}

#[tokio::test(flavor = "multi_thread")]
async fn large_answer_is_streamed_whole() {
    let Some(cloud) = Cloud::find() else { return };
    store_much(&cloud.environment()).await;
    // The emulator refuses what is above 6 MB even of a stream, and Lambda does not.
    let api = RuntimeApi::start();
    let function = cloud.function().variable("TIDEWELL_LAMBDA_RESPONSE", "stream");
    let _bootstrap = Bootstrap::start(&function, &api);
    api.offer("large", PATIENCE, &query(ALL, "json", &Freshness::Strong));
    let outcome = api.outcome("large", PATIENCE).await.unwrap();
    assert!(outcome.is_streamed());
    check_all(&outcome.http().expect_status(200).json());
}
