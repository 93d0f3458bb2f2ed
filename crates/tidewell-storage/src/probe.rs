//! Finds out whether a store does what several writers rely on.

mod checks;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::store::Store;

/// Something that a store must or should do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Check {
    /// Of many creates of one object at once, exactly one succeeds.
    CreateRace,
    /// A create where an object is gets refused.
    CreateRefused,
    /// A create where an object was deleted succeeds.
    CreateAfterDelete,
    /// Of many replaces of one content at once, exactly one succeeds.
    ReplaceRace,
    /// A replace of the current content succeeds.
    ReplaceCurrent,
    /// A replace of an earlier content gets refused.
    ReplaceStale,
    /// A replace of a deleted object gets refused.
    ReplaceMissing,
    /// A read can skip a content that is known.
    ConditionalGet,
    /// A write id comes back from an object's metadata.
    Metadata,
    /// A listing shows what was just written.
    ListSeesPut,
    /// A listing does not show what was just deleted.
    ListForgetsDeleted,
    /// A listing of one key gives the first in order.
    FirstKey,
}

impl Check {
    /// All checks, in the order in which they run.
    pub const ALL: [Self; 12] = [
        Self::CreateRace,
        Self::CreateRefused,
        Self::CreateAfterDelete,
        Self::ReplaceRace,
        Self::ReplaceCurrent,
        Self::ReplaceStale,
        Self::ReplaceMissing,
        Self::ConditionalGet,
        Self::Metadata,
        Self::ListSeesPut,
        Self::ListForgetsDeleted,
        Self::FirstKey,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::CreateRace => "create-race",
            Self::CreateRefused => "create-refused",
            Self::CreateAfterDelete => "create-after-delete",
            Self::ReplaceRace => "replace-race",
            Self::ReplaceCurrent => "replace-current",
            Self::ReplaceStale => "replace-stale",
            Self::ReplaceMissing => "replace-missing",
            Self::ConditionalGet => "conditional-get",
            Self::Metadata => "metadata",
            Self::ListSeesPut => "list-sees-put",
            Self::ListForgetsDeleted => "list-forgets-deleted",
            Self::FirstKey => "first-key",
        }
    }

    /// Whether several writers lose data on a store that does not do this.
    #[must_use]
    pub const fn guards_writers(self) -> bool {
        !matches!(self, Self::ConditionalGet | Self::Metadata | Self::ListForgetsDeleted)
    }

    /// What it means where a store does not do this.
    #[must_use]
    pub const fn consequence(self) -> &'static str {
        match self {
            Self::CreateRace | Self::CreateRefused => {
                "two writers can both believe that they committed: run one writer only"
            }
            Self::CreateAfterDelete => "a store that was emptied cannot be used again: choose a new prefix",
            Self::ReplaceRace | Self::ReplaceStale | Self::ReplaceMissing => {
                "the floor can go down, and a late commit can hide in what was cleaned up: run one writer and no gc elsewhere"
            }
            Self::ReplaceCurrent => "the floor cannot rise: nothing can be cleaned up",
            Self::ConditionalGet => "each look at the floor transfers it: a little slower",
            Self::Metadata => "a write id can only be read from the object itself: harder to inspect by hand",
            Self::ListSeesPut => "queries can miss rows that were acknowledged: run one process only",
            Self::ListForgetsDeleted => "readers meet names of objects that are gone and look again: a little slower",
            Self::FirstKey => {
                "the newest commit cannot be found by one listing: keep the store on a general-purpose bucket"
            }
        }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// The store does it.
    Pass,
    /// The store says that it does not do it.
    Lacks,
    /// The store does something else, or the check could not be made.
    Fails,
}

/// One check and how it went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check.
    pub check: Check,
    /// How it went.
    pub verdict: Verdict,
    /// What was seen.
    pub detail: String,
    /// What that means for the operator; empty after a pass.
    pub consequence: &'static str,
}

/// All checks of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbeReport {
    /// One finding a check, in the order of [`Check::ALL`].
    pub findings: Vec<Finding>,
}

impl ProbeReport {
    /// Whether several writers may share the store.
    #[must_use]
    pub fn multi_writer_safe(&self) -> bool {
        self.findings.iter().all(|finding| finding.verdict == Verdict::Pass || !finding.check.guards_writers())
    }
}

/// Tries everything that Tidewell relies on, below `meta/probe/<random id>/`, and deletes what it wrote. Some 200 requests.
pub async fn probe(store: &Store) -> ProbeReport {
    let scratch = checks::Scratch::new(store);
    let mut findings = Vec::with_capacity(Check::ALL.len());
    for check in Check::ALL {
        let (verdict, detail) = match scratch.run(check).await {
            Ok(Ok(detail)) => (Verdict::Pass, detail),
            Ok(Err(detail)) => (Verdict::Fails, detail),
            Err(error @ crate::StorageError::Unsupported { .. }) => (Verdict::Lacks, error.to_string()),
            Err(error) => (Verdict::Fails, error.to_string()),
        };
        let consequence = if verdict == Verdict::Pass { "" } else { check.consequence() };
        findings.push(Finding { check, verdict, detail, consequence });
    }
    if let Err(error) = scratch.clean().await {
        tracing::warn!(%error, "the probe's objects could not be deleted");
    }
    ProbeReport { findings }
}
