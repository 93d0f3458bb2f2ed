//! What becomes of objects that are deleted or replaced: old versions, and locks.

#[cfg(test)]
mod tests;

use aws_sdk_s3::types::{BucketVersioningStatus, DefaultRetention, ObjectLockConfiguration, ObjectLockEnabled};

use crate::finding::{Aspect, Finding};

/// What versioning costs. `gone_after_days` is when a lifecycle rule deletes old versions of the whole store.
pub(crate) fn judge(status: Option<&BucketVersioningStatus>, gone_after_days: Option<i32>) -> Finding {
    match (status, gone_after_days) {
        (None, _) => Finding::ok(Aspect::Versioning, "the bucket keeps no old versions"),
        (Some(BucketVersioningStatus::Suspended), _) => Finding::note(
            Aspect::Versioning,
            "versioning is suspended",
            "versions from before are kept and paid for until they are deleted one by one or by a rule",
            "a lifecycle rule with NoncurrentVersionExpiration removes them",
        ),
        (Some(_), Some(days)) => Finding::note(
            Aspect::Versioning,
            format!("versioning is on; a rule deletes old versions after {days} days"),
            "what gc deletes is paid for until then",
            "fine as a safety net; suspend versioning to free space at once",
        ),
        (Some(_), None) => Finding::warning(
            Aspect::Versioning,
            "versioning is on, and no rule deletes old versions of the whole store",
            "deletes of gc free no space: every log entry, commit and segment that was ever written is kept and paid for, and \
             listings become slow from the markers",
            "suspend versioning, or add a lifecycle rule for the store's prefix with NoncurrentVersionExpiration (days, no \
             versions to keep) and ExpiredObjectDeleteMarker",
        ),
    }
}

/// What locks keep from being deleted, or even written.
pub(crate) fn judge_lock(lock: Option<&ObjectLockConfiguration>) -> Finding {
    let Some(lock) = lock.filter(|lock| lock.object_lock_enabled() == Some(&ObjectLockEnabled::Enabled)) else {
        return Finding::ok(Aspect::ObjectLock, "objects are not locked");
    };
    match lock.rule().and_then(|rule| rule.default_retention()) {
        None => Finding::note(
            Aspect::ObjectLock,
            "object lock is on, without a default retention",
            "versioning cannot be suspended in this bucket",
            "a lifecycle rule with NoncurrentVersionExpiration makes deletes free space",
        ),
        Some(retention) => Finding::error(
            Aspect::ObjectLock,
            format!("every new object is locked for {}", shown(retention)),
            "S3 refuses uploads without a checksum to such a bucket, and nothing that gc deletes frees space before its time",
            "keep the store in a bucket without a default retention; AWS_CHECKSUM_ALGORITHM=SHA256 makes writes pass, no more",
        ),
    }
}

fn shown(retention: &DefaultRetention) -> String {
    let mode = retention.mode().map_or_else(String::new, |mode| format!(" ({})", mode.as_str()));
    match (retention.days(), retention.years()) {
        (Some(days), _) => format!("{days} days{mode}"),
        (None, Some(years)) => format!("{years} years{mode}"),
        (None, None) => format!("some time{mode}"),
    }
}
