//! Looks at the settings of a bucket and says which would hurt.

#[cfg(test)]
mod tests;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::BucketVersioningStatus;

use crate::access::{judge_block, judge_payer, judge_policy};
use crate::admin::BucketAdmin;
use crate::error::{CREDENTIALS_REMEDY, UNAVAILABLE_REMEDY, region_remedy};
use crate::finding::{Aspect, Finding};
use crate::notification::{Notify, configuration};
use crate::refusal::{Kind, Refusal, outcome};
use crate::replication::Versioned;
use crate::{encryption, lifecycle, notification, replication, versioning};

/// What a check has to know besides the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckOptions {
    /// What the keys of files to import begin with, counted from the bucket's root.
    pub import_prefix: String,
}

impl Default for CheckOptions {
    fn default() -> Self {
        Self { import_prefix: Notify::IMPORT_PREFIX.to_owned() }
    }
}

/// What came of asking for a setting.
enum Answer<T> {
    Given(T),
    /// The setting is not made.
    Absent,
    /// It could not be asked for, and a finding says so.
    Unasked,
}

/// Nothing more can be asked; a finding says why.
struct Stop;

/// A check under way.
struct Look<'a> {
    admin: &'a BucketAdmin,
    findings: Vec<Finding>,
}

impl BucketAdmin {
    /// Looks at every setting of the bucket that can hurt the store, and changes none. Some 10 requests, one after the other; a
    /// bucket in another region is looked at there. What the server does not know is a note, what the credentials may not see is
    /// a warning that names the right, and a bucket that is not there or cannot be reached is an error: this itself never
    /// fails.
    pub async fn check(&self, options: &CheckOptions) -> Vec<Finding> {
        let mut look = Look { admin: self, findings: Vec::new() };
        // An early end is among the findings.
        let _ = look.all(options).await;
        look.findings
    }
}

impl Look<'_> {
    async fn all(&mut self, options: &CheckOptions) -> Result<(), Stop> {
        let client = self.bucket().await?;
        self.ages(&client, options).await?;
        self.lock(&client).await?;
        self.encryption(&client).await?;
        self.access(&client).await?;
        self.notifications(&client, options).await
    }

    fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Whether the bucket is there, and the client that reaches it.
    async fn bucket(&mut self) -> Result<Client, Stop> {
        let admin = self.admin;
        if admin.is_directory() {
            self.add(Finding::error(
                Aspect::Bucket,
                format!("{} is a directory bucket (S3 Express)", admin.bucket),
                "it lists objects in no order, so the newest commit cannot be found",
                "keep the store in a general-purpose bucket",
            ));
            return Err(Stop);
        }
        let first = admin.head(&admin.client).await;
        let (client, region, answer) = match first.as_ref().err().and_then(moved) {
            Some(region) => {
                self.add(Finding::error(
                    Aspect::Bucket,
                    format!(
                        "the bucket {} is in the region {region}, and AWS_REGION is {}",
                        admin.bucket, admin.region
                    ),
                    "S3 refuses requests that are signed for another region",
                    region_remedy(Some(&region)),
                ));
                let client = admin.client_in(&region);
                let second = admin.head(&client).await;
                (client, region, second)
            }
            None => (admin.client.clone(), admin.region.clone(), first),
        };
        match answer {
            Ok(answer) => {
                let region = answer.unwrap_or(region);
                self.add(Finding::ok(Aspect::Bucket, format!("the bucket {} is there, in {region}", admin.bucket)));
                Ok(client)
            }
            Err(refusal) if refusal.kind == Kind::Denied => {
                self.add(Finding::warning(
                    Aspect::Bucket,
                    format!("the bucket {} may not be looked at ({refusal})", admin.bucket),
                    "it belongs to another account, or is not there, or the rights are missing; the store itself lists objects, too",
                    self.allow("s3:ListBucket"),
                ));
                Ok(client)
            }
            Err(refusal) => Err(self.stop(&refusal)),
        }
    }

    /// What versions, rules by age and copies do to objects.
    async fn ages(&mut self, client: &Client, options: &CheckOptions) -> Result<(), Stop> {
        let bucket = &self.admin.bucket;
        let versions = outcome(client.get_bucket_versioning().bucket(bucket).send().await);
        let versions = self.take(Aspect::Versioning, "s3:GetBucketVersioning", versions)?;
        let rules = outcome(client.get_bucket_lifecycle_configuration().bucket(bucket).send().await);
        let rules = match self.take(Aspect::Lifecycle, "s3:GetLifecycleConfiguration", rules)? {
            Answer::Given(answer) => Some(answer.rules.unwrap_or_default()),
            Answer::Absent => Some(Vec::new()),
            Answer::Unasked => None,
        };
        let copies = outcome(client.get_bucket_replication().bucket(bucket).send().await);
        let copies = self.take(Aspect::Replication, "s3:GetReplicationConfiguration", copies)?;

        let ground = &self.admin.ground;
        let versioned = match &versions {
            Answer::Given(answer) if answer.status() == Some(&BucketVersioningStatus::Enabled) => Versioned::Yes,
            Answer::Given(_) | Answer::Absent => Versioned::No,
            Answer::Unasked => Versioned::Unknown,
        };
        let gone_after_days = rules.as_deref().and_then(|rules| lifecycle::noncurrent_days(rules, ground));
        if let Answer::Given(answer) = &versions {
            self.add(versioning::judge(answer.status(), gone_after_days));
        }
        if let Some(rules) = &rules {
            self.findings.extend(lifecycle::judge(rules, ground, &options.import_prefix));
        }
        match &copies {
            Answer::Given(answer) => {
                self.findings.extend(replication::judge(answer.replication_configuration(), versioned, ground));
            }
            Answer::Absent => self.findings.extend(replication::judge(None, versioned, ground)),
            Answer::Unasked => {}
        }
        Ok(())
    }

    async fn lock(&mut self, client: &Client) -> Result<(), Stop> {
        let lock = outcome(client.get_object_lock_configuration().bucket(&self.admin.bucket).send().await);
        match self.take(Aspect::ObjectLock, "s3:GetBucketObjectLockConfiguration", lock)? {
            Answer::Given(answer) => self.add(versioning::judge_lock(answer.object_lock_configuration())),
            Answer::Absent => self.add(versioning::judge_lock(None)),
            Answer::Unasked => {}
        }
        Ok(())
    }

    async fn encryption(&mut self, client: &Client) -> Result<(), Stop> {
        let rules = outcome(client.get_bucket_encryption().bucket(&self.admin.bucket).send().await);
        match self.take(Aspect::Encryption, "s3:GetEncryptionConfiguration", rules)? {
            Answer::Given(answer) => {
                let configuration = answer.server_side_encryption_configuration();
                self.add(encryption::judge(configuration.map(|rules| rules.rules()).unwrap_or_default()));
            }
            Answer::Absent => self.add(encryption::judge(&[])),
            Answer::Unasked => {}
        }
        Ok(())
    }

    async fn access(&mut self, client: &Client) -> Result<(), Stop> {
        let bucket = &self.admin.bucket;
        let block = outcome(client.get_public_access_block().bucket(bucket).send().await);
        match self.take(Aspect::PublicAccess, "s3:GetBucketPublicAccessBlock", block)? {
            Answer::Given(answer) => self.add(judge_block(answer.public_access_block_configuration())),
            Answer::Absent => self.add(judge_block(None)),
            Answer::Unasked => {}
        }
        let policy = outcome(client.get_bucket_policy_status().bucket(bucket).send().await);
        match self.take(Aspect::PublicAccess, "s3:GetBucketPolicyStatus", policy)? {
            Answer::Given(answer) => self.add(judge_policy(answer.policy_status())),
            Answer::Absent => self.add(judge_policy(None)),
            Answer::Unasked => {}
        }
        let payer = outcome(client.get_bucket_request_payment().bucket(bucket).send().await);
        match self.take(Aspect::RequestPayment, "s3:GetBucketRequestPayment", payer)? {
            Answer::Given(answer) => self.add(judge_payer(answer.payer())),
            Answer::Absent => self.add(judge_payer(None)),
            Answer::Unasked => {}
        }
        Ok(())
    }

    async fn notifications(&mut self, client: &Client, options: &CheckOptions) -> Result<(), Stop> {
        let answer = outcome(client.get_bucket_notification_configuration().bucket(&self.admin.bucket).send().await);
        if let Answer::Given(answer) = self.take(Aspect::Notifications, "s3:GetBucketNotification", answer)? {
            let (rules, ground) = (configuration(&answer), &self.admin.ground);
            self.findings.extend(notification::judge(&rules, ground, &options.import_prefix));
        }
        Ok(())
    }

    /// The answer; or a finding of why there is none.
    fn take<T>(&mut self, aspect: Aspect, action: &str, outcome: Result<T, Refusal>) -> Result<Answer<T>, Stop> {
        let refusal = match outcome {
            Ok(answer) => return Ok(Answer::Given(answer)),
            Err(refusal) => refusal,
        };
        match refusal.kind {
            Kind::Absent => return Ok(Answer::Absent),
            Kind::Credentials | Kind::NoBucket | Kind::Elsewhere => return Err(self.stop(&refusal)),
            Kind::Denied => self.add(Finding::warning(
                aspect,
                format!("{aspect} may not be looked at ({refusal})"),
                "what it would show may hurt, unseen",
                self.allow(action),
            )),
            Kind::Unavailable => self.add(Finding::warning(
                aspect,
                format!("{aspect} could not be looked at ({refusal})"),
                "what it would show may hurt, unseen",
                UNAVAILABLE_REMEDY,
            )),
            Kind::NotFound | Kind::Unsupported | Kind::Invalid | Kind::Taken | Kind::Owned => self.add(Finding::note(
                aspect,
                format!("{aspect} cannot be asked for here ({refusal})"),
                "the server does not know this setting, as others than AWS do not know all",
                "",
            )),
        }
        Ok(Answer::Unasked)
    }

    fn stop(&mut self, refusal: &Refusal) -> Stop {
        let bucket = &self.admin.bucket;
        let finding = match refusal.kind {
            Kind::Credentials => Finding::error(
                Aspect::Bucket,
                format!("the credentials are not accepted ({refusal})"),
                "nothing can be read or written with them",
                CREDENTIALS_REMEDY,
            ),
            Kind::Elsewhere => Finding::error(
                Aspect::Bucket,
                format!("{refusal}, not in {}", self.admin.region),
                "S3 refuses requests that are signed for another region",
                region_remedy(refusal.region.as_deref()),
            ),
            Kind::NoBucket | Kind::NotFound => Finding::error(
                Aspect::Bucket,
                format!("there is no bucket {bucket}"),
                "the store cannot be opened",
                "correct the name, or make it with `tidewell bucket init`",
            ),
            _ => Finding::error(
                Aspect::Bucket,
                format!("the bucket {bucket} cannot be reached ({refusal})"),
                "nothing can be read or written",
                UNAVAILABLE_REMEDY,
            ),
        };
        self.add(finding);
        Stop
    }

    fn allow(&self, action: &str) -> String {
        format!("allow {action} on arn:aws:s3:::{}", self.admin.bucket)
    }
}

/// The region that the bucket is in, where it is not the one that was asked.
pub(crate) fn moved(refusal: &Refusal) -> Option<String> {
    refusal.region.clone().filter(|_| refusal.kind == Kind::Elsewhere)
}
