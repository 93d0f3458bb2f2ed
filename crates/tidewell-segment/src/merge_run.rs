//! One sorted run on its way through a merge.

use std::collections::VecDeque;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_row::{OwnedRow, Row, RowConverter, Rows};

use crate::SegmentError;

/// The batch at the head of a run.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) batch: RecordBatch,
    /// The batch's keys; `None` where there is no other run to compare with.
    keys: Option<Rows>,
    /// Rows before this one are already in the output.
    pub(crate) next: usize,
    /// The batch's slot in the output under construction, once it has one.
    pub(crate) slot: Option<usize>,
}

impl Head {
    /// The key of one row.
    pub(crate) fn key(&self, row: usize) -> Result<Row<'_>, SegmentError> {
        let keys = self.keys.as_ref().filter(|keys| row < keys.num_rows());
        keys.map(|keys| keys.row(row)).ok_or_else(|| SegmentError::internal("a merged run has no key for a row"))
    }

    pub(crate) fn rows_left(&self) -> usize {
        self.batch.num_rows() - self.next
    }

    /// How many of the next rows (at least 1, at most `rows_max`) have a key below `limit`; the first one is known to.
    ///
    /// Gallops, so that a long stretch costs few comparisons and a short one not more than its length.
    pub(crate) fn stretch_below(&self, limit: Row<'_>, rows_max: usize) -> Result<usize, SegmentError> {
        let end = self.batch.num_rows().min(self.next + rows_max.max(1));
        let mut below = self.next;
        let mut step = 1;
        while below + step < end && self.key(below + step)? < limit {
            below += step;
            step *= 2;
        }
        let mut not_below = end.min(below + step);
        while not_below - below > 1 {
            let middle = below + (not_below - below) / 2;
            if self.key(middle)? < limit {
                below = middle;
            } else {
                not_below = middle;
            }
        }
        Ok(below + 1 - self.next)
    }
}

/// A run: batches that were pushed, then more, then the end.
#[derive(Debug, Default)]
pub(crate) struct Run {
    pub(crate) head: Option<Head>,
    queue: VecDeque<RecordBatch>,
    pub(crate) is_finished: bool,
    last_key: Option<OwnedRow>,
}

/// What became of an attempt to put a batch at a run's head.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Load {
    Loaded,
    NeedsBatch,
    Ended,
}

impl Run {
    pub(crate) fn push(&mut self, batch: RecordBatch) {
        if batch.num_rows() > 0 {
            self.queue.push_back(batch);
        }
    }

    /// Takes the next batch. `key` is where the key columns are; without a `converter` no keys are made.
    pub(crate) fn load(&mut self, converter: Option<&RowConverter>, key: &[usize]) -> Result<Load, SegmentError> {
        self.head = None;
        let Some(batch) = self.queue.pop_front() else {
            return Ok(if self.is_finished { Load::Ended } else { Load::NeedsBatch });
        };
        let keys = converter.map(|converter| {
            let columns: Vec<ArrayRef> = key.iter().map(|index| batch.column(*index).clone()).collect();
            converter.convert_columns(&columns)
        });
        let keys = keys.transpose()?;
        if let Some(keys) = &keys {
            let is_sorted = self.last_key.as_ref().is_none_or(|last| last.row() < keys.row(0));
            if !is_sorted || !keys.iter().is_sorted_by(|a, b| a < b) {
                return Err(SegmentError::corrupt("its rows are not in the order of tags and time"));
            }
            self.last_key = Some(keys.row(keys.num_rows() - 1).owned());
        }
        self.head = Some(Head { batch, keys, next: 0, slot: None });
        Ok(Load::Loaded)
    }
}
