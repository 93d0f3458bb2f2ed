//! A real S3 for tests, where there is one.

mod objects;

use std::sync::{Arc, OnceLock};

use object_store::ObjectStore;
use object_store::aws::AmazonS3Builder;
use tidewell_env::Env;

use crate::bucket::{BucketAccess, make_bucket};
use crate::minio::{self, Minio, PASSWORD, USER};

const BUCKET: &str = "tidewell-test";

/// A fresh prefix of a bucket on a server that the whole test process shares.
#[derive(Clone, Debug)]
pub struct S3 {
    access: BucketAccess,
    prefix: String,
}

/// What the process found, and what has to live as long.
struct Found {
    access: BucketAccess,
    _minio: Option<Minio>,
}

impl S3 {
    /// The server at `$TIDEWELL_TEST_S3_ENDPOINT` (with the usual `AWS_*` variables and `$TIDEWELL_TEST_S3_BUCKET`, both
    /// optional), else a MinIO in a container, else a `minio` binary from PATH or the Go folder. Without any says once
    /// that the test is skipped and gives `None`: return from the test then. Blocks for as long as the first start takes.
    ///
    /// # Panics
    /// Instead of skipping, where `$TIDEWELL_REQUIRE_S3` is `1`.
    #[must_use]
    pub fn start_or_skip() -> Option<Self> {
        static FOUND: OnceLock<Option<Found>> = OnceLock::new();
        let found = FOUND.get_or_init(|| match find() {
            Ok(found) => Some(found),
            Err(why) => {
                let required = std::env::var("TIDEWELL_REQUIRE_S3").is_ok_and(|value| value == "1");
                assert!(!required, "S3 tests must run, but: {why}");
                eprintln!("S3 tests skipped: {why}");
                None
            }
        });
        let access = found.as_ref()?.access.clone();
        Some(Self { access, prefix: format!("test-{}", Env::system().writer_id()) })
    }

    /// `s3://bucket/prefix`
    #[must_use]
    pub fn store_url(&self) -> String {
        format!("s3://{}/{}", self.access.bucket, self.prefix)
    }

    /// `http://host:port`
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.access.endpoint
    }

    /// The bucket's name.
    #[must_use]
    pub fn bucket(&self) -> &str {
        &self.access.bucket
    }

    /// What every key of this test starts with, without slashes at its ends.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The variables by which a process reaches it.
    #[must_use]
    pub fn variables(&self) -> Vec<(String, String)> {
        let access = &self.access;
        let variables = [
            ("AWS_ENDPOINT_URL", &access.endpoint),
            ("AWS_REGION", &access.region),
            ("AWS_ACCESS_KEY_ID", &access.key_id),
            ("AWS_SECRET_ACCESS_KEY", &access.secret),
        ];
        variables.map(|(name, value)| (name.to_owned(), value.clone())).to_vec()
    }

    /// The whole bucket, for tests that look behind the engine's back.
    ///
    /// # Panics
    /// When the access makes no client.
    #[must_use]
    pub fn object_store(&self) -> Arc<dyn ObjectStore> {
        let access = &self.access;
        let builder = AmazonS3Builder::new().with_endpoint(&access.endpoint).with_allow_http(true);
        let builder = builder.with_region(&access.region).with_bucket_name(&access.bucket);
        let builder = builder.with_access_key_id(&access.key_id).with_secret_access_key(&access.secret);
        Arc::new(builder.build().expect("a client for the bucket"))
    }
}

fn find() -> Result<Found, String> {
    let (access, minio) = match std::env::var("TIDEWELL_TEST_S3_ENDPOINT") {
        Ok(endpoint) => (given(endpoint), None),
        Err(_) => {
            let minio = minio::start()?;
            let endpoint = minio.endpoint.clone();
            let access = BucketAccess {
                endpoint,
                region: "us-east-1".to_owned(),
                bucket: BUCKET.to_owned(),
                key_id: USER.to_owned(),
                secret: PASSWORD.to_owned(),
            };
            (access, Some(minio))
        }
    };
    make_bucket(&access)?;
    Ok(Found { access, _minio: minio })
}

fn given(endpoint: String) -> BucketAccess {
    let variable = |name: &str, default: &str| std::env::var(name).unwrap_or_else(|_| default.to_owned());
    BucketAccess {
        endpoint: endpoint.trim_end_matches('/').to_owned(),
        region: variable("AWS_REGION", "us-east-1"),
        bucket: variable("TIDEWELL_TEST_S3_BUCKET", BUCKET),
        key_id: variable("AWS_ACCESS_KEY_ID", "test"),
        secret: variable("AWS_SECRET_ACCESS_KEY", "test"),
    }
}

#[cfg(test)]
mod tests;
