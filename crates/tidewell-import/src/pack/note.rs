//! What is told of files: in the summary, and to whoever watches.

use std::sync::atomic::Ordering;

use tidewell_types::Version;

use super::{Packer, WholeFile};
use crate::error::FileError;
use crate::file::SourceFile;
use crate::run::RunSegment;
use crate::summary::FileFailure;

/// Files that are warned of each.
const WARNINGS_MAX: u64 = 20;

impl Packer {
    pub(super) fn note_stored(&mut self, files: &[WholeFile]) {
        self.summary.files_imported += files.len() as u64;
        self.summary.rows_imported += files.iter().map(|file| file.rows).sum::<u64>();
        self.summary.rows_dropped += files.iter().map(|file| file.rows_dropped).sum::<u64>();
        self.job.progress.files_done.fetch_add(files.len() as u64, Ordering::Relaxed);
    }

    /// Files that an earlier run has stored.
    pub(crate) fn note_skipped(&mut self, files: &[&SourceFile]) {
        self.summary.files_skipped += files.len() as u64;
        self.job.progress.files_done.fetch_add(files.len() as u64, Ordering::Relaxed);
    }

    pub(super) fn note_absent(&mut self, url: &str) {
        self.files_without_column += 1;
        if self.files_without_column <= WARNINGS_MAX {
            let column = self.job.options.dedup_column.as_deref().unwrap_or_default();
            let warning = format!("{url} has no column {column:?} to drop repeated rows by: all its rows are kept");
            self.summary.warnings.push(warning);
        }
    }

    pub(super) fn note_segments(&mut self, segments: &[RunSegment], version: Version) {
        if segments.is_empty() {
            return;
        }
        let entries = || segments.iter().map(|segment| &segment.staged.entry);
        self.summary.segments += segments.len() as u64;
        self.summary.segment_rows += entries().map(|entry| entry.row_count).sum::<u64>();
        self.summary.segment_bytes += entries().map(|entry| entry.file_bytes).sum::<u64>();
        self.summary.commits += 1;
        self.summary.version = version;
    }

    pub(super) fn note_unstored(&mut self, files: &[WholeFile], error: &FileError) {
        for file in files {
            self.note_failure(&file.source, error);
        }
    }

    pub(super) fn note_failure(&mut self, source: &SourceFile, error: &FileError) {
        self.job.progress.end(source.url());
        self.job.progress.files_failed.fetch_add(1, Ordering::Relaxed);
        let (file, reason) = (source.url().to_owned(), error.to_string());
        self.summary.failures.push(FileFailure { file, reason, is_unknown: false });
    }

    /// Warns of what concerns all files.
    pub(super) fn note_end(&mut self) {
        if self.files_without_column > WARNINGS_MAX {
            let more = self.files_without_column - WARNINGS_MAX;
            self.summary.warnings.push(format!("{more} more files have no such column"));
        }
        if self.summary.rows_expired > 0 {
            let rows = self.summary.rows_expired;
            self.summary.warnings.push(format!("{rows} rows have outlived the table's retention and were not stored"));
        }
    }
}
