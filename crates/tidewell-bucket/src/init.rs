//! Makes a bucket and sets what a store wants of it, and nothing that is so already.

#[cfg(test)]
mod tests;

use std::fmt;

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketLocationConstraint, CreateBucketConfiguration, LifecycleRule,
    NotificationConfiguration, TransitionDefaultMinimumObjectSize,
};

use crate::access::{all_blocked, is_blocked};
use crate::admin::BucketAdmin;
use crate::check::moved;
use crate::error::{BucketError, region_remedy};
use crate::lifecycle::{UPLOADS_ID, merge_uploads};
use crate::notification::{Merged, Notify, NotifyTarget, configuration, merge, validate};
use crate::refusal::{Kind, Refusal, outcome};

/// The region whose buckets are made without saying where.
const REGION_UNSAID: &str = "us-east-1";

/// What to set besides making the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InitOptions {
    /// Switch on all four parts of the public access block.
    pub block_public_access: bool,
    /// After how many days parts of abandoned uploads below the store's prefix go, 1 or more; `None` sets no rule.
    pub abort_uploads_days: Option<i32>,
    /// Who is told of new files to import.
    pub notify: Option<Notify>,
    /// Look and say what would be done, and change nothing.
    pub dry_run: bool,
}

/// How a step went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It was done.
    Done,
    /// There was nothing to do.
    AlreadySo,
    /// It would be done, in a dry run.
    WouldDo,
    /// The server does not know such a setting. Nothing was changed.
    Unsupported(String),
}

impl fmt::Display for StepState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::AlreadySo => f.write_str("already so"),
            Self::WouldDo => f.write_str("would do"),
            Self::Unsupported(reason) => write!(f, "not supported here: {reason}"),
        }
    }
}

/// One step and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was to be done.
    pub what: String,
    /// How it went.
    pub state: StepState,
}

/// All steps of one run, in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InitReport {
    /// The bucket first; one for each option that was asked for.
    pub steps: Vec<Step>,
}

/// What a step would change.
enum Plan<T> {
    AlreadySo,
    Put(T),
    Unsupported(String),
}

/// Rules to put, and what else the answer to a look at them said.
struct Rules {
    rules: Vec<LifecycleRule>,
    minimum: Option<TransitionDefaultMinimumObjectSize>,
}

/// All that is to change, found out before anything does.
struct Plans {
    block: Option<Plan<()>>,
    uploads: Option<Plan<Rules>>,
    notify: Option<Plan<NotificationConfiguration>>,
}

impl BucketAdmin {
    /// Makes the bucket where it is missing and sets what `options` ask for. May be run again at any time: what is so already
    /// stays. Everything is looked at first, so a conflict is reported before anything is changed; when a later step fails, the
    /// earlier ones stay. Settings that a bucket has only one of (lifecycle, notifications) are read, added to and put back whole:
    /// rules of others stay, but a change that somebody else makes within the same second may be lost.
    ///
    /// 1 to 9 requests. Needs `s3:ListBucket` and `s3:CreateBucket`, and for each option the right to get and to put its setting.
    ///
    /// # Errors
    /// [`BucketError::Taken`] where the name is somebody else's; [`BucketError::NotFound`] where the bucket is in another region
    /// than `AWS_REGION`; [`BucketError::Invalid`] for options that conflict with the store or with rules of others, and for
    /// targets that the server refuses; [`BucketError::Denied`] and [`BucketError::Unavailable`]. All name the remedy.
    pub async fn init(&self, options: &InitOptions) -> Result<InitReport, BucketError> {
        if self.is_directory() {
            let reason =
                "a directory bucket (S3 Express) lists objects in no order, so no newest commit could be found";
            return Err(BucketError::invalid(self.what_bucket(), reason, "use a general-purpose bucket"));
        }
        if let Some(notify) = &options.notify {
            validate(notify, &self.ground)?;
        }
        let exists = self.exists(options.dry_run).await?;
        let plans = self.plan(options, exists).await?;
        let mut report = InitReport::default();
        self.make(exists, options, &mut report).await?;
        self.apply(plans, options, &mut report).await?;
        Ok(report)
    }

    fn what_bucket(&self) -> String {
        format!("the bucket {} in {}", self.bucket, self.region)
    }

    /// Whether the bucket is there and ours to use.
    async fn exists(&self, dry_run: bool) -> Result<bool, BucketError> {
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

    async fn plan(&self, options: &InitOptions, exists: bool) -> Result<Plans, BucketError> {
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

    async fn plan_notify(&self, notify: &Notify, exists: bool) -> Result<Plan<NotificationConfiguration>, BucketError> {
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

    async fn make(&self, exists: bool, options: &InitOptions, report: &mut InitReport) -> Result<(), BucketError> {
        let state = match (exists, options.dry_run) {
            (true, _) => StepState::AlreadySo,
            (false, true) => StepState::WouldDo,
            (false, false) => self.create().await?,
        };
        report.steps.push(Step { what: self.what_bucket(), state });
        Ok(())
    }

    async fn create(&self) -> Result<StepState, BucketError> {
        let request = self.client.create_bucket().bucket(&self.bucket);
        let place = (self.region != REGION_UNSAID).then(|| {
            let region = BucketLocationConstraint::from(self.region.as_str());
            CreateBucketConfiguration::builder().location_constraint(region).build()
        });
        match outcome(request.set_create_bucket_configuration(place).send().await) {
            Ok(_) => Ok(StepState::Done),
            Err(refusal) if refusal.kind == Kind::Owned => Ok(StepState::AlreadySo),
            Err(refusal) => Err(BucketError::from_refusal(self.what_bucket(), "s3:CreateBucket", &refusal)),
        }
    }

    async fn apply(&self, plans: Plans, options: &InitOptions, report: &mut InitReport) -> Result<(), BucketError> {
        if let Some(plan) = plans.block {
            let state = match undone(plan, options.dry_run) {
                Ok(()) => self.put_block().await?,
                Err(state) => state,
            };
            report.steps.push(Step { what: BLOCK.to_owned(), state });
        }
        if let Some(plan) = plans.uploads {
            let state = match undone(plan, options.dry_run) {
                Ok(rules) => self.put_rules(rules).await?,
                Err(state) => state,
            };
            let days = options.abort_uploads_days.unwrap_or_default();
            let what = format!("{UPLOADS} ({UPLOADS_ID}) below {} after {days} days", self.ground.shown());
            report.steps.push(Step { what, state });
        }
        if let (Some(plan), Some(notify)) = (plans.notify, &options.notify) {
            let state = match undone(plan, options.dry_run) {
                Ok(configuration) => self.put_notifications(configuration, notify).await?,
                Err(state) => state,
            };
            report.steps.push(Step { what: shown(notify), state });
        }
        Ok(())
    }

    async fn put_block(&self) -> Result<StepState, BucketError> {
        let request = self.client.put_public_access_block().bucket(&self.bucket);
        let answer = outcome(request.public_access_block_configuration(all_blocked()).send().await);
        self.state(BLOCK, "s3:PutBucketPublicAccessBlock", answer)
    }

    async fn put_rules(&self, rules: Rules) -> Result<StepState, BucketError> {
        let configuration = BucketLifecycleConfiguration::builder().set_rules(Some(rules.rules)).build();
        let configuration = configuration.map_err(|error| {
            BucketError::invalid(UPLOADS, error.to_string(), "add the rule by the server's own tools")
        })?;
        let request = self.client.put_bucket_lifecycle_configuration().bucket(&self.bucket);
        let request = request.lifecycle_configuration(configuration);
        let answer = outcome(request.set_transition_default_minimum_object_size(rules.minimum).send().await);
        self.state(UPLOADS, "s3:PutLifecycleConfiguration", answer)
    }

    async fn put_notifications(
        &self,
        configuration: NotificationConfiguration,
        notify: &Notify,
    ) -> Result<StepState, BucketError> {
        let request = self.client.put_bucket_notification_configuration().bucket(&self.bucket);
        let answer = outcome(request.notification_configuration(configuration).send().await);
        if let Err(refusal) = &answer
            && matches!(refusal.kind, Kind::Invalid | Kind::NotFound)
        {
            let remedy = "check that it is there, in the bucket's region, and that its policy lets s3.amazonaws.com call it for \
                          this bucket; on another server, that it is configured there";
            let reason = format!("{} was not accepted: {refusal}", notify.target);
            return Err(BucketError::invalid(shown(notify), reason, remedy));
        }
        let state = self.state(NOTIFY, "s3:PutBucketNotification", answer)?;
        if state == StepState::Done && self.is_foreign && !self.has_notifications(notify).await {
            return Ok(StepState::Unsupported("the server took it and does not keep it".to_owned()));
        }
        Ok(state)
    }

    /// Whether what was put is there. Only asked of servers that are not AWS, where a setting may take a while to show.
    async fn has_notifications(&self, notify: &Notify) -> bool {
        match self.plan_notify(notify, true).await {
            Ok(plan) => matches!(plan, Plan::AlreadySo),
            // It was accepted, and what it became cannot be seen.
            Err(_) => true,
        }
    }

    fn state<T>(&self, what: &str, action: &str, answer: Result<T, Refusal>) -> Result<StepState, BucketError> {
        match answer {
            Ok(_) => Ok(StepState::Done),
            Err(refusal) if refusal.kind == Kind::Unsupported => Ok(StepState::Unsupported(refusal.to_string())),
            Err(refusal) => {
                Err(BucketError::from_refusal(format!("{what} of the bucket {}", self.bucket), action, &refusal))
            }
        }
    }
}

const BLOCK: &str = "the block of public access";
const UPLOADS: &str = "the rule for abandoned uploads";
const NOTIFY: &str = "notifications of new files";

fn shown(notify: &Notify) -> String {
    match &notify.target {
        NotifyTarget::EventBridge => "all events of the bucket to EventBridge".to_owned(),
        target if notify.suffixes.is_empty() => format!("new files {}* to {target}", notify.import_prefix),
        target => format!("new files {}* ({}) to {target}", notify.import_prefix, notify.suffixes.join(", ")),
    }
}

/// What is to be put, or how the step ends without.
fn undone<T>(plan: Plan<T>, dry_run: bool) -> Result<T, StepState> {
    match plan {
        Plan::AlreadySo => Err(StepState::AlreadySo),
        Plan::Unsupported(reason) => Err(StepState::Unsupported(reason)),
        Plan::Put(_) if dry_run => Err(StepState::WouldDo),
        Plan::Put(what) => Ok(what),
    }
}
