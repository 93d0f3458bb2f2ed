//! Who gets in, and who pays.

use aws_sdk_s3::types::{Payer, PolicyStatus, PublicAccessBlockConfiguration};

use super::{all_blocked, is_blocked, judge_block, judge_payer, judge_policy};
use crate::finding::Severity;

#[test]
fn block_is_fine_only_with_all_four_switches_on() {
    assert!(is_blocked(Some(&all_blocked())));
    assert_eq!(judge_block(Some(&all_blocked())).severity, Severity::Ok);
    assert_eq!(judge_block(None).severity, Severity::Warning);
    let three = PublicAccessBlockConfiguration::builder()
        .block_public_acls(true)
        .ignore_public_acls(true)
        .restrict_public_buckets(true)
        .build();
    assert!(!is_blocked(Some(&three)));
    let finding = judge_block(Some(&three));
    assert_eq!(finding.severity, Severity::Warning);
    assert!(finding.what.ends_with(": BlockPublicPolicy"), "{finding:?}");
}

#[test]
fn policy_that_is_public_is_an_error() {
    assert_eq!(judge_policy(None).severity, Severity::Ok);
    let status = |is_public| PolicyStatus::builder().is_public(is_public).build();
    assert_eq!(judge_policy(Some(&status(false))).severity, Severity::Ok);
    assert_eq!(judge_policy(Some(&status(true))).severity, Severity::Error);
}

#[test]
fn requester_who_pays_is_a_warning() {
    assert_eq!(judge_payer(Some(&Payer::BucketOwner)).severity, Severity::Ok);
    assert_eq!(judge_payer(None).severity, Severity::Ok);
    assert_eq!(judge_payer(Some(&Payer::Requester)).severity, Severity::Warning);
}
