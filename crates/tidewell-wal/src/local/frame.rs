//! A frame of a local log file, and the file's header. Drawn in docs/formats/wal.md.

use tidewell_types::{NodeId, Seq};

/// The version that this code writes, and the newest that it reads.
pub(super) const FORMAT_VERSION: u16 = 1;
const FILE_MAGIC: [u8; 4] = *b"TWLL";
/// Marks the start of a frame, so that a search for one after a damaged place is quick.
pub(super) const FRAME_MAGIC: [u8; 4] = *b"TWFR";
pub(super) const FILE_HEADER_BYTES: usize = 36;
pub(super) const FRAME_HEADER_BYTES: usize = 28;

/// The header of a log file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileHeader {
    pub(super) node: NodeId,
    pub(super) first: Seq,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum HeaderError {
    Damaged,
    Newer(u16),
}

impl FileHeader {
    pub(super) fn encode(&self) -> [u8; FILE_HEADER_BYTES] {
        let mut header = [0; FILE_HEADER_BYTES];
        header[..4].copy_from_slice(&FILE_MAGIC);
        header[4..6].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
        header[8..24].copy_from_slice(self.node.as_bytes());
        header[24..32].copy_from_slice(&self.first.get().to_le_bytes());
        let checksum = crc32fast::hash(&header[..32]);
        header[32..].copy_from_slice(&checksum.to_le_bytes());
        header
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        let header: &[u8; FILE_HEADER_BYTES] = bytes.first_chunk().ok_or(HeaderError::Damaged)?;
        let version = u16::from_le_bytes([header[4], header[5]]);
        if header[..4] == FILE_MAGIC && version > FORMAT_VERSION {
            return Err(HeaderError::Newer(version));
        }
        let (body, checksum) = header.split_at(32);
        if header[..4] != FILE_MAGIC || version == 0 || crc32fast::hash(body).to_le_bytes() != checksum {
            return Err(HeaderError::Damaged);
        }
        let mut node = [0; 16];
        node.copy_from_slice(&header[8..24]);
        let mut first = [0; 8];
        first.copy_from_slice(&header[24..32]);
        Ok(Self { node: NodeId::from_bytes(node), first: Seq::new(u64::from_le_bytes(first)) })
    }
}

/// One frame: what was appended at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) seq: Seq,
    /// How much of the file was known to be on the disk when the frame was written.
    pub(super) synced_bytes: u64,
    pub(super) payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The bytes before the payload.
    pub(super) fn header(&self, payload_bytes: u32) -> [u8; FRAME_HEADER_BYTES] {
        let mut header = [0; FRAME_HEADER_BYTES];
        header[..4].copy_from_slice(&FRAME_MAGIC);
        header[4..8].copy_from_slice(&payload_bytes.to_le_bytes());
        header[8..16].copy_from_slice(&self.seq.get().to_le_bytes());
        header[16..24].copy_from_slice(&self.synced_bytes.to_le_bytes());
        let checksum = checksum(&header[..24], self.payload);
        header[24..].copy_from_slice(&checksum.to_le_bytes());
        header
    }

    /// The frame at the start of `bytes`, whole and with the right checksum, or `None`.
    pub(super) fn decode(bytes: &'a [u8]) -> Option<Self> {
        let (header, rest) = bytes.split_first_chunk::<FRAME_HEADER_BYTES>()?;
        if header[..4] != FRAME_MAGIC {
            return None;
        }
        let word = |at: usize| header.get(at..at + 8)?.try_into().ok().map(u64::from_le_bytes);
        let payload_bytes = u32::from_le_bytes(header.get(4..8)?.try_into().ok()?);
        let payload = rest.get(..payload_bytes as usize)?;
        let stored = u32::from_le_bytes(header.get(24..28)?.try_into().ok()?);
        (checksum(&header[..24], payload) == stored).then_some(Self {
            seq: Seq::new(word(8)?),
            synced_bytes: word(16)?,
            payload,
        })
    }

    /// How long it is in the file.
    pub(super) fn file_bytes(&self) -> usize {
        FRAME_HEADER_BYTES + self.payload.len()
    }
}

pub(super) fn checksum(header: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(payload);
    hasher.finalize()
}
