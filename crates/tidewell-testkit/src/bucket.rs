//! Makes a bucket: one signed PUT.

use std::time::Duration;

use object_store::aws::{AwsAuthorizer, AwsCredential};
use object_store::client::{HttpRequest, HttpRequestBody};
use reqwest::{Client, Method, StatusCode};

/// Where a bucket is and who may use it.
#[derive(Clone, Debug)]
pub(crate) struct BucketAccess {
    pub(crate) endpoint: String,
    pub(crate) region: String,
    pub(crate) bucket: String,
    pub(crate) key_id: String,
    pub(crate) secret: String,
}

/// A server that has just begun to listen may not be ready to serve.
const ATTEMPTS_MAX: usize = 50;
const PAUSE: Duration = Duration::from_millis(200);

/// Makes the bucket unless it is there. Blocks, and may be called from within a runtime.
///
/// # Errors
/// What the server answered last.
pub(crate) fn make_bucket(access: &BucketAccess) -> Result<(), String> {
    let access = access.clone();
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.map_err(|error| error.to_string())?.block_on(put_until_answered(&access))
    });
    thread.join().map_err(|_| "the thread that makes the bucket panicked".to_owned())?
}

async fn put_until_answered(access: &BucketAccess) -> Result<(), String> {
    let mut outcome = put_bucket(access).await;
    for _ in 1..ATTEMPTS_MAX {
        if !matches!(outcome, Err(Attempt::Again(_))) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        outcome = put_bucket(access).await;
    }
    outcome.map_err(|(Attempt::Again(why) | Attempt::Refused(why))| {
        format!("{}/{}: {why}", access.endpoint, access.bucket)
    })
}

/// Why a bucket was not made.
enum Attempt {
    Again(String),
    Refused(String),
}

async fn put_bucket(access: &BucketAccess) -> Result<(), Attempt> {
    let request = signed_put(access).map_err(Attempt::Refused)?;
    let client = Client::builder().no_proxy().build().map_err(|error| Attempt::Refused(error.to_string()))?;
    let response = client.execute(request).await.map_err(|error| Attempt::Again(error.to_string()))?;
    let status = response.status();
    if status.is_success() || status == StatusCode::CONFLICT {
        return Ok(());
    }
    let why = format!("{status} {}", response.text().await.unwrap_or_default());
    Err(if status.is_server_error() { Attempt::Again(why) } else { Attempt::Refused(why) })
}

fn signed_put(access: &BucketAccess) -> Result<reqwest::Request, String> {
    let url = format!("{}/{}", access.endpoint.trim_end_matches('/'), access.bucket);
    let mut request = HttpRequest::new(HttpRequestBody::empty());
    *request.method_mut() = Method::PUT;
    *request.uri_mut() = url.parse().map_err(|error| format!("{url}: {error}"))?;
    let credential = AwsCredential { key_id: access.key_id.clone(), secret_key: access.secret.clone(), token: None };
    AwsAuthorizer::new(&credential, "s3", &access.region).authorize(&mut request, None);
    let mut signed = reqwest::Request::new(Method::PUT, url.parse().map_err(|error| format!("{url}: {error}"))?);
    *signed.headers_mut() = request.headers().clone();
    Ok(signed)
}
