//! A commit as the object that makes it one: encode and decode.

use bytes::Bytes;
use tidewell_types::{
    Generation, NodeId, Seq, Source, Stamp, StreamId, TableName, TimestampNs, TokenId, Version, WriteId, WriterId,
};

use crate::error::DecodeError;
use crate::frame::{self, Kind};
use crate::intent::{Attach, Author, Fold, Intent};
use crate::message;
use crate::part;
use crate::rollup_part;
use crate::snapshot::Restore;
use crate::table_part;
use crate::tombstone::Tombstone;

/// A numbered commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) version: Version,
    pub(crate) parent_digest: u128,
    pub(crate) segments_digest: u128,
    /// The committer's clock.
    pub(crate) at: TimestampNs,
    pub(crate) intent: Intent,
}

impl Record {
    /// The object's bytes.
    pub(crate) fn encode(&self, write_id: WriteId) -> Result<Bytes, DecodeError> {
        let intent = &self.intent;
        let body = message::Commit {
            version: self.version.get(),
            parent_digest: part::digest_bytes(self.parent_digest),
            author: Some(author_message(intent.author)),
            adds: intent.adds.iter().map(part::segment_message).collect(),
            removes: Vec::new(),
            folds: intent.folds.iter().map(fold_message).collect(),
            attaches: intent.attaches.iter().map(attach_message).collect(),
            tables: intent.tables.iter().map(|(name, schema)| part::table_message(name, schema)).collect(),
            generations: intent.generations.iter().map(part::generation_message).collect(),
            stamp_max: intent.stamp_max.as_ns(),
            segments_digest: part::digest_bytes(self.segments_digest),
            removals: intent.removes.iter().map(part::removal_message).collect(),
            tombstones: intent.tombstones.iter().map(tombstone_message).collect(),
            lifts: intent.lifts.iter().map(lift_message).collect(),
            time_floors: intent.time_floors.iter().map(time_floor_message).collect(),
            retentions: intent.retentions.iter().map(retention_message).collect(),
            condemns: intent.condemns.iter().map(|id| id.as_bytes().to_vec()).collect(),
            burials: intent.burials.iter().map(|id| id.as_bytes().to_vec()).collect(),
            snapshots: intent.snapshots.iter().map(part::snapshot_message).collect(),
            snapshot_drops: intent.snapshot_drops.clone(),
            restore: intent.restore.as_ref().map(restore_message),
            tokens: intent.tokens.iter().map(|token| token.as_bytes().to_vec()).collect(),
            log_stores: intent.log_stores.clone().map(|urls| message::LogStores { urls }),
            checkpoint: intent.checkpoint.as_ref().map(part::checkpoint_message),
            at_ns: self.at.as_ns(),
            rollup_changes: intent.rollup_changes.iter().map(rollup_part::change_message).collect(),
            rollup_step: intent.rollup_step.as_ref().map(rollup_part::step_message),
        };
        frame::seal_message_in(self.format_version(), Kind::Commit, write_id, &body)
    }

    /// Who does not know rollups or registered files must not read past one.
    fn format_version(&self) -> u16 {
        if self.intent.rollup_step.is_some() || !self.intent.rollup_changes.is_empty() {
            return frame::FORMAT_VERSION;
        }
        let restored = self.intent.restore.iter().flat_map(|restore| &restore.tables);
        let has_registered = self.intent.adds.iter().any(|entry| entry.foreign.is_some())
            || self.intent.removes.iter().any(|removal| removal.keeps_file)
            || restored.into_iter().any(|(_, table)| !table.segments.registered().is_empty());
        if has_registered { frame::FORMAT_VERSION_REGISTERED } else { frame::FORMAT_VERSION_USUAL }
    }

    /// Reads an object back; total on any bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(WriteId, Self), DecodeError> {
        let (write_id, body): (_, message::Commit) = frame::open_message(Kind::Commit, bytes)?;
        let version = Version::new(body.version);
        let author = body.author.as_ref().ok_or(DecodeError::Corrupt { what: "author" })?;
        let intent = read_intent(&body, read_author(author)?, version)?;
        let record = Self {
            version,
            parent_digest: part::read_digest(&body.parent_digest)?,
            segments_digest: part::read_digest(&body.segments_digest)?,
            at: TimestampNs::from_ns(body.at_ns),
            intent,
        };
        Ok((write_id, record))
    }
}

fn read_all<M, T>(messages: &[M], read: impl Fn(&M) -> Result<T, DecodeError>) -> Result<Vec<T>, DecodeError> {
    messages.iter().map(read).collect()
}

fn read_intent(body: &message::Commit, author: Author, version: Version) -> Result<Intent, DecodeError> {
    let mut removes = read_all(&body.removes, |id| part::read_bare_removal(id))?;
    removes.extend(read_all(&body.removals, part::read_removal)?);
    Ok(Intent {
        author,
        adds: read_all(&body.adds, |add| part::read_segment(add, Some(version)))?,
        removes,
        folds: read_all(&body.folds, read_fold)?,
        attaches: read_all(&body.attaches, read_attach)?,
        tables: read_all(&body.tables, part::read_columns)?,
        generations: read_all(&body.generations, part::read_generation)?,
        stamp_max: Stamp::from_ns(body.stamp_max),
        tokens: read_all(&body.tokens, |id| part::id16(id).map(TokenId::from_bytes))?,
        tombstones: read_all(&body.tombstones, |tombstone| read_tombstone(tombstone, version))?,
        lifts: read_all(&body.lifts, |lift| Ok((part::table_name(&lift.table)?, part::write_id(&lift.id)?)))?,
        time_floors: read_all(&body.time_floors, |floor| {
            Ok((part::table_name(&floor.table)?, TimestampNs::from_ns(floor.time_ns)))
        })?,
        retentions: read_all(&body.retentions, |retention| {
            let table = retention.table.as_ref().map(|table| part::table_name(table)).transpose()?;
            Ok((table, retention.retention_ms))
        })?,
        condemns: read_all(&body.condemns, |id| part::segment_id(id))?,
        burials: read_all(&body.burials, |id| part::segment_id(id))?,
        snapshots: read_all(&body.snapshots, part::read_snapshot)?,
        snapshot_drops: body.snapshot_drops.clone(),
        restore: body.restore.as_ref().map(read_restore).transpose()?,
        checkpoint: body.checkpoint.as_ref().map(part::read_checkpoint).transpose()?,
        log_stores: body.log_stores.as_ref().map(|stores| stores.urls.clone()),
        rollup_changes: read_all(&body.rollup_changes, rollup_part::read_change)?,
        rollup_step: body.rollup_step.as_ref().map(rollup_part::read_step).transpose()?,
    })
}

fn tombstone_message((table, tombstone): &(TableName, Tombstone)) -> message::TableTombstone {
    message::TableTombstone { table: table.as_str().to_owned(), tombstone: Some(part::tombstone_message(tombstone)) }
}

fn read_tombstone(
    tombstone: &message::TableTombstone,
    version: Version,
) -> Result<(TableName, Tombstone), DecodeError> {
    let body = tombstone.tombstone.as_ref().ok_or(part::corrupt("delete"))?;
    Ok((part::table_name(&tombstone.table)?, part::read_tombstone(body, Some(version))?))
}

fn lift_message((table, id): &(TableName, WriteId)) -> message::Lift {
    message::Lift { table: table.as_str().to_owned(), id: id.as_bytes().to_vec() }
}

fn time_floor_message((table, floor): &(TableName, TimestampNs)) -> message::TimeFloor {
    message::TimeFloor { table: table.as_str().to_owned(), time_ns: floor.as_ns() }
}

fn retention_message((table, retention_ms): &(Option<TableName>, u64)) -> message::Retention {
    let table = table.as_ref().map(|table| table.as_str().to_owned());
    message::Retention { table, retention_ms: *retention_ms }
}

fn restore_message(restore: &Restore) -> message::Restore {
    let tables = restore.tables.iter().map(|(name, table)| table_part::table_message(name, table));
    message::Restore { version: restore.version.get(), tables: tables.collect() }
}

fn read_restore(restore: &message::Restore) -> Result<Restore, DecodeError> {
    let tables = read_all(&restore.tables, table_part::read_table)?;
    Ok(Restore { version: Version::new(restore.version), tables })
}

fn author_message(author: Author) -> message::Author {
    message::Author { generation: author.generation.get(), writer: author.writer.as_bytes().to_vec() }
}

fn read_author(author: &message::Author) -> Result<Author, DecodeError> {
    let writer = WriterId::from_bytes(part::id16(&author.writer)?);
    Ok(Author { generation: Generation::new(author.generation), writer })
}

pub(crate) fn fold_message(fold: &Fold) -> message::Fold {
    let (stream, node) = match fold.source {
        Source::Objects(stream) => {
            (Some(author_message(Author { generation: stream.generation, writer: stream.writer })), Vec::new())
        }
        Source::Node(node) => (None, node.as_bytes().to_vec()),
        Source::Memory(_) => (None, Vec::new()),
    };
    message::Fold { stream, node, epoch: fold.epoch, from: fold.from.get(), to: fold.to.get() }
}

pub(crate) fn read_fold(fold: &message::Fold) -> Result<Fold, DecodeError> {
    let source = match &fold.stream {
        Some(stream) => {
            let author = read_author(stream)?;
            Source::Objects(StreamId { generation: author.generation, writer: author.writer })
        }
        None => Source::Node(NodeId::from_bytes(part::id16(&fold.node)?)),
    };
    Ok(Fold { source, epoch: fold.epoch, from: Seq::new(fold.from), to: Seq::new(fold.to) })
}

fn attach_message(attach: &Attach) -> message::Attach {
    message::Attach { node: attach.node.as_bytes().to_vec(), epoch: attach.epoch }
}

fn read_attach(attach: &message::Attach) -> Result<Attach, DecodeError> {
    Ok(Attach { node: NodeId::from_bytes(part::id16(&attach.node)?), epoch: attach.epoch })
}

#[cfg(test)]
mod tests;
