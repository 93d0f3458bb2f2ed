//! What a server's refusal means, whoever's server it is.

#[cfg(test)]
mod tests;

use std::fmt;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// Where S3 says the region of a bucket, also in refusals.
const REGION_HEADER: &str = "x-amz-bucket-region";

/// What a refusal comes down to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// These credentials may not do this.
    Denied,
    /// The credentials themselves are not accepted.
    Credentials,
    /// There is no such bucket.
    NoBucket,
    /// Something is not there, and the server does not say what.
    NotFound,
    /// The setting is not made.
    Absent,
    /// The bucket is in another region.
    Elsewhere,
    /// The bucket is somebody else's.
    Taken,
    /// The bucket is ours already.
    Owned,
    /// The server does not know such a setting.
    Unsupported,
    /// The request is wrong for this server.
    Invalid,
    /// No answer, or one that asks for patience.
    Unavailable,
}

/// A request that was not carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) kind: Kind,
    /// The server's own code, such as `AccessDenied`; else the status or what happened.
    pub(crate) code: String,
    message: String,
    /// The region that the bucket is in, where the server said it.
    pub(crate) region: Option<String>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind, &self.region) {
            (Kind::Elsewhere, Some(region)) => return write!(f, "the bucket is in the region {region}"),
            (Kind::Elsewhere, None) => return write!(f, "the bucket is in another region"),
            _ => {}
        }
        match self.message.as_str() {
            "" => f.write_str(&self.code),
            message => write!(f, "{}: {message}", self.code),
        }
    }
}

/// The answer, or what its refusal means.
pub(crate) fn outcome<T, E>(result: Result<T, SdkError<E, HttpResponse>>) -> Result<T, Refusal>
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    result.map_err(|error| refusal(&error))
}

fn refusal<E>(error: &SdkError<E, HttpResponse>) -> Refusal
where
    E: ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    let Some(response) = error.raw_response() else {
        let (kind, code) = match error {
            SdkError::ConstructionFailure(_) => (Kind::Invalid, "the request cannot be made"),
            SdkError::TimeoutError(_) => (Kind::Unavailable, "no answer in time"),
            _ => (Kind::Unavailable, "no answer"),
        };
        return Refusal { kind, code: code.to_owned(), message: DisplayErrorContext(error).to_string(), region: None };
    };
    let status = response.status().as_u16();
    let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
    let region = response.headers().get(REGION_HEADER).or_else(|| between(&body, "<Region>", "</Region>"));
    let named = error.code().or_else(|| between(&body, "<Code>", "</Code>"));
    let message = error.message().or_else(|| between(&body, "<Message>", "</Message>"));
    Refusal {
        kind: kind(named.unwrap_or_default(), status, region.is_some()),
        code: named.map_or_else(|| format!("HTTP status {status}"), ToOwned::to_owned),
        message: message.unwrap_or_default().to_owned(),
        region: region.map(ToOwned::to_owned),
    }
}

fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(open)?;
    after.split_once(close).map(|(inside, _)| inside)
}

/// By the code where it is a known one, else by the status: servers other than S3 have codes of their own.
fn kind(code: &str, status: u16, region_is_said: bool) -> Kind {
    match code {
        "AccessDenied" | "AllAccessDisabled" | "AccountProblem" => Kind::Denied,
        "InvalidAccessKeyId"
        | "SignatureDoesNotMatch"
        | "ExpiredToken"
        | "InvalidToken"
        | "TokenRefreshRequired"
        | "RequestTimeTooSkewed"
        | "RequestExpired"
        | "InvalidSecurity"
        | "NotSignedUp"
        | "InvalidClientTokenId" => Kind::Credentials,
        // S3 says so too when the key itself is malformed; it names a region only when that is the reason.
        "AuthorizationHeaderMalformed" if region_is_said => Kind::Elsewhere,
        "AuthorizationHeaderMalformed" => Kind::Credentials,
        "PermanentRedirect" | "TemporaryRedirect" | "Redirect" | "IllegalLocationConstraintException" => {
            Kind::Elsewhere
        }
        "NoSuchBucket" => Kind::NoBucket,
        "NoSuchLifecycleConfiguration"
        | "ReplicationConfigurationNotFoundError"
        | "ObjectLockConfigurationNotFoundError"
        | "ServerSideEncryptionConfigurationNotFoundError"
        | "NoSuchPublicAccessBlockConfiguration"
        | "NoSuchBucketPolicy" => Kind::Absent,
        "BucketAlreadyOwnedByYou" => Kind::Owned,
        "BucketAlreadyExists" => Kind::Taken,
        "NotImplemented" | "MethodNotAllowed" | "XNotImplemented" | "UnsupportedOperation" | "NotSupported" => {
            Kind::Unsupported
        }
        "SlowDown" | "ServiceUnavailable" | "InternalError" | "RequestTimeout" | "Throttling" | "OperationAborted" => {
            Kind::Unavailable
        }
        _ => kind_of_status(status),
    }
}

fn kind_of_status(status: u16) -> Kind {
    match status {
        // An answer that is no answer to the question: the server does not know what was asked.
        200..=299 | 405 | 501 => Kind::Unsupported,
        300..=399 => Kind::Elsewhere,
        401 | 403 => Kind::Denied,
        404 => Kind::NotFound,
        408 | 429 | 500..=599 => Kind::Unavailable,
        _ => Kind::Invalid,
    }
}
