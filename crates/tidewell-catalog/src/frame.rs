//! Numbers, checksums and compressed boxes, as all objects of the catalog have them.

use std::io::Read as _;

/// The version that this code writes, and the newest that it reads.
pub const FORMAT_VERSION: u16 = 1;

/// Why bytes are no object of the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DecodeError {
    /// A newer version.
    Newer(u16),
    /// Damaged; what is wrong.
    Corrupt(&'static str),
}

impl DecodeError {
    pub(crate) fn at(self, object: impl ToString) -> crate::CatalogError {
        match self {
            Self::Newer(found) => {
                crate::CatalogError::Newer { object: object.to_string(), found, known: FORMAT_VERSION }
            }
            Self::Corrupt(what) => crate::CatalogError::corrupt(object, what),
        }
    }
}

const HEADER_BYTES: usize = 8;
const CHECKSUM_BYTES: usize = 4;
const ZSTD_LEVEL: i32 = 3;
/// What a decoder may hold of what it has decompressed, in powers of two: 8 MiB. The level looks back 2 MiB.
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// The first bytes of an object: magic, version, zeros.
pub(crate) fn begin(magic: [u8; 4]) -> Vec<u8> {
    let mut frame = magic.to_vec();
    frame.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
    frame.extend_from_slice(&[0; 2]);
    frame
}

/// Puts the checksum of all before it at the end.
pub(crate) fn end(mut frame: Vec<u8>) -> Vec<u8> {
    let checksum = crc32fast::hash(&frame);
    frame.extend_from_slice(&checksum.to_le_bytes());
    frame
}

/// Checks magic, version and checksum; what is between them.
pub(crate) fn open(magic: [u8; 4], frame: &[u8]) -> Result<Reader<'_>, DecodeError> {
    let (head, _) = frame.split_first_chunk::<HEADER_BYTES>().ok_or(DecodeError::Corrupt("length"))?;
    if head[0..4] != magic {
        return Err(DecodeError::Corrupt("magic"));
    }
    let version = u16::from_le_bytes([head[4], head[5]]);
    if version > FORMAT_VERSION {
        return Err(DecodeError::Newer(version));
    }
    let (body, stored) = frame.split_last_chunk::<CHECKSUM_BYTES>().ok_or(DecodeError::Corrupt("length"))?;
    if crc32fast::hash(body) != u32::from_le_bytes(*stored) {
        return Err(DecodeError::Corrupt("checksum"));
    }
    let rest = body.get(HEADER_BYTES..).ok_or(DecodeError::Corrupt("length"))?;
    if version == 0 || head[6..8] != [0; 2] {
        return Err(DecodeError::Corrupt("header"));
    }
    Ok(Reader { rest })
}

/// What a box may come to, by the bytes of the object that it is in: real ones stay far below, and memory stays bounded by what
/// was read.
pub(crate) const fn raw_bytes_max(object_bytes: usize) -> usize {
    object_bytes.saturating_mul(1024).saturating_add(1 << 20)
}

/// Compresses a box.
pub(crate) fn pack(body: &[u8]) -> Vec<u8> {
    // Compressing into memory fails on no input; an empty box would be refused by every reader.
    zstd::bulk::compress(body, ZSTD_LEVEL).unwrap_or_default()
}

/// Decompresses a box that is said to have `raw_bytes`; memory grows with what really comes out.
pub(crate) fn unpack(packed: &[u8], raw_bytes: usize) -> Result<Vec<u8>, DecodeError> {
    let mut body = Vec::new();
    let mut read = || -> std::io::Result<()> {
        let mut decoder = zstd::stream::read::Decoder::with_buffer(packed)?;
        decoder.window_log_max(ZSTD_WINDOW_LOG_MAX)?;
        decoder.take(raw_bytes as u64 + 1).read_to_end(&mut body)?;
        Ok(())
    };
    read().map_err(|_| DecodeError::Corrupt("box"))?;
    if body.len() == raw_bytes { Ok(body) } else { Err(DecodeError::Corrupt("box length")) }
}

/// Appends a number, seven bits a byte, lowest first.
pub(crate) fn push_varint(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number as u8 | 0x80);
        number >>= 7;
    }
    to.push(number as u8);
}

/// Takes fields off the front of bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], DecodeError> {
        let (bytes, rest) = self.rest.split_at_checked(count).ok_or(DecodeError::Corrupt("length"))?;
        self.rest = rest;
        Ok(bytes)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (bytes, rest) = self.rest.split_first_chunk::<N>().ok_or(DecodeError::Corrupt("length"))?;
        self.rest = rest;
        Ok(*bytes)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    pub(crate) fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut number = 0u64;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                // The tenth byte has one bit's room, and a last byte of zero says nothing.
                let is_exact = (shift < 63 || byte < 2) && (byte != 0 || shift == 0);
                return if is_exact { Ok(number) } else { Err(DecodeError::Corrupt("number")) };
            }
        }
        Err(DecodeError::Corrupt("number"))
    }

    /// A length in bytes that what follows has at least.
    pub(crate) fn length(&mut self) -> Result<usize, DecodeError> {
        let length = usize::try_from(self.varint()?).map_err(|_| DecodeError::Corrupt("length"))?;
        if length <= self.rest.len() { Ok(length) } else { Err(DecodeError::Corrupt("length")) }
    }

    pub(crate) fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::Corrupt("length")) }
    }
}

#[cfg(test)]
mod tests;
