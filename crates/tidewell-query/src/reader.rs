//! One segment's rows, row group by row group, the next one fetched while one is decoded.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::memory_pool::MemoryReservation;
use futures::{Stream, stream};
use tidewell_cache::CachedSegment;
use tidewell_segment::{DecodeStep, SegmentDecoder};

use crate::QueryError;
use crate::access::Access;
use crate::ahead::Task;
use crate::pruning::Pruning;
use crate::segment_fault::unreadable;

/// What to decode of a segment.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// The columns, and their order; those that the segment lacks are NULL.
    pub(crate) schema: SchemaRef,
    /// Which row groups.
    pub(crate) pruning: Arc<Pruning>,
    /// Rows of a batch, at most.
    pub(crate) batch_rows: usize,
}

/// One of several equal shares of a segment's row groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    /// Which, from 0.
    pub(crate) index: usize,
    /// Of how many.
    pub(crate) count: usize,
}

impl Share {
    /// All of a segment.
    pub(crate) const WHOLE: Self = Self { index: 0, count: 1 };

    fn of(self, row_groups: &[usize]) -> Vec<usize> {
        let (len, count) = (row_groups.len(), self.count.max(1));
        let (start, end) = (len * self.index / count, len * (self.index + 1) / count);
        row_groups.get(start..end).unwrap_or_default().to_vec()
    }
}

/// Bytes that are being fetched before the decoder asked for them.
struct Prefetch {
    ranges: Vec<Range<u64>>,
    bytes: Task<Result<Vec<Bytes>, QueryError>>,
}

struct Reader {
    access: Arc<Access>,
    segment: CachedSegment,
    decoder: SegmentDecoder,
    /// All ranges that the decoder will ask for, in that order.
    plan: Vec<Range<u64>>,
    prefetch: Option<Prefetch>,
    /// For the encoded bytes that the decoder holds, and those that are on their way.
    reservation: MemoryReservation,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<RecordBatch>> {
        loop {
            let step = self.decoder.step().map_err(|error| unreadable(self.segment.object().as_str(), &error))?;
            match step {
                DecodeStep::Need(ranges) => self.feed(ranges).await?,
                DecodeStep::Batch(batch) => {
                    self.access.statistics.add_rows(batch.num_rows());
                    return Ok(Some(batch));
                }
                DecodeStep::Done => return Ok(None),
            }
        }
    }

    async fn feed(&mut self, ranges: Vec<Range<u64>>) -> Result<()> {
        let needed = byte_count(&ranges);
        let bytes = match self.prefetch.take().filter(|prefetch| prefetch.ranges == ranges) {
            Some(prefetch) => prefetch.bytes.await?,
            None => {
                self.reservation.try_resize(needed)?;
                fetch(&self.access, &self.segment, &ranges).await
            }
        }?;
        self.access.statistics.add_bytes(needed);
        self.fetch_next(&ranges, needed);
        let pushed = self.decoder.push(&ranges, bytes);
        Ok(pushed.map_err(|error| unreadable(self.segment.object().as_str(), &error))?)
    }

    /// Starts to fetch what comes after `ranges`, unless it is in memory or memory is short.
    fn fetch_next(&mut self, ranges: &[Range<u64>], held: usize) {
        let last = ranges.last().and_then(|last| self.plan.iter().position(|range| range == last));
        let rest = last.map_or(&[][..], |last| self.plan.get(last + 1..).unwrap_or_default());
        let next: Vec<Range<u64>> = rest.iter().take(ranges.len()).cloned().collect();
        let is_affordable =
            !next.is_empty() && self.reservation.try_resize(held.saturating_add(byte_count(&next))).is_ok();
        if self.segment.is_whole() || !is_affordable {
            self.reservation.shrink(self.reservation.size().saturating_sub(held));
            return;
        }
        let (access, segment, ranges) = (Arc::clone(&self.access), self.segment.clone(), next.clone());
        let bytes = Task::start(&self.access.env, async move { fetch(&access, &segment, &ranges).await });
        self.prefetch = Some(Prefetch { ranges: next, bytes });
    }
}

fn byte_count(ranges: &[Range<u64>]) -> usize {
    let bytes: u64 = ranges.iter().map(|range| range.end.saturating_sub(range.start)).sum();
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

async fn fetch(access: &Access, segment: &CachedSegment, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, QueryError> {
    Ok(access.cache.ranges(&access.store, segment, ranges).await?)
}

/// The rows of a share of an open segment, in its order.
pub(crate) fn read(
    access: Arc<Access>,
    segment: CachedSegment,
    share: Share,
    wanted: &Wanted,
    reservation: MemoryReservation,
) -> Result<impl Stream<Item = Result<RecordBatch>> + Send + use<>> {
    let row_groups = share.of(&wanted.pruning.row_groups(segment.footer()));
    let decoder = SegmentDecoder::new(segment.footer(), &wanted.schema, Some(row_groups), wanted.batch_rows);
    let decoder = decoder.map_err(|error| unreadable(segment.object().as_str(), &error))?;
    let plan = if segment.is_whole() { Vec::new() } else { decoder.ranges() };
    let reader = Reader { access, segment, decoder, plan, prefetch: None, reservation };
    Ok(stream::try_unfold(reader, |mut reader| async move {
        let batch = reader.next().await?;
        Ok::<_, DataFusionError>(batch.map(|batch| (batch, reader)))
    }))
}
