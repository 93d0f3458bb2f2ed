//! Changes what was planned, one step after the other.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketLocationConstraint, CreateBucketConfiguration, NotificationConfiguration,
};

use super::plan::{Plan, Plans, Rules, undone};
use super::{BLOCK, InitOptions, InitReport, NOTIFY, REGION_UNSAID, Step, StepState, UPLOADS};
use crate::access::all_blocked;
use crate::admin::BucketAdmin;
use crate::error::BucketError;
use crate::lifecycle::UPLOADS_ID;
use crate::notification::{Notify, NotifyTarget};
use crate::refusal::{Kind, Refusal, outcome};

impl BucketAdmin {
    pub(super) async fn make(
        &self,
        exists: bool,
        options: &InitOptions,
        report: &mut InitReport,
    ) -> Result<(), BucketError> {
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

    pub(super) async fn apply(
        &self,
        plans: Plans,
        options: &InitOptions,
        report: &mut InitReport,
    ) -> Result<(), BucketError> {
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
        match answer {
            // MinIO, for one, takes no rule of this kind, and ends abandoned uploads by itself.
            Err(refusal) if self.is_foreign && refusal.kind == Kind::Invalid => {
                Ok(StepState::Unsupported(refusal.to_string()))
            }
            answer => self.state(UPLOADS, "s3:PutLifecycleConfiguration", answer),
        }
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

fn shown(notify: &Notify) -> String {
    match &notify.target {
        NotifyTarget::EventBridge => "all events of the bucket to EventBridge".to_owned(),
        target if notify.suffixes.is_empty() => format!("new files {}* to {target}", notify.import_prefix),
        target => format!("new files {}* ({}) to {target}", notify.import_prefix, notify.suffixes.join(", ")),
    }
}
