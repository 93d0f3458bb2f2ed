//! Where the streams of a sealed generation end: for writers that come back after their generation's state was let go.

use bytes::Bytes;
use prost::Message as _;
use tidewell_types::{Generation, GenerationState, Seq, Source, StreamId, WriteId};

use crate::error::{DecodeError, ManifestError};
use crate::frame::{self, Kind};
use crate::intent::Fold;
use crate::manifest::Manifest;
use crate::message;
use crate::part;
use crate::record::{fold_message, read_fold};
use crate::state::State;

/// The streams of a generation and their ends as of a state.
fn ends(state: &State, generation: Generation) -> Vec<(StreamId, Seq)> {
    let streams = state.streams.iter().filter(|(stream, _)| stream.generation == generation);
    streams.map(|(stream, seq)| (*stream, *seq)).collect()
}

pub(crate) fn encode(
    generation: Generation,
    ends: &[(StreamId, Seq)],
    write_id: WriteId,
) -> Result<Bytes, DecodeError> {
    let fold = |(stream, to): &(StreamId, Seq)| {
        fold_message(&Fold { source: Source::Objects(*stream), epoch: 0, from: Seq::ZERO, to: *to })
    };
    let body = message::FinalWatermarks { generation: generation.get(), streams: ends.iter().map(fold).collect() };
    frame::seal(Kind::Watermarks, write_id, &body.encode_to_vec())
}

/// Reads final watermarks back; total on any bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<(Generation, Vec<(StreamId, Seq)>), DecodeError> {
    let (_, body) = frame::open(Kind::Watermarks, bytes)?;
    let body = message::FinalWatermarks::decode(&*body).map_err(|_| part::corrupt("message"))?;
    let end = |fold: &message::Fold| match read_fold(fold)? {
        Fold { source: Source::Objects(stream), to, .. } => Ok((stream, to)),
        _ => Err(part::corrupt("stream")),
    };
    let ends = body.streams.iter().map(end).collect::<Result<_, _>>()?;
    Ok((Generation::new(body.generation), ends))
}

impl Manifest {
    /// Writes where the streams of a generation end as of `state`, which a commit that seals it must name. One PUT.
    ///
    /// The commit must check that no stream of the generation has moved since: [`State::streams`] of it are the same.
    ///
    /// # Errors
    /// [`ManifestError`] when the store does not answer; the object may or may not be there, and nobody reads it.
    pub async fn write_watermarks(&self, state: &State, generation: Generation) -> Result<WriteId, ManifestError> {
        let write_id = self.inner.env.write_id();
        let name = self.inner.layout.watermarks(generation, write_id);
        let body = encode(generation, &ends(state, generation), write_id)
            .map_err(|source| ManifestError::Decode { object: name.to_string(), source })?;
        self.store.put(&name, body).await?;
        Ok(write_id)
    }

    /// The first entry of `stream` that never became part of a segment, for a stream of a sealed generation; for any other
    /// its watermark. One GET where the generation is sealed.
    ///
    /// # Errors
    /// [`ManifestError`] when the store does not answer, or the object is damaged or gone.
    pub async fn end_of(&self, state: &State, stream: StreamId) -> Result<Seq, ManifestError> {
        let entry = state.generation_entry(stream.generation);
        let watermark = || state.streams.get(&stream).copied().unwrap_or_default();
        let (GenerationState::Sealed, Some(write_id)) = (entry.state, entry.watermarks) else {
            return Ok(watermark());
        };
        let name = self.inner.layout.watermarks(stream.generation, write_id);
        let Some(bytes) = self.store.get(&name).await? else {
            return Err(ManifestError::Collected { object: name.to_string() });
        };
        let damaged = |source| ManifestError::Decode { object: name.to_string(), source };
        let (generation, ends) = decode(&bytes).map_err(damaged)?;
        if generation != stream.generation {
            return Err(damaged(part::corrupt("generation")));
        }
        Ok(ends.iter().find(|(known, _)| *known == stream).map(|(_, end)| *end).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
