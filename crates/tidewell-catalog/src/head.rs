//! The catalog's head: its one point of commit.

use tidewell_types::WriteId;

use crate::frame::{self, DecodeError};

const MAGIC: [u8; 4] = *b"TWCH";

/// Which index counts. Replaced by compare-and-swap only, so that its number rises by one each time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// 1 for the first, and one more each time.
    pub sequence: u64,
    /// The write that made the index; with `sequence` it is the index's name.
    pub index: WriteId,
    /// The index's size.
    pub index_bytes: u64,
    /// Datasets in it.
    pub dataset_count: u64,
    /// Series in it.
    pub series_count: u64,
}

impl Head {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = frame::begin(MAGIC);
        bytes.extend_from_slice(&self.sequence.to_le_bytes());
        bytes.extend_from_slice(self.index.as_bytes());
        for number in [self.index_bytes, self.dataset_count, self.series_count] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        frame::end(bytes)
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = frame::open(MAGIC, bytes)?;
        let head = Self {
            sequence: reader.u64()?,
            index: WriteId::from_bytes(reader.array()?),
            index_bytes: reader.u64()?,
            dataset_count: reader.u64()?,
            series_count: reader.u64()?,
        };
        reader.finish()?;
        if head.sequence == 0 { Err(DecodeError::Corrupt("sequence")) } else { Ok(head) }
    }
}
