//! Runs of one file to segments that have no identity in common.
//!
//! Segments of one commit have one rank, so nothing would say which of two rows with one identity is the later. Runs of a file
//! that is ordered by time or by series lie one behind the other, and stay as they are; those that reach into each other are
//! merged, later runs over earlier ones.

use std::collections::VecDeque;
use std::sync::Arc;

use arrow_array::RecordBatch;
use tidewell_env::Env;
use tidewell_segment::{
    DecodeStep, Footer, MergeKey, MergeStep, Merger, SegmentDecoder, SegmentError, encode, sort_rows,
};
use tidewell_stage::{Place, StageError};
use tidewell_storage::{StorageError, Store};

use crate::error::FileError;
use crate::lane::rows_bytes;
use crate::run::{Run, RunSegment, RunTarget, key_at};

/// Sequences that are merged at once: each takes a row group as it is packed, and some rows.
const FAN_IN: usize = 16;
/// Rows that a merge gives out at once.
const BATCH_ROWS: usize = 8 * 1024;

/// Segments one behind the other, in the order of their rows.
type Sequence = Vec<RunSegment>;

/// Where runs are merged.
#[derive(Clone, Debug)]
pub(crate) struct MergeContext {
    pub(crate) env: Env,
    pub(crate) store: Store,
    pub(crate) target: RunTarget,
    /// A segment ends at so many bytes of rows.
    pub(crate) segment_bytes: u64,
}

/// What became of the runs: segments to commit, and staged ones that others took the place of.
#[derive(Debug, Default)]
pub(crate) struct Merged {
    pub(crate) segments: Vec<RunSegment>,
    pub(crate) replaced: Vec<RunSegment>,
}

/// Merges what must be merged; no request where the runs lie one behind the other.
pub(crate) async fn merge_runs(context: &MergeContext, runs: Vec<Run>) -> Result<Merged, FileError> {
    let mut merged = Merged::default();
    for cluster in clusters(runs) {
        match cluster.len() {
            0 | 1 => merged.segments.extend(cluster),
            _ => merge_cluster(context, cluster, &mut merged).await?,
        }
    }
    Ok(merged)
}

/// The segments that reach into each other, directly or by way of others; those of a cluster by run.
fn clusters(runs: Vec<Run>) -> Vec<Vec<RunSegment>> {
    let numbered = runs.into_iter().enumerate();
    let segments: Vec<(usize, RunSegment)> = numbered
        .flat_map(|(run, Run { segments, .. })| segments.into_iter().map(move |segment| (run, segment)))
        .collect();
    let mut cluster_of: Vec<usize> = (0..segments.len()).collect();
    for (later, (run, segment)) in segments.iter().enumerate() {
        for (earlier, (other_run, other)) in segments.iter().enumerate().take(later) {
            if run == other_run || !meet(segment, other) {
                continue;
            }
            let (from, to) = (cluster_of.get(later).copied(), cluster_of.get(earlier).copied());
            if let (Some(from), Some(to)) = (from, to) {
                cluster_of.iter_mut().filter(|cluster| **cluster == from).for_each(|cluster| *cluster = to);
            }
        }
    }
    let mut clusters: Vec<(usize, Vec<RunSegment>)> = Vec::new();
    for (cluster, (_, segment)) in cluster_of.into_iter().zip(segments) {
        match clusters.iter_mut().find(|(known, _)| *known == cluster) {
            Some((_, members)) => members.push(segment),
            None => clusters.push((cluster, vec![segment])),
        }
    }
    clusters.into_iter().map(|(_, members)| members).collect()
}

/// Whether two segments may have an identity in common.
fn meet(a: &RunSegment, b: &RunSegment) -> bool {
    a.staged.entry.time.overlaps(&b.staged.entry.time) && a.first <= b.last && b.first <= a.last
}

async fn merge_cluster(context: &MergeContext, cluster: Vec<RunSegment>, merged: &mut Merged) -> Result<(), FileError> {
    let mut sequences: VecDeque<Sequence> = cluster.into_iter().map(|segment| vec![segment]).collect();
    while sequences.len() > 1 {
        let mut next = VecDeque::new();
        while !sequences.is_empty() {
            let group: Vec<Sequence> = sequences.drain(..sequences.len().min(FAN_IN)).collect();
            if group.len() == 1 {
                next.extend(group);
                continue;
            }
            let out = merge_sequences(context, &group).await?;
            merged.replaced.extend(group.into_iter().flatten());
            next.push_back(out);
        }
        sequences = next;
    }
    merged.segments.extend(sequences.into_iter().flatten());
    Ok(())
}

/// Merges sequences, the last one over those before it, and puts what comes out.
async fn merge_sequences(context: &MergeContext, group: &[Sequence]) -> Result<Sequence, FileError> {
    let arrow = context.target.schema.arrow();
    let mut readers: Vec<SequenceReader> = group.iter().map(SequenceReader::new).collect();
    let mut merger = Merger::new(&MergeKey::new(&context.target.schema), Arc::clone(&arrow), group.len(), BATCH_ROWS)?;
    let (mut held, mut held_bytes, mut out) = (Vec::new(), 0, Vec::new());
    loop {
        let stepped = context.env.blocking(move || {
            let step = merger.step();
            (merger, step)
        });
        let step;
        (merger, step) = stepped.await;
        match step? {
            MergeStep::Need(run) => {
                let Some(reader) = readers.get_mut(run) else { return Err(no_run().into()) };
                match reader.next(context).await? {
                    Some(rows) => merger.push(run, rows)?,
                    None => merger.finish(run),
                }
            }
            MergeStep::Batch(rows) => {
                held_bytes += rows_bytes(&rows);
                held.push(rows);
                if held_bytes >= context.segment_bytes {
                    out.push(put(context, std::mem::take(&mut held)).await?);
                    held_bytes = 0;
                }
            }
            MergeStep::Done => break,
        }
    }
    if !held.is_empty() {
        out.push(put(context, held).await?);
    }
    Ok(out)
}

async fn put(context: &MergeContext, batches: Vec<RecordBatch>) -> Result<RunSegment, FileError> {
    let target = context.target.clone();
    let made = context.env.blocking(move || {
        let rows = sort_rows(&target.schema, &batches)?;
        drop(batches);
        let last = rows.num_rows().saturating_sub(1);
        let (first, last) = (key_at(&target.schema, &rows, 0)?, key_at(&target.schema, &rows, last)?);
        Ok::<_, SegmentError>((first, last, encode(&target.table, &target.schema, &rows, &target.options)?))
    });
    let (first, last, segment) = made.await?;
    let staged = context.target.stager.put(&context.target.table, Place::NEWEST, segment).await?;
    Ok(RunSegment { staged, first, last })
}

/// The rows of a sequence.
struct SequenceReader {
    todo: VecDeque<RunSegment>,
    open: Option<(RunSegment, SegmentDecoder)>,
}

impl SequenceReader {
    fn new(sequence: &Sequence) -> Self {
        Self { todo: sequence.iter().cloned().collect(), open: None }
    }

    async fn next(&mut self, context: &MergeContext) -> Result<Option<RecordBatch>, FileError> {
        loop {
            let Some((segment, decoder)) = &mut self.open else {
                let Some(segment) = self.todo.pop_front() else { return Ok(None) };
                let decoder = open(context, &segment).await?;
                self.open = Some((segment, decoder));
                continue;
            };
            match decoder.step()? {
                DecodeStep::Batch(rows) => return Ok(Some(rows)),
                DecodeStep::Done => self.open = None,
                DecodeStep::Need(ranges) => {
                    let data = context.store.get_ranges(&segment.staged.name, &ranges).await.map_err(unreadable)?;
                    decoder.push(&ranges, data)?;
                }
            }
        }
    }
}

async fn open(context: &MergeContext, segment: &RunSegment) -> Result<SegmentDecoder, FileError> {
    let entry = &segment.staged.entry;
    let range = entry.file_bytes.saturating_sub(entry.footer_bytes)..entry.file_bytes;
    let tail = context.store.get_ranges(&segment.staged.name, &[range]).await.map_err(unreadable)?;
    let footer = Footer::parse(tail.into_iter().next().unwrap_or_default(), entry.file_bytes)?;
    Ok(SegmentDecoder::new(&footer, &context.target.schema.arrow(), None, BATCH_ROWS)?)
}

fn unreadable(error: StorageError) -> FileError {
    FileError::Stage(StageError::Storage(error))
}

fn no_run() -> SegmentError {
    SegmentError::Internal { problem: "a merge asks for a run that is not there".to_owned() }
}

#[cfg(test)]
mod tests;
