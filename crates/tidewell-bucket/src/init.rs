//! Makes a bucket and sets what a store wants of it, and nothing that is so already.

mod apply;
mod plan;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::admin::BucketAdmin;
use crate::error::BucketError;
use crate::notification::{Notify, validate};

/// The region whose buckets are made without saying where.
const REGION_UNSAID: &str = "us-east-1";

/// What to set besides making the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InitOptions {
    /// Switch on all four parts of the public access block.
    pub block_public_access: bool,
    /// After how many days parts of abandoned uploads below the store's prefix go, 1 or more; `None` sets no rule.
    pub abort_uploads_days: Option<i32>,
    /// Who is told of new files to import.
    pub notify: Option<Notify>,
    /// Look and say what would be done, and change nothing.
    pub dry_run: bool,
}

/// How a step went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// It was done.
    Done,
    /// There was nothing to do.
    AlreadySo,
    /// It would be done, in a dry run.
    WouldDo,
    /// The server does not know such a setting. Nothing was changed.
    Unsupported(String),
}

impl fmt::Display for StepState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done => f.write_str("done"),
            Self::AlreadySo => f.write_str("already so"),
            Self::WouldDo => f.write_str("would do"),
            Self::Unsupported(reason) => write!(f, "not supported here: {reason}"),
        }
    }
}

/// One step and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What was to be done.
    pub what: String,
    /// How it went.
    pub state: StepState,
}

/// All steps of one run, in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct InitReport {
    /// The bucket first; one for each option that was asked for.
    pub steps: Vec<Step>,
}

impl BucketAdmin {
    /// Makes the bucket where it is missing and sets what `options` ask for. May be run again at any time: what is so already
    /// stays. Everything is looked at first, so a conflict is reported before anything is changed; when a later step fails, the
    /// earlier ones stay. Settings that a bucket has only one of (lifecycle, notifications) are read, added to and put back whole:
    /// rules of others stay, but a change that somebody else makes within the same second may be lost.
    ///
    /// 1 to 10 requests. Needs `s3:ListBucket` and `s3:CreateBucket`, and for each option the right to get and to put its setting.
    ///
    /// # Errors
    /// [`BucketError::Taken`] where the name is somebody else's; [`BucketError::NotFound`] where the bucket is in another region
    /// than `AWS_REGION`; [`BucketError::Invalid`] for options that conflict with the store or with rules of others, and for
    /// targets that the server refuses; [`BucketError::Denied`] and [`BucketError::Unavailable`]. All name the remedy.
    pub async fn init(&self, options: &InitOptions) -> Result<InitReport, BucketError> {
        if self.is_directory() {
            let reason =
                "a directory bucket (S3 Express) lists objects in no order, so no newest commit could be found";
            return Err(BucketError::invalid(self.what_bucket(), reason, "use a general-purpose bucket"));
        }
        if let Some(notify) = &options.notify {
            validate(notify, &self.ground)?;
        }
        let exists = self.exists(options.dry_run).await?;
        let plans = self.plan(options, exists).await?;
        let mut report = InitReport::default();
        self.make(exists, options, &mut report).await?;
        self.apply(plans, options, &mut report).await?;
        Ok(report)
    }

    pub(crate) fn what_bucket(&self) -> String {
        format!("the bucket {} in {}", self.bucket, self.region)
    }
}

const BLOCK: &str = "the block of public access";
const UPLOADS: &str = "the rule for abandoned uploads";
const NOTIFY: &str = "notifications of new files";
