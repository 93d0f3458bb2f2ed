//! The frame around every object of the manifest: magic, version, write id, compressed body, checksum.

use std::io::Read as _;

use bytes::Bytes;
use prost::Message;
use tidewell_types::WriteId;

use crate::error::DecodeError;
use crate::weigh::{self, DECODED_BYTES_MAX, Shape};

/// The newest version that this code reads: that of what has rollups.
pub const FORMAT_VERSION: u16 = 4;
/// The version of what has registered files and no rollups.
pub(crate) const FORMAT_VERSION_REGISTERED: u16 = 3;
/// The version of everything else: a bucket without either stays readable by whatever wrote it.
pub(crate) const FORMAT_VERSION_USUAL: u16 = 2;
const HEADER_BYTES: usize = 28;
const CHECKSUM_BYTES: usize = 4;
const ZSTD_LEVEL: i32 = 3;
/// What a decoder may hold of what it has decompressed, in powers of two: 8 MiB. This level looks back 2 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Which object a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Commit,
    Checkpoint,
    Hint,
    Floor,
    Leaf,
    Watermarks,
}

impl Kind {
    const fn magic(self) -> [u8; 4] {
        match self {
            Self::Commit => *b"TWLG",
            Self::Checkpoint => *b"TWCK",
            Self::Hint => *b"TWHN",
            Self::Floor => *b"TWFL",
            Self::Leaf => *b"TWIX",
            Self::Watermarks => *b"TWGN",
        }
    }

    /// The largest body that is accepted, decompressed: well above any that is written, well below memory.
    const fn body_bytes_max(self) -> usize {
        match self {
            Self::Commit | Self::Checkpoint | Self::Leaf | Self::Watermarks => 1 << 28,
            Self::Hint | Self::Floor => 1 << 10,
        }
    }
}

/// What the message of an object of this kind consists of; `None` for those too short to matter.
const fn shape(kind: Kind) -> Option<&'static Shape> {
    match kind {
        Kind::Commit => Some(&weigh::COMMIT),
        Kind::Checkpoint => Some(&weigh::CHECKPOINT),
        Kind::Leaf => Some(&weigh::LEAF),
        Kind::Watermarks => Some(&weigh::WATERMARKS),
        Kind::Hint | Kind::Floor => None,
    }
}

fn is_bearable(kind: Kind, body: &[u8]) -> bool {
    shape(kind).is_none_or(|shape| weigh::weigh(body, shape, DECODED_BYTES_MAX).is_some())
}

/// Wraps a message. One that [`open_message`] would refuse is refused.
pub(crate) fn seal_message(kind: Kind, write_id: WriteId, message: &impl Message) -> Result<Bytes, DecodeError> {
    seal_message_in(FORMAT_VERSION_USUAL, kind, write_id, message)
}

/// As [`seal_message`], in a version of the format: the lowest whose readers understand all of the message.
pub(crate) fn seal_message_in(
    version: u16,
    kind: Kind,
    write_id: WriteId,
    message: &impl Message,
) -> Result<Bytes, DecodeError> {
    let body = message.encode_to_vec();
    if is_bearable(kind, &body) {
        seal_in(version, kind, write_id, &body)
    } else {
        Err(DecodeError::Corrupt { what: "message" })
    }
}

/// Unwraps a frame: the write id and the message. Total on any bytes, in memory that they bound.
pub(crate) fn open_message<M: Message + Default>(kind: Kind, frame: &[u8]) -> Result<(WriteId, M), DecodeError> {
    let (write_id, body) = open(kind, frame)?;
    let message = is_bearable(kind, &body).then(|| M::decode(&*body).ok()).flatten();
    Ok((write_id, message.ok_or(DecodeError::Corrupt { what: "message" })?))
}

/// Wraps `body` in the usual version.
#[cfg(any(test, feature = "test-util"))]
pub(crate) fn seal(kind: Kind, write_id: WriteId, body: &[u8]) -> Result<Bytes, DecodeError> {
    seal_in(FORMAT_VERSION_USUAL, kind, write_id, body)
}

/// Wraps `body`; the layout is drawn in docs/formats/commit.md.
fn seal_in(version: u16, kind: Kind, write_id: WriteId, body: &[u8]) -> Result<Bytes, DecodeError> {
    let body_bytes = u32::try_from(body.len()).ok().filter(|_| body.len() <= kind.body_bytes_max());
    let body_bytes = body_bytes.ok_or(DecodeError::Corrupt { what: "body length" })?;
    let packed = zstd::bulk::compress(body, ZSTD_LEVEL).map_err(|_| DecodeError::Corrupt { what: "body" })?;
    let mut frame = Vec::with_capacity(HEADER_BYTES + packed.len() + CHECKSUM_BYTES);
    frame.extend_from_slice(&kind.magic());
    frame.extend_from_slice(&version.to_le_bytes());
    frame.extend_from_slice(&[0; 2]);
    frame.extend_from_slice(write_id.as_bytes());
    frame.extend_from_slice(&body_bytes.to_le_bytes());
    frame.extend_from_slice(&packed);
    let checksum = crc32fast::hash(&frame);
    frame.extend_from_slice(&checksum.to_le_bytes());
    Ok(frame.into())
}

/// Unwraps a frame: the write id and the body. Total on any bytes.
pub(crate) fn open(kind: Kind, frame: &[u8]) -> Result<(WriteId, Vec<u8>), DecodeError> {
    let (head, rest) = frame.split_first_chunk::<HEADER_BYTES>().ok_or(DecodeError::Corrupt { what: "length" })?;
    if head[0..4] != kind.magic() {
        return Err(DecodeError::Corrupt { what: "magic" });
    }
    let version = u16::from_le_bytes([head[4], head[5]]);
    if version > FORMAT_VERSION {
        return Err(DecodeError::Newer { found: version, known: FORMAT_VERSION });
    }
    let (packed, stored) = rest.split_last_chunk::<CHECKSUM_BYTES>().ok_or(DecodeError::Corrupt { what: "length" })?;
    if crc32fast::hash(&frame[..frame.len() - CHECKSUM_BYTES]) != u32::from_le_bytes(*stored) {
        return Err(DecodeError::Corrupt { what: "checksum" });
    }
    if version == 0 || head[6..8] != [0; 2] {
        return Err(DecodeError::Corrupt { what: "header" });
    }
    let mut write_id = [0; 16];
    write_id.copy_from_slice(&head[8..24]);
    let body_bytes = u32::from_le_bytes([head[24], head[25], head[26], head[27]]) as usize;
    if body_bytes > kind.body_bytes_max() {
        return Err(DecodeError::Corrupt { what: "body length" });
    }
    let body = unpack(packed, body_bytes).map_err(|_| DecodeError::Corrupt { what: "body" })?;
    if body.len() != body_bytes {
        return Err(DecodeError::Corrupt { what: "body length" });
    }
    Ok((WriteId::from_bytes(write_id), body))
}

/// Decompresses at most one byte more than `body_bytes`; memory grows with what really comes out.
fn unpack(packed: &[u8], body_bytes: usize) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
    decoder.take(body_bytes as u64 + 1).read_to_end(&mut body)?;
    Ok(body)
}

#[cfg(test)]
mod tests;
