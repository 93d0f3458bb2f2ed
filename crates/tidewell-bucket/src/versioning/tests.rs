//! What versioning and locks mean.

use aws_sdk_s3::types::{
    BucketVersioningStatus, DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled, ObjectLockRetentionMode,
    ObjectLockRule,
};

use super::{judge, judge_lock};
use crate::finding::Severity;

#[test]
fn versioning_matters_by_what_deletes_old_versions() {
    let (on, suspended) = (BucketVersioningStatus::Enabled, BucketVersioningStatus::Suspended);
    let cases = [
        (None, None, Severity::Ok),
        (Some(&suspended), None, Severity::Note),
        (Some(&on), Some(3), Severity::Note),
        (Some(&on), None, Severity::Warning),
    ];
    for (status, days, severity) in cases {
        assert_eq!(judge(status, days).severity, severity, "{status:?} {days:?}");
    }
}

#[test]
fn lock_with_a_default_retention_is_an_error_that_says_for_how_long() {
    let retention = DefaultRetention::builder().mode(ObjectLockRetentionMode::Compliance).days(30).build();
    let lock = |retention: Option<DefaultRetention>| {
        let rule = retention.map(|retention| ObjectLockRule::builder().default_retention(retention).build());
        let lock = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled);
        judge_lock(Some(&lock.set_rule(rule).build()))
    };
    let finding = lock(Some(retention));
    assert_eq!(finding.severity, Severity::Error);
    assert!(finding.what.contains("30 days (COMPLIANCE)"), "{finding:?}");
    assert_eq!(lock(None).severity, Severity::Note);
}

#[test]
fn lock_that_is_not_there_is_fine() {
    assert_eq!(judge_lock(None).severity, Severity::Ok);
    assert_eq!(judge_lock(Some(&ObjectLockConfiguration::builder().build())).severity, Severity::Ok);
}
