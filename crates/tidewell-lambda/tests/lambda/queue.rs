//! Messages of a queue.

use std::io::Write as _;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tidewell_testkit::lambda::{QueueMessage, s3_put, sqs};

use crate::cloud::{Cloud, number, rows};

fn failed(reply: &Value) -> Vec<&str> {
    let failures = reply["batchItemFailures"].as_array().unwrap().iter();
    failures.map(|failure| failure["itemIdentifier"].as_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn batch_becomes_one_log_object_and_counts_once_when_redelivered() {
    let Some(cloud) = Cloud::find() else { return };
    let (one, other) = (cloud.environment(), cloud.environment());
    one.invoke(&sqs(&[QueueMessage::new("table", "climate,room=0 temp=1i")])).await.unwrap();
    let before = cloud.log_objects().await;
    // Without instants each execution would make rows of its own.
    let message = |at: usize| QueueMessage::new(&format!("m{at}"), &format!("climate,room={at} temp=1i"));
    let messages: Vec<_> = (1..=10).map(message).collect();
    let reply = one.invoke(&sqs(&messages)).await.unwrap();
    assert_eq!(failed(&reply), Vec::<&str>::new(), "{reply}");
    let made = cloud.log_objects().await - before;
    assert_eq!(made, 1, "log objects for a batch");
    // Redelivered in other batches, and elsewhere.
    for (environment, batch) in [(&other, &messages[3..]), (&one, &messages[..5]), (&other, &messages[..])] {
        let reply = environment.invoke(&sqs(batch)).await.unwrap();
        assert_eq!(failed(&reply), Vec::<&str>::new(), "{reply}");
    }
    assert_eq!(number(&other, "SELECT count(*) AS n FROM climate").await, 11);
}

#[tokio::test(flavor = "multi_thread")]
async fn message_with_a_bad_line_fails_alone_and_its_good_lines_count_once() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    let batch = sqs(&[
        QueueMessage::new("good", "climate,room=a temp=1"),
        QueueMessage::new("bad", "climate,room=b temp=1\nclimate,room=c\nclimate,room=d temp=1"),
        QueueMessage::new("late", "climate,room=e temp=1"),
    ]);
    for _ in 0..3 {
        let reply = environment.invoke(&batch).await.unwrap();
        assert_eq!(failed(&reply), ["bad"], "{reply}");
    }
    let counts = rows(&environment, "SELECT room, count(*) AS n FROM climate GROUP BY room ORDER BY room").await;
    let expected: Vec<_> = ["a", "b", "d", "e"].iter().map(|room| json!({"room": room, "n": 1})).collect();
    assert_eq!(counts, json!(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn attributes_say_database_precision_and_encoding() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(b"climate,room=z temp=2 7").unwrap();
    let packed = BASE64_STANDARD.encode(encoder.finish().unwrap());
    let batch = sqs(&[
        QueueMessage::new("1", "climate,room=a temp=1 1700000000").attribute("precision", "s"),
        QueueMessage::new("2", &packed).attribute("content-encoding", "gzip").attribute("precision", "ns"),
        QueueMessage::new("3", "climate,room=a temp=1 1700000000")
            .attribute("db", "elsewhere")
            .attribute("precision", "s"),
    ]);
    let reply = environment.invoke(&batch).await.unwrap();
    assert_eq!(failed(&reply), Vec::<&str>::new(), "{reply}");
    assert_eq!(number(&environment, "SELECT count(*) AS n FROM climate").await, 2);
    let early = "SELECT count(*) AS n FROM climate WHERE time < '1970-01-02T00:00:00Z'";
    assert_eq!(number(&environment, early).await, 1);
    let keys = cloud.s3.keys(cloud.s3.prefix()).await;
    assert!(keys.iter().any(|key| key.contains("/db/elsewhere/")), "{keys:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn message_that_is_an_event_of_s3_imports_its_file() {
    let Some(cloud) = Cloud::find() else { return };
    let environment = cloud.environment();
    let key = cloud.import_key("csv", "a.csv");
    let (etag, size) = cloud.s3.put(&key, "time,temp\n2024-01-31T12:00:00Z,1.5\n").await;
    let event = s3_put(cloud.s3.bucket(), &key, &etag, size);
    let notification = json!({"Type": "Notification", "MessageId": "n", "Message": event.to_string()});
    let batch = sqs(&[
        QueueMessage::new("plain", &event.to_string()),
        QueueMessage::new("sns", &notification.to_string()),
        QueueMessage::new("lines", "climate temp=1 1"),
    ]);
    let reply = environment.invoke(&batch).await.unwrap();
    assert_eq!(failed(&reply), Vec::<&str>::new(), "{reply}");
    assert_eq!(number(&environment, "SELECT count(*) AS n FROM csv").await, 1);
    assert_eq!(number(&environment, "SELECT count(*) AS n FROM climate").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn batch_without_a_store_fails_as_a_whole() {
    let Some(cloud) = Cloud::find() else { return };
    let function = cloud.function().variable("AWS_ENDPOINT_URL", "http://127.0.0.1:1");
    let environment = cloud.environment_of(&function);
    let error = environment.invoke(&sqs(&[QueueMessage::new("1", "climate temp=1 1")])).await.unwrap_err();
    let (kind, message) = error.expect_function();
    assert!(["Unavailable", "Unknown"].contains(&kind.as_str()), "{kind}: {message}");
}
