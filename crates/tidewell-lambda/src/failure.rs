//! What fails an invocation: few kinds, each of which tells Lambda's caller whether to send the event again.

use std::fmt;

use lambda_runtime::Diagnostic;

/// What a failure means to whoever sent the event, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureKind {
    /// The event can never be carried out as it is.
    Invalid,
    /// Nothing was done, or what was done may be done again: the same event may succeed later.
    Unavailable,
    /// A defect of the function; what it says is for its maintainers.
    Internal,
    /// The work may have been done; the same event again does it once.
    Unknown,
}

impl FailureKind {
    /// The `errorType` of the reply.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Invalid => "Invalid",
            Self::Unavailable => "Unavailable",
            Self::Internal => "Internal",
            Self::Unknown => "Unknown",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an event was not carried out. Failures of HTTP requests are answers and none of these.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What it means for a repetition.
    pub kind: FailureKind,
    /// What is wrong and what to do, for the operator.
    pub message: String,
}

impl Failure {
    /// A failure of one kind.
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// An event that can never be carried out.
    #[must_use]
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Invalid, message)
    }

    /// A defect.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Internal, message)
    }

    /// The failures of independent parts of one event as one, with the gravest kind and all messages; none for none.
    #[must_use]
    pub fn join(failures: &[Self]) -> Option<Self> {
        let kind = failures.iter().map(|failure| failure.kind).max()?;
        let messages: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
        Some(Self::new(kind, messages.join("; ")))
    }
}

impl From<Failure> for Diagnostic {
    fn from(failure: Failure) -> Self {
        Self { error_type: failure.kind.as_str().to_owned(), error_message: failure.message }
    }
}

#[cfg(test)]
mod tests;
