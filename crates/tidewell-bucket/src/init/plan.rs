//! Finds out what an init would change, before anything does.

use aws_sdk_s3::types::{LifecycleRule, NotificationConfiguration, TransitionDefaultMinimumObjectSize};

use super::{BLOCK, InitOptions, NOTIFY, REGION_UNSAID, StepState, UPLOADS};
use crate::access::is_blocked;
use crate::admin::BucketAdmin;
use crate::check::moved;
use crate::error::{BucketError, region_remedy};
use crate::lifecycle::merge_uploads;
use crate::notification::{Merged, Notify, configuration, merge};
use crate::refusal::{Kind, Refusal, outcome};

/// What a step would change.
pub(super) enum Plan<T> {
    AlreadySo,
    Put(T),
    Unsupported(String),
}

/// Rules to put, and what else the answer to a look at them said.
pub(super) struct Rules {
    pub(super) rules: Vec<LifecycleRule>,
    pub(super) minimum: Option<TransitionDefaultMinimumObjectSize>,
}

/// All that is to change, found out before anything does.
pub(super) struct Plans {
    pub(super) block: Option<Plan<()>>,
    pub(super) uploads: Option<Plan<Rules>>,
    pub(super) notify: Option<Plan<NotificationConfiguration>>,
}

/// What is to be put, or how the step ends without.
pub(super) fn undone<T>(plan: Plan<T>, dry_run: bool) -> Result<T, StepState> {
    match plan {
        Plan::AlreadySo => Err(StepState::AlreadySo),
        Plan::Unsupported(reason) => Err(StepState::Unsupported(reason)),
        Plan::Put(_) if dry_run => Err(StepState::WouldDo),
        Plan::Put(what) => Ok(what),
    }
}

impl BucketAdmin {
    /// Whether the bucket is there and ours to use.
    pub(super) async fn exists(&self, dry_run: bool) -> Result<bool, BucketError> {
        let refusal = match self.head(&self.client).await {
            Ok(_) => return Ok(true),
            Err(refusal) => refusal,
        };
        match refusal.kind {
            Kind::NotFound | Kind::NoBucket => Ok(false),
            Kind::Elsewhere => Err(BucketError::NotFound {
                what: self.what_bucket(),
                reason: refusal.to_string(),
                remedy: region_remedy(moved(&refusal).as_deref()),
            }),
            // Somebody else's bucket and one that may not be listed look alike. Where making it again has no side effect, that
            // tells; in us-east-1 it would reset the ACL of a bucket of ours.
            Kind::Denied if !dry_run && self.region != REGION_UNSAID => Ok(false),
            Kind::Denied => Err(BucketError::denied(
                self.what_bucket(),
                format!("{refusal}: it is another account's, or the right to look is missing"),
                "allow s3:ListBucket on the bucket, or choose another name",
            )),
            _ => Err(BucketError::from_refusal(self.what_bucket(), "s3:ListBucket", &refusal)),
        }
    }

    pub(super) async fn plan(&self, options: &InitOptions, exists: bool) -> Result<Plans, BucketError> {
        Ok(Plans {
            block: match options.block_public_access {
                true => Some(self.plan_block(exists).await?),
                false => None,
            },
            uploads: match options.abort_uploads_days {
                Some(days) => Some(self.plan_uploads(days, exists).await?),
                None => None,
            },
            notify: match &options.notify {
                Some(notify) => Some(self.plan_notify(notify, exists).await?),
                None => None,
            },
        })
    }

    async fn plan_block(&self, exists: bool) -> Result<Plan<()>, BucketError> {
        if !exists {
            return Ok(Plan::Put(()));
        }
        let answer = outcome(self.client.get_public_access_block().bucket(&self.bucket).send().await);
        match answer {
            Ok(answer) if is_blocked(answer.public_access_block_configuration()) => Ok(Plan::AlreadySo),
            Ok(_) => Ok(Plan::Put(())),
            Err(refusal) => self.unread(BLOCK, "s3:GetBucketPublicAccessBlock", &refusal, Plan::Put(())),
        }
    }

    async fn plan_uploads(&self, days: i32, exists: bool) -> Result<Plan<Rules>, BucketError> {
        let plan = |rules: &[LifecycleRule], minimum| {
            let merged = merge_uploads(rules, &self.ground, days)?;
            Ok(merged.map_or(Plan::AlreadySo, |rules| Plan::Put(Rules { rules, minimum })))
        };
        if !exists {
            return plan(&[], None);
        }
        let answer = outcome(self.client.get_bucket_lifecycle_configuration().bucket(&self.bucket).send().await);
        match answer {
            Ok(answer) => plan(answer.rules(), answer.transition_default_minimum_object_size.clone()),
            Err(refusal) => self.unread(UPLOADS, "s3:GetLifecycleConfiguration", &refusal, plan(&[], None)?),
        }
    }

    pub(super) async fn plan_notify(
        &self,
        notify: &Notify,
        exists: bool,
    ) -> Result<Plan<NotificationConfiguration>, BucketError> {
        let current = if exists {
            let answer = self.client.get_bucket_notification_configuration().bucket(&self.bucket).send().await;
            match outcome(answer) {
                Ok(answer) => configuration(&answer),
                Err(refusal) => {
                    let none = NotificationConfiguration::builder().build();
                    return self.unread(NOTIFY, "s3:GetBucketNotification", &refusal, Plan::Put(none));
                }
            }
        } else {
            NotificationConfiguration::builder().build()
        };
        Ok(match merge(&current, notify)? {
            Merged::AlreadySo => Plan::AlreadySo,
            Merged::Put(merged) => Plan::Put(*merged),
        })
    }

    /// What a setting that could not be read means: not made, not known to the server, or an error.
    fn unread<T>(&self, what: &str, action: &str, refusal: &Refusal, absent: Plan<T>) -> Result<Plan<T>, BucketError> {
        match refusal.kind {
            Kind::Absent => Ok(absent),
            Kind::Unsupported | Kind::Invalid | Kind::NotFound => Ok(Plan::Unsupported(refusal.to_string())),
            _ => Err(BucketError::from_refusal(format!("{what} of the bucket {}", self.bucket), action, refusal)),
        }
    }
}
