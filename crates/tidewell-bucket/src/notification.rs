//! Events of new objects: which reach an import, and which are made by the store itself.

mod merge;
mod target;

#[cfg(test)]
mod tests;

use aws_sdk_s3::operation::get_bucket_notification_configuration::GetBucketNotificationConfigurationOutput;
use aws_sdk_s3::types::{Event, NotificationConfiguration, NotificationConfigurationFilter};

use crate::finding::{Aspect, Finding};
use crate::ground::{Ground, Overlap};

pub(crate) use merge::{Merged, merge, validate};
pub use target::{Notify, NotifyTarget};

/// What an import wants to hear of.
const CREATED: &str = "s3:ObjectCreated:*";

/// One rule of a configuration, whatever it sends to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Wire<'a> {
    id: &'a str,
    target: &'a str,
    events: &'a [Event],
    prefix: &'a str,
    suffix: &'a str,
}

impl<'a> Wire<'a> {
    fn new(
        id: Option<&'a str>,
        target: &'a str,
        events: &'a [Event],
        filter: Option<&'a NotificationConfigurationFilter>,
    ) -> Self {
        let rules = filter.and_then(|filter| filter.key()).map(|key| key.filter_rules()).unwrap_or_default();
        // S3 takes "prefix" and gives "Prefix" back.
        let value = |name: &str| {
            let rule = rules.iter().find(|rule| rule.name().is_some_and(|own| own.as_str().eq_ignore_ascii_case(name)));
            rule.and_then(|rule| rule.value()).unwrap_or_default()
        };
        Self { id: id.unwrap_or_default(), target, events, prefix: value("prefix"), suffix: value("suffix") }
    }

    /// Whether some object's creation is an event of both.
    fn overlaps(&self, other: &Wire<'_>) -> bool {
        let either = |a: &str, b: &str, within: fn(&str, &str) -> bool| within(a, b) || within(b, a);
        either(self.prefix, other.prefix, |a, b| a.starts_with(b))
            && either(self.suffix, other.suffix, |a, b| a.ends_with(b))
            && self.events.iter().any(|one| other.events.iter().any(|two| share(one.as_str(), two.as_str())))
    }

    /// Whether it hears of every creation that the other hears of.
    fn covers(&self, other: &Wire<'_>) -> bool {
        let events_are_all_heard =
            other.events.iter().all(|event| self.events.iter().any(|own| includes(own.as_str(), event.as_str())));
        other.prefix.starts_with(self.prefix) && other.suffix.ends_with(self.suffix) && events_are_all_heard
    }

    /// Whether it hears of objects being created at all.
    fn hears_of_creation(&self) -> bool {
        self.events.iter().any(|event| share(event.as_str(), CREATED))
    }

    /// For people: which keys.
    fn shown(&self) -> String {
        format!("{}*{}", self.prefix, self.suffix)
    }
}

/// Whether the pattern, which may end in `*`, stands for all that the other one stands for.
fn includes(pattern: &str, other: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(stem) => other.starts_with(stem),
        None => pattern == other,
    }
}

fn share(one: &str, two: &str) -> bool {
    includes(one, two) || includes(two, one)
}

/// The rules of a configuration: functions, queues, topics.
fn wires(configuration: &NotificationConfiguration) -> Vec<Wire<'_>> {
    let functions = configuration.lambda_function_configurations().iter();
    let queues = configuration.queue_configurations().iter();
    let topics = configuration.topic_configurations().iter();
    functions
        .map(|rule| Wire::new(rule.id(), rule.lambda_function_arn(), rule.events(), rule.filter()))
        .chain(queues.map(|rule| Wire::new(rule.id(), rule.queue_arn(), rule.events(), rule.filter())))
        .chain(topics.map(|rule| Wire::new(rule.id(), rule.topic_arn(), rule.events(), rule.filter())))
        .collect()
}

/// What was answered, in the form in which it is put back.
pub(crate) fn configuration(answer: &GetBucketNotificationConfigurationOutput) -> NotificationConfiguration {
    NotificationConfiguration::builder()
        .set_topic_configurations(answer.topic_configurations.clone())
        .set_queue_configurations(answer.queue_configurations.clone())
        .set_lambda_function_configurations(answer.lambda_function_configurations.clone())
        .set_event_bridge_configuration(answer.event_bridge_configuration.clone())
        .build()
}

/// Which events reach an import of the files below `import_prefix`, and which the store makes itself.
pub(crate) fn judge(configuration: &NotificationConfiguration, ground: &Ground, import_prefix: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for wire in wires(configuration).into_iter().filter(Wire::hears_of_creation) {
        if import_prefix.starts_with(wire.prefix) || wire.prefix.starts_with(import_prefix) {
            let what = format!("new files {} are told to {}", wire.shown(), wire.target);
            findings.push(Finding::ok(Aspect::Notifications, what));
        }
        if ground.overlap(wire.prefix) != Overlap::None && wire.suffix_may_be_ours() {
            findings.push(of_store(&wire, import_prefix));
        }
    }
    if configuration.event_bridge_configuration().is_some() {
        findings.push(Finding::note(
            Aspect::Notifications,
            "every event of the bucket goes to EventBridge",
            "the store's own objects make events, too",
            format!("let the rules there ask for the key prefix {import_prefix:?}"),
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::note(
            Aspect::Notifications,
            format!("nothing is told of new files below {import_prefix:?}"),
            "they are not imported by themselves",
            "`tidewell bucket init --notify <ARN of a function or queue>`, if they should be",
        ));
    }
    findings
}

fn of_store(wire: &Wire<'_>, import_prefix: &str) -> Finding {
    Finding::warning(
        Aspect::Notifications,
        format!("objects of the store itself ({}) are told to {}", wire.shown(), wire.target),
        "each log entry or segment makes an event that is paid for; if it starts an import, segments are imported again and \
         again",
        format!("restrict the rule to {import_prefix:?} or another folder outside of the store"),
    )
}

impl Wire<'_> {
    /// Whether names of the store can end as it asks: segments end in `.parquet`, all else in digits or words without a dot.
    fn suffix_may_be_ours(&self) -> bool {
        !self.suffix.contains('.') || SEGMENT_END.ends_with(self.suffix) || self.suffix.ends_with(SEGMENT_END)
    }
}

const SEGMENT_END: &str = ".parquet";
