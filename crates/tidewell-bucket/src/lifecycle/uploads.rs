//! The one lifecycle rule that a store wants: parts of abandoned uploads go.

use aws_sdk_s3::types::{AbortIncompleteMultipartUpload, ExpirationStatus, LifecycleRule, LifecycleRuleFilter};

use super::is_enabled;
use crate::error::BucketError;
use crate::ground::Ground;
use crate::reach::{Reach, Touch};

/// What the id of our rule begins with; the store's prefix follows, so that stores of one bucket have a rule each.
pub(crate) const UPLOADS_ID: &str = "tidewell-abandoned-uploads";
/// What S3 allows.
const ID_CHARS_MAX: usize = 255;

/// After how many days parts of abandoned uploads of all of the store's objects go.
pub(super) fn days(rules: &[LifecycleRule], ground: &Ground) -> Option<i32> {
    let whole = rules.iter().filter(|rule| is_enabled(rule) && Reach::of_lifecycle(rule).touch(ground) == Touch::Whole);
    whole.filter_map(|rule| rule.abort_incomplete_multipart_upload()?.days_after_initiation()).min()
}

/// The rules with ours among them; `None` where there is nothing to do, since a rule of ours says it or one of others does. Rules
/// of others stay as they are, in their order.
///
/// # Errors
/// [`BucketError::Invalid`] for a number of days below 1.
pub(crate) fn merge_uploads(
    rules: &[LifecycleRule],
    ground: &Ground,
    days_wanted: i32,
) -> Result<Option<Vec<LifecycleRule>>, BucketError> {
    let wrong = |reason: String| {
        BucketError::invalid("the rule for abandoned uploads", reason, "give a number of days of 1 or more")
    };
    if days_wanted < 1 {
        return Err(wrong(format!("{days_wanted} days are none")));
    }
    let id = own_id(ground);
    let ours = |rule: &&LifecycleRule| rule.id() == Some(id.as_str());
    let others: Vec<LifecycleRule> = rules.iter().filter(|rule| !ours(rule)).cloned().collect();
    let own = own_rule(id.as_str(), ground, days_wanted, is_older_form(&others)).map_err(wrong)?;
    let said = rules.iter().find(ours).map_or_else(
        || days(&others, ground).is_some(),
        |rule| is_enabled(rule) && days(std::slice::from_ref(rule), ground) == Some(days_wanted),
    );
    Ok((!said).then(|| others.into_iter().chain([own]).collect()))
}

fn own_id(ground: &Ground) -> String {
    let long = format!("{UPLOADS_ID}:{}", ground.root());
    let id = if ground.root().is_empty() { UPLOADS_ID } else { long.as_str() };
    id.chars().take(ID_CHARS_MAX).collect()
}

/// S3 refuses rules with a bare prefix beside rules with a filter.
#[allow(deprecated, reason = "rules of the older form may be there")]
fn is_older_form(others: &[LifecycleRule]) -> bool {
    others.iter().any(|rule| rule.filter().is_none() && rule.prefix().is_some())
}

#[allow(deprecated, reason = "rules of the older form may be there")]
fn own_rule(id: &str, ground: &Ground, days: i32, is_older_form: bool) -> Result<LifecycleRule, String> {
    let rule = LifecycleRule::builder().id(id).status(ExpirationStatus::Enabled).abort_incomplete_multipart_upload(
        AbortIncompleteMultipartUpload::builder().days_after_initiation(days).build(),
    );
    let rule = if is_older_form {
        rule.prefix(ground.root())
    } else {
        rule.filter(LifecycleRuleFilter::builder().prefix(ground.root()).build())
    };
    rule.build().map_err(|error| error.to_string())
}
