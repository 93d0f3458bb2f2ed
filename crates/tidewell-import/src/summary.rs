//! What an import came to.

use std::time::Duration;

use tidewell_csv::Rejections;
use tidewell_types::Version;

/// A file of which nothing was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFailure {
    /// The file.
    pub file: String,
    /// Why, and what helps.
    pub reason: String,
    /// Whether it may yet turn out to be stored: the store left the outcome of its commit open. `--resume` finds out.
    pub is_unknown: bool,
}

/// Rows of a CSV file that were not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRejections {
    /// The file.
    pub file: String,
    /// How many, and the first ones with line and column.
    pub rejections: Rejections,
}

/// What an import came to, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSummary {
    /// Files that were stored (with `dry_run`: that could be).
    pub files_imported: u64,
    /// Files that an earlier run had stored.
    pub files_skipped: u64,
    /// Files of which nothing was stored.
    pub failures: Vec<FileFailure>,
    /// Rows that were read, of all files.
    pub rows_read: u64,
    /// Rows of the files that were stored, those with an identity that another one has too included.
    pub rows_imported: u64,
    /// Rows that were dropped because an earlier one has the same value of the dedup column.
    pub rows_dropped: u64,
    /// Rows of CSV that were not taken.
    pub rows_rejected: u64,
    /// Rows that have outlived the table's retention, and were not stored.
    pub rows_expired: u64,
    /// The rejected rows of each file that has any, in the order of the files.
    pub rejections: Vec<FileRejections>,
    /// New segments.
    pub segments: u64,
    /// Rows of the new segments: each identity once in a commit.
    pub segment_rows: u64,
    /// Their size, in bytes.
    pub segment_bytes: u64,
    /// Bytes of the files that were read.
    pub bytes_read: u64,
    /// Commits that brought rows.
    pub commits: u64,
    /// The version after the last of them; 0 where there was none.
    pub version: Version,
    /// The most bytes that were held at once while reading, or set aside for what was being decoded.
    pub read_bytes_peak: u64,
    /// What the user should know and that stops nothing.
    pub warnings: Vec<String>,
    /// Whether it was asked to stop before its end.
    pub is_cancelled: bool,
    /// How long it took.
    pub elapsed: Duration,
}
