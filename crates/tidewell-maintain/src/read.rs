//! Reading live segments: their rows that still count.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use bytes::Bytes;
use tidewell_manifest::{SegmentEntry, TableState};
use tidewell_segment::{DecodeStep, Footer, Hidden, SegmentDecoder, SegmentError, visible};
use tidewell_storage::{ObjectName, StorageError, Store};
use tidewell_types::{TimeBounds, TimestampNs};
use xxhash_rust::xxh3::xxh3_128;

use crate::error::MaintainError;

/// Rows of one decoded batch, at most.
const BATCH_ROWS: usize = 8 * 1024;
/// How often a footer is fetched again because it is longer than the manifest says.
const TAILS_MAX: u32 = 3;

/// A segment whose metadata is at hand, and its whole body unless it is large.
#[derive(Clone, Debug)]
pub(crate) struct OpenSegment {
    pub(crate) entry: Arc<SegmentEntry>,
    name: ObjectName,
    footer: Footer,
    body: Option<Bytes>,
}

impl OpenSegment {
    /// Opens a segment: one GET of the whole where that is at most `whole_bytes_max`, and its digest is checked; else one GET
    /// of its footer.
    pub(crate) async fn open(
        store: &Store,
        entry: &Arc<SegmentEntry>,
        whole_bytes_max: u64,
    ) -> Result<Self, MaintainError> {
        let missing = || MaintainError::Missing { object: entry.object.clone() };
        let unreadable = |source| MaintainError::Unreadable { object: entry.object.clone(), source };
        let name = ObjectName::foreign(&entry.object).ok_or_else(missing)?;
        let entry = Arc::clone(entry);
        if entry.file_bytes > whole_bytes_max {
            let footer = read_footer(store, &name, &entry).await?;
            return Ok(Self { entry, name, footer, body: None });
        }
        let body = store.get(&name).await?.ok_or_else(missing)?;
        if xxh3_128(&body) != entry.digest {
            let problem = "its digest is not the one that was committed".to_owned();
            return Err(unreadable(SegmentError::Corrupt { problem }));
        }
        let footer = Footer::parse(body.clone(), body.len() as u64).map_err(unreadable)?;
        Ok(Self { entry, name, footer, body: Some(body) })
    }

    /// A segment from its bytes.
    pub(crate) fn of_body(entry: Arc<SegmentEntry>, name: ObjectName, body: Bytes) -> Result<Self, SegmentError> {
        let footer = Footer::parse(body.clone(), body.len() as u64)?;
        Ok(Self { entry, name, footer, body: Some(body) })
    }

    /// The name of a column that it has and `schema` has not.
    pub(crate) fn unknown_column(&self, schema: &SchemaRef) -> Option<&str> {
        let mut columns = self.footer.columns().fields().iter().map(|field| field.name().as_str());
        columns.find(|column| schema.column_with_name(column).is_none())
    }

    /// Fetches what [`SegmentRows::step`] asks for; the GETs that [`Store::get_ranges`] makes of them.
    pub(crate) async fn fetch(&self, store: &Store, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, MaintainError> {
        store.get_ranges(&self.name, ranges).await.map_err(|error| missing_or(&self.entry, error))
    }

    fn unreadable(&self, source: SegmentError) -> MaintainError {
        MaintainError::Unreadable { object: self.entry.object.clone(), source }
    }
}

fn missing_or(entry: &SegmentEntry, error: StorageError) -> MaintainError {
    if error.is_not_found() { MaintainError::Missing { object: entry.object.clone() } } else { error.into() }
}

async fn read_footer(store: &Store, name: &ObjectName, entry: &SegmentEntry) -> Result<Footer, MaintainError> {
    let unreadable = |source| MaintainError::Unreadable { object: entry.object.clone(), source };
    let mut tail_bytes = entry.footer_bytes.min(entry.file_bytes);
    for _ in 0..TAILS_MAX {
        let range = entry.file_bytes - tail_bytes..entry.file_bytes;
        let tails = store.get_ranges(name, &[range]).await.map_err(|error| missing_or(entry, error))?;
        let tail = tails.into_iter().next().unwrap_or_default();
        match Footer::parse(tail, entry.file_bytes) {
            Err(SegmentError::TailTooShort { needed_bytes }) if needed_bytes <= entry.file_bytes => {
                tail_bytes = needed_bytes;
            }
            parsed => return parsed.map_err(unreadable),
        }
    }
    Err(unreadable(SegmentError::Corrupt { problem: "its footer is longer each time it is read".to_owned() }))
}

/// Which rows of a segment count.
#[derive(Clone, Debug)]
pub(crate) struct Keep {
    hidden: Vec<Hidden>,
    time_floor: Option<TimestampNs>,
    span: TimeBounds,
}

impl Keep {
    /// Every row.
    pub(crate) const ALL: Self = Self { hidden: Vec::new(), time_floor: None, span: TimeBounds::ALL };

    /// The rows of a segment that count as of `table`, within a span of time.
    pub(crate) fn of(table: &TableState, entry: &SegmentEntry, span: TimeBounds) -> Self {
        let concerning = table.tombstones.iter().filter(|tombstone| tombstone.concerns(entry));
        let mut hidden: Vec<Hidden> = concerning
            .map(|tombstone| Hidden {
                time: tombstone.time,
                tags: tombstone.tags.iter().map(|one| (one.tag.clone(), one.values.clone())).collect(),
            })
            .collect();
        if let Some(after) = span.max.as_ns().checked_add(1).filter(|_| entry.time.max > span.max) {
            let time = TimeBounds { min: TimestampNs::from_ns(after), max: TimestampNs::MAX };
            hidden.push(Hidden { time, tags: Vec::new() });
        }
        let floor = table.time_floor.max((span.min > TimestampNs::MIN).then_some(span.min));
        Self { hidden, time_floor: floor.filter(|floor| *floor > entry.time.min), span }
    }
}

/// What [`SegmentRows`] wants or gives.
#[derive(Debug)]
pub(crate) enum RowsStep {
    /// These bytes must be fetched and pushed.
    Need(Vec<Range<u64>>),
    /// The next rows that count; never empty.
    Batch(RecordBatch),
    /// There are no more.
    Done,
}

/// The rows of one segment in its order; does no IO.
#[derive(Debug)]
pub(crate) struct SegmentRows {
    segment: OpenSegment,
    keep: Keep,
    decoder: SegmentDecoder,
}

impl SegmentRows {
    /// Reads all columns of `schema`, and only row groups that meet the span.
    pub(crate) fn new(segment: OpenSegment, keep: Keep, schema: &SchemaRef) -> Result<Self, MaintainError> {
        let row_groups = segment.footer.prune(keep.span, &[]);
        let decoder = SegmentDecoder::new(&segment.footer, schema, Some(row_groups), BATCH_ROWS);
        let decoder = decoder.map_err(|source| segment.unreadable(source))?;
        Ok(Self { segment, keep, decoder })
    }

    /// The segment.
    pub(crate) fn segment(&self) -> &OpenSegment {
        &self.segment
    }

    /// Goes on until bytes must be fetched or a batch is ready.
    pub(crate) fn step(&mut self) -> Result<RowsStep, MaintainError> {
        loop {
            match self.decoder.step().map_err(|source| self.segment.unreadable(source))? {
                DecodeStep::Done => return Ok(RowsStep::Done),
                DecodeStep::Need(ranges) => match self.at_hand(&ranges) {
                    Some(bytes) => self.push(&ranges, bytes)?,
                    None => return Ok(RowsStep::Need(ranges)),
                },
                DecodeStep::Batch(batch) => {
                    let kept = visible(&batch, &self.keep.hidden, self.keep.time_floor);
                    let kept = kept.map_err(|source| self.segment.unreadable(source))?;
                    if kept.num_rows() > 0 {
                        return Ok(RowsStep::Batch(kept));
                    }
                }
            }
        }
    }

    /// Gives the bytes that were asked for.
    pub(crate) fn push(&mut self, ranges: &[Range<u64>], bytes: Vec<Bytes>) -> Result<(), MaintainError> {
        self.decoder.push(ranges, bytes).map_err(|source| self.segment.unreadable(source))
    }

    fn at_hand(&self, ranges: &[Range<u64>]) -> Option<Vec<Bytes>> {
        let body = self.segment.body.as_ref()?;
        let slice = |range: &Range<u64>| {
            let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
            (start <= end && end <= body.len()).then(|| body.slice(start..end))
        };
        ranges.iter().map(slice).collect()
    }
}

#[cfg(test)]
mod tests;
