//! The parts that commits and checkpoints share, to and from their messages.

use tidewell_types::{
    FieldType, Generation, GenerationState, SegmentId, TableName, TableSchema, TimeBounds, TimestampNs, Version,
};

use crate::entry::{SegmentEntry, TagBounds};
use crate::error::DecodeError;
use crate::message;
use crate::record::generation_number;

const fn corrupt(what: &'static str) -> DecodeError {
    DecodeError::Corrupt { what }
}

pub(crate) fn id16(bytes: &[u8]) -> Result<[u8; 16], DecodeError> {
    bytes.try_into().map_err(|_| corrupt("id"))
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
    }
}

/// Reads a segment; `added` overrides what the message says, since a commit does not know its number when it is staged.
pub(crate) fn read_segment(segment: &message::Segment, added: Option<Version>) -> Result<SegmentEntry, DecodeError> {
    let time =
        TimeBounds { min: TimestampNs::from_ns(segment.time_min_ns), max: TimestampNs::from_ns(segment.time_max_ns) };
    if time.min > time.max || segment.footer_bytes > segment.file_bytes {
        return Err(corrupt("segment"));
    }
    let tags = segment.tags.iter().map(|tag| TagBounds {
        tag: tag.tag.clone(),
        min: tag.min.clone(),
        max: tag.max.clone(),
        null_count: tag.null_count,
    });
    Ok(SegmentEntry {
        id: SegmentId::from_bytes(id16(&segment.id)?),
        object: segment.object.clone(),
        table: TableName::new(&segment.table).map_err(|_| corrupt("table name"))?,
        file_bytes: segment.file_bytes,
        footer_bytes: segment.footer_bytes,
        row_count: segment.row_count,
        value_count: segment.value_count,
        time,
        tags: tags.collect(),
        digest: read_digest(&segment.digest)?,
        added: added.unwrap_or(Version::new(segment.added)),
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
    }
}

pub(crate) fn read_table(table: &message::Table) -> Result<(TableName, TableSchema), DecodeError> {
    let name = TableName::new(&table.name).map_err(|_| corrupt("table name"))?;
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

pub(crate) fn generation_message(change: &(Generation, GenerationState)) -> message::GenerationChange {
    message::GenerationChange { generation: change.0.get(), state: generation_number(change.1) }
}

pub(crate) fn read_generation(
    change: &message::GenerationChange,
) -> Result<(Generation, GenerationState), DecodeError> {
    let state = match change.state {
        0 => GenerationState::Open,
        1 => GenerationState::Sealing,
        2 => GenerationState::Sealed,
        _ => return Err(corrupt("generation state")),
    };
    Ok((Generation::new(change.generation), state))
}
