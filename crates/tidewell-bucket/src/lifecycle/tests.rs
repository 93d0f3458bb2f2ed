//! Which lifecycle rules hurt, and how ours is put among those of others.

use aws_sdk_s3::types::{
    AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleExpiration, LifecycleRule, LifecycleRuleFilter,
    NoncurrentVersionExpiration, Tag, Transition, TransitionStorageClass,
};

use super::{judge, merge_uploads, noncurrent_days};
use crate::finding::{Finding, Severity};
use crate::ground::Ground;

type RuleBuilder = aws_sdk_s3::types::builders::LifecycleRuleBuilder;

fn ground() -> Ground {
    Ground::new("p")
}

fn rule(id: &str, prefix: &str) -> RuleBuilder {
    let filter = LifecycleRuleFilter::builder().prefix(prefix).build();
    LifecycleRule::builder().id(id).filter(filter).status(ExpirationStatus::Enabled)
}

fn done(rule: RuleBuilder) -> LifecycleRule {
    rule.build().expect("a rule")
}

fn after(days: i32) -> LifecycleExpiration {
    LifecycleExpiration::builder().days(days).build()
}

fn aborts(days: i32) -> AbortIncompleteMultipartUpload {
    AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build()
}

fn moves(class: TransitionStorageClass) -> Transition {
    Transition::builder().days(30).storage_class(class).build()
}

/// The findings without the one about uploads.
fn found(rules: &[LifecycleRule]) -> Vec<Finding> {
    let mut findings = judge(rules, &ground(), "import/");
    findings.pop();
    findings
}

#[test]
fn bucket_without_rules_is_fine() {
    let findings = judge(&[], &ground(), "import/");
    assert_eq!(findings.iter().map(|finding| finding.severity).collect::<Vec<_>>(), [Severity::Ok, Severity::Note]);
    assert!(findings[1].what.contains("uploads"), "{findings:?}");
}

#[test]
fn expiration_over_the_store_is_an_error_that_names_the_rule() {
    for prefix in ["", "p", "p/db/default/hot/"] {
        let findings = found(&[done(rule("sweep", prefix).expiration(after(30)))]);
        assert_eq!(findings.len(), 1, "{findings:?}");
        assert_eq!(findings[0].severity, Severity::Error);
        assert!(findings[0].what.contains("\"sweep\"") && findings[0].what.contains("30 days"), "{findings:?}");
    }
}

#[test]
fn expiration_elsewhere_is_none_of_ours() {
    let findings = found(&[done(rule("sweep", "logs/").expiration(after(1)))]);
    assert_eq!(findings.iter().map(|finding| finding.severity).collect::<Vec<_>>(), [Severity::Ok]);
}

#[test]
fn expiration_of_the_import_folder_is_a_warning() {
    for prefix in ["import/", "import/default/", "imp"] {
        let findings = found(&[done(rule("sweep", prefix).expiration(after(1)))]);
        assert_eq!(
            findings.iter().map(|finding| finding.severity).collect::<Vec<_>>(),
            [Severity::Warning],
            "{prefix}"
        );
    }
}

#[test]
fn rule_that_is_switched_off_is_a_note() {
    let findings = found(&[done(rule("off", "").expiration(after(1)).status(ExpirationStatus::Disabled))]);
    assert_eq!(findings[1].severity, Severity::Note);
}

#[test]
fn rule_for_a_tag_is_a_note() {
    let tag = Tag::builder().key("scratch").value("1").build().expect("a tag");
    let rule = rule("tagged", "").filter(LifecycleRuleFilter::builder().tag(tag).build()).expiration(after(1));
    let findings = found(&[done(rule)]);
    assert!(findings.iter().any(|finding| finding.severity == Severity::Note && finding.what.contains("scratch")));
}

#[test]
fn expired_delete_markers_are_harmless() {
    let markers = LifecycleExpiration::builder().expired_object_delete_marker(true).build();
    let findings = found(&[done(rule("markers", "").expiration(markers))]);
    assert_eq!(findings.iter().map(|finding| finding.severity).collect::<Vec<_>>(), [Severity::Ok]);
}

#[test]
fn transitions_hurt_by_their_class() {
    let cases = [
        (TransitionStorageClass::Glacier, Severity::Error),
        (TransitionStorageClass::DeepArchive, Severity::Error),
        (TransitionStorageClass::GlacierIr, Severity::Warning),
        (TransitionStorageClass::StandardIa, Severity::Warning),
        (TransitionStorageClass::OnezoneIa, Severity::Warning),
        (TransitionStorageClass::from("REMOTE-TIER"), Severity::Warning),
        (TransitionStorageClass::IntelligentTiering, Severity::Note),
    ];
    for (class, severity) in cases {
        let findings = found(&[done(rule("move", "p/").transitions(moves(class.clone())))]);
        let finding = findings.iter().find(|finding| finding.what.contains("\"move\"")).expect("a finding");
        assert_eq!(finding.severity, severity, "{class:?}");
        assert!(finding.what.contains(class.as_str()));
    }
}

#[test]
fn old_versions_go_only_by_a_rule_over_the_whole_store() {
    let expiration = |days| NoncurrentVersionExpiration::builder().noncurrent_days(days).build();
    let whole = done(rule("a", "p/").noncurrent_version_expiration(expiration(7)));
    let part = done(rule("b", "p/db/x").noncurrent_version_expiration(expiration(1)));
    let keeps = NoncurrentVersionExpiration::builder().noncurrent_days(1).newer_noncurrent_versions(3).build();
    let keeps = done(rule("c", "").noncurrent_version_expiration(keeps));
    assert_eq!(noncurrent_days(&[part.clone(), keeps.clone()], &ground()), None);
    assert_eq!(noncurrent_days(&[part, keeps, whole], &ground()), Some(7));
}

#[test]
fn uploads_rule_is_added_after_those_of_others() {
    let others = [
        done(rule("x", "logs/").expiration(after(1))),
        done(rule("y", "p/db/x").abort_incomplete_multipart_upload(aborts(1))),
    ];
    let merged = merge_uploads(&others, &ground(), 7).expect("rules").expect("a change");
    assert_eq!(merged[..2], others);
    assert_eq!(merged.len(), 3);
    assert_eq!(merged[2].filter().and_then(|filter| filter.prefix()), Some("p/"));
    assert_eq!(merge_uploads(&merged, &ground(), 7).expect("rules"), None, "a second run has nothing to do");
}

#[test]
fn uploads_rule_of_ours_is_replaced_and_stays_alone() {
    let first = merge_uploads(&[], &ground(), 7).expect("rules").expect("a change");
    let second = merge_uploads(&first, &ground(), 3).expect("rules").expect("a change");
    assert_eq!(second.len(), 1);
    let elsewhere = merge_uploads(&second, &Ground::new("q"), 3).expect("rules").expect("a change");
    assert_eq!(elsewhere.len(), 2, "another store of the bucket has a rule of its own");
}

#[test]
fn uploads_rule_of_others_over_the_whole_store_suffices() {
    let whole = done(rule("theirs", "").abort_incomplete_multipart_upload(aborts(2)));
    assert_eq!(merge_uploads(std::slice::from_ref(&whole), &ground(), 7).expect("rules"), None);
    let off = done(rule("off", "").abort_incomplete_multipart_upload(aborts(2)).status(ExpirationStatus::Disabled));
    assert!(merge_uploads(&[off], &ground(), 7).expect("rules").is_some());
}

#[test]
#[allow(deprecated, reason = "the older form is what is tested")]
fn uploads_rule_takes_the_older_form_beside_rules_of_it() {
    let older = LifecycleRule::builder().prefix("logs/").status(ExpirationStatus::Enabled).expiration(after(1));
    let merged = merge_uploads(&[done(older)], &ground(), 7).expect("rules").expect("a change");
    assert_eq!((merged[1].filter(), merged[1].prefix()), (None, Some("p/")));
}

#[test]
fn uploads_rule_without_days_is_refused() {
    assert!(merge_uploads(&[], &ground(), 0).is_err());
}
