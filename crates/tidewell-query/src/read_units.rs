//! The rows of one stream of a scan, piece by piece, the next pieces opened ahead.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result;
use datafusion::execution::memory_pool::MemoryReservation;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt, future, stream};
use tidewell_cache::CachedSegment;

use crate::QueryError;
use crate::ahead::Task;
use crate::merge::merge;
use crate::reader::{Share, read};
use crate::scan::Source;
use crate::units::Unit;

/// Pieces that are opened before their turn: for many small segments that is all the reading there is.
const OPEN_AHEAD: usize = 8;

enum Open {
    Segment(CachedSegment, Share),
    Other(Unit),
}

/// The rows of stream `partition`, under the columns that were decoded.
pub(crate) fn read_units(
    source: Arc<Source>,
    partition: usize,
    reservation: MemoryReservation,
) -> impl Stream<Item = Result<RecordBatch>> + Send + 'static {
    let units = source.streams.streams.get(partition).cloned().unwrap_or_default();
    // A scan with a limit may never come to its next piece.
    let ahead = if source.limit.is_some() { 1 } else { OPEN_AHEAD };
    let opening = Arc::clone(&source);
    let open = stream::iter(units).map(move |unit| open(&opening, unit)).buffered(ahead);
    open.map_ok(move |unit| rows(&source, unit, &reservation)).try_flatten()
}

fn open(source: &Source, unit: Unit) -> future::BoxFuture<'static, Result<Open>> {
    let (entry, share) = match unit {
        Unit::Segment(entry, share) => (entry, share),
        unit => return Box::pin(future::ready(Ok(Open::Other(unit)))),
    };
    if share.index == 0 {
        source.access.statistics.add_read();
    }
    let access = Arc::clone(&source.access);
    let opening = Task::start(&source.access.env, async move { access.open(&entry).await });
    Box::pin(async move {
        let segment: Result<CachedSegment, QueryError> = opening.await?;
        Ok(Open::Segment(segment?, share))
    })
}

fn rows(source: &Arc<Source>, unit: Open, reservation: &MemoryReservation) -> BoxStream<'static, Result<RecordBatch>> {
    let reservation = reservation.new_empty();
    let access = Arc::clone(&source.access);
    match unit {
        Open::Segment(segment, share) => match read(access, segment, share, &source.direct, reservation) {
            Ok(rows) => rows.boxed(),
            Err(error) => stream::once(future::ready(Err(error))).boxed(),
        },
        Open::Other(Unit::Tail(tail)) => slices(tail, source.merged.batch_rows).boxed(),
        Open::Other(Unit::Merge(group)) => merge(Arc::clone(source), group, reservation).boxed(),
        Open::Other(Unit::Segment(..)) => stream::empty().boxed(),
    }
}

/// A batch in pieces of at most `rows_max` rows.
pub(crate) fn slices(batch: RecordBatch, rows_max: usize) -> impl Stream<Item = Result<RecordBatch>> + Send + 'static {
    let (rows_max, row_count) = (rows_max.max(1), batch.num_rows());
    let starts = (0..row_count).step_by(rows_max);
    stream::iter(starts.map(move |start| Ok(batch.slice(start, rows_max.min(row_count - start)))))
}
