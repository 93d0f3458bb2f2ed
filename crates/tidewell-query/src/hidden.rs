//! Rows of segments that do not count: deleted ones and those that have outlived their retention.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::error::Result;
use tidewell_manifest::{SegmentEntry, Tombstone};
use tidewell_segment::{Hidden, visible};
use tidewell_types::TimestampNs;

use crate::segment_fault::internal;

/// What does not count in the segments of one table.
#[derive(Clone, Debug, Default)]
pub(crate) struct HiddenRows {
    pub(crate) tombstones: Arc<Vec<Tombstone>>,
    pub(crate) time_floor: Option<TimestampNs>,
}

impl HiddenRows {
    /// Whether a segment can hold rows that do not count.
    pub(crate) fn concern(&self, segment: &SegmentEntry) -> bool {
        self.time_floor.is_some_and(|floor| segment.time.min < floor)
            || self.tombstones.iter().any(|tombstone| tombstone.concerns(segment))
    }

    /// What takes the rows that do not count out of batches of one segment.
    pub(crate) fn of(&self, segment: &SegmentEntry) -> HiddenInSegment {
        let concerned = self.tombstones.iter().filter(|tombstone| tombstone.concerns(segment));
        let hidden = concerned.map(|tombstone| Hidden {
            time: tombstone.time,
            tags: tombstone.tags.iter().map(|tag| (tag.tag.clone(), tag.values.clone())).collect(),
        });
        let time_floor = self.time_floor.filter(|floor| segment.time.min < *floor);
        HiddenInSegment { hidden: hidden.collect(), time_floor }
    }
}

/// Rows of one segment that do not count.
#[derive(Clone, Debug)]
pub(crate) struct HiddenInSegment {
    hidden: Vec<Hidden>,
    time_floor: Option<TimestampNs>,
}

impl HiddenInSegment {
    /// The rows that count; the batch has the time and all tags of its table.
    pub(crate) fn take_out(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        Ok(visible(batch, &self.hidden, self.time_floor).map_err(internal)?)
    }
}
