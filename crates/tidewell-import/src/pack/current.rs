//! The file that is being read.

use std::sync::Arc;

use arrow_array::RecordBatch;

use super::Staging;
use crate::feed::Opened;
use crate::lane::rows_bytes;
use crate::run::{RunTarget, times};

/// The file that is being read.
pub(super) struct Current {
    pub(super) file: Arc<Opened>,
    pub(super) batches: Vec<RecordBatch>,
    pub(super) bytes: u64,
    pub(super) rows_read: u64,
    pub(super) rows_dropped: u64,
    /// Runs of it that are staged, or about to be.
    pub(super) runs: Vec<Staging>,
    /// What they are staged by; the first one's generation is that of all.
    pub(super) target: Option<RunTarget>,
    /// Whether times never fell so far.
    is_by_time: bool,
    time_last: i64,
    pub(super) is_again: bool,
    /// Whether its columns' types are only known at its end, so that it must be read once more.
    pub(super) is_unsettled: bool,
}

impl Current {
    pub(super) fn new(file: Arc<Opened>) -> Self {
        Self {
            file,
            batches: Vec::new(),
            bytes: 0,
            rows_read: 0,
            rows_dropped: 0,
            runs: Vec::new(),
            target: None,
            is_by_time: true,
            time_last: i64::MIN,
            is_again: false,
            is_unsettled: false,
        }
    }

    /// For a file that is read once more, by a plan that nothing changes any more.
    pub(super) fn again(file: Arc<Opened>) -> Self {
        Self { is_again: true, ..Self::new(file) }
    }

    /// The same file without its rows: it must be read once more.
    pub(super) fn unsettled(self) -> Self {
        let (rows_read, rows_dropped) = (self.rows_read, self.rows_dropped);
        Self { rows_read, rows_dropped, is_unsettled: true, ..Self::new(self.file) }
    }

    pub(super) fn push(&mut self, rows: RecordBatch) {
        for time in times(&rows) {
            self.is_by_time &= *time >= self.time_last;
            self.time_last = *time;
        }
        self.bytes += rows_bytes(&rows);
        self.batches.push(rows);
    }

    /// The rows for a run. Of a file that is ordered by time those of the last instant stay behind: the next run may have more
    /// of it, and then neither reaches into the other.
    pub(super) fn take_run(&mut self, is_last: bool) -> Vec<RecordBatch> {
        let mut batches = std::mem::take(&mut self.batches);
        self.bytes = 0;
        if is_last || !self.is_by_time {
            return batches;
        }
        let mut behind = Vec::new();
        while let Some(rows) = batches.pop() {
            let earlier = times(&rows).partition_point(|time| *time < self.time_last);
            if earlier < rows.num_rows() {
                behind.push(rows.slice(earlier, rows.num_rows() - earlier));
            }
            if earlier > 0 {
                batches.push(rows.slice(0, earlier));
                break;
            }
        }
        behind.reverse();
        if batches.is_empty() {
            // All of one instant: there is nothing to part.
            return behind;
        }
        self.bytes = behind.iter().map(rows_bytes).sum();
        self.batches = behind;
        batches
    }
}
