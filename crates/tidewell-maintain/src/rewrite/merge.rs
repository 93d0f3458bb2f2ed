//! The rows of several segments, merged and cut into files; does no IO.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use bytes::Bytes;
use tidewell_segment::{EncodeOptions, EncodedSegment, MergeKey, MergeStep, Merger, SegmentError, encode, sort_rows};
use tidewell_types::{TableName, TableSchema};

use crate::error::MaintainError;
use crate::read::{RowsStep, SegmentRows};
use crate::rewrite::digest::RowDigest;

/// Rows that the merge gives out at once.
const BATCH_ROWS: usize = 8 * 1024;
/// Merged rows that are held until they are encoded, in bytes of memory: a file ends there at the latest.
const HELD_BYTES_MAX: usize = 256 * 1024 * 1024;

/// What files are to be like.
#[derive(Clone, Debug)]
pub(crate) struct Cut {
    pub(crate) encode: EncodeOptions,
    /// Rows after which a file ends, with the batch that brings them.
    pub(crate) rows_max: u64,
    /// Whether to digest each file's rows, to compare them with what is read back.
    pub(crate) is_digested: bool,
}

/// One encoded file.
#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) segment: EncodedSegment,
    /// Of its rows as they were merged.
    pub(crate) digest: Option<RowDigest>,
}

/// What a [`Merge`] wants or gives.
#[derive(Debug)]
pub(crate) enum Step {
    /// Bytes of this input's segment must be fetched and pushed.
    Need { run: usize, ranges: Vec<Range<u64>> },
    /// The next file.
    Output(Output),
    /// There are no more.
    Done,
}

/// Merges segments' rows, the oldest segment first. Holds one file's rows in memory, and a batch of each segment.
#[derive(Debug)]
pub(crate) struct Merge {
    table: TableName,
    schema: Arc<TableSchema>,
    arrow: SchemaRef,
    cut: Cut,
    merger: Merger,
    runs: Vec<SegmentRows>,
    held: Vec<RecordBatch>,
    held_rows: u64,
    held_bytes: usize,
}

impl Merge {
    /// A merge of runs in the order of their ranks.
    pub(crate) fn new(
        table: &TableName,
        schema: &Arc<TableSchema>,
        runs: Vec<SegmentRows>,
        cut: Cut,
    ) -> Result<Self, MaintainError> {
        let arrow = schema.arrow();
        let merger = Merger::new(&MergeKey::new(schema), Arc::clone(&arrow), runs.len(), BATCH_ROWS)
            .map_err(|source| failed(table, source))?;
        let (table, schema) = (table.clone(), Arc::clone(schema));
        Ok(Self { table, schema, arrow, cut, merger, runs, held: Vec::new(), held_rows: 0, held_bytes: 0 })
    }

    /// The segment of a run.
    pub(crate) fn run(&self, run: usize) -> Option<&SegmentRows> {
        self.runs.get(run)
    }

    /// Gives the bytes that were asked for.
    pub(crate) fn push(&mut self, run: usize, ranges: &[Range<u64>], bytes: Vec<Bytes>) -> Result<(), MaintainError> {
        self.runs.get_mut(run).map_or(Ok(()), |rows| rows.push(ranges, bytes))
    }

    /// Goes on until bytes must be fetched or a file is ready. Takes long: run it off the async threads.
    pub(crate) fn step(&mut self) -> Result<Step, MaintainError> {
        loop {
            if self.held_rows >= self.cut.rows_max || self.held_bytes >= HELD_BYTES_MAX {
                return self.output();
            }
            match self.merger.step().map_err(|source| failed(&self.table, source))? {
                MergeStep::Need(run) => {
                    if let Some(ranges) = self.feed(run)? {
                        return Ok(Step::Need { run, ranges });
                    }
                }
                MergeStep::Batch(batch) => self.hold(batch),
                MergeStep::Done if self.held.is_empty() => return Ok(Step::Done),
                MergeStep::Done => return self.output(),
            }
        }
    }

    /// Feeds a run; the bytes that are wanting for it.
    fn feed(&mut self, run: usize) -> Result<Option<Vec<Range<u64>>>, MaintainError> {
        let Some(rows) = self.runs.get_mut(run) else {
            self.merger.finish(run);
            return Ok(None);
        };
        match rows.step()? {
            RowsStep::Need(ranges) => return Ok(Some(ranges)),
            RowsStep::Batch(batch) => {
                self.merger.push(run, batch).map_err(|source| failed(&self.table, source))?;
            }
            RowsStep::Done => self.merger.finish(run),
        }
        Ok(None)
    }

    fn hold(&mut self, batch: RecordBatch) {
        self.held_rows += batch.num_rows() as u64;
        self.held_bytes += held_bytes(&batch);
        self.held.push(batch);
    }

    fn output(&mut self) -> Result<Step, MaintainError> {
        let held = std::mem::take(&mut self.held);
        (self.held_rows, self.held_bytes) = (0, 0);
        let digest = self.cut.is_digested.then(|| RowDigest::of(&self.arrow, &held)).transpose();
        let digest = digest.map_err(|source| failed(&self.table, source))?;
        let rows = sort_rows(&self.schema, &held).map_err(|source| failed(&self.table, source))?;
        drop(held);
        let segment = encode(&self.table, &self.schema, &rows, &self.cut.encode);
        let segment = segment.map_err(|source| failed(&self.table, source))?;
        Ok(Step::Output(Output { segment, digest }))
    }
}

fn failed(table: &TableName, source: SegmentError) -> MaintainError {
    MaintainError::Segment { table: table.to_string(), source }
}

/// What a batch's values take; dictionaries are shared by many batches and left out.
fn held_bytes(batch: &RecordBatch) -> usize {
    let bytes = batch.columns().iter().map(|column| match column.data_type() {
        DataType::Dictionary(_, _) => column.len() * size_of::<i32>(),
        _ => column.to_data().get_slice_memory_size().unwrap_or_default(),
    });
    bytes.sum()
}

#[cfg(test)]
mod tests;
