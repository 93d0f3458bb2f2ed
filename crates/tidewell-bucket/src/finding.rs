//! What a check found.

use std::fmt;

/// How much a finding matters, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// As it should be.
    Ok,
    /// Worth knowing; nothing has to change.
    Note,
    /// Costs money or safety, or could not be seen.
    Warning,
    /// Loses rows, or keeps the store from working.
    Error,
}

impl Severity {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The setting of a bucket that a finding is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// Whether it is there, where it is, and of which kind it is.
    Bucket,
    /// Old versions of objects.
    Versioning,
    /// What expires or moves by age.
    Lifecycle,
    /// Copies into other buckets, and from them.
    Replication,
    /// Objects that cannot be deleted.
    ObjectLock,
    /// Encryption by default.
    Encryption,
    /// Whether strangers can get in.
    PublicAccess,
    /// Who pays for requests.
    RequestPayment,
    /// Events of new objects.
    Notifications,
}

impl Aspect {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bucket => "bucket",
            Self::Versioning => "versioning",
            Self::Lifecycle => "lifecycle",
            Self::Replication => "replication",
            Self::ObjectLock => "object-lock",
            Self::Encryption => "encryption",
            Self::PublicAccess => "public-access",
            Self::RequestPayment => "request-payment",
            Self::Notifications => "notifications",
        }
    }
}

impl fmt::Display for Aspect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One thing that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What it is about.
    pub aspect: Aspect,
    /// What was seen.
    pub what: String,
    /// Why it hurts; empty where nothing does.
    pub why: String,
    /// What to do; empty where nothing has to be done.
    pub remedy: String,
}

impl Finding {
    pub(crate) fn ok(aspect: Aspect, what: impl Into<String>) -> Self {
        Self::new(Severity::Ok, aspect, what, "", "")
    }

    pub(crate) fn note(
        aspect: Aspect,
        what: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Note, aspect, what, why, remedy)
    }

    pub(crate) fn warning(
        aspect: Aspect,
        what: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Warning, aspect, what, why, remedy)
    }

    pub(crate) fn error(
        aspect: Aspect,
        what: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self::new(Severity::Error, aspect, what, why, remedy)
    }

    fn new(
        severity: Severity,
        aspect: Aspect,
        what: impl Into<String>,
        why: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self { severity, aspect, what: what.into(), why: why.into(), remedy: remedy.into() }
    }
}
