//! A server that gives the answers of a script, and the variables by which it is reached.

pub(crate) mod canned;

use std::time::Duration;

use tidewell_storage::StoreOptions;

use self::canned::{Canned, Reply};
use super::BucketAdmin;
use crate::error::BucketError;

/// Impatient, since nothing here is far away.
pub(crate) fn impatient() -> StoreOptions {
    StoreOptions {
        attempt_timeout: Duration::from_secs(5),
        retry_timeout: Duration::from_secs(10),
        retries_max: 1,
        ..StoreOptions::default()
    }
}

/// The variables by which `endpoint` is reached.
pub(crate) fn variables(endpoint: &str, region: &str) -> Vec<(String, String)> {
    [
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
        ("AWS_SESSION_TOKEN", "of-a-session"),
        ("AWS_REGION", region),
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
        ("AWS_ENDPOINT_URL_S3", endpoint),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

/// The bucket `bucket` with a store below `p` on the scripted server.
pub(crate) async fn admin(server: &Canned, region: &str) -> BucketAdmin {
    let variables = variables(&server.endpoint(), region);
    BucketAdmin::connect_by("bucket", "p", &variables, &impatient()).await.expect("a client")
}

#[tokio::test]
async fn request_is_signed_by_the_variables_in_path_style() {
    let server = Canned::start(|_| Reply::new(200, "")).await;
    admin(&server, "eu-west-1").await.head(&admin(&server, "eu-west-1").await.client).await.expect("an answer");
    let request = server.requests().pop().expect("a request");
    assert_eq!((request.method.as_str(), request.path.as_str()), ("HEAD", "/bucket"));
    let signature = request.header("authorization").unwrap_or_default().to_owned();
    assert!(signature.contains("Credential=test/") && signature.contains("/eu-west-1/s3/"), "{signature}");
    assert_eq!(request.header("x-amz-security-token"), Some("of-a-session"));
    assert!(request.header("user-agent").unwrap_or_default().contains("app/tidewell-"), "{request:?}");
}

#[tokio::test]
async fn host_of_a_virtual_hosted_endpoint_keeps_the_bucket_once() {
    let mut variables = variables("http://bucket.127.0.0.1.nip.invalid:1", "us-east-1");
    variables.push(("AWS_VIRTUAL_HOSTED_STYLE_REQUEST".to_owned(), "true".to_owned()));
    let options = tidewell_storage::StoreOptions { retries_max: 0, ..impatient() };
    let admin = BucketAdmin::connect_by("bucket", "", &variables, &options).await.expect("a client");
    let refusal = admin.head(&admin.client).await.expect_err("no such host");
    assert_eq!(refusal.kind, crate::refusal::Kind::Unavailable);
}

#[tokio::test]
async fn bundle_that_holds_no_certificate_is_refused() {
    let file = std::env::temp_dir().join(format!("tidewell-bundle-{}", std::process::id()));
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    std::fs::write(&file, broken).expect("a file");
    for path in [file.clone(), file.with_extension("missing")] {
        let mut variables = variables("https://127.0.0.1:1", "us-east-1");
        variables.push(("AWS_CA_BUNDLE".to_owned(), path.to_string_lossy().into_owned()));
        let refused = BucketAdmin::connect_by("bucket", "", &variables, &impatient()).await;
        assert!(matches!(refused, Err(BucketError::Invalid { .. })), "{refused:?}");
    }
    std::fs::remove_file(file).expect("the file");
}

#[tokio::test]
async fn store_that_cannot_be_is_refused() {
    for (bucket, prefix) in [("", ""), ("bucket", "a//b"), ("bucket", "../x")] {
        let refused = BucketAdmin::connect_by(bucket, prefix, &variables("http://x", "r"), &impatient()).await;
        assert!(matches!(refused, Err(BucketError::Invalid { .. })), "{bucket:?} {prefix:?}");
    }
}

#[tokio::test]
async fn debug_text_has_no_secret() {
    let mut variables = variables("http://x", "r");
    variables[1].1 = "very-secret".to_owned();
    let admin = BucketAdmin::connect_by("bucket", "p", &variables, &impatient()).await.expect("a client");
    assert!(!format!("{admin:?}").contains("very-secret"));
}
