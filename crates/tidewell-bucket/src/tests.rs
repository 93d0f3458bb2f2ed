//! A bucket on MinIO: made, set, and what a check finds there.

use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, BucketVersioningStatus, ExpirationStatus, LifecycleExpiration, LifecycleRule,
    LifecycleRuleFilter, VersioningConfiguration,
};
use tidewell_testkit::S3;

use crate::admin::tests::impatient;
use crate::{
    Aspect, BucketAdmin, BucketError, CheckOptions, Finding, InitOptions, Notify, NotifyTarget, Severity, StepState,
};

/// A store below `p` in a bucket that is not there yet; `None` where the test is skipped.
async fn start() -> Option<BucketAdmin> {
    let s3 = S3::start_or_skip()?;
    Some(reach(&s3, s3.prefix(), &s3.variables()).await)
}

async fn reach(s3: &S3, bucket: &str, variables: &[(String, String)]) -> BucketAdmin {
    assert!(!s3.endpoint().is_empty());
    BucketAdmin::connect_by(bucket, "p", variables, &impatient()).await.expect("a client")
}

fn of(findings: &[Finding], aspect: Aspect) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.aspect == aspect).collect()
}

async fn check(admin: &BucketAdmin) -> Vec<Finding> {
    admin.check(&CheckOptions::default()).await
}

async fn expire(admin: &BucketAdmin, prefix: &str) {
    let filter = LifecycleRuleFilter::builder().prefix(prefix).build();
    let rule = LifecycleRule::builder().id("sweep").filter(filter).status(ExpirationStatus::Enabled);
    let rule = rule.expiration(LifecycleExpiration::builder().days(30).build()).build().expect("a rule");
    let rules = BucketLifecycleConfiguration::builder().rules(rule).build().expect("rules");
    let request = admin.client.put_bucket_lifecycle_configuration().bucket(&admin.bucket);
    request.lifecycle_configuration(rules).send().await.expect("rules");
}

#[tokio::test]
async fn bucket_is_made_once_and_a_check_finds_no_harm() {
    let Some(admin) = start().await else { return };
    let missing = check(&admin).await;
    assert!(missing.len() == 1 && missing[0].severity == Severity::Error, "{missing:#?}");

    let dry = admin.init(&InitOptions { dry_run: true, ..InitOptions::default() }).await.expect("a report");
    assert_eq!(dry.steps[0].state, StepState::WouldDo);
    for expected in [StepState::Done, StepState::AlreadySo] {
        let report = admin.init(&InitOptions::default()).await.expect("a report");
        assert_eq!(report.steps[0].state, expected);
    }
    let findings = check(&admin).await;
    assert!(findings.iter().all(|finding| finding.severity <= Severity::Note), "{findings:#?}");
    assert!(of(&findings, Aspect::PublicAccess).iter().any(|finding| finding.what.contains("cannot be asked")));
}

#[tokio::test]
async fn rules_of_others_stay_whether_the_server_takes_ours_or_not() {
    let Some(admin) = start().await else { return };
    admin.init(&InitOptions::default()).await.expect("a bucket");
    expire(&admin, "logs/").await;
    let options = InitOptions { abort_uploads_days: Some(7), block_public_access: true, ..InitOptions::default() };
    let first = admin.init(&options).await.expect("a report");
    assert!(matches!(first.steps[1].state, StepState::Unsupported(_)), "{first:#?}");
    let answer = admin.client.get_bucket_lifecycle_configuration().bucket(&admin.bucket).send().await.expect("rules");
    let mut ids: Vec<&str> = answer.rules().iter().filter_map(|rule| rule.id()).collect();
    ids.sort_unstable();
    let second = admin.init(&options).await.expect("a report");
    match &first.steps[2].state {
        // As MinIO does, which ends abandoned uploads by itself.
        StepState::Unsupported(_) => assert_eq!(ids, ["sweep"]),
        state => {
            assert_eq!((state, &second.steps[2].state), (&StepState::Done, &StepState::AlreadySo));
            assert_eq!(ids, ["sweep", "tidewell-abandoned-uploads:p/"]);
        }
    }
    let findings = check(&admin).await;
    assert!(of(&findings, Aspect::Lifecycle).iter().all(|finding| finding.severity <= Severity::Note), "{findings:#?}");
}

#[tokio::test]
async fn expiration_over_the_store_is_found_and_one_elsewhere_is_not() {
    let Some(admin) = start().await else { return };
    admin.init(&InitOptions::default()).await.expect("a bucket");
    for (prefix, severity) in [("logs/", Severity::Ok), ("p/db/", Severity::Error), ("", Severity::Error)] {
        expire(&admin, prefix).await;
        let findings = check(&admin).await;
        assert_eq!(of(&findings, Aspect::Lifecycle)[0].severity, severity, "{prefix:?} {findings:#?}");
    }
}

#[tokio::test]
async fn versioning_is_found() {
    let Some(admin) = start().await else { return };
    admin.init(&InitOptions::default()).await.expect("a bucket");
    for (status, severity) in
        [(BucketVersioningStatus::Enabled, Severity::Warning), (BucketVersioningStatus::Suspended, Severity::Note)]
    {
        let versioning = VersioningConfiguration::builder().status(status).build();
        let request = admin.client.put_bucket_versioning().bucket(&admin.bucket);
        request.versioning_configuration(versioning).send().await.expect("versioning");
        let findings = check(&admin).await;
        assert_eq!(of(&findings, Aspect::Versioning)[0].severity, severity, "{findings:#?}");
    }
}

#[tokio::test]
async fn notification_to_nobody_is_refused_by_name() {
    let Some(admin) = start().await else { return };
    let target: NotifyTarget = "arn:minio:sqs::NOBODY:webhook".parse().expect("a target");
    let options = InitOptions { notify: Some(Notify::new(target)), ..InitOptions::default() };
    let error = admin.init(&options).await.expect_err("no such target");
    assert!(matches!(error, BucketError::Invalid { .. }), "{error}");
    assert!(error.to_string().contains("arn:minio:sqs::NOBODY:webhook"), "{error}");
    let report = admin.init(&InitOptions::default()).await.expect("a report");
    assert_eq!(report.steps[0].state, StepState::AlreadySo, "the bucket itself was made");
}

#[tokio::test]
async fn event_bridge_is_not_said_to_be_done_where_there_is_none() {
    let Some(admin) = start().await else { return };
    let options = InitOptions { notify: Some(Notify::new(NotifyTarget::EventBridge)), ..InitOptions::default() };
    match admin.init(&options).await {
        Ok(report) => assert!(matches!(report.steps[1].state, StepState::Unsupported(_)), "{report:#?}"),
        Err(error) => assert!(matches!(error, BucketError::Invalid { .. }), "{error}"),
    }
}

#[tokio::test]
async fn wrong_secret_is_one_error_of_credentials() {
    let Some(s3) = S3::start_or_skip() else { return };
    let mut variables = s3.variables();
    for (name, value) in &mut variables {
        if name == "AWS_SECRET_ACCESS_KEY" {
            "wrong-secret".clone_into(value);
        }
    }
    let admin = reach(&s3, s3.bucket(), &variables).await;
    let findings = check(&admin).await;
    let errors: Vec<&Finding> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    assert_eq!(errors.len(), 1, "{findings:#?}");
    assert!(errors[0].what.contains("credentials"), "{findings:#?}");
    assert!(matches!(admin.init(&InitOptions::default()).await, Err(BucketError::Denied { .. })));
}
