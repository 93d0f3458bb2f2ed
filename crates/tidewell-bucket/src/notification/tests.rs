//! How our notifications are put among those of others, and which of theirs hurt.

use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, FilterRule, FilterRuleName, LambdaFunctionConfiguration,
    NotificationConfiguration, NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter, TopicConfiguration,
};
use proptest::prelude::*;

use super::{Merged, Notify, NotifyTarget, Wire, judge, merge, share, validate, wires};
use crate::error::BucketError;
use crate::finding::Severity;
use crate::ground::Ground;

const FUNCTION: &str = "arn:aws:lambda:eu-west-1:123456789012:function:work";
const QUEUE: &str = "arn:aws:sqs:eu-west-1:123456789012:files";

fn filter(prefix: &str, suffix: &str) -> NotificationConfigurationFilter {
    let rule = |name: &str, value: &str| FilterRule::builder().name(FilterRuleName::from(name)).value(value).build();
    // As S3 gives them back.
    let key = S3KeyFilter::builder().filter_rules(rule("Prefix", prefix)).filter_rules(rule("Suffix", suffix)).build();
    NotificationConfigurationFilter::builder().key(key).build()
}

fn topic(prefix: &str, suffix: &str, event: Event) -> NotificationConfiguration {
    let rule = TopicConfiguration::builder().id("theirs").topic_arn("arn:aws:sns:x:1:topic").events(event);
    let rule = rule.filter(filter(prefix, suffix)).build().expect("a rule");
    NotificationConfiguration::builder().topic_configurations(rule).build()
}

fn to_function() -> Notify {
    Notify::new(FUNCTION.parse().expect("a target"))
}

fn put(current: &NotificationConfiguration, notify: &Notify) -> NotificationConfiguration {
    match merge(current, notify) {
        Ok(Merged::Put(merged)) => *merged,
        other => panic!("{other:?}"),
    }
}

#[test]
fn target_is_read_from_its_arn() {
    assert_eq!(FUNCTION.parse(), Ok(NotifyTarget::Function(FUNCTION.into())));
    assert_eq!(QUEUE.parse(), Ok(NotifyTarget::Queue(QUEUE.into())));
    assert_eq!(
        "arn:minio:sqs::PRIMARY:webhook".parse::<NotifyTarget>().map(|target| target.to_string()).ok().as_deref(),
        Some("arn:minio:sqs::PRIMARY:webhook")
    );
    assert_eq!("EventBridge".parse(), Ok(NotifyTarget::EventBridge));
    for wrong in ["", "work", "arn:aws:sns:eu-west-1:1:topic", "arn:aws:lambda", "arn:aws:lambda:a:b:c d:e"] {
        assert!(matches!(wrong.parse::<NotifyTarget>(), Err(BucketError::Invalid { .. })), "{wrong:?}");
    }
}

#[test]
fn rules_are_added_beside_those_of_others() {
    let theirs = topic("logs/", ".gz", Event::S3ObjectCreated);
    let merged = put(&theirs, &to_function());
    assert_eq!(merged.topic_configurations, theirs.topic_configurations);
    let shown: Vec<String> = wires(&merged).iter().map(Wire::shown).collect();
    assert_eq!(shown, ["import/*.parquet", "import/*.csv", "import/*.csv.gz", "logs/*.gz"]);
    assert_eq!(merge(&merged, &to_function()), Ok(Merged::AlreadySo));
}

#[test]
fn rule_of_the_same_id_is_replaced_by_one_to_another_target() {
    let first = put(&NotificationConfiguration::builder().build(), &to_function());
    let second = put(&first, &Notify::new(QUEUE.parse().expect("a target")));
    assert_eq!(second.lambda_function_configurations(), []);
    assert_eq!(second.queue_configurations().len(), 3);
}

#[test]
fn rule_of_others_that_covers_ours_suffices() {
    let rule = |prefix: &str| {
        let rule = LambdaFunctionConfiguration::builder().id("tf-s3-lambda").lambda_function_arn(FUNCTION);
        let rule = rule.events(Event::S3ObjectCreated).filter(filter(prefix, ""));
        NotificationConfiguration::builder().lambda_function_configurations(rule.build().expect("a rule")).build()
    };
    assert_eq!(merge(&rule("import/"), &to_function()), Ok(Merged::AlreadySo));
    assert_eq!(merge(&rule(""), &to_function()), Ok(Merged::AlreadySo));
    assert!(matches!(merge(&rule("import/deeper/"), &to_function()), Err(BucketError::Invalid { .. })));
}

#[test]
fn rule_of_others_that_overlaps_ours_is_refused_by_name() {
    for (prefix, suffix) in [("", ""), ("import/", ".csv"), ("import/a/", ".gz"), ("i", "v")] {
        let error = merge(&topic(prefix, suffix, Event::S3ObjectCreatedPut), &to_function()).unwrap_err().to_string();
        assert!(error.contains("\"theirs\"") && error.contains("arn:aws:sns:x:1:topic"), "{error}");
    }
}

#[test]
fn rule_of_others_for_other_events_or_endings_is_none_of_ours() {
    let current = topic("import/", ".csv", Event::S3ObjectRemoved);
    assert_eq!(wires(&put(&current, &to_function())).len(), 4);
    let current = topic("import/", ".json", Event::S3ObjectCreated);
    assert_eq!(wires(&put(&current, &to_function())).len(), 4);
}

#[test]
fn event_bridge_is_switched_on_once_and_drops_nothing() {
    let notify = Notify::new(NotifyTarget::EventBridge);
    let theirs = topic("", "", Event::S3ObjectCreated);
    let merged = put(&theirs, &notify);
    assert_eq!(merged.topic_configurations, theirs.topic_configurations);
    assert!(merged.event_bridge_configuration().is_some());
    assert_eq!(merge(&merged, &notify), Ok(Merged::AlreadySo));
}

#[test]
fn notification_without_endings_is_one_rule_for_all_files() {
    let notify = Notify { suffixes: Vec::new(), ..to_function() };
    let merged = put(&NotificationConfiguration::builder().build(), &notify);
    assert_eq!(wires(&merged).iter().map(Wire::shown).collect::<Vec<_>>(), ["import/*"]);
    assert_eq!(merge(&merged, &notify), Ok(Merged::AlreadySo));
}

#[test]
fn import_folder_within_the_store_is_refused() {
    let notify = |prefix: &str| Notify { import_prefix: prefix.into(), ..to_function() };
    assert!(validate(&notify("import/"), &Ground::new("p")).is_ok());
    assert!(validate(&notify("import/"), &Ground::new("")).is_ok());
    for (prefix, store) in [("", ""), ("db/", ""), ("p/", "p"), ("p/db/x/", "p"), ("m", "")] {
        let refused = validate(&notify(prefix), &Ground::new(store));
        assert!(matches!(refused, Err(BucketError::Invalid { .. })), "{prefix:?} {store:?}");
    }
}

#[test]
fn endings_of_which_one_includes_another_are_refused() {
    let notify = |suffixes: &[&str]| Notify {
        suffixes: suffixes.iter().map(|suffix| (*suffix).into()).collect(),
        ..to_function()
    };
    assert!(validate(&notify(&[".csv", ".csv.gz", ".parquet"]), &Ground::new("p")).is_ok());
    assert!(validate(&notify(&[".gz", ".csv.gz"]), &Ground::new("p")).is_err());
    assert!(validate(&notify(&[".csv", ".csv"]), &Ground::new("p")).is_err());
}

#[test]
fn check_says_what_an_import_hears_of() {
    let ground = Ground::new("p");
    let severities = |configuration: &NotificationConfiguration| {
        judge(configuration, &ground, "import/").iter().map(|finding| finding.severity).collect::<Vec<_>>()
    };
    let none = NotificationConfiguration::builder().build();
    assert_eq!(severities(&none), [Severity::Note]);
    let ours = put(&none, &to_function());
    assert_eq!(severities(&ours), [Severity::Ok; 3]);
    assert_eq!(severities(&topic("", "", Event::S3ObjectCreated)), [Severity::Ok, Severity::Warning]);
    assert_eq!(severities(&topic("p/db/", ".parquet", Event::S3ObjectCreated)), [Severity::Warning]);
    assert_eq!(
        severities(&topic("p/", ".csv", Event::S3ObjectCreated)),
        [Severity::Note],
        "no name of the store ends so"
    );
    assert_eq!(severities(&topic("p/", "", Event::S3ObjectRemoved)), [Severity::Note]);
    let bridge = EventBridgeConfiguration::builder().build();
    assert_eq!(
        severities(&NotificationConfiguration::builder().event_bridge_configuration(bridge).build()),
        [Severity::Note]
    );
}

fn queue(id: &str, prefix: &str, suffix: &str) -> QueueConfiguration {
    let rule = QueueConfiguration::builder().id(id).queue_arn(QUEUE).events(Event::S3ObjectCreated);
    rule.filter(filter(prefix, suffix)).build().expect("a rule")
}

proptest! {
    #[test]
    fn rules_that_a_key_meets_both_overlap(
        one in ("[ab]{0,2}", "[ab]{0,2}"),
        two in ("[ab]{0,2}", "[ab]{0,2}"),
        key in "[ab]{0,5}",
    ) {
        let (one, two) = (queue("1", &one.0, &one.1), queue("2", &two.0, &two.1));
        let wire = |rule: &QueueConfiguration| -> (String, String) {
            let wire = Wire::new(rule.id(), rule.queue_arn(), rule.events(), rule.filter());
            (wire.prefix.to_owned(), wire.suffix.to_owned())
        };
        let meets = |rule: &QueueConfiguration| {
            let (prefix, suffix) = wire(rule);
            key.starts_with(&prefix) && key.ends_with(&suffix)
        };
        let both = Wire::new(one.id(), one.queue_arn(), one.events(), one.filter());
        let other = Wire::new(two.id(), two.queue_arn(), two.events(), two.filter());
        prop_assert!(!(meets(&one) && meets(&two)) || both.overlaps(&other));
        prop_assert_eq!(both.overlaps(&other), other.overlaps(&both));
        prop_assert!(!both.covers(&other) || both.overlaps(&other));
        prop_assert!(!both.covers(&other) || !meets(&two) || meets(&one));
    }

    #[test]
    fn merging_keeps_what_others_have(prefixes in proptest::collection::vec("[ci]{1,2}/", 0..4)) {
        let rules: Vec<_> = prefixes.iter().enumerate().map(|(index, prefix)| queue(&format!("r{index}"), prefix, "")).collect();
        let current = NotificationConfiguration::builder().set_queue_configurations(Some(rules.clone())).build();
        if let Ok(Merged::Put(merged)) = merge(&current, &to_function()) {
            prop_assert_eq!(merged.queue_configurations(), rules);
            prop_assert_eq!(merge(&merged, &to_function()), Ok(Merged::AlreadySo));
        }
    }
}

#[test]
fn events_share_by_their_stars() {
    assert!(share("s3:ObjectCreated:*", "s3:ObjectCreated:Put"));
    assert!(share("s3:ObjectCreated:Put", "s3:ObjectCreated:*"));
    assert!(!share("s3:ObjectCreated:*", "s3:ObjectRemoved:*"));
    assert!(!share("s3:ObjectCreated:Put", "s3:ObjectCreated:Post"));
}
