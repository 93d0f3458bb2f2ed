//! Rows of one group: versions of an identity in several segments and in the tail become one row.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryReservation;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use tidewell_cache::CachedSegment;
use tidewell_manifest::{RegisteredFile, SegmentEntry};
use tidewell_segment::{MergeStep, Merger, SegmentError};

use crate::QueryError;
use crate::access::Access;
use crate::ahead::Ahead;
use crate::group::Group;
use crate::read_units::slices;
use crate::reader::{Share, Wanted, read};
use crate::registered;
use crate::scan::Source;
use crate::segment_fault::internal;

/// Segments that are opened at the same time.
const OPEN_PARALLEL: usize = 16;
/// A merge holds about this many times a run's batch: the batch, its keys to compare, and its part of the output.
const HELD_FACTOR: usize = 3;

type Run = BoxStream<'static, Result<RecordBatch>>;

struct Merge {
    merger: Merger,
    runs: Vec<Run>,
    /// For each run, the bytes of the batch that it was last given.
    run_bytes: Vec<usize>,
    reservation: MemoryReservation,
}

impl Merge {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            match self.merger.step().map_err(fault)? {
                MergeStep::Need(run) => self.feed(run).await?,
                MergeStep::Batch(batch) => return Ok(Some(batch)),
                MergeStep::Done => return Ok(None),
            }
        }
    }

    async fn feed(&mut self, run: usize) -> Result<()> {
        let (Some(source), Some(run_bytes)) = (self.runs.get_mut(run), self.run_bytes.get_mut(run)) else {
            return Err(internal("a merge asks for a run that it does not have").into());
        };
        let batch = source.next().await.transpose()?;
        *run_bytes = batch.as_ref().map_or(0, RecordBatch::get_array_memory_size);
        self.reservation.try_resize(self.run_bytes.iter().sum::<usize>().saturating_mul(HELD_FACTOR))?;
        match batch {
            Some(batch) => self.merger.push(run, batch).map_err(fault)?,
            None => self.merger.finish(run),
        }
        Ok(())
    }
}

fn fault(error: SegmentError) -> DataFusionError {
    internal(error).into()
}

/// The rows of a group that count, sorted, one row an identity.
///
/// All segments are opened first, then each is read one batch ahead in a task of its own, so that a merge waits for the
/// slowest of its runs and not for one after the other.
pub(crate) fn merge(
    source: Arc<Source>,
    group: Group,
    reservation: MemoryReservation,
) -> impl Stream<Item = Result<RecordBatch>> + Send + 'static {
    let started = async move {
        let runs = start_runs(&source, group, &reservation).await?;
        let Wanted { schema, batch_rows, .. } = &source.merged;
        let merger = Merger::new(&source.key, SchemaRef::clone(schema), runs.len(), *batch_rows).map_err(fault)?;
        let run_bytes = vec![0; runs.len()];
        let merge = Merge { merger, runs, run_bytes, reservation };
        Ok::<_, DataFusionError>(stream::try_unfold(merge, |mut merge| async move {
            let batch = merge.next().await?;
            Ok::<_, DataFusionError>(batch.map(|batch| (batch, merge)))
        }))
    };
    stream::once(started).try_flatten()
}

/// What a run is read from.
enum Opened {
    Segment(CachedSegment),
    File(Arc<SegmentEntry>, RegisteredFile),
}

async fn open(access: &Access, entry: Arc<SegmentEntry>) -> Result<Opened, QueryError> {
    match &entry.foreign {
        None => Ok(Opened::Segment(access.open(&entry).await?)),
        Some(_) => {
            let file = access.open_file(&entry).await?;
            Ok(Opened::File(entry, file))
        }
    }
}

async fn start_runs(source: &Source, group: Group, reservation: &MemoryReservation) -> Result<Vec<Run>> {
    let Source { access, merged: wanted, .. } = source;
    let segments = group.segments.into_iter().map(|entry| {
        let access = Arc::clone(access);
        access.statistics.add_read();
        let hidden = source.hidden.concern(&entry).then(|| source.hidden.of(&entry));
        async move { Ok::<_, QueryError>((open(&access, entry).await?, hidden)) }
    });
    let mut segments = stream::iter(segments).buffered(OPEN_PARALLEL);
    let mut runs: Vec<Run> = Vec::new();
    while let Some((segment, hidden)) = segments.try_next().await? {
        let rows = match segment {
            Opened::Segment(segment) => {
                read(Arc::clone(access), segment, Share::WHOLE, wanted, reservation.new_empty())?.boxed()
            }
            Opened::File(entry, file) => registered::run(source, &entry, &file, reservation.new_empty())?,
        };
        let rows = rows.map(move |batch| match &hidden {
            Some(hidden) => hidden.take_out(&batch?),
            None => batch,
        });
        let rows = rows.try_filter(|batch| std::future::ready(batch.num_rows() > 0));
        runs.push(Ahead::start(&access.env, rows, 1).boxed());
    }
    if let Some(tail) = group.tail {
        runs.push(slices(tail, wanted.batch_rows).boxed());
    }
    Ok(runs)
}
