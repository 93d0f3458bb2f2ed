//! A whole table of a state, to and from its message.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidewell_types::{Generation, TableName, TimestampNs};

use crate::entry::SegmentKey;
use crate::error::DecodeError;
use crate::message;
use crate::part::{self, corrupt};
use crate::segments::{LeafRef, SegmentTotals, Segments};
use crate::state::TableState;

pub(crate) fn table_message(name: &TableName, table: &TableState) -> message::Table {
    let Segments { leaves, fresh, gone, registered, totals } = &table.segments;
    let gone = gone.iter().map(|((time_min, id), share)| message::Gone {
        id: id.as_bytes().to_vec(),
        time_min_ns: time_min.as_ns(),
        share: part::digest_bytes(*share),
    });
    message::Table {
        leaves: leaves.iter().map(leaf_message).collect(),
        fresh: fresh.iter().map(|entry| part::segment_message(entry)).collect(),
        gone: gone.collect(),
        totals: Some(message::Totals {
            segment_count: totals.segment_count,
            row_count: totals.row_count,
            value_count: totals.value_count,
            file_bytes: totals.file_bytes,
        }),
        tombstones: table.tombstones.iter().map(part::tombstone_message).collect(),
        time_floor_ns: table.time_floor.map(TimestampNs::as_ns),
        retention_ms: table.retention_ms,
        registered: registered.iter().map(|entry| part::segment_message(entry)).collect(),
        ..part::table_message(name, &table.schema)
    }
}

pub(crate) fn read_table(table: &message::Table) -> Result<(TableName, TableState), DecodeError> {
    let (name, schema) = part::read_columns(table)?;
    let mut segments = Segments::default();
    for entry in &table.fresh {
        let entry = part::read_segment(entry, None)?;
        if entry.foreign.is_some() {
            return Err(corrupt("lists of segments"));
        }
        segments.push(Arc::new(entry));
    }
    for entry in &table.registered {
        let entry = part::read_segment(entry, None)?;
        if entry.foreign.is_none() {
            return Err(corrupt("registered files"));
        }
        segments.push(Arc::new(entry));
    }
    let mut gone: BTreeMap<SegmentKey, u128> = BTreeMap::new();
    for message in &table.gone {
        let key = (TimestampNs::from_ns(message.time_min_ns), part::segment_id(&message.id)?);
        gone.insert(key, part::read_digest(&message.share)?);
    }
    segments.gone = Arc::new(gone);
    segments.leaves = Arc::new(table.leaves.iter().map(read_leaf).collect::<Result<_, _>>()?);
    if let Some(totals) = &table.totals {
        segments.totals = SegmentTotals {
            segment_count: totals.segment_count,
            row_count: totals.row_count,
            value_count: totals.value_count,
            file_bytes: totals.file_bytes,
        };
    }
    if !segments.is_whole() {
        return Err(corrupt("lists of segments"));
    }
    let tombstones = table.tombstones.iter().map(|tombstone| part::read_tombstone(tombstone, None));
    let state = TableState {
        schema: Arc::new(schema),
        segments,
        tombstones: Arc::new(tombstones.collect::<Result<_, _>>()?),
        time_floor: table.time_floor_ns.map(TimestampNs::from_ns),
        retention_ms: table.retention_ms,
    };
    Ok((name, state))
}

fn leaf_message(leaf: &LeafRef) -> message::LeafRef {
    message::LeafRef {
        generation: leaf.generation.get(),
        id: leaf.id.as_bytes().to_vec(),
        time_min_ns: leaf.time.min.as_ns(),
        time_max_ns: leaf.time.max.as_ns(),
        segment_count: leaf.segment_count,
        digest: part::digest_bytes(leaf.digest),
        first_id: leaf.first.1.as_bytes().to_vec(),
        last_time_min_ns: leaf.last.0.as_ns(),
        last_id: leaf.last.1.as_bytes().to_vec(),
    }
}

fn read_leaf(leaf: &message::LeafRef) -> Result<LeafRef, DecodeError> {
    let time = part::time_bounds(leaf.time_min_ns, leaf.time_max_ns)?;
    let last = (TimestampNs::from_ns(leaf.last_time_min_ns), part::segment_id(&leaf.last_id)?);
    let first = (time.min, part::segment_id(&leaf.first_id)?);
    if first > last || leaf.segment_count == 0 {
        return Err(corrupt("list of segments"));
    }
    Ok(LeafRef {
        generation: Generation::new(leaf.generation),
        id: part::write_id(&leaf.id)?,
        time,
        segment_count: leaf.segment_count,
        digest: part::read_digest(&leaf.digest)?,
        first,
        last,
    })
}

#[cfg(test)]
mod tests;
