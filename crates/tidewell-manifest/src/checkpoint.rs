//! A whole state as one object, so that opening a database does not replay its history.

use std::sync::Arc;

use bytes::Bytes;
use prost::Message as _;
use tidewell_types::{Seq, Source, Stamp, Version, WriteId};

use crate::error::DecodeError;
use crate::frame::{self, Kind};
use crate::intent::Fold;
use crate::message;
use crate::part;
use crate::record::{fold_message, read_fold};
use crate::state::{NodeState, State};

/// Every so many commits, whoever made the commit writes a checkpoint.
pub(crate) const COMMITS_PER_CHECKPOINT: u64 = 100;

/// The checkpoint object of `state`.
pub(crate) fn encode(state: &State, write_id: WriteId) -> Result<Bytes, DecodeError> {
    let streams = state.streams.iter().map(|(stream, applied)| (Source::Objects(*stream), 0, *applied));
    let nodes = state.nodes.iter().map(|(node, state)| (Source::Node(*node), state.epoch, state.applied));
    let watermark = |(source, epoch, to)| fold_message(&Fold { source, epoch, from: Seq::ZERO, to });
    let segments = state.tables.values().flat_map(|table| table.segments.iter());
    let body = message::Checkpoint {
        version: state.version.get(),
        digest: part::digest_bytes(state.digest),
        tables: state.tables.iter().map(|(name, table)| part::table_message(name, &table.schema)).collect(),
        segments: segments.map(|segment| part::segment_message(segment)).collect(),
        streams: streams.map(watermark).collect(),
        nodes: nodes.map(watermark).collect(),
        generations: state.generations.iter().map(|(g, s)| part::generation_message(&(*g, *s))).collect(),
        stamp_max: state.stamp_max.as_ns(),
        segments_digest: part::digest_bytes(state.segments_digest),
    };
    frame::seal(Kind::Checkpoint, write_id, &body.encode_to_vec())
}

/// Reads a checkpoint back and checks its digest over the segments; total on any bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<State, DecodeError> {
    let (_, body) = frame::open(Kind::Checkpoint, bytes)?;
    let body = message::Checkpoint::decode(&*body).map_err(|_| DecodeError::Corrupt { what: "message" })?;
    let mut state = State {
        version: Version::new(body.version),
        digest: part::read_digest(&body.digest)?,
        stamp_max: Stamp::from_ns(body.stamp_max),
        ..State::default()
    };
    for table in &body.tables {
        let (name, schema) = part::read_table(table)?;
        state.tables.entry(name).or_default().schema = Arc::new(schema);
    }
    for segment in &body.segments {
        let entry = part::read_segment(segment, None)?;
        state.segments_digest = state.segments_digest.wrapping_add(crate::apply::entry_digest(&entry));
        let table = state.tables.get_mut(&entry.table).ok_or(DecodeError::Corrupt { what: "segment's table" })?;
        Arc::make_mut(&mut table.segments).push(Arc::new(entry));
    }
    if state.segments_digest != part::read_digest(&body.segments_digest)? {
        return Err(DecodeError::Corrupt { what: "segments digest" });
    }
    for fold in body.streams.iter().chain(&body.nodes) {
        let fold = read_fold(fold)?;
        match fold.source {
            Source::Objects(stream) => drop(state.streams.insert(stream, fold.to)),
            Source::Node(node) => drop(state.nodes.insert(node, NodeState { epoch: fold.epoch, applied: fold.to })),
            Source::Memory(_) => {}
        }
    }
    for change in &body.generations {
        let (generation, generation_state) = part::read_generation(change)?;
        state.generations.insert(generation, generation_state);
    }
    Ok(state)
}

/// The hint object: where the newest checkpoint that its writer knows is. Never trusted.
pub(crate) fn encode_hint(version: Version, write_id: WriteId) -> Result<Bytes, DecodeError> {
    let body = message::Hint { version: version.get(), write_id: write_id.as_bytes().to_vec() };
    frame::seal(Kind::Hint, write_id, &body.encode_to_vec())
}

/// Reads a hint: the version and the write id that name a checkpoint.
pub(crate) fn decode_hint(bytes: &[u8]) -> Result<(Version, WriteId), DecodeError> {
    let (_, body) = frame::open(Kind::Hint, bytes)?;
    let body = message::Hint::decode(&*body).map_err(|_| DecodeError::Corrupt { what: "message" })?;
    Ok((Version::new(body.version), WriteId::from_bytes(part::id16(&body.write_id)?)))
}
