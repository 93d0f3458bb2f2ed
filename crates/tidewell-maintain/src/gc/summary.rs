//! What a collection found and did, kind by kind.

use std::fmt;

use tidewell_types::Version;

/// Reasons why deletes failed and names that do not parse are kept up to this many; the numbers are whole.
const SAMPLES_MAX: usize = 100;

/// What an object was collected as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GcKind {
    /// Entries of writers' logs that are in segments, or never count.
    LogEntries,
    /// Segments that a commit took out.
    RemovedSegments,
    /// Segments that no commit named before their generation was sealed.
    OrphanSegments,
    /// Lists of segments that no checkpoint needs.
    Lists,
    /// Checkpoints that neither count nor have a name.
    Checkpoints,
    /// Ends of streams that no commit named.
    Watermarks,
    /// Commits at or below the floor.
    Commits,
    /// Journals of imports that were begun too long ago to be resumed.
    ImportJournals,
    /// Indexes and scanned datasets of the catalog that no head names or will name.
    CatalogObjects,
}

impl GcKind {
    /// All kinds, in the order in which summaries are printed.
    pub const ALL: [Self; 9] = [
        Self::LogEntries,
        Self::RemovedSegments,
        Self::OrphanSegments,
        Self::Lists,
        Self::Checkpoints,
        Self::Watermarks,
        Self::Commits,
        Self::ImportJournals,
        Self::CatalogObjects,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LogEntries => "log-entries",
            Self::RemovedSegments => "removed-segments",
            Self::OrphanSegments => "orphan-segments",
            Self::Lists => "lists",
            Self::Checkpoints => "checkpoints",
            Self::Watermarks => "watermarks",
            Self::Commits => "commits",
            Self::ImportJournals => "import-journals",
            Self::CatalogObjects => "catalog-objects",
        }
    }
}

impl fmt::Display for GcKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What became of the objects of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcCount {
    /// Objects that were looked at.
    pub examined: u64,
    /// Objects that were deleted; in a dry run those that would have been.
    pub deleted: u64,
    /// Their size where a listing told it, in bytes: 0 for removed segments.
    pub deleted_bytes: u64,
    /// Removed segments that readers are still given time for.
    pub kept_by_grace: u64,
    /// Removed segments that a snapshot needs.
    pub kept_by_snapshot: u64,
    /// Objects that are left to the next run, since this one had enough to hold in memory.
    pub left_over: u64,
    /// Objects that could not be deleted; the next run tries again.
    pub failed: u64,
}

/// What a collection did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GcSummary {
    /// Whether nothing was really deleted.
    pub is_dry_run: bool,
    /// Whether nothing was looked at, since the database is a backup that nobody has committed to: the next one may be on its
    /// way into it.
    pub is_planted: bool,
    /// The version whose state decided.
    pub version: Version,
    /// Commits at or below this version may be gone; in a dry run where the floor would be.
    pub floor: Version,
    /// Whether more segments that nothing names were found than may go at once: a dry run says so, any other is refused.
    pub is_over_limit: bool,
    /// Names in the database's folders that do not parse; they stay.
    pub unparsed_count: u64,
    /// The first of them.
    pub unparsed: Vec<String>,
    /// The first objects or folders that a request failed for, with the reason.
    pub failures: Vec<(String, String)>,
    /// The objects that were deleted, or would have been, as many as the options ask for.
    pub deleted_keys: Vec<String>,
    pub(super) counts: [GcCount; GcKind::ALL.len()],
}

impl GcSummary {
    /// What became of the objects of one kind.
    #[must_use]
    pub fn of(&self, kind: GcKind) -> GcCount {
        self.counts.get(kind as usize).copied().unwrap_or_default()
    }

    /// How many objects were deleted; in a dry run, would have been.
    #[must_use]
    pub fn deleted(&self) -> u64 {
        self.counts.iter().map(|count| count.deleted).sum()
    }

    /// How many objects a later run has to try again.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.counts.iter().map(|count| count.failed).sum()
    }

    pub(super) fn count(&mut self, kind: GcKind, note: impl FnOnce(&mut GcCount)) {
        if let Some(count) = self.counts.get_mut(kind as usize) {
            note(count);
        }
    }

    pub(super) fn note_unparsed(&mut self, key: &str) {
        self.unparsed_count += 1;
        if self.unparsed.len() < SAMPLES_MAX {
            self.unparsed.push(key.to_owned());
        }
    }

    pub(super) fn note_failure(&mut self, object: &str, reason: &str) {
        if self.failures.len() < SAMPLES_MAX {
            self.failures.push((object.to_owned(), reason.to_owned()));
        }
    }
}
