//! A commit as the object that makes it one: encode and decode.

use bytes::Bytes;
use prost::Message as _;
use tidewell_types::{
    Generation, GenerationState, NodeId, SegmentId, Seq, Source, Stamp, StreamId, Version, WriteId, WriterId,
};

use crate::error::DecodeError;
use crate::frame::{self, Kind};
use crate::intent::{Attach, Author, Fold, Intent};
use crate::message;
use crate::part;

/// A numbered commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) version: Version,
    pub(crate) parent_digest: u128,
    pub(crate) segments_digest: u128,
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
            removes: intent.removes.iter().map(|id| id.as_bytes().to_vec()).collect(),
            folds: intent.folds.iter().map(fold_message).collect(),
            attaches: intent.attaches.iter().map(attach_message).collect(),
            tables: intent.tables.iter().map(|(name, schema)| part::table_message(name, schema)).collect(),
            generations: intent.generations.iter().map(part::generation_message).collect(),
            stamp_max: intent.stamp_max.as_ns(),
            segments_digest: part::digest_bytes(self.segments_digest),
        };
        frame::seal(Kind::Commit, write_id, &body.encode_to_vec())
    }

    /// Reads an object back; total on any bytes.
    pub(crate) fn decode(bytes: &[u8]) -> Result<(WriteId, Self), DecodeError> {
        let (write_id, body) = frame::open(Kind::Commit, bytes)?;
        let body = message::Commit::decode(&*body).map_err(|_| DecodeError::Corrupt { what: "message" })?;
        let version = Version::new(body.version);
        let author = body.author.as_ref().ok_or(DecodeError::Corrupt { what: "author" })?;
        let intent = Intent {
            author: read_author(author)?,
            adds: body.adds.iter().map(|add| part::read_segment(add, Some(version))).collect::<Result<_, _>>()?,
            removes: body
                .removes
                .iter()
                .map(|id| part::id16(id).map(SegmentId::from_bytes))
                .collect::<Result<_, _>>()?,
            folds: body.folds.iter().map(read_fold).collect::<Result<_, _>>()?,
            attaches: body.attaches.iter().map(read_attach).collect::<Result<_, _>>()?,
            tables: body.tables.iter().map(part::read_table).collect::<Result<_, _>>()?,
            generations: body.generations.iter().map(part::read_generation).collect::<Result<_, _>>()?,
            stamp_max: Stamp::from_ns(body.stamp_max),
        };
        let record = Self {
            version,
            parent_digest: part::read_digest(&body.parent_digest)?,
            segments_digest: part::read_digest(&body.segments_digest)?,
            intent,
        };
        Ok((write_id, record))
    }
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

/// The state of a generation as its number on the wire.
pub(crate) fn generation_number(state: GenerationState) -> u32 {
    match state {
        GenerationState::Open => 0,
        GenerationState::Sealing => 1,
        GenerationState::Sealed => 2,
    }
}

#[cfg(test)]
mod tests;
