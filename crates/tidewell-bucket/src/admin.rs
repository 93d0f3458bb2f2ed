//! One bucket, and the requests about its settings.

#[cfg(test)]
pub(crate) mod tests;

use std::fmt;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::Region;
use tidewell_storage::{Prefix, StoreOptions};

use crate::connect;
use crate::error::BucketError;
use crate::ground::Ground;
use crate::refusal::{Kind, Refusal, outcome};
use crate::variables::Variables;

/// The end of the names of directory buckets (S3 Express).
const DIRECTORY_END: &str = "--x-s3";

/// The settings of a store's bucket.
pub struct BucketAdmin {
    pub(crate) client: Client,
    pub(crate) bucket: String,
    pub(crate) ground: Ground,
    pub(crate) region: String,
    /// Whether the server is not AWS itself: it may lack settings, or take them and forget them.
    pub(crate) is_foreign: bool,
}

impl fmt::Debug for BucketAdmin {
    /// Without the client, which knows credentials.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = f.debug_struct("BucketAdmin");
        text.field("bucket", &self.bucket).field("ground", &self.ground).field("region", &self.region);
        text.finish_non_exhaustive()
    }
}

impl BucketAdmin {
    /// The bucket of the store `s3://<bucket>/<prefix>`, reached by the `AWS_*` variables of this process as the store itself
    /// is: `AWS_REGION`, `AWS_ENDPOINT_URL_S3` before `AWS_ENDPOINT_URL`, keys or a role. Makes no request to the bucket; to
    /// find a role's credentials it may ask STS or the metadata server of the machine.
    ///
    /// # Errors
    /// [`BucketError::Denied`] without credentials; [`BucketError::Invalid`] for an empty bucket, a prefix that no store can have
    /// or an unreadable `AWS_CA_BUNDLE`.
    pub async fn connect(bucket: &str, prefix: &str) -> Result<Self, BucketError> {
        Self::open(bucket, prefix, &Variables::of_process(), &StoreOptions::default()).await
    }

    /// As [`connect`](Self::connect), by given variables in the place of the process's, and as patient as `options` say. A role
    /// is still looked for in the process's variables.
    ///
    /// # Errors
    /// As for [`connect`](Self::connect).
    pub async fn connect_by(
        bucket: &str,
        prefix: &str,
        variables: &[(String, String)],
        options: &StoreOptions,
    ) -> Result<Self, BucketError> {
        Self::open(bucket, prefix, &Variables::given(variables), options).await
    }

    async fn open(
        bucket: &str,
        prefix: &str,
        variables: &Variables,
        options: &StoreOptions,
    ) -> Result<Self, BucketError> {
        let remedy = "name the store as s3://bucket/prefix";
        if bucket.is_empty() {
            return Err(BucketError::invalid("connecting", "no bucket is named", remedy));
        }
        if Prefix::foreign(prefix).is_none() {
            let reason = format!("a part of the prefix {prefix:?} is empty, '.' or '..'");
            return Err(BucketError::invalid("connecting", reason, remedy));
        }
        Ok(Self {
            client: connect::client(bucket, variables, options).await?,
            bucket: bucket.to_owned(),
            ground: Ground::new(prefix),
            region: variables.region().to_owned(),
            is_foreign: variables.endpoint().is_some(),
        })
    }

    /// Whether the bucket is a directory bucket, by its name.
    pub(crate) fn is_directory(&self) -> bool {
        self.bucket.ends_with(DIRECTORY_END)
    }

    /// Asks whether the bucket is there, and in which region if the server says it. Needs `s3:ListBucket`, which may be
    /// restricted to the store's prefix. One request; two where it is refused, since the answer to HEAD has no body to say why.
    pub(crate) async fn head(&self, client: &Client) -> Result<Option<String>, Refusal> {
        match outcome(client.head_bucket().bucket(&self.bucket).send().await) {
            Ok(answer) => Ok(answer.bucket_region),
            Err(refusal) if matches!(refusal.kind, Kind::Denied | Kind::Invalid) => {
                let list = client.list_objects_v2().bucket(&self.bucket).prefix(self.ground.root()).max_keys(1);
                outcome(list.send().await).map(|_| None)
            }
            Err(refusal) => Err(refusal),
        }
    }

    /// A client for another region.
    pub(crate) fn client_in(&self, region: &str) -> Client {
        Client::from_conf(self.client.config().to_builder().region(Region::new(region.to_owned())).build())
    }
}
