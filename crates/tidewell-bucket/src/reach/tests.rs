//! What the filters of rules reach.

use aws_sdk_s3::types::{
    ExpirationStatus, LifecycleRule, LifecycleRuleAndOperator, LifecycleRuleFilter, ReplicationRule,
    ReplicationRuleAndOperator, ReplicationRuleFilter, ReplicationRuleStatus, Tag,
};
use proptest::prelude::*;

use super::{Reach, Touch};
use crate::ground::Ground;

fn tag() -> Tag {
    Tag::builder().key("team").value("x").build().expect("a tag")
}

fn lifecycle(filter: Option<LifecycleRuleFilter>) -> LifecycleRule {
    LifecycleRule::builder().set_filter(filter).status(ExpirationStatus::Enabled).build().expect("a rule")
}

fn touch(filter: Option<LifecycleRuleFilter>) -> Touch {
    Reach::of_lifecycle(&lifecycle(filter)).touch(&Ground::new("p"))
}

#[test]
fn rule_without_a_filter_reaches_everything() {
    assert_eq!(touch(None), Touch::Whole);
    assert_eq!(touch(Some(LifecycleRuleFilter::builder().build())), Touch::Whole);
}

#[test]
#[allow(deprecated, reason = "the older form is what is tested")]
fn rule_of_the_older_form_reaches_by_its_bare_prefix() {
    let rule = |prefix: &str| {
        LifecycleRule::builder().prefix(prefix).status(ExpirationStatus::Enabled).build().expect("a rule")
    };
    assert_eq!(Reach::of_lifecycle(&rule("p/db/x")).touch(&Ground::new("p")), Touch::Part);
    assert_eq!(Reach::of_lifecycle(&rule("logs/")).touch(&Ground::new("p")), Touch::Nothing);
}

#[test]
fn rule_with_a_tag_reaches_only_tagged_objects() {
    assert_eq!(touch(Some(LifecycleRuleFilter::builder().tag(tag()).build())), Touch::Tagged);
    let and = LifecycleRuleAndOperator::builder().prefix("p/").tags(tag()).build();
    assert_eq!(touch(Some(LifecycleRuleFilter::builder().and(and).build())), Touch::Tagged);
    let elsewhere = LifecycleRuleAndOperator::builder().prefix("q/").tags(tag()).build();
    assert_eq!(touch(Some(LifecycleRuleFilter::builder().and(elsewhere).build())), Touch::Nothing);
}

#[test]
fn rule_with_sizes_reaches_a_part_unless_no_size_fits() {
    let sizes = |above: Option<i64>, below: Option<i64>| {
        let and = LifecycleRuleAndOperator::builder()
            .prefix("p/")
            .set_object_size_greater_than(above)
            .set_object_size_less_than(below);
        touch(Some(LifecycleRuleFilter::builder().and(and.build()).build()))
    };
    assert_eq!(sizes(Some(1024), None), Touch::Part);
    assert_eq!(sizes(None, Some(1)), Touch::Part, "empty objects");
    assert_eq!(sizes(Some(9), Some(10)), Touch::Nothing);
    assert_eq!(sizes(Some(8), Some(10)), Touch::Part);
    assert_eq!(sizes(Some(i64::MAX), Some(i64::MAX)), Touch::Nothing);
}

#[test]
fn replication_rule_reaches_by_prefix_and_tags() {
    let touch = |filter: ReplicationRuleFilter| {
        let rule = ReplicationRule::builder().filter(filter).status(ReplicationRuleStatus::Enabled);
        let rule = rule.destination(aws_sdk_s3::types::Destination::builder().bucket("b").build().expect("a target"));
        Reach::of_replication(&rule.build().expect("a rule")).touch(&Ground::new("p"))
    };
    assert_eq!(touch(ReplicationRuleFilter::builder().build()), Touch::Whole);
    assert_eq!(touch(ReplicationRuleFilter::builder().prefix("p/meta").build()), Touch::Part);
    assert_eq!(touch(ReplicationRuleFilter::builder().tag(tag()).build()), Touch::Tagged);
    let and = ReplicationRuleAndOperator::builder().prefix("other/").tags(tag()).build();
    assert_eq!(touch(ReplicationRuleFilter::builder().and(and).build()), Touch::Nothing);
}

proptest! {
    #[test]
    fn rule_that_would_take_a_key_of_ours_is_never_seen_as_harmless(
        prefix in "[pdb/]{0,5}",
        above in proptest::option::of(0_i64..6),
        below in proptest::option::of(0_i64..6),
        size in 0_i64..6,
        rest in "[abd/]{0,3}",
    ) {
        let and = LifecycleRuleAndOperator::builder()
            .prefix(&prefix)
            .set_object_size_greater_than(above)
            .set_object_size_less_than(below);
        let rule = lifecycle(Some(LifecycleRuleFilter::builder().and(and.build()).build()));
        let touch = Reach::of_lifecycle(&rule).touch(&Ground::new("p"));
        let fits = above.is_none_or(|above| size > above) && below.is_none_or(|below| size < below);
        let taken = format!("p/db/{rest}").starts_with(&prefix) && fits;
        prop_assert!(!taken || matches!(touch, Touch::Part | Touch::Whole));
        prop_assert!(touch != Touch::Whole || (above.is_none() && below.is_none()));
    }
}
