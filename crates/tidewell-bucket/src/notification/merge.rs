//! Puts our notifications among those of others, and drops none.

use aws_sdk_s3::types::{
    Event, EventBridgeConfiguration, FilterRule, FilterRuleName, LambdaFunctionConfiguration,
    NotificationConfiguration, NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter,
};

use super::{Notify, NotifyTarget, Wire, wires};
use crate::error::BucketError;
use crate::ground::{Ground, Overlap};

const WHAT: &str = "notifications of new files";
/// What S3 allows.
const ID_CHARS_MAX: usize = 255;

/// What is to be put.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Merged {
    /// All of it is there already.
    AlreadySo,
    /// The whole configuration, with what others have in it.
    Put(Box<NotificationConfiguration>),
}

/// Whether the rules make sense for this store.
///
/// # Errors
/// [`BucketError::Invalid`] for a prefix that reaches the store and for endings of which one includes another.
pub(crate) fn validate(notify: &Notify, ground: &Ground) -> Result<(), BucketError> {
    let prefix = notify.import_prefix.as_str();
    if ground.overlap(prefix) != Overlap::None {
        let reason = format!("the prefix {prefix:?} reaches the store itself, whose segments would be imported again");
        return Err(BucketError::invalid(WHAT, reason, "choose an import folder outside of the store"));
    }
    if let Some(suffix) = notify.suffixes.iter().find(|suffix| id(prefix, suffix).chars().count() > ID_CHARS_MAX) {
        let reason = format!("the prefix {prefix:?} with the ending {suffix:?} is too long to name a rule by");
        return Err(BucketError::invalid(WHAT, reason, "choose a shorter import folder"));
    }
    for (index, one) in notify.suffixes.iter().enumerate() {
        if let Some(two) = notify.suffixes.iter().skip(index + 1).find(|two| one.ends_with(*two) || two.ends_with(one))
        {
            let reason = format!("a file may end with {one:?} and {two:?} at once, and S3 takes one rule for it");
            return Err(BucketError::invalid(WHAT, reason, "leave the narrower ending out"));
        }
    }
    Ok(())
}

/// The configuration with ours in it. Rules of ours are known by their ids, which name prefix and ending; one that says something
/// else is replaced. One of others to the same target that covers ours suffices.
///
/// # Errors
/// [`BucketError::Invalid`] where a rule of others overlaps ours, which S3 would refuse: it is named.
pub(crate) fn merge(current: &NotificationConfiguration, notify: &Notify) -> Result<Merged, BucketError> {
    if notify.target == NotifyTarget::EventBridge {
        return Ok(match current.event_bridge_configuration() {
            Some(_) => Merged::AlreadySo,
            None => {
                let mut merged = current.clone();
                merged.event_bridge_configuration = Some(EventBridgeConfiguration::builder().build());
                Merged::Put(Box::new(merged))
            }
        });
    }
    let mut merged = current.clone();
    let all = [String::new()];
    let suffixes: &[String] = if notify.suffixes.is_empty() { &all } else { &notify.suffixes };
    for suffix in suffixes {
        add(&mut merged, notify, suffix)?;
    }
    Ok(if merged == *current { Merged::AlreadySo } else { Merged::Put(Box::new(merged)) })
}

fn add(merged: &mut NotificationConfiguration, notify: &Notify, suffix: &str) -> Result<(), BucketError> {
    let id = id(&notify.import_prefix, suffix);
    let target = notify.target.to_string();
    let events = [Event::S3ObjectCreated];
    let ours = Wire { id: &id, target: &target, events: &events, prefix: &notify.import_prefix, suffix };
    let rules = wires(merged);
    if rules.iter().any(|rule| rule.target == ours.target && rule.covers(&ours) && (rule.id != id || *rule == ours)) {
        return Ok(());
    }
    if let Some(other) = rules.iter().find(|rule| rule.id != id && rule.overlaps(&ours)) {
        let reason = format!(
            "the bucket's rule {:?} already tells {} of {}, and S3 takes one rule for a file",
            other.id,
            other.target,
            other.shown()
        );
        return Err(BucketError::invalid(WHAT, reason, "remove that rule, or choose another import folder or ending"));
    }
    drop(rules);
    remove(merged, &id);
    let unbuildable = |error: aws_sdk_s3::error::BuildError| {
        BucketError::invalid(WHAT, error.to_string(), "check the target of the notifications")
    };
    match &notify.target {
        NotifyTarget::Function(arn) => {
            let rule = LambdaFunctionConfiguration::builder().id(id).lambda_function_arn(arn);
            let rule = rule.events(Event::S3ObjectCreated).filter(filter(&notify.import_prefix, suffix));
            let rules = merged.lambda_function_configurations.get_or_insert_default();
            rules.push(rule.build().map_err(unbuildable)?);
        }
        NotifyTarget::Queue(arn) => {
            let rule = QueueConfiguration::builder().id(id).queue_arn(arn);
            let rule = rule.events(Event::S3ObjectCreated).filter(filter(&notify.import_prefix, suffix));
            merged.queue_configurations.get_or_insert_default().push(rule.build().map_err(unbuildable)?);
        }
        NotifyTarget::EventBridge => {}
    }
    Ok(())
}

/// Names what the rule is for, so that imports from two folders do not replace each other's.
fn id(prefix: &str, suffix: &str) -> String {
    format!("tidewell:{prefix}*{suffix}")
}

fn remove(configuration: &mut NotificationConfiguration, id: &str) {
    if let Some(rules) = &mut configuration.lambda_function_configurations {
        rules.retain(|rule| rule.id() != Some(id));
    }
    if let Some(rules) = &mut configuration.queue_configurations {
        rules.retain(|rule| rule.id() != Some(id));
    }
    if let Some(rules) = &mut configuration.topic_configurations {
        rules.retain(|rule| rule.id() != Some(id));
    }
}

fn filter(prefix: &str, suffix: &str) -> NotificationConfigurationFilter {
    let rule = |name: FilterRuleName, value: &str| FilterRule::builder().name(name).value(value).build();
    let mut key = S3KeyFilter::builder().filter_rules(rule(FilterRuleName::Prefix, prefix));
    if !suffix.is_empty() {
        key = key.filter_rules(rule(FilterRuleName::Suffix, suffix));
    }
    NotificationConfigurationFilter::builder().key(key.build()).build()
}
