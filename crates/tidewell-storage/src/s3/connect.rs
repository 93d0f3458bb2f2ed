//! Makes the clients of a bucket from the standard AWS variables.

use object_store::aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey, S3ConditionalPut};
use object_store::{BackoffConfig, Certificate, ClientConfigKey, ClientOptions, RetryConfig};

use super::count::CountingConnector;
use crate::backend::{Failure, FailureKind};
use crate::options::StoreOptions;

const REGION_DEFAULT: &str = "us-east-1";

/// The AWS variables; empty ones count as unset, as in the AWS tools.
struct Variables<'a>(&'a [(String, String)]);

impl<'a> Variables<'a> {
    fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    fn is_set(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    fn endpoint(&self) -> Option<&'a str> {
        if self.is_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
            return None;
        }
        ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"].iter().find_map(|name| self.get(name))
    }

    fn region(&self) -> &'a str {
        self.get("AWS_REGION").or_else(|| self.get("AWS_DEFAULT_REGION")).unwrap_or(REGION_DEFAULT)
    }

    /// Whether any source of credentials but the instance's own metadata server is named.
    fn has_credentials(&self) -> bool {
        self.is_set("AWS_SKIP_SIGNATURE")
            || [
                "AWS_ACCESS_KEY_ID",
                "AWS_WEB_IDENTITY_TOKEN_FILE",
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
            ]
            .iter()
            .any(|name| self.get(name).is_some())
    }
}

fn wrong(error: object_store::Error) -> Failure {
    Failure::before(FailureKind::Denied, error)
}

/// The client that retries and the client that does not, in this order.
pub(super) fn clients(
    bucket: &str,
    variables: &[(String, String)],
    options: &StoreOptions,
) -> Result<(AmazonS3, AmazonS3), Failure> {
    let variables = Variables(variables);
    if !variables.has_credentials() && variables.is_set("AWS_EC2_METADATA_DISABLED") {
        let reason = "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role (profiles in ~/.aws are \
                      not read)";
        return Err(Failure::before(FailureKind::Denied, reason));
    }
    let retry = RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: options.retries_max,
        retry_timeout: options.retry_timeout,
    };
    let patient = builder(bucket, &variables, options, options.request_timeout)?.with_retry(retry.clone());
    let once = builder(bucket, &variables, options, options.attempt_timeout)?
        .with_retry(RetryConfig { max_retries: 0, ..retry });
    Ok((patient.build().map_err(wrong)?, once.build().map_err(wrong)?))
}

fn builder(
    bucket: &str,
    variables: &Variables<'_>,
    options: &StoreOptions,
    request_timeout: std::time::Duration,
) -> Result<AmazonS3Builder, Failure> {
    let mut client = ClientOptions::new()
        .with_timeout(request_timeout)
        .with_connect_timeout(options.connect_timeout)
        .with_config(ClientConfigKey::UserAgent, concat!("tidewell/", env!("CARGO_PKG_VERSION")));
    let mut builder = AmazonS3Builder::new();
    for (name, value) in variables.0.iter().filter(|(name, value)| name.starts_with("AWS_") && !value.is_empty()) {
        match name.to_ascii_lowercase().parse() {
            Ok(AmazonS3ConfigKey::Client(key)) => client = client.with_config(key, value),
            // Set below, by their precedence.
            Ok(AmazonS3ConfigKey::Endpoint | AmazonS3ConfigKey::S3Endpoint) => {}
            Ok(AmazonS3ConfigKey::Region | AmazonS3ConfigKey::DefaultRegion) => {}
            Ok(key) => builder = builder.with_config(key, value),
            // Most AWS variables are for other tools.
            Err(_) => {}
        }
    }
    builder = builder.with_region(variables.region());
    if let Some(endpoint) = variables.endpoint() {
        builder = builder.with_endpoint(endpoint);
        if endpoint.starts_with("http://") {
            client = client.with_allow_http(true);
        }
    }
    for certificate in certificates(variables)? {
        client = client.with_root_certificate(certificate);
    }
    Ok(builder
        .with_bucket_name(bucket)
        .with_conditional_put(S3ConditionalPut::ETagMatch)
        .with_client_options(client)
        .with_http_connector(CountingConnector { bucket: bucket.to_owned() }))
}

fn certificates(variables: &Variables<'_>) -> Result<Vec<Certificate>, Failure> {
    let Some(file) = variables.get("AWS_CA_BUNDLE") else { return Ok(Vec::new()) };
    let pem = std::fs::read(file).map_err(|error| {
        Failure::before(FailureKind::Denied, format!("cannot read the certificates in AWS_CA_BUNDLE={file}: {error}"))
    })?;
    Certificate::from_pem_bundle(&pem).map_err(wrong)
}
