//! Body bytes, inflated where they are gzip, into a buffer with a bound.

use std::io::{self, Write};

use flate2::write::MultiGzDecoder;

use crate::body_budget::BodyShare;

/// Why a body is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// Over the bound for one body.
    TooLarge,
    /// All bodies together are over theirs.
    Busy,
    /// Not gzip, or cut short.
    Damaged,
}

/// A body as it comes in.
pub(crate) enum Inflater {
    /// As it is.
    Plain(BoundedBuffer),
    /// Gzip of which nothing has come; clients send the header with no body at all.
    GzipUnstarted(BoundedBuffer),
    /// Gzip.
    Gzip(Box<MultiGzDecoder<BoundedBuffer>>),
    /// Refused; takes nothing more.
    Refused,
}

impl Inflater {
    /// For a body of at most `bytes_max` bytes, counted by `share`.
    pub(crate) fn new(is_gzip: bool, bytes_max: usize, share: BodyShare) -> Self {
        let buffer = BoundedBuffer { bytes: Vec::new(), bytes_max, share, refusal: None };
        if is_gzip { Self::GzipUnstarted(buffer) } else { Self::Plain(buffer) }
    }

    /// Takes the next bytes of the wire. Memory stays within the bound, whatever they inflate to.
    pub(crate) fn push(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        if chunk.is_empty() {
            return Ok(());
        }
        *self = match std::mem::replace(self, Self::Refused) {
            Self::GzipUnstarted(buffer) => Self::Gzip(Box::new(MultiGzDecoder::new(buffer))),
            other => other,
        };
        let refusal = match self {
            Self::Plain(buffer) => buffer.write_all(chunk).err().map(|_| buffer.refusal),
            Self::Gzip(decoder) => decoder.write_all(chunk).err().map(|_| decoder.get_ref().refusal),
            Self::GzipUnstarted(_) | Self::Refused => Some(None),
        };
        refusal.map_or(Ok(()), |reason| Err(reason.unwrap_or(Refusal::Damaged)))
    }

    /// The whole body, with its share of the budget.
    pub(crate) fn finish(self) -> Result<(Vec<u8>, BodyShare), Refusal> {
        let buffer = match self {
            Self::Plain(buffer) | Self::GzipUnstarted(buffer) => buffer,
            Self::Gzip(mut decoder) => {
                if decoder.try_finish().is_err() {
                    return Err(decoder.get_ref().refusal.unwrap_or(Refusal::Damaged));
                }
                decoder.finish().map_err(|_| Refusal::Damaged)?
            }
            Self::Refused => return Err(Refusal::Damaged),
        };
        Ok((buffer.bytes, buffer.share))
    }
}

/// Bytes up to a bound; what does not fit is refused as a whole.
#[derive(Debug)]
pub(crate) struct BoundedBuffer {
    bytes: Vec<u8>,
    bytes_max: usize,
    share: BodyShare,
    refusal: Option<Refusal>,
}

impl BoundedBuffer {
    fn make_room(&mut self, more: usize) -> Result<(), Refusal> {
        if self.refusal.is_some() || more > self.bytes_max - self.bytes.len() {
            return Err(self.refusal.unwrap_or(Refusal::TooLarge));
        }
        let needed = self.bytes.len() + more;
        if needed > self.bytes.capacity() {
            let capacity = needed.max(self.bytes.capacity() * 2).min(self.bytes_max);
            if !self.share.grow(capacity - self.bytes.capacity()) {
                return Err(Refusal::Busy);
            }
            self.bytes.reserve_exact(capacity - self.bytes.len());
        }
        Ok(())
    }
}

impl Write for BoundedBuffer {
    fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
        if let Err(refusal) = self.make_room(chunk.len()) {
            self.refusal = Some(refusal);
            return Err(io::Error::other("body refused"));
        }
        self.bytes.extend_from_slice(chunk);
        Ok(chunk.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
