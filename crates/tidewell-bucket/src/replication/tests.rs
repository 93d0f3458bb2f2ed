//! Which copies hurt.

use aws_sdk_s3::types::{
    DeleteMarkerReplication, DeleteMarkerReplicationStatus, Destination, ReplicationConfiguration, ReplicationRule,
    ReplicationRuleFilter, ReplicationRuleStatus,
};

use super::{Versioned, judge};
use crate::finding::{Finding, Severity};
use crate::ground::Ground;

fn found(prefix: &str, status: ReplicationRuleStatus, markers: DeleteMarkerReplicationStatus) -> Vec<Finding> {
    let rule = ReplicationRule::builder()
        .id("copy")
        .status(status)
        .filter(ReplicationRuleFilter::builder().prefix(prefix).build())
        .delete_marker_replication(DeleteMarkerReplication::builder().status(markers).build())
        .destination(Destination::builder().bucket("arn:aws:s3:::other").build().expect("a target"));
    let configuration =
        ReplicationConfiguration::builder().role("r").rules(rule.build().expect("a rule")).build().expect("rules");
    judge(Some(&configuration), Versioned::Yes, &Ground::new("p"))
}

#[test]
fn copy_of_the_store_is_a_warning_that_names_rule_and_target() {
    let findings = found("p/", ReplicationRuleStatus::Enabled, DeleteMarkerReplicationStatus::Disabled);
    assert_eq!(findings[0].severity, Severity::Warning);
    assert!(findings[0].what.contains("\"copy\"") && findings[0].what.contains("arn:aws:s3:::other"), "{findings:?}");
    assert!(findings[0].why.contains("grows for ever"), "{findings:?}");
}

#[test]
fn copy_with_delete_markers_says_what_they_do() {
    let findings = found("", ReplicationRuleStatus::Enabled, DeleteMarkerReplicationStatus::Enabled);
    assert!(findings[0].why.contains("markers"), "{findings:?}");
}

#[test]
fn copy_of_another_folder_is_none_of_ours() {
    let findings = found("logs/", ReplicationRuleStatus::Enabled, DeleteMarkerReplicationStatus::Enabled);
    assert_eq!(findings[0].severity, Severity::Ok);
}

#[test]
fn copy_that_is_switched_off_is_a_note() {
    let findings = found("", ReplicationRuleStatus::Disabled, DeleteMarkerReplicationStatus::Enabled);
    assert_eq!(findings[0].severity, Severity::Note);
}

#[test]
fn copies_into_the_bucket_are_ruled_out_only_without_versioning() {
    let inward = |versioned| judge(None, versioned, &Ground::new("")).pop().map(|finding| finding.severity);
    assert_eq!(inward(Versioned::No), Some(Severity::Ok));
    assert_eq!(inward(Versioned::Yes), Some(Severity::Note));
    assert_eq!(inward(Versioned::Unknown), Some(Severity::Note));
}
