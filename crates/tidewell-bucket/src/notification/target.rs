//! Who is told of new files, and of which.

use std::fmt;
use std::str::FromStr;

use crate::error::BucketError;

/// Who is told of new files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotifyTarget {
    /// The ARN of a function. Its policy has to let `s3.amazonaws.com` invoke it.
    Function(String),
    /// The ARN of a queue. Its policy has to let `s3.amazonaws.com` send to it.
    Queue(String),
    /// EventBridge: all events of the bucket, without a filter here.
    EventBridge,
}

impl fmt::Display for NotifyTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Function(arn) | Self::Queue(arn) => arn,
            Self::EventBridge => "eventbridge",
        })
    }
}

impl FromStr for NotifyTarget {
    type Err = BucketError;

    /// Reads `eventbridge` or the ARN of a function or a queue.
    fn from_str(text: &str) -> Result<Self, BucketError> {
        let wrong = |reason: &str| {
            let remedy = "give the ARN of a Lambda function or an SQS queue, or `eventbridge`";
            BucketError::invalid(format!("the target {text:?} of notifications"), reason, remedy)
        };
        if text.eq_ignore_ascii_case("eventbridge") {
            return Ok(Self::EventBridge);
        }
        let mut parts = text.split(':');
        if parts.next() != Some("arn") || text.split(':').count() < 6 || text.chars().any(char::is_whitespace) {
            return Err(wrong("it is no ARN"));
        }
        match parts.nth(1) {
            Some("lambda") => Ok(Self::Function(text.to_owned())),
            Some("sqs") => Ok(Self::Queue(text.to_owned())),
            _ => Err(wrong("it names neither a function nor a queue")),
        }
    }
}

/// Which new files are told, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notify {
    /// Who is told.
    pub target: NotifyTarget,
    /// What the keys begin with, counted from the bucket's root: `import/`. Outside of the store, or every segment would be
    /// imported again.
    pub import_prefix: String,
    /// What the keys end with, each a rule of its own; none for all files. No one may be the end of another.
    pub suffixes: Vec<String>,
}

impl Notify {
    /// The folder that files to import are put into, by default.
    pub const IMPORT_PREFIX: &'static str = "import/";

    /// Tells `target` of Parquet and CSV files below `import/`.
    #[must_use]
    pub fn new(target: NotifyTarget) -> Self {
        let suffixes = [".parquet", ".csv", ".csv.gz"].map(ToOwned::to_owned).to_vec();
        Self { target, import_prefix: Self::IMPORT_PREFIX.to_owned(), suffixes }
    }
}
