//! What can go wrong with a bucket's settings, and what the caller does about it.

use crate::refusal::{Kind, Refusal};

/// A request about a bucket that did not do what was asked. Each is safe to run again: nothing is done twice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BucketError {
    /// The credentials are missing, wrong or may not do this. Change them or their rights.
    #[error("{what} was refused: {reason}; {remedy}")]
    Denied {
        /// What was asked.
        what: String,
        /// Why.
        reason: String,
        /// What to change.
        remedy: String,
    },
    /// There is no such bucket, or not in this region. Make it, or correct the name or the region.
    #[error("{what}: {reason}; {remedy}")]
    NotFound {
        /// What was asked.
        what: String,
        /// Why.
        reason: String,
        /// What to change.
        remedy: String,
    },
    /// The name of the bucket belongs to somebody else, for ever as far as we can know. Choose another one.
    #[error("{what}: {reason}; {remedy}")]
    Taken {
        /// What was asked.
        what: String,
        /// Why.
        reason: String,
        /// What to change.
        remedy: String,
    },
    /// An option makes no sense, conflicts with a setting of the bucket, or is refused by the server. Change it.
    #[error("{what}: {reason}; {remedy}")]
    Invalid {
        /// What was asked.
        what: String,
        /// Why.
        reason: String,
        /// What to change.
        remedy: String,
    },
    /// The server cannot be reached or is overloaded. Run it again later: what was done stays and is not done again.
    #[error("{what} failed for now: {reason}; {remedy}")]
    Unavailable {
        /// What was asked.
        what: String,
        /// Why.
        reason: String,
        /// What to do.
        remedy: String,
    },
}

impl BucketError {
    pub(crate) fn invalid(what: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Invalid { what: what.into(), reason: reason.into(), remedy: remedy.into() }
    }

    pub(crate) fn denied(what: impl Into<String>, reason: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Denied { what: what.into(), reason: reason.into(), remedy: remedy.into() }
    }

    /// What to do next.
    #[must_use]
    pub fn remedy(&self) -> &str {
        match self {
            Self::Denied { remedy, .. }
            | Self::NotFound { remedy, .. }
            | Self::Taken { remedy, .. }
            | Self::Invalid { remedy, .. }
            | Self::Unavailable { remedy, .. } => remedy,
        }
    }

    /// What a refused request means to its caller. `action` is the right that it needs.
    pub(crate) fn from_refusal(what: impl Into<String>, action: &str, refusal: &Refusal) -> Self {
        let (what, reason) = (what.into(), refusal.to_string());
        match refusal.kind {
            Kind::Denied => Self::Denied { what, reason, remedy: format!("allow {action} on the bucket") },
            Kind::Credentials => Self::Denied { what, reason, remedy: CREDENTIALS_REMEDY.to_owned() },
            Kind::NoBucket | Kind::NotFound | Kind::Absent => Self::NotFound {
                what,
                reason,
                remedy: "correct the name, or make it with `tidewell bucket init`".to_owned(),
            },
            Kind::Elsewhere => Self::NotFound { what, reason, remedy: region_remedy(refusal.region.as_deref()) },
            Kind::Taken => Self::Taken {
                what,
                reason,
                remedy: "choose another name: names are shared by all accounts of a provider".to_owned(),
            },
            Kind::Owned | Kind::Unsupported | Kind::Invalid => Self::Invalid {
                what,
                reason,
                remedy: "leave this option out, or change it to what the server takes".to_owned(),
            },
            Kind::Unavailable => Self::Unavailable { what, reason, remedy: UNAVAILABLE_REMEDY.to_owned() },
        }
    }
}

/// What to do about wrong credentials.
pub(crate) const CREDENTIALS_REMEDY: &str =
    "correct AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN or the role, and this machine's clock";
/// What to do about a server that is out of reach.
pub(crate) const UNAVAILABLE_REMEDY: &str = "check AWS_ENDPOINT_URL, AWS_REGION and the network, and run it again";

/// What to do about a bucket in another region.
pub(crate) fn region_remedy(region: Option<&str>) -> String {
    match region {
        Some(region) => format!("set AWS_REGION={region}"),
        None => "set AWS_REGION to the bucket's region".to_owned(),
    }
}
