//! Makes the client from the AWS variables.

use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{
    AppName, Builder, Credentials, ProvideCredentials, Region, SharedCredentialsProvider, SharedHttpClient,
};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder as HttpBuilder, Connector};
use tidewell_storage::StoreOptions;

use crate::error::{BucketError, CREDENTIALS_REMEDY};
use crate::variables::Variables;

/// Who is asking, in the server's log.
const APP: &str = concat!("tidewell-", env!("CARGO_PKG_VERSION"));

/// A client for the settings of `bucket`. Resolves credentials, which may ask the metadata server of the machine or STS, and
/// makes no request to the bucket.
pub(crate) async fn client(bucket: &str, variables: &Variables, options: &StoreOptions) -> Result<Client, BucketError> {
    let http = http_client(variables)?;
    let region = Region::new(variables.region().to_owned());
    // The SDK counts the first attempt, too.
    let attempts_max = u32::try_from(options.retries_max).unwrap_or(u32::MAX).saturating_add(1);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(options.connect_timeout)
        .operation_attempt_timeout(options.attempt_timeout)
        .operation_timeout(options.retry_timeout)
        .build();
    let mut config = Builder::new()
        .behavior_version_latest()
        .region(region.clone())
        .http_client(http.clone())
        .retry_config(RetryConfig::standard().with_max_attempts(attempts_max))
        .timeout_config(timeouts);
    config.set_app_name(AppName::new(APP).ok());
    if variables.is_set("AWS_SKIP_SIGNATURE") {
        config.set_allow_no_auth();
    } else {
        config = config.credentials_provider(credentials(variables, http, region).await?);
    }
    if let Some(endpoint) = variables.endpoint() {
        let (endpoint, path_style) = match virtual_hosted(endpoint, bucket) {
            Some(host) if variables.is_set("AWS_VIRTUAL_HOSTED_STYLE_REQUEST") => (host, false),
            _ => (endpoint.trim_end_matches('/').to_owned(), true),
        };
        config = config.endpoint_url(endpoint).force_path_style(path_style);
    }
    Ok(Client::from_conf(config.build()))
}

/// The endpoint without the bucket in its host name, where it has it there: the SDK puts it there itself.
fn virtual_hosted(endpoint: &str, bucket: &str) -> Option<String> {
    let (scheme, host) = endpoint.split_once("://")?;
    let host = host.strip_prefix(bucket)?.strip_prefix('.')?;
    Some(format!("{scheme}://{}", host.trim_end_matches('/')))
}

/// The key of the variables, else what the SDK's chain finds: a web identity, a container's or a machine's role.
async fn credentials(
    variables: &Variables,
    http: SharedHttpClient,
    region: Region,
) -> Result<SharedCredentialsProvider, BucketError> {
    if let Some((id, secret)) = variables.key() {
        let token = variables.get("AWS_SESSION_TOKEN").or_else(|| variables.get("AWS_TOKEN")).map(ToOwned::to_owned);
        return Ok(SharedCredentialsProvider::new(Credentials::new(id, secret, token, None, "variables")));
    }
    let loaded = aws_config::from_env().http_client(http).region(region).load().await;
    let missing = |reason: String| {
        BucketError::denied("signing requests", format!("no credentials: {reason}"), CREDENTIALS_REMEDY)
    };
    let provider = loaded.credentials_provider().ok_or_else(|| missing("none are configured".to_owned()))?;
    provider
        .provide_credentials()
        .await
        .map_err(|error| missing(aws_sdk_s3::error::DisplayErrorContext(&error).to_string()))?;
    Ok(provider)
}

/// TLS by ring with the system's roots and those of `AWS_CA_BUNDLE`, through the proxies that the environment names.
fn http_client(variables: &Variables) -> Result<SharedHttpClient, BucketError> {
    let context = tls(variables)?;
    // The public way to make a client from a provider of TLS leaves proxies out.
    Ok(HttpBuilder::new().build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder().proxy_config(ProxyConfig::from_env());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        builder.tls_provider(Provider::Rustls(CryptoMode::Ring)).tls_context(context.clone()).build()
    }))
}

fn tls(variables: &Variables) -> Result<TlsContext, BucketError> {
    let wrong = |reason: String| {
        BucketError::invalid("connecting", reason, "point AWS_CA_BUNDLE to a file of PEM certificates, or unset it")
    };
    let mut roots = TrustStore::default();
    let bundle = variables.get("AWS_CA_BUNDLE");
    if let Some(file) = bundle {
        let pem = std::fs::read(file).map_err(|error| wrong(format!("cannot read AWS_CA_BUNDLE={file}: {error}")))?;
        roots.add_pem_certificate(pem);
    }
    let context = TlsContext::builder().with_trust_store(roots).build();
    let context = context.map_err(|error| wrong(error.to_string()))?;
    if let Some(file) = bundle {
        // The SDK looks at the certificates when it connects, and panics over one that is none.
        let trial = || {
            let builder = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::Ring));
            drop(builder.tls_context(context.clone()).build());
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(trial))
            .map_err(|_| wrong(format!("AWS_CA_BUNDLE={file} holds something that is no certificate")))?;
    }
    Ok(context)
}
