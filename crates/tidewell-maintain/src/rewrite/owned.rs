//! Registered files that were given to us, as inputs of rewrites.

use std::sync::Arc;

use tidewell_manifest::{RegisteredFile, SegmentEntry};
use tidewell_segment::foreign::RowLimits;
use tidewell_segment::{EncodeOptions, encode, sort_rows};
use tidewell_storage::{ForeignStores, ObjectName, StoreOptions};
use tidewell_types::TableSchema;

use crate::error::MaintainError;
use crate::read::OpenSegment;
use crate::rewrite::{Rewriter, Shape, VALUES_MAX};

/// What reading one row group may hold.
const ROW_LIMITS: RowLimits = RowLimits { batch_rows: 8192, memory_bytes_max: 256 << 20 };

/// Whether a registered file may be rewritten: it is ours, its rows were looked at, they can be sorted in memory, and no other of
/// its commit can share identities with it, of which a rewrite would take the place.
pub(super) fn is_rewritable(entry: &SegmentEntry, registered: &[Arc<SegmentEntry>], shape: &Shape) -> bool {
    let is_met =
        |other: &SegmentEntry| other.id != entry.id && other.rank == entry.rank && other.time.overlaps(&entry.time);
    entry.foreign.as_ref().is_some_and(|file| file.is_owned && file.checked.is_some())
        && entry.file_bytes <= shape.segment_bytes_target
        && entry.row_count <= shape.segment_rows_max
        && (1..=VALUES_MAX).contains(&entry.value_count)
        && !registered.iter().any(|other| is_met(other))
}

/// The file as a segment of ours that is nowhere but in memory.
pub(super) async fn open(
    rewriter: &Rewriter,
    schema: &Arc<TableSchema>,
    entry: &Arc<SegmentEntry>,
) -> Result<OpenSegment, MaintainError> {
    let stores = ForeignStores::new(rewriter.env.clone(), StoreOptions::default());
    let file = RegisteredFile::open(entry, &stores, rewriter.store.meter()).await?;
    let mut rows = file.rows(|_| true, None, ROW_LIMITS)?;
    let mut batches = Vec::new();
    while let Some(batch) = rows.next().await? {
        batches.push(batch);
    }
    let (table, columns) = (entry.table.clone(), Arc::clone(schema));
    let encoded = rewriter.env.blocking(move || {
        let sorted = sort_rows(&columns, &batches)?;
        encode(&table, &columns, &sorted, &EncodeOptions::hot())
    });
    let unfit = |source| MaintainError::Segment { table: entry.table.to_string(), source };
    let encoded = encoded.await.map_err(unfit)?;
    let missing = || MaintainError::Missing { object: entry.object.clone() };
    let name = ObjectName::foreign(&entry.id.to_string()).ok_or_else(missing)?;
    OpenSegment::of_body(Arc::clone(entry), name, encoded.bytes).map_err(unfit)
}

#[cfg(test)]
mod tests;
