//! A whole state as one object, so that opening a database does not replay its history.

use std::sync::Arc;

use bytes::Bytes;
use tidewell_types::{Generation, Seq, Source, Stamp, TimestampNs, TokenId, Version, WriteId};

use crate::basis::Basis;
use crate::error::DecodeError;
use crate::frame::{self, Kind};
use crate::intent::{Fold, GenerationChange};
use crate::message;
use crate::part;
use crate::record::{fold_message, read_fold};
use crate::rollup_part;
use crate::snapshot::CheckpointRef;
use crate::state::{GenerationEntry, NodeState, State};
use crate::table_part;

/// The checkpoint object of `state`.
pub(crate) fn encode(state: &State, write_id: WriteId) -> Result<Bytes, DecodeError> {
    let streams = state.streams.iter().map(|(stream, applied)| (Source::Objects(*stream), 0, *applied));
    let nodes = state.nodes.iter().map(|(node, state)| (Source::Node(*node), state.epoch, state.applied));
    let watermark = |(source, epoch, to)| fold_message(&Fold { source, epoch, from: Seq::ZERO, to });
    let token =
        |(id, version): (&TokenId, &Version)| message::Token { id: id.as_bytes().to_vec(), version: version.get() };
    let body = message::Checkpoint {
        version: state.version.get(),
        digest: part::digest_bytes(state.digest),
        tables: state.tables.iter().map(|(name, table)| table_part::table_message(name, table)).collect(),
        segments: Vec::new(),
        streams: streams.map(watermark).collect(),
        nodes: nodes.map(watermark).collect(),
        generations: state.generations.iter().map(generation_message).collect(),
        stamp_max: state.stamp_max.as_ns(),
        segments_digest: part::digest_bytes(state.segments_digest),
        tokens: state.tokens.iter().map(token).collect(),
        graves: state.graves.values().map(part::grave_message).collect(),
        condemned_to: state.condemned_to.get(),
        snapshots: state.snapshots.values().map(part::snapshot_message).collect(),
        checkpoints: state.checkpoints.iter().map(part::checkpoint_message).collect(),
        restored: state.restored.get(),
        retention_ms: state.retention_ms,
        log_stores: state.log_stores.clone(),
        committed_at_ns: state.committed_at.as_ns(),
        rollups: state.rollups.iter().map(rollup_part::rollup_message).collect(),
    };
    frame::seal_message_in(format_version(state), Kind::Checkpoint, write_id, &body)
}

/// Who does not know rollups or registered files must not start from a state that has some.
fn format_version(state: &State) -> u16 {
    if !state.rollups.is_empty() {
        return frame::FORMAT_VERSION;
    }
    let has_registered =
        state.registered().next().is_some() || state.graves.values().any(|grave| grave.owned_url.is_some());
    if has_registered { frame::FORMAT_VERSION_REGISTERED } else { frame::FORMAT_VERSION_USUAL }
}

fn generation_message((generation, entry): (&Generation, &GenerationEntry)) -> message::GenerationChange {
    let change = GenerationChange { generation: *generation, state: entry.state, watermarks: entry.watermarks };
    message::GenerationChange {
        opened: entry.opened.get(),
        opened_at_ns: entry.opened_at.as_ns(),
        ..part::generation_message(&change)
    }
}

/// Reads a checkpoint back and checks its digest over the segments; total on any bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<State, DecodeError> {
    let (write_id, body): (_, message::Checkpoint) = frame::open_message(Kind::Checkpoint, bytes)?;
    let mut state = State {
        version: Version::new(body.version),
        digest: part::read_digest(&body.digest)?,
        stamp_max: Stamp::from_ns(body.stamp_max),
        condemned_to: Version::new(body.condemned_to),
        restored: Version::new(body.restored),
        retention_ms: body.retention_ms,
        log_stores: body.log_stores.clone(),
        committed_at: TimestampNs::from_ns(body.committed_at_ns),
        basis: Basis::of(CheckpointRef { version: Version::new(body.version), write_id }),
        ..State::default()
    };
    read_tables(&mut state, &body)?;
    read_watermarks(&mut state, &body)?;
    for token in &body.tokens {
        let id = TokenId::from_bytes(part::id16(&token.id)?);
        Arc::make_mut(&mut state.tokens).insert(id, Version::new(token.version));
    }
    for grave in &body.graves {
        let grave = part::read_grave(grave)?;
        Arc::make_mut(&mut state.graves).insert(grave.id, grave);
    }
    for snapshot in &body.snapshots {
        let snapshot = part::read_snapshot(snapshot)?;
        Arc::make_mut(&mut state.snapshots).insert(snapshot.name.clone(), snapshot);
    }
    let rollups = body.rollups.iter().map(rollup_part::read_rollup);
    state.rollups = Arc::new(rollups.collect::<Result<_, _>>()?);
    state.checkpoints = body.checkpoints.iter().map(part::read_checkpoint).collect::<Result<_, _>>()?;
    Ok(state)
}

fn read_tables(state: &mut State, body: &message::Checkpoint) -> Result<(), DecodeError> {
    for table in &body.tables {
        let (name, table) = table_part::read_table(table)?;
        state.tables.insert(name, table);
    }
    for segment in &body.segments {
        let entry = part::read_segment(segment, None)?;
        let table = state.tables.get_mut(&entry.table).ok_or(DecodeError::Corrupt { what: "segment's table" })?;
        table.segments.push(Arc::new(entry));
    }
    state.segments_digest = part::read_digest(&body.segments_digest)?;
    let sum = state.tables.values().fold(0u128, |sum, table| sum.wrapping_add(table.segments.digest()));
    if state.segments_digest != sum {
        return Err(DecodeError::Corrupt { what: "segments digest" });
    }
    Ok(())
}

fn read_watermarks(state: &mut State, body: &message::Checkpoint) -> Result<(), DecodeError> {
    for fold in body.streams.iter().chain(&body.nodes) {
        let fold = read_fold(fold)?;
        match fold.source {
            Source::Objects(stream) => drop(Arc::make_mut(&mut state.streams).insert(stream, fold.to)),
            Source::Node(node) => drop(state.nodes.insert(node, NodeState { epoch: fold.epoch, applied: fold.to })),
            Source::Memory(_) => {}
        }
    }
    for message in &body.generations {
        let change = part::read_generation(message)?;
        let entry = GenerationEntry {
            state: change.state,
            opened: Version::new(message.opened),
            opened_at: TimestampNs::from_ns(message.opened_at_ns),
            watermarks: change.watermarks,
        };
        state.generations.insert(change.generation, entry);
    }
    Ok(())
}

/// The hint object: where the newest checkpoint that its writer knows is. Never trusted.
pub(crate) fn encode_hint(checkpoint: CheckpointRef) -> Result<Bytes, DecodeError> {
    let CheckpointRef { version, write_id } = checkpoint;
    let body = message::Hint { version: version.get(), write_id: write_id.as_bytes().to_vec() };
    frame::seal_message(Kind::Hint, write_id, &body)
}

/// Reads a hint.
pub(crate) fn decode_hint(bytes: &[u8]) -> Result<CheckpointRef, DecodeError> {
    let (_, body): (_, message::Hint) = frame::open_message(Kind::Hint, bytes)?;
    Ok(CheckpointRef { version: Version::new(body.version), write_id: part::write_id(&body.write_id)? })
}
