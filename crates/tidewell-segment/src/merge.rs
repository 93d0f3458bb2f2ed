//! Merging sorted runs into one, field by field, in bounded memory.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_row::{RowConverter, SortField};
use arrow_schema::SchemaRef;

use crate::assemble::Plan;
use crate::conform::conform;
use crate::merge_run::{Head, Load, Run};
use crate::{MergeKey, SegmentError};

/// What a [`Merger`] wants or gives.
#[derive(Debug)]
pub enum MergeStep {
    /// This run must be pushed to or finished before the merge can go on.
    Need(usize),
    /// The next rows of the output; never empty, at most `batch_rows`.
    Batch(RecordBatch),
    /// Every run is finished and everything was given out.
    Done,
}

/// Merges sorted runs; does no IO, but says which run it needs rows of.
///
/// Runs are numbered oldest to newest. Each is sorted by the key and has an identity at most once. Of rows with the same
/// identity every field takes the value of the newest run that has it. Memory: the batches that were pushed and not given
/// out, plus one output batch; feed only the run that [`MergeStep::Need`] names and that is two batches a run.
pub struct Merger {
    schema: SchemaRef,
    key: Vec<usize>,
    is_key: Vec<bool>,
    /// `None` with a single run, which needs no comparison.
    converter: Option<RowConverter>,
    runs: Vec<Run>,
    /// Runs with a row at their head, by (key of that row, run).
    order: Vec<usize>,
    /// Runs whose head is used up.
    waiting: Vec<usize>,
    plan: Plan,
    batch_rows: usize,
}

impl fmt::Debug for Merger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Merger").field("runs", &self.runs.len()).field("batch_rows", &self.batch_rows).finish()
    }
}

impl Merger {
    /// A merge of `run_count` runs into batches of at most `batch_rows` rows (at least 1) under `schema`, which has all
    /// columns of `key` and any others, in any order.
    ///
    /// # Errors
    /// [`SegmentError::SchemaMismatch`] when `schema` lacks a key column; project it too.
    pub fn new(key: &MergeKey, schema: SchemaRef, run_count: usize, batch_rows: usize) -> Result<Self, SegmentError> {
        let fields = key.types(&schema)?.into_iter().map(SortField::new).collect();
        Ok(Self {
            key: key.indices(&schema)?,
            is_key: key.marks(&schema),
            converter: if run_count > 1 { Some(RowConverter::new(fields)?) } else { None },
            runs: (0..run_count).map(|_| Run::default()).collect(),
            order: Vec::with_capacity(run_count),
            waiting: (0..run_count).rev().collect(),
            plan: Plan::default(),
            batch_rows: batch_rows.max(1),
            schema,
        })
    }

    /// Gives `run` its next batch; columns that it lacks read as NULL.
    ///
    /// # Errors
    /// [`SegmentError::SchemaMismatch`] when a column has another type than the schema says.
    /// [`SegmentError::Internal`] when there is no such run or it is finished.
    pub fn push(&mut self, run: usize, batch: RecordBatch) -> Result<(), SegmentError> {
        let state = self.runs.get_mut(run).filter(|state| !state.is_finished);
        let state = state.ok_or_else(|| SegmentError::internal("rows for a run that is finished or not there"))?;
        state.push(if batch.schema_ref() == &self.schema { batch } else { conform(&self.schema, &batch)? });
        Ok(())
    }

    /// Says that `run` has no more batches; doing so twice does nothing.
    pub fn finish(&mut self, run: usize) {
        if let Some(state) = self.runs.get_mut(run) {
            state.is_finished = true;
        }
    }

    /// Goes on until a run must be fed or a batch is ready.
    ///
    /// # Errors
    /// [`SegmentError::Corrupt`] when a run is not sorted; drop the merger.
    pub fn step(&mut self) -> Result<MergeStep, SegmentError> {
        loop {
            if self.plan.row_count() >= self.batch_rows {
                return self.flush();
            }
            if let Some(run) = self.waiting.last().copied() {
                match self.runs[run].load(self.converter.as_ref(), &self.key)? {
                    Load::NeedsBatch => return Ok(MergeStep::Need(run)),
                    Load::Ended => _ = self.waiting.pop(),
                    Load::Loaded => {
                        self.waiting.pop();
                        self.enter(run)?;
                    }
                }
                continue;
            }
            match self.order[..] {
                [] if self.plan.row_count() == 0 => return Ok(MergeStep::Done),
                [] => return self.flush(),
                [_] if self.plan.row_count() > 0 => return self.flush(),
                [only] => return self.pass(only),
                [first, second, ..] => self.merge_heads(first, second)?,
            }
        }
    }

    fn flush(&mut self) -> Result<MergeStep, SegmentError> {
        let plan = std::mem::take(&mut self.plan);
        for head in self.runs.iter_mut().filter_map(|run| run.head.as_mut()) {
            head.slot = None;
        }
        plan.assemble(&self.schema, &self.is_key).map(MergeStep::Batch)
    }

    /// The last run that is left: its rows need no copy, only a dictionary cut to size.
    fn pass(&mut self, run: usize) -> Result<MergeStep, SegmentError> {
        self.order.clear();
        let len = self.head(run)?.rows_left().min(self.batch_rows);
        self.copy(run, len)?;
        self.advance(run, len)?;
        self.flush()
    }

    /// Moves the least key, or a stretch of keys that are below all others, to the output.
    fn merge_heads(&mut self, first: usize, second: usize) -> Result<(), SegmentError> {
        if self.compare(first, second)? == Ordering::Less {
            let other = self.head(second)?;
            let limit = other.key(other.next)?;
            let len = self.head(first)?.stretch_below(limit, self.batch_rows - self.plan.row_count())?;
            self.order.remove(0);
            self.copy(first, len)?;
            return self.advance(first, len);
        }
        let mut tied = 2;
        while tied < self.order.len() && self.compare(first, self.order[tied])? == Ordering::Equal {
            tied += 1;
        }
        let tied: Vec<usize> = self.order.drain(..tied).collect();
        let mut places = Vec::with_capacity(tied.len());
        for run in &tied {
            places.push((self.slot(*run)?, self.head(*run)?.next));
        }
        if let [older @ .., newest] = &places[..] {
            self.plan.copy_merged(*newest, older.iter().rev().copied());
        }
        tied.into_iter().try_for_each(|run| self.advance(run, 1))
    }

    fn copy(&mut self, run: usize, len: usize) -> Result<(), SegmentError> {
        let slot = self.slot(run)?;
        let start = self.head(run)?.next;
        self.plan.copy(slot, start, len);
        Ok(())
    }

    fn slot(&mut self, run: usize) -> Result<usize, SegmentError> {
        let head = self.runs[run].head.as_mut().ok_or_else(no_head)?;
        Ok(*head.slot.get_or_insert_with(|| self.plan.add_slot(head.batch.clone())))
    }

    /// Steps over rows of a run that is not in the order, and puts it back or has it wait.
    fn advance(&mut self, run: usize, len: usize) -> Result<(), SegmentError> {
        let head = self.runs[run].head.as_mut().ok_or_else(no_head)?;
        head.next += len;
        if head.rows_left() > 0 {
            return self.enter(run);
        }
        self.runs[run].head = None;
        self.waiting.push(run);
        Ok(())
    }

    /// Puts a run with a row at its head into the order.
    fn enter(&mut self, run: usize) -> Result<(), SegmentError> {
        let (mut low, mut high) = (0, self.order.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let other = self.order[middle];
            if self.compare(other, run)?.then(other.cmp(&run)) == Ordering::Less {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.order.insert(low, run);
        Ok(())
    }

    fn compare(&self, a: usize, b: usize) -> Result<Ordering, SegmentError> {
        let (a, b) = (self.head(a)?, self.head(b)?);
        Ok(a.key(a.next)?.cmp(&b.key(b.next)?))
    }

    fn head(&self, run: usize) -> Result<&Head, SegmentError> {
        self.runs[run].head.as_ref().ok_or_else(no_head)
    }

    /// The schema of the output.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }
}

fn no_head() -> SegmentError {
    SegmentError::internal("a merged run has no batch at its head")
}

#[cfg(test)]
mod tests;
