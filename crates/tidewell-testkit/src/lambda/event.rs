//! Events, shaped as AWS's services shape them.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use tidewell_env::Env;
use url::form_urlencoded::byte_serialize;

/// A request to a Function URL (payload version 2.0). `query` is raw, without the question mark; the body goes as base64.
#[must_use]
pub fn function_url(method: &str, path: &str, query: &str, headers: &[(&str, &str)], body: &[u8]) -> Value {
    let mut named = Map::new();
    named.insert("host".to_owned(), json!("abc.lambda-url.us-east-1.on.aws"));
    named.extend(headers.iter().map(|(name, value)| (name.to_lowercase(), json!(value))));
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": named,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abc",
            "domainName": "abc.lambda-url.us-east-1.on.aws",
            "domainPrefix": "abc",
            "http": {
                "method": method,
                "path": path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "tidewell-testkit",
            },
            "requestId": Env::system().write_id().to_string(),
            "routeKey": "$default",
            "stage": "$default",
            "time": "22/Nov/2026:00:00:00 +0000",
            "timeEpoch": 1_795_305_600_000_i64,
        },
        "isBase64Encoded": !body.is_empty(),
    });
    if !body.is_empty() {
        event["body"] = json!(BASE64_STANDARD.encode(body));
    }
    event
}

/// S3's message about an object that was put. `key` is not encoded.
#[must_use]
pub fn s3_put(bucket: &str, key: &str, etag: &str, size: u64) -> Value {
    // Encoded as a form, but for slashes.
    let key: String = byte_serialize(key.as_bytes()).collect::<String>().replace("%2F", "/");
    json!({"Records": [{
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": "us-east-1",
        "eventTime": "2026-11-22T00:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "userIdentity": {"principalId": "AWS:test"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": "0", "x-amz-id-2": "0"},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "import",
            "bucket": {"name": bucket, "ownerIdentity": {"principalId": "A"}, "arn": format!("arn:aws:s3:::{bucket}")},
            "object": {"key": key, "size": size, "eTag": etag.trim_matches('"'), "sequencer": "0055AED6DCD90281E5"},
        },
    }]})
}

/// The input of a schedule that runs these verbs, over all databases.
#[must_use]
pub fn schedule(verbs: &[&str]) -> Value {
    json!({"tidewell": {"verbs": verbs}})
}

/// A scheduled event without an input: all verbs.
#[must_use]
pub fn all_due() -> Value {
    json!({
        "version": "0",
        "id": Env::system().write_id().to_string(),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "012345678912",
        "time": "2026-11-22T00:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:012345678912:rule/maintain"],
        "detail": {},
    })
}

/// A message of a queue.
#[derive(Clone, Debug)]
pub struct QueueMessage {
    id: String,
    body: String,
    attributes: Map<String, Value>,
}

impl QueueMessage {
    /// A message without attributes.
    #[must_use]
    pub fn new(id: &str, body: &str) -> Self {
        Self { id: id.to_owned(), body: body.to_owned(), attributes: Map::new() }
    }

    /// Adds an attribute that is a text.
    #[must_use]
    pub fn attribute(mut self, name: &str, value: &str) -> Self {
        let attribute = json!({
            "stringValue": value, "stringListValues": [], "binaryListValues": [], "dataType": "String",
        });
        self.attributes.insert(name.to_owned(), attribute);
        self
    }
}

/// A batch of messages as Lambda's poller hands it to a function.
#[must_use]
pub fn sqs(messages: &[QueueMessage]) -> Value {
    let records = messages.iter().map(|message| {
        json!({
            "messageId": message.id,
            "receiptHandle": format!("receipt-{}", message.id),
            "body": message.body,
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1795305600000",
                "SenderId": "AIDA",
                "ApproximateFirstReceiveTimestamp": "1795305600001",
            },
            "messageAttributes": message.attributes,
            "md5OfBody": "00000000000000000000000000000000",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-1:012345678912:tidewell-ingest",
            "awsRegion": "us-east-1",
        })
    });
    json!({"Records": records.collect::<Vec<_>>()})
}

#[cfg(test)]
mod tests;
