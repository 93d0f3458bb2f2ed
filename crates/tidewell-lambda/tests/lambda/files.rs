//! Files that S3 tells of.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tidewell_testkit::lambda::{Environment, s3_put};

use crate::cloud::{Cloud, Freshness, number, query, rows, stored};

const CSV: &str = "time,temp\n2024-01-31T12:00:00Z,1.5\n2024-01-31T13:00:00Z,2.5\n";
const MORE: &str = "time,temp\n2024-02-01T12:00:00Z,4.0\n";

/// A file of Parquet: what the function itself answers.
async fn parquet(environment: &Environment, sql: &str) -> Vec<u8> {
    let answer = environment.request(&query(sql, "parquet", &Freshness::Strong)).await.expect_status(200);
    assert!(answer.body.starts_with(b"PAR1") && answer.body.ends_with(b"PAR1"), "{}", answer.text());
    answer.body
}

/// Puts a file into the import folder and gives S3's event.
async fn put(cloud: &Cloud, table: &str, file: &str, bytes: Vec<u8>) -> Value {
    let key = cloud.import_key(table, file);
    let (etag, size) = cloud.s3.put(&key, bytes).await;
    s3_put(cloud.s3.bucket(), &key, &etag, size)
}

async fn count_and_sum(environment: &Environment, table: &str) -> Value {
    rows(environment, &format!("SELECT count(*) AS n, sum(temp) AS total FROM {table}")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_file_is_registered_in_place_and_queried_elsewhere() {
    let Some(cloud) = Cloud::find() else { return };
    let (api, work) = (cloud.environment(), cloud.environment());
    stored(&api, "climate temp=1 1000\nclimate temp=2 2000\nclimate temp=4 3000").await;
    let bytes = parquet(&api, "SELECT time, temp FROM climate ORDER BY time").await;
    let event = put(&cloud, "foreign", "year=2024/a file+1.parquet", bytes.clone()).await;
    for _ in 0..2 {
        // S3 may tell it twice.
        work.invoke(&event).await.unwrap();
    }
    assert_eq!(count_and_sum(&api, "foreign").await, json!([{"n": 3, "total": 7.0}]));
    assert_eq!(count_and_sum(&work, "foreign").await, json!([{"n": 3, "total": 7.0}]));
    // In place: the file stays as it was, and nothing of the store has its rows.
    let key = cloud.import_key("foreign", "year=2024/a file+1.parquet");
    assert_eq!(cloud.s3.get(&key).await, bytes);
    let keys = cloud.s3.keys(cloud.s3.prefix()).await;
    assert!(!keys.iter().any(|key| key.contains("/foreign/")), "{keys:?}");
    // Maintenance changes nothing of it.
    work.invoke(&json!({"tidewell": {"verbs": ["fold", "compact", "gc"]}})).await.unwrap();
    assert_eq!(count_and_sum(&cloud.environment(), "foreign").await, json!([{"n": 3, "total": 7.0}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_file_is_imported_once_for_each_content() {
    let Some(cloud) = Cloud::find() else { return };
    let (one, other) = (cloud.environment(), cloud.environment());
    let event = put(&cloud, "csv", "a.csv", CSV.into()).await;
    for environment in [&one, &other, &one] {
        environment.invoke(&event).await.unwrap();
    }
    assert_eq!(count_and_sum(&one, "csv").await, json!([{"n": 2, "total": 4.0}]));
    // Other bytes under the same key.
    let event = put(&cloud, "csv", "a.csv", MORE.into()).await;
    other.invoke(&event).await.unwrap();
    assert_eq!(count_and_sum(&one, "csv").await, json!([{"n": 3, "total": 8.0}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_file_in_two_environments_at_once_counts_once() {
    let Some(cloud) = Cloud::find() else { return };
    let (one, other) = (cloud.environment(), cloud.environment());
    let mut text = "time,temp\n".to_owned();
    (0..5000).for_each(|at| text.push_str(&format!("{},1\n", 1_700_000_000 + at)));
    let event = put(&cloud, "csv", "a.csv", text.into()).await;
    let outcomes = tokio::join!(one.invoke(&event), other.invoke(&event));
    // One of them may have lost the race; Lambda repeats it then.
    for (environment, outcome) in [(&one, outcomes.0), (&other, outcomes.1)] {
        if let Err(error) = outcome {
            let (kind, _) = error.expect_function();
            assert!(["Unavailable", "Unknown"].contains(&kind.as_str()), "{kind}");
            environment.invoke(&event).await.unwrap();
        }
    }
    assert_eq!(number(&one, "SELECT count(*) AS n FROM csv").await, 5000);
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_csv_file_is_imported() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(CSV.as_bytes()).unwrap();
    let event = put(&cloud, "csv", "a.csv.gz", encoder.finish().unwrap()).await;
    environment.invoke(&event).await.unwrap();
    assert_eq!(count_and_sum(&environment, "csv").await, json!([{"n": 2, "total": 4.0}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn good_records_are_imported_though_others_fail() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    let mut event = put(&cloud, "csv", "b.txt", b"no table".to_vec()).await;
    let good = put(&cloud, "csv", "a.csv", CSV.into()).await;
    event["Records"].as_array_mut().unwrap().extend(good["Records"].as_array().unwrap().iter().cloned());
    for _ in 0..2 {
        let (_, message) = environment.invoke(&event).await.unwrap_err().expect_function();
        assert!(message.contains("b.txt") && message.contains(".parquet"), "{message}");
    }
    assert_eq!(count_and_sum(&environment, "csv").await, json!([{"n": 2, "total": 4.0}]));
}

#[tokio::test(flavor = "multi_thread")]
async fn object_that_is_gone_is_skipped_and_said() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    let event = put(&cloud, "csv", "gone.csv", CSV.into()).await;
    cloud.s3.delete(&cloud.import_key("csv", "gone.csv")).await;
    environment.invoke(&event).await.unwrap();
    assert!(environment.log().contains("gone.csv"), "nothing was said");
}
