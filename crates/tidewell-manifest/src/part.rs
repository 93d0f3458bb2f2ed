//! The parts that commits and checkpoints share, to and from their messages.

use std::sync::Arc;

use tidewell_storage::Tier;
use tidewell_types::{
    FieldType, Generation, GenerationState, SegmentId, TableName, TableSchema, TimeBounds, TimestampNs, Version,
    WriteId,
};

use crate::entry::{SegmentEntry, TagBounds};
use crate::error::DecodeError;
use crate::foreign;
use crate::intent::GenerationChange;
use crate::message;
use crate::removal::{Home, Removal};
use crate::snapshot::{CheckpointRef, Grave, Snapshot};
use crate::tombstone::{TagMatch, Tombstone};

pub(crate) const fn corrupt(what: &'static str) -> DecodeError {
    DecodeError::Corrupt { what }
}

pub(crate) fn id16(bytes: &[u8]) -> Result<[u8; 16], DecodeError> {
    bytes.try_into().map_err(|_| corrupt("id"))
}

pub(crate) fn write_id(bytes: &[u8]) -> Result<WriteId, DecodeError> {
    id16(bytes).map(WriteId::from_bytes)
}

pub(crate) fn segment_id(bytes: &[u8]) -> Result<SegmentId, DecodeError> {
    id16(bytes).map(SegmentId::from_bytes)
}

pub(crate) fn table_name(text: &str) -> Result<TableName, DecodeError> {
    TableName::new(text).map_err(|_| corrupt("table name"))
}

pub(crate) fn time_bounds(min_ns: i64, max_ns: i64) -> Result<TimeBounds, DecodeError> {
    if min_ns > max_ns {
        return Err(corrupt("span of time"));
    }
    Ok(TimeBounds { min: TimestampNs::from_ns(min_ns), max: TimestampNs::from_ns(max_ns) })
}

pub(crate) fn digest_bytes(digest: u128) -> Vec<u8> {
    digest.to_le_bytes().to_vec()
}

pub(crate) fn read_digest(bytes: &[u8]) -> Result<u128, DecodeError> {
    id16(bytes).map(u128::from_le_bytes)
}

pub(crate) fn segment_message(entry: &SegmentEntry) -> message::Segment {
    let tags = entry.tags.iter().map(|bounds| message::Tag {
        tag: bounds.tag.clone(),
        min: bounds.min.clone(),
        max: bounds.max.clone(),
        null_count: bounds.null_count,
    });
    message::Segment {
        id: entry.id.as_bytes().to_vec(),
        object: entry.object.clone(),
        table: entry.table.as_str().to_owned(),
        file_bytes: entry.file_bytes,
        footer_bytes: entry.footer_bytes,
        row_count: entry.row_count,
        value_count: entry.value_count,
        time_min_ns: entry.time.min.as_ns(),
        time_max_ns: entry.time.max.as_ns(),
        tags: tags.collect(),
        digest: digest_bytes(entry.digest),
        added: entry.added.get(),
        rank: entry.rank.get(),
        deletes_to: entry.deletes_to.get(),
        tier: match entry.tier {
            Tier::Hot => 0,
            Tier::Cold => 1,
        },
        foreign: entry.foreign.as_ref().map(|file| Box::new(foreign::foreign_message(file))),
    }
}

/// Reads a segment; `added` overrides what the message says, since a commit does not know its number when it is staged.
pub(crate) fn read_segment(segment: &message::Segment, added: Option<Version>) -> Result<SegmentEntry, DecodeError> {
    let time = time_bounds(segment.time_min_ns, segment.time_max_ns).map_err(|_| corrupt("segment"))?;
    if segment.footer_bytes > segment.file_bytes {
        return Err(corrupt("segment"));
    }
    let added = added.unwrap_or(Version::new(segment.added));
    let tier = match segment.tier {
        0 => Tier::Hot,
        1 => Tier::Cold,
        _ => return Err(corrupt("tier")),
    };
    let tags = segment.tags.iter().map(|tag| TagBounds {
        tag: tag.tag.clone(),
        min: tag.min.clone(),
        max: tag.max.clone(),
        null_count: tag.null_count,
    });
    Ok(SegmentEntry {
        id: segment_id(&segment.id)?,
        object: segment.object.clone(),
        table: table_name(&segment.table)?,
        file_bytes: segment.file_bytes,
        footer_bytes: segment.footer_bytes,
        row_count: segment.row_count,
        value_count: segment.value_count,
        time,
        tags: tags.collect(),
        digest: read_digest(&segment.digest)?,
        tier,
        added,
        rank: if segment.rank == 0 { added } else { Version::new(segment.rank) },
        deletes_to: Version::new(segment.deletes_to),
        foreign: segment.foreign.as_ref().map(|file| foreign::read_foreign(file).map(Arc::new)).transpose()?,
    })
}

const FIELD_TYPES: [FieldType; 5] =
    [FieldType::Float, FieldType::Integer, FieldType::Unsigned, FieldType::Boolean, FieldType::String];

pub(crate) fn table_message(name: &TableName, schema: &TableSchema) -> message::Table {
    let fields = schema.fields().iter().map(|(name, field_type)| message::Field {
        name: name.to_string(),
        field_type: (1u32..).zip(FIELD_TYPES).find(|(_, known)| known == field_type).map_or(0, |(number, _)| number),
    });
    message::Table {
        name: name.as_str().to_owned(),
        tags: schema.tags().iter().map(ToString::to_string).collect(),
        fields: fields.collect(),
        ..message::Table::default()
    }
}

pub(crate) fn read_columns(table: &message::Table) -> Result<(TableName, TableSchema), DecodeError> {
    let name = table_name(&table.name)?;
    let mut schema = TableSchema::new();
    for tag in &table.tags {
        schema.add_tag(tag).map_err(|_| corrupt("schema"))?;
    }
    for field in &table.fields {
        let index = (field.field_type as usize).checked_sub(1).ok_or(corrupt("field type"))?;
        let field_type = FIELD_TYPES.get(index).ok_or(corrupt("field type"))?;
        schema.add_field(&field.name, *field_type).map_err(|_| corrupt("schema"))?;
    }
    Ok((name, schema))
}

pub(crate) fn generation_message(change: &GenerationChange) -> message::GenerationChange {
    message::GenerationChange {
        generation: change.generation.get(),
        state: generation_number(change.state),
        watermarks: change.watermarks.map(|id| id.as_bytes().to_vec()).unwrap_or_default(),
        ..message::GenerationChange::default()
    }
}

pub(crate) fn read_generation(change: &message::GenerationChange) -> Result<GenerationChange, DecodeError> {
    let state = match change.state {
        0 => GenerationState::Open,
        1 => GenerationState::Sealing,
        2 => GenerationState::Sealed,
        _ => return Err(corrupt("generation state")),
    };
    let watermarks = match change.watermarks.is_empty() {
        true => None,
        false => Some(write_id(&change.watermarks)?),
    };
    Ok(GenerationChange { generation: Generation::new(change.generation), state, watermarks })
}

/// The state of a generation as its number on the wire.
fn generation_number(state: GenerationState) -> u32 {
    match state {
        GenerationState::Open => 0,
        GenerationState::Sealing => 1,
        GenerationState::Sealed => 2,
    }
}

pub(crate) fn removal_message(removal: &Removal) -> message::Removal {
    message::Removal {
        id: removal.id.as_bytes().to_vec(),
        table: removal.table.as_ref().map(|table| table.as_str().to_owned()).unwrap_or_default(),
        object: removal.object.clone(),
        time_min_ns: removal.time_min.as_ns(),
        row_count: removal.row_count,
        value_count: removal.value_count,
        file_bytes: removal.file_bytes,
        share: digest_bytes(removal.share),
        added: removal.added.get(),
        keeps_file: removal.keeps_file,
    }
}

pub(crate) fn read_removal(removal: &message::Removal) -> Result<Removal, DecodeError> {
    Ok(Removal {
        id: segment_id(&removal.id)?,
        table: Some(table_name(&removal.table)?),
        object: removal.object.clone(),
        time_min: TimestampNs::from_ns(removal.time_min_ns),
        row_count: removal.row_count,
        value_count: removal.value_count,
        file_bytes: removal.file_bytes,
        share: read_digest(&removal.share)?,
        added: Version::new(removal.added),
        keeps_file: removal.keeps_file,
        home: Home::Committed,
    })
}

/// A removal of format 1, which named the segment alone.
pub(crate) fn read_bare_removal(id: &[u8]) -> Result<Removal, DecodeError> {
    Ok(Removal {
        id: segment_id(id)?,
        table: None,
        object: String::new(),
        time_min: TimestampNs::MIN,
        row_count: 0,
        value_count: 0,
        file_bytes: 0,
        share: 0,
        added: Version::ZERO,
        keeps_file: false,
        home: Home::Committed,
    })
}

pub(crate) fn tombstone_message(tombstone: &Tombstone) -> message::Tombstone {
    let tag = |tag: &TagMatch| message::TagMatch { tag: tag.tag.clone(), values: tag.values.clone() };
    message::Tombstone {
        id: tombstone.id.as_bytes().to_vec(),
        time_min_ns: tombstone.time.min.as_ns(),
        time_max_ns: tombstone.time.max.as_ns(),
        tags: tombstone.tags.iter().map(tag).collect(),
        version: tombstone.version.get(),
    }
}

pub(crate) fn read_tombstone(
    tombstone: &message::Tombstone,
    version: Option<Version>,
) -> Result<Tombstone, DecodeError> {
    let tag = |tag: &message::TagMatch| TagMatch { tag: tag.tag.clone(), values: tag.values.clone() };
    Ok(Tombstone {
        id: write_id(&tombstone.id)?,
        time: time_bounds(tombstone.time_min_ns, tombstone.time_max_ns)?,
        tags: tombstone.tags.iter().map(tag).collect(),
        version: version.unwrap_or(Version::new(tombstone.version)),
    })
}

pub(crate) fn checkpoint_message(checkpoint: &CheckpointRef) -> message::CheckpointRef {
    message::CheckpointRef { version: checkpoint.version.get(), write_id: checkpoint.write_id.as_bytes().to_vec() }
}

pub(crate) fn read_checkpoint(checkpoint: &message::CheckpointRef) -> Result<CheckpointRef, DecodeError> {
    Ok(CheckpointRef { version: Version::new(checkpoint.version), write_id: write_id(&checkpoint.write_id)? })
}

pub(crate) fn snapshot_message(snapshot: &Snapshot) -> message::Snapshot {
    message::Snapshot {
        name: snapshot.name.clone(),
        checkpoint: Some(checkpoint_message(&snapshot.checkpoint)),
        created_at_ns: snapshot.created_at.as_ns(),
    }
}

pub(crate) fn read_snapshot(snapshot: &message::Snapshot) -> Result<Snapshot, DecodeError> {
    Ok(Snapshot {
        name: snapshot.name.clone(),
        checkpoint: read_checkpoint(snapshot.checkpoint.as_ref().ok_or(corrupt("snapshot"))?)?,
        created_at: TimestampNs::from_ns(snapshot.created_at_ns),
    })
}

pub(crate) fn grave_message(grave: &Grave) -> message::Grave {
    message::Grave {
        id: grave.id.as_bytes().to_vec(),
        object: grave.object.clone(),
        added: grave.added.get(),
        removed: grave.removed.get(),
        removed_at_ns: grave.removed_at.as_ns(),
        is_condemned: grave.is_condemned,
        owned_url: grave.owned_url.clone(),
    }
}

pub(crate) fn read_grave(grave: &message::Grave) -> Result<Grave, DecodeError> {
    Ok(Grave {
        id: segment_id(&grave.id)?,
        object: grave.object.clone(),
        added: Version::new(grave.added),
        removed: Version::new(grave.removed),
        removed_at: TimestampNs::from_ns(grave.removed_at_ns),
        owned_url: grave.owned_url.clone(),
        is_condemned: grave.is_condemned,
    })
}
